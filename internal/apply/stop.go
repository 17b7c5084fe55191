package apply

import (
	"context"
	"errors"
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
)

// A run is told to stop in two ways. While [Options.Stop] is closed and the
// context of [Run] lives, no action begins, and one under way goes on until it
// would have to wait: for an import slot, an import job, the run of a
// synchronization, a pause between two attempts, or for a file on its way up or
// down. What is quick, such as publishing what was imported, is done to its end.
// Wherever an action waits the next run can go on. When the context ends,
// requests under way end too.

// errStopped says that an action ended where it would have had to wait.
var errStopped = errors.New("the run was interrupted")

type stopKey struct{}

// A stopper is how a context knows that the run is to stop.
type stopper struct {
	stop   <-chan struct{}
	polite context.Context // ends after that
}

// stoppable returns a context that knows when the run is to stop. The caller
// calls the function at the end of the run.
func stoppable(ctx context.Context, stop <-chan struct{}) (context.Context, context.CancelFunc) {
	if stop == nil {
		return ctx, func() {}
	}
	polite, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-stop:
			cancel(errStopped)
		case <-polite.Done():
		}
	}()
	return context.WithValue(ctx, stopKey{}, stopper{stop, polite}), func() { cancel(nil) }
}

// patience is the context of something that is waited for: it ends when the run
// is to stop.
func patience(ctx context.Context) (context.Context, context.CancelFunc) {
	waiting, cancel := context.WithCancelCause(ctx)
	release := onStop(ctx, func() { cancel(errStopped) })
	return waiting, func() {
		release()
		cancel(nil)
	}
}

// onStop calls f when the run is to stop, unless release is called before.
func onStop(ctx context.Context, f func()) (release func() bool) {
	s, ok := ctx.Value(stopKey{}).(stopper)
	if !ok {
		return func() bool { return true }
	}
	return context.AfterFunc(s.polite, f)
}

// stopping reports whether the run is to stop, in whichever way.
func stopping(ctx context.Context) bool {
	s, _ := ctx.Value(stopKey{}).(stopper) // nil is never closed
	select {
	case <-s.stop:
		return true
	default:
		return ctx.Err() != nil
	}
}

// interruption reports whether err only says that the run was interrupted.
func interruption(ctx context.Context, err error) bool {
	if errors.Is(err, errStopped) {
		return true
	}
	return ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)))
}

// lasting reports whether a step imports something, or prepares what the import
// after it needs. None is begun once the run is to stop.
func lasting(s plan.Step) bool {
	return slices.Contains([]plan.Step{
		plan.StepStage, plan.StepTry, plan.StepAlter, plan.StepOverwrite,
		plan.StepAttach, plan.StepRefresh, plan.StepRevive, plan.StepForce,
	}, s)
}

// deleting reports whether a step does nothing but delete. None is begun once the
// lease is lost: by then another run may count on what is there.
func deleting(s plan.Step) bool {
	return slices.Contains([]plan.Step{
		plan.StepDelete, plan.StepDeleteSync, plan.StepDeleteStaging, plan.StepDeleteConnection, plan.StepDetach, plan.StepClear,
	}, s)
}
