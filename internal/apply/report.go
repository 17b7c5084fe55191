package apply

import (
	"time"

	"github.com/cartosync/cartosync/internal/plan"
)

// An Outcome says how an action ended.
type Outcome string

// The outcomes.
const (
	Done        Outcome = "done"        // carried out and verified
	Failed      Outcome = "failed"      // something went wrong; Result.Err says what
	Interrupted Outcome = "interrupted" // begun, and left where the next run goes on
	Refused     Outcome = "refused"     // the live object moved since the plan was made, or CARTO does not permit it now
	Skipped     Outcome = "skipped"     // not begun: the run was interrupted, or what it needs failed
	Blocked     Outcome = "blocked"     // the plan itself blocked it
)

// Outcomes are all of them, as reports count them.
func Outcomes() []Outcome { return []Outcome{Done, Failed, Interrupted, Refused, Skipped, Blocked} }

// A Report is what a run did.
type Report struct {
	Started   time.Time
	Ended     time.Time
	Results   []Result      // in the plan's order, without what there was nothing to do for
	Stopped   bool          // the run was told to stop
	LeaseWait time.Duration // for other runs of the same projects, before this one began; whoever took the leases sets it
	Next      string        // the command that takes up what remains; whoever knows it sets it

	// What was sent to the account, beyond the requests of single actions those
	// that are made for several or for none.
	Requests int64
	Repeats  int64 // how many of them repeated one that had failed in passing
}

// A Result is how one action ended.
type Result struct {
	Action  plan.Action
	Outcome Outcome
	Err     error    // nil when done
	Rows    int64    // rows imported, 0 if nothing was
	Bytes   int64    // bytes of files sent
	Notes   []string // what a reader should know besides, in words
	Cleared []string // what was deleted that an earlier run had left, in words
	Took    time.Duration
	Run     *SyncRun      // of [plan.Force]: how the run ended, nil if it was not asked for
	Waited  time.Duration // for an import slot; a part of Took

	Requests int64 // sent to the account
	Repeats  int64 // how many of them repeated one that had failed in passing
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

// Rows is how many rows were imported.
func (r Report) Rows() (n int64) {
	for _, res := range r.Results {
		n += res.Rows
	}
	return n
}

// Bytes is how many bytes of files were sent.
func (r Report) Bytes() (n int64) {
	for _, res := range r.Results {
		n += res.Bytes
	}
	return n
}

// An Event is one step of progress. Events arrive from several goroutines.
type Event struct {
	At     time.Time
	Action plan.Action
	Step   plan.Step // "" when the action begins or ends
	State  string    // begun, queued, uploading, the import job's state, done, failed, ...
	Detail string    // in words, may be empty
	Bytes  int64     // sent so far
	Total  int64     // to be sent; 0 = nothing is being sent
	Slot   bool      // the action holds an import slot
	Ended  *Result   // how the action ended, nil while it goes on
}
