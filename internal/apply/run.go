package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// An Input is a plan and what is needed to carry it out. Apart from the client
// and the fetcher it is what the plan was computed from.
type Input struct {
	Plan    plan.Plan
	Moved   []plan.Moved // what a saved plan refuses; it is only reported
	Desired []spec.Manifest
	Account plan.Account
	Looks   map[string]data.Look
	Secrets plan.Secrets
	Client  *carto.Client
	Fetcher *Fetcher
	Options Options

	Journals Journals // may be nil
	Lease    *Lease   // of the plan's projects; nil where there is none
}

// Options say how a plan is carried out. The zero value is fine.
type Options struct {
	PruneFirst bool             // as the plan was made
	Allow      []plan.Allowance // guards lifted by name, for contents that only apply sees
	Parallel   int              // import jobs at once, at most; 0 = the account's import slots
	SyncWait   time.Duration    // how long forced runs of synchronizations are waited for; 0 = 10 minutes
	NoWait     bool             // do not wait for the end of runs that [plan.Force] asks for
	Progress   func(Event)      // may be nil; must be safe for concurrent use

	// Stop, once closed, ends the run politely: no action begins any more, and
	// those under way end where they would have to wait. nil is never closed.
	Stop <-chan struct{}
}

// A run is one carrying out of a plan.
type run struct {
	Input
	entries map[string]entry // by dataset name
	slots   *slots
	unnamed unnamed
	outage  outage

	until    time.Time        // when the runs that [plan.Force] asks for are no longer waited for
	followed sync.Map         // import jobs of interrupted runs that have ended
	unparked map[string]error // why a dataset was not taken aside, by its id

	mu          sync.Mutex
	connections map[string]string // "project key" -> id in the account
}

// An entry is a declared dataset with the manifest that declares it.
type entry struct {
	manifest spec.Manifest
	dataset  spec.Dataset
}

// Run carries the plan out and reports on every action that has something to do
// or is blocked. It does not stop at a failure: what does not depend on the
// failed action goes on. It can be told to stop by [Options.Stop], and at once by
// the end of ctx: requests under way end, and the report is there within a
// second whatever hangs. Either way actions not begun are skipped, and those
// under way are left where the next run goes on.
func Run(ctx context.Context, in Input) Report {
	ctx, release := stoppable(ctx, in.Options.Stop)
	defer release()
	var meter carto.Meter
	ctx = carto.WithMeter(ctx, &meter)
	r := newRun(in)
	report := Report{Started: time.Now()}
	todo := pending(in.Plan)
	b := newBoard(todo)
	untilOver(ctx, func() {
		in.Journals.settle(in.Plan.Settled, in.Lease)
		r.perform(ctx, todo, b)
		in.Journals.close()
	})
	report.Results = append(refused(in.Moved), b.close()...)
	report.Stopped = stopping(ctx)
	report.Requests, report.Repeats = meter.Requests(), meter.Repeats()
	report.Ended = time.Now()
	return report
}

// pending are the actions of a plan that are carried out or blocked.
func pending(p plan.Plan) []plan.Action {
	var todo []plan.Action
	for _, a := range p.Actions {
		if a.Verb != plan.None {
			todo = append(todo, a)
		}
	}
	return todo
}

// perform carries out the actions phase by phase.
func (r *run) perform(ctx context.Context, actions []plan.Action, b *board) {
	for begin := 0; begin < len(actions); {
		end := begin + 1
		for end < len(actions) && r.phase(actions[end]) == r.phase(actions[begin]) {
			end++
		}
		r.performPhase(ctx, actions[begin:end], begin, b)
		begin = end
	}
}

// refused are the results of actions that are no longer what was reviewed.
func refused(moved []plan.Moved) []Result {
	var results []Result
	for _, m := range moved {
		err := &MovedError{Field: m.Field, Planned: m.Planned, Now: m.Now}
		results = append(results, Result{Action: m.Action, Outcome: Refused, Err: &ActionError{Action: m.Action, Err: err}})
	}
	return results
}

