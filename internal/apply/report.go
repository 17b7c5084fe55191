package apply

import (
	"time"

	"github.com/cartosync/cartosync/internal/plan"
)

// An Outcome says how an action ended.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"    // carried out and verified
	Failed  Outcome = "failed"  // something went wrong; Result.Err says what
	Refused Outcome = "refused" // the live object moved since the plan was made
	Skipped Outcome = "skipped" // not begun: the run was interrupted, or what it needs failed
	Blocked Outcome = "blocked" // the plan itself blocked it
)

// A Report is what a run did.
type Report struct {
	Started time.Time
	Ended   time.Time
	Results []Result // in the plan's order, without what there was nothing to do for
}

// A Result is how one action ended.
type Result struct {
	Action  plan.Action
	Outcome Outcome
	Err     error    // nil when done
	Rows    int64    // rows imported, 0 if nothing was
	Bytes   int64    // bytes sent
	Notes   []string // what a reader should know besides, in words
	Took    time.Duration
}

// Count counts the results with the outcome o.
func (r Report) Count(o Outcome) int {
	n := 0
	for _, res := range r.Results {
		if res.Outcome == o {
			n++
		}
	}
	return n
}

// OK reports whether everything was carried out.
func (r Report) OK() bool { return r.Count(Done) == len(r.Results) }

// An Event is one step of progress. Events arrive from several goroutines.
type Event struct {
	At     time.Time
	Action plan.Action
	Step   plan.Step // "" when the action begins or ends
	State  string    // begun, uploading, the import job's state, done, failed, ...
	Detail string    // in words, may be empty
	Bytes  int64     // sent so far
	Total  int64     // to be sent; 0 = nothing is being sent
}
