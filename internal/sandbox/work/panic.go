package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A panic ends the one piece of work that it came from. The sandbox would otherwise end with it, and again each time it is
// opened, because unfinished work begins anew.

// errPanicked is what such work fails with. The rest is in the log.
var errPanicked = errors.New("the sandbox made a mistake; its log says where")

// Panicked logs the value of a panic, with the stack, and is the error that the work ends with. It is called by the
// deferred function that recovered.
func Panicked(log *slog.Logger, value any, attributes ...any) error {
	log.Error("panic", append(attributes, "panic", fmt.Sprint(value), "stack", string(debug.Stack()))...)
	return errPanicked
}

// surviveJob ends a job that panicked as a failure, unless it had ended before.
func (w *Worker) surviveJob(ctx context.Context, a *attempt, value any) {
	cause := Panicked(w.Log, value, "job", a.job.ID)
	err := w.Store.Update(ctx, func(t *store.Tx) error {
		now, err := t.Job(ctx, a.job.ID)
		if err != nil || now.Ended() {
			return err
		}
		return w.endFailed(ctx, t, a, failureOf(cause))
	})
	if err != nil {
		w.Log.Error("end a job that panicked", "job", a.job.ID, "error", err)
	}
	a.discard()
	w.removeUpload(a.job)
	w.Reschedule()
}

// surviveRun ends a run that panicked as a failure, unless it had ended before.
func (w *Worker) surviveRun(ctx context.Context, id string, value any) {
	cause := Panicked(w.Log, value, "synchronization", id)
	err := w.Store.Update(ctx, func(t *store.Tx) error {
		queue, err := t.QueuedRuns(ctx)
		if err != nil || !slices.Contains(queue, id) {
			return err
		}
		y := &run{}
		if y.Synchronization, err = t.Synchronization(ctx, id); err != nil {
			return err
		}
		y.fail(t.Now(), cause)
		return endRun(ctx, t, &y.Synchronization)
	})
	w.runEnded(ctx, id, err)
}