func newRun(in Input) *run {
	r := &run{Input: in, entries: map[string]entry{}, unparked: map[string]error{}, connections: map[string]string{}}
	for _, m := range in.Desired {
		for _, d := range m.Datasets {
			r.entries[d.Name] = entry{manifest: m, dataset: d}
		}
	}
	width := max(1, in.Plan.Slots)
	if in.Options.Parallel > 0 {
		width = min(width, in.Options.Parallel)
	}
	r.slots = newSlots(width)
	if r.Options.SyncWait == 0 {
		r.Options.SyncWait = 10 * time.Minute
	}
	r.until = time.Now().Add(r.Options.SyncWait)
	for _, a := range in.Plan.Actions {
		if a.Kind == plan.KindConnection && a.Verb != plan.Delete && a.ID != "" {
			r.connections[a.Project+" "+a.Connection] = a.ID
		}
	}
	return r
}

func (r *run) phase(a plan.Action) int { return a.Phase(r.Options.PruneFirst) }

// performPhase carries out the actions of one phase, of which the first is number
// at, side by side. There are more workers than import slots, so that a slot that
// falls free is taken while another action still checks and publishes what it
// imported. Renames go one after the other, since one may wait for the name of
// the next.
func (r *run) performPhase(ctx context.Context, actions []plan.Action, at int, b *board) {
	var g errgroup.Group
	g.SetLimit(2*r.slots.limit + 2)
	if actions[0].Does(plan.Rename) && !stopping(ctx) && r.Lease.Lost() == nil {
		g.SetLimit(1)
		r.awaitBefore(ctx, actions)
		r.park(ctx, actions)
	}
	if actions[0].Does(plan.Force) {
		g.SetLimit(runsAtOnce)
	}
	for i, a := range actions {
		g.Go(func() error {
			switch over := r.over(); {
			case a.Verb == plan.Blocked || stopping(ctx):
			case over != nil:
				b.set(at+i, Result{Action: a, Outcome: Skipped, Err: &ActionError{Action: a, Err: r.advised(ctx, over)}})
			default:
				b.begin(at + i)
				b.set(at+i, r.performOne(ctx, a))
			}
			return nil
		})
	}
	_ = g.Wait() // every failure is in its result
}

// over says why no further action is begun, nil while there is no reason.
func (r *run) over() error {
	if lost := r.Lease.Lost(); lost != nil {
		return lost
	}
	return r.outage.over()
}

// performOne carries out one action.
func (r *run) performOne(ctx context.Context, a plan.Action) Result {
	started := time.Now()
	var meter carto.Meter
	ctx = carto.WithMeter(ctx, &meter)
	res := Result{Action: a, Outcome: Done}
	j := &job{run: r, a: a, entry: r.entries[a.Dataset], result: &res}
	j.event("", "begun", "")
	failure := ""
	if step, err := j.carryOut(ctx); err != nil {
		failed := &ActionError{Action: a, Step: step, Err: r.advised(ctx, err)}
		res.Outcome, res.Err, failure = j.outcome(ctx, err), failed, failed.what()
	} else {
		j.settle()
	}
	r.outage.saw(res.Err)
	res.Took = time.Since(started)
	res.Requests, res.Repeats = meter.Requests(), meter.Repeats()
	j.emit(Event{State: string(res.Outcome), Detail: failure, Ended: &res})
	return res
}

// outcome says how an action ended that was not carried out. It is refused only
// if nothing was changed before it was seen that something had moved.
func (j *job) outcome(ctx context.Context, err error) Outcome {
	var moved *MovedError
	var missing *missingError
	var needed *leaseNeededError
	var declined *DeclinedError
	var key *keyError
	var silent *outageError
	switch {
	case interruption(ctx, err):
		return Interrupted
	case errors.As(err, &moved) && !j.acted, errors.As(err, &declined):
		return Refused
	case errors.As(err, &missing), errors.As(err, &needed), (errors.As(err, &key) || errors.As(err, &silent)) && !j.acted:
		return Skipped
	}
	return Failed
}

// A blockedError repeats why the plan left an action alone.
type blockedError struct{ a plan.Action }

func (e blockedError) Error() string {
	if e.a.Hint == "" {
		return e.a.Reason
	}
	return e.a.Reason + "; " + e.a.Hint
}

func (r *run) connection(project, key string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id, ok := r.connections[project+" "+key]
	return id, ok
}

func (r *run) setConnection(project, key, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections[project+" "+key] = id
}
