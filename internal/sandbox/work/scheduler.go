package work

import (
	"context"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// runSchedule enqueues synchronizations when their time comes and runs what is in the queue, a few at a time. Runs that
// were in the queue when the sandbox ended, also by a crash, are run now.
func (w *Worker) runSchedule(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	busy := map[string]bool{}
	ended := make(chan string)
	for ctx.Err() == nil {
		queue, next, err := w.plan(ctx)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("plan synchronizations", "error", err)
		}
		for _, id := range queue {
			if busy[id] || len(busy) == parallel {
				continue
			}
			busy[id] = true
			running.Go(func() {
				w.runSynchronization(ctx, id)
				select {
				case ended <- id:
				case <-ctx.Done():
				}
			})
		}
		timer := w.Clock.timer(next)
		select {
		case id := <-ended:
			delete(busy, id)
		case <-w.runs:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// idle is how long the scheduler rests at most when nothing is planned.
const idle = 24 * time.Hour

// plan enqueues what is due, and tells what is in the queue and when to look again.
func (w *Worker) plan(ctx context.Context) (queue []string, next time.Time, err error) {
	next = w.Clock.Now().Add(idle)
	err = w.Store.Update(ctx, func(t *store.Tx) error {
		due, err := t.DueSynchronizations(ctx)
		if err != nil {
			return err
		}
		for i := range due {
			if err := t.Enqueue(ctx, &due[i]); err != nil {
				return err
			}
		}
		if queue, err = t.QueuedRuns(ctx); err != nil {
			return err
		}
		at, planned, err := t.NextRun(ctx)
		if planned && at.Before(next) {
			next = at
		}
		return err
	})
	return queue, next, err
}
