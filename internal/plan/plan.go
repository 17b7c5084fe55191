package plan

import (
	"time"

	"github.com/cartosync/cartosync/internal/spec"
)

// A Plan is everything that apply would do, in the order in which it would, and
// everything that it would not and why.
type Plan struct {
	Task     Task // what it is for; "" = [ToApply]
	Account  string
	User     string
	Projects []string
	ReadAt   time.Time
	Slots    int // import jobs that may run at once
	Quota    Quota
	Actions  []Action
	Notes    []Note
	Settled  []Pending // what interrupted runs began and nothing is left to do about
}

// A Task is what a plan is for, by the name of the command that carries it out.
type Task string

// The tasks.
const (
	ToApply   Task = "apply"   // make the account what the manifest says: [Compute]
	ToSync    Task = "sync"    // run synchronizations: [ForceRuns]
	ToDestroy Task = "destroy" // leave nothing of the projects: [Destroy]
)

// Command is the command that carries the plan out.
func (p Plan) Command() string { return or(string(p.Task), string(ToApply)) }

// A Note is something a reader of the plan should know that is no action.
type Note struct {
	Severity string        `json:"severity"` // warning or info
	Code     string        `json:"code"`
	Dataset  string        `json:"dataset,omitempty"`
	Problem  string        `json:"problem"`
	Hint     string        `json:"hint,omitempty"`
	Pos      spec.Position `json:"position"`
}

// Empty reports whether there is nothing to do and nothing blocked.
func (p Plan) Empty() bool {
	for _, a := range p.Actions {
		if a.Verb != None {
			return false
		}
	}
	return true
}

// Count counts the actions that do v, whether as their verb or besides it.
func (p Plan) Count(v Verb) int {
	n := 0
	for _, a := range p.Actions {
		if a.Does(v) {
			n++
		}
	}
	return n
}

// Publishing counts the actions that make something more public.
func (p Plan) Publishing() int {
	n := 0
	for _, a := range p.Actions {
		if a.Publishes && a.Verb != Blocked {
			n++
		}
	}
	return n
}

// Does reports whether the action does v.
func (a Action) Does(v Verb) bool {
	if a.Verb == v {
		return true
	}
	for _, also := range a.Also {
		if also == v {
			return a.Verb != Blocked
		}
	}
	return false
}

// Name is what the action is about: the dataset, the connection, or the id of a
// synchronization.
func (a Action) Name() string {
	switch a.Kind {
	case KindConnection:
		return a.Connection
	case KindSynchronization:
		return a.ID
	}
	return a.Dataset
}
