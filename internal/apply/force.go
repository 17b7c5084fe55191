package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// runsAtOnce is how many synchronizations of an account CARTO runs at a time.
// Source: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_syncs_amount.rb.
const runsAtOnce = 3

// A SyncRun is how the run of a synchronization ended that was asked for.
type SyncRun struct {
	State     carto.SyncState
	ErrorCode int    // of a failure
	Message   string // CARTO's own words, may be empty
	Meaning   string // of the code
	Remedy    string
	Before    *int64 // rows; nil where nobody could count
	After     *int64 // nil too where its end was not seen
}

// A DeclinedError says why CARTO does not run a synchronization now.
type DeclinedError struct{ Why string }

func (e *DeclinedError) Error() string { return "CARTO does not run it now: " + e.Why }

// Declined says why CARTO does not run a synchronization now, and when it will.
func Declined(s carto.Synchronization, now time.Time) string {
	switch may := s.ForcibleAt(); {
	case s.State == carto.SyncSyncing:
		return "a run is under way since " + s.UpdatedAt.UTC().Format("2006-01-02 15:04:05 UTC")
	case s.State == carto.SyncQueued && may.After(now):
		return "a run is queued already"
	case may.After(now):
		return "it " + permits(s)
	}
	return "three synchronizations of the account run or are queued already"
}

func permits(s carto.Synchronization) string {
	return fmt.Sprintf("permits one at %s, 15 minutes after the last", s.ForcibleAt().UTC().Format("15:04:05 UTC on 2006-01-02"))
}

// Force asks until CARTO agrees to run a synchronization, and returns it as it is
// then. The server's clock decides, so it is asked even if by ours it must refuse.
// declined is told of each refusal and may end the waiting by an error. A run that
// the schedule begins meanwhile is as good: of one that runs every 15 minutes CARTO
// may never permit another. That a run was asked for twice does no harm, so an answer
// that was lost is looked for, and asked for again a few times.
func Force(ctx context.Context, c *carto.Client, s carto.Synchronization, limit time.Duration, declined func(carto.Synchronization) error) (carto.Synchronization, error) {
	before, lost := s, 0
	err := Poll(ctx, limit, func(ctx context.Context) (bool, error) {
		enqueued := false
		if s.State != carto.SyncSyncing {
			var err error
			enqueued, err = c.SyncNow(ctx, s.ID)
			if lost++; err != nil && (!carto.MaybeApplied(err) || lost > 3) {
				return false, err
			} else if err == nil {
				lost = 0
			}
		}
		var err error
		if s, err = c.Synchronization(ctx, s.ID); err != nil || enqueued {
			return enqueued, err
		}
		if before.State == carto.SyncSyncing {
			before = s // that run began before it was asked for one
		}
		if s.RanAt.After(before.RanAt) {
			return true, nil
		}
		return false, declined(s)
	})
	if errors.Is(err, ErrTimeout) {
		err = fmt.Errorf("CARTO did not permit a run of synchronization %s (%s) in %s: %s", s.Name, s.ID, spec.Interval(limit.Round(time.Second)), Declined(s, time.Now()))
	}
	return s, err
}

// errRunsAlready ends asking for a run because one has begun.
var errRunsAlready = errors.New("a run is under way")

// force has the synchronization run now, and waits for the end of the run unless
// nobody wants to.
func (j *job) force(ctx context.Context) error {
	if time.Now().After(j.until) {
		return fmt.Errorf("its run was not asked for, since the others took %s; sync it again", spec.Interval(j.Options.SyncWait))
	}
	j.result.Run = &SyncRun{State: j.sync.State, Before: j.rows(ctx)}
	if err := j.ask(ctx); err != nil {
		return err
	}
	j.acted = true
	if j.result.Run.State = j.sync.State; j.Options.NoWait {
		return nil
	}
	if err := j.ended(ctx); err != nil {
		return err
	}
	j.result.Run.After = j.rows(ctx)
	j.noteRows(*j.result.Run)
	return nil
}

// rows counts the rows of the live dataset, nil if it cannot.
func (j *job) rows(ctx context.Context) *int64 {
	n, err := j.count(ctx, j.live.Name)
	if err != nil {
		return nil
	}
	return &n
}

// ask asks for a run, unless one is under way: that one is as good.
func (j *job) ask(ctx context.Context) error {
	if j.underWay(*j.sync) {
		j.note("a run was %s already, and that one was waited for", j.sync.State)
		return nil
	}
	s, err := Force(ctx, j.Client, *j.sync, time.Until(j.until), func(s carto.Synchronization) error {
		switch {
		case j.underWay(s):
			return errRunsAlready
		case s.ForcibleAt().After(time.Now()):
			return &DeclinedError{Why: fmt.Sprintf("%s; cartosync synchronization force %s --wait waits for that", lastRun(s), j.live.Name)}
		}
		j.event(plan.StepForce, "waiting", Declined(s, time.Now()))
		return nil
	})
	j.sync = &s
	if errors.Is(err, errRunsAlready) {
		return nil
	}
	return err
}

// underWay reports whether a run is, or will be without being asked for: one that is
// queued for longer than 15 minutes may be asked for again.
func (j *job) underWay(s carto.Synchronization) bool {
	queued := s.State == carto.SyncQueued && s.ForcibleAt().Before(time.Now())
	return !s.State.Settled() && !queued
}

// lastRun says when a run was last, and when the next one may be.
func lastRun(s carto.Synchronization) string {
	what := "it ran"
	if s.RanAt.Sub(s.CreatedAt).Abs() < time.Second {
		what = "it was created"
	}
	ago := "just now"
	if minutes := int64(time.Since(s.RanAt) / time.Minute); minutes > 0 {
		ago = plan.Counted(minutes, "minute") + " ago"
	}
	return what + " " + ago + ", and CARTO " + permits(s)
}

// ended waits for the end of the run, and reports a failure in CARTO's words.
func (j *job) ended(ctx context.Context) error {
	err := Poll(ctx, max(time.Until(j.until), 0), func(ctx context.Context) (bool, error) {
		if err := j.rereadSync(ctx); err != nil {
			return false, err
		}
		j.event(plan.StepForce, string(j.sync.State), "run of the synchronization")
		return j.sync.State.Settled(), nil
	})
	s, run := *j.sync, j.result.Run
	run.State = s.State
	switch {
	case errors.Is(err, ErrTimeout):
		return fmt.Errorf("its run is still %s after %s; cartosync synchronization show %s says how it ended", s.State, spec.Interval(j.Options.SyncWait), j.live.Name)
	case err != nil:
		return err
	case s.State == carto.SyncFailure:
		x := carto.Explain(s.ErrorCode)
		run.ErrorCode, run.Message, run.Meaning, run.Remedy = s.ErrorCode, s.ErrorMessage, x.Meaning, x.Remedy
		return runError(s)
	}
	return nil
}

// noteRows warns of a run that left less than half of the rows: CARTO checks nothing
// before it replaces them.
func (j *job) noteRows(r SyncRun) {
	switch {
	case r.After == nil:
		j.note("its rows could not be counted")
	case r.Before == nil:
	case *r.After == 0 && *r.Before > 0:
		j.note("the run left none of %s; look at its source", plan.Counted(*r.Before, "row"))
	case 2**r.After < *r.Before:
		j.note("the run left %d of %s; look at its source", *r.After, plan.Counted(*r.Before, "row"))
	}
}
