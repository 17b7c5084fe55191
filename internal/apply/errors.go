package apply

import (
	"fmt"

	"github.com/cartosync/cartosync/internal/plan"
)

// An ActionError is why an action was not carried out. It names the step, and
// its cause says what happened and what to do next.
type ActionError struct {
	Action plan.Action
	Step   plan.Step // "" before the first step
	Err    error
}

func (e *ActionError) Error() string {
	return fmt.Sprintf("%s %s %q: %s", verb(e.Action), e.Action.Kind, e.Action.Name(), e.what())
}

// what is the message without the action.
func (e *ActionError) what() string {
	if e.Step == "" {
		return e.Err.Error()
	}
	return string(e.Step) + ": " + e.Err.Error()
}

func (e *ActionError) Unwrap() error { return e.Err }

func verb(a plan.Action) plan.Verb {
	if a.Verb == plan.Blocked {
		return a.Intended
	}
	return a.Verb
}

// A MovedError says that a live object is no longer what the plan saw.
type MovedError struct {
	Field       string
	Planned     string // what the plan saw
	Now         string // what is there now
	Description string // in words, where there is no field to name
}

func (e *MovedError) Error() string {
	if e.Description != "" {
		return e.Description + "; plan again and review"
	}
	return fmt.Sprintf("%s was %s when the plan was made and is %s now; plan again and review", e.Field, e.Planned, e.Now)
}

// also adds to err what went wrong while its consequences were cleared up, on
// the same line.
func also(err, more error) error {
	if more == nil {
		return err
	}
	return fmt.Errorf("%w; besides, %w", err, more)
}
