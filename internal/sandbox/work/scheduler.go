package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A schedule is what the scheduler knows of the runs in the queue. Only its own goroutine touches it.
type schedule struct {
	busy    map[string]bool  // runs that a goroutine works on
	held    map[string]*run  // runs that a fault holds up, see run.until
	runs    int              // how many have ended
	waiting []chan<- settled // who waits until nothing is left to do at this moment
	ended   chan runEnd      // runs report here
	next    time.Time        // when there will be something to do
	group   sync.WaitGroup
}

// settled is what the scheduler says when nothing is left to do at this moment.
type settled struct {
	next time.Time // when there will be something to do again
	runs int       // how many runs have ended since the sandbox was opened
}

// runEnd is how a goroutine leaves a run: over, or held up.
type runEnd struct {
	id   string
	held *run
}

// runSchedule enqueues synchronizations when their time comes and runs what is in the queue, a few at a time. Runs that
// were in the queue when the sandbox ended, also by a crash, are run now.
func (w *Worker) runSchedule(ctx context.Context) {
	s := &schedule{busy: map[string]bool{}, held: map[string]*run{}, ended: make(chan runEnd)}
	defer close(w.stopped)
	defer s.group.Wait()
	for ctx.Err() == nil {
		queue, err := w.plan(ctx, s)
		if err != nil && ctx.Err() == nil {
			w.Log.Error("plan synchronizations", "error", err)
		}
		w.startRuns(ctx, s, queue)
		if err == nil && len(s.busy) == 0 && len(queue) == len(s.held) {
			s.settle()
		}
		timer := w.Clock.timer(s.next)
		select {
		case end := <-s.ended:
			s.end(end)
		case done := <-w.settling:
			s.waiting = append(s.waiting, done)
		case <-w.runs:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// settle answers those who wait. They left room for the answer.
func (s *schedule) settle() {
	for _, done := range s.waiting {
		done <- settled{s.next, s.runs}
	}
	s.waiting = nil
}

func (s *schedule) end(e runEnd) {
	delete(s.busy, e.id)
	if e.held != nil {
		s.held[e.id] = e.held
		return
	}
	s.runs++
}

// idle is how long the scheduler rests at most when nothing is planned, and tick how long when it could not enqueue all that
// is due. CARTO's is a cron job that somebody configures.
const (
	idle = 24 * time.Hour
	tick = time.Minute
)

// plan enqueues what is due, tells what is in the queue and notes when to look again. A panic of its own is a failure.
func (w *Worker) plan(ctx context.Context, s *schedule) (queue []string, err error) {
	defer func() {
		if value := recover(); value != nil {
			s.next = w.Clock.Now().Add(tick)
			err = Panicked(w.Log, value)
		}
	}()
	s.next = w.Clock.Now().Add(idle)
	err = w.Store.Update(ctx, func(t *store.Tx) error {
		if err := enqueueDue(ctx, t); err != nil {
			return err
		}
		if queue, err = t.QueuedRuns(ctx); err != nil {
			return err
		}
		at, planned, err := t.NextRun(ctx)
		if at.Before(t.Now()) {
			at = t.Now().Add(tick) // it is due, and the user may not run more just now
		}
		if planned && at.Before(s.next) {
			s.next = at
		}
		return err
	})
	if err != nil {
		s.next = w.Clock.Now().Add(tick)
	}
	for _, r := range s.held {
		if r.until.Before(s.next) {
			s.next = r.until
		}
	}
	return queue, err
}

// enqueueDue puts those into the queue whose time has come, as far as the user may run more. The others stay due.
// Source: CartoDB/cartodb: services/synchronizer/lib/synchronizer/collection.rb.
func enqueueDue(ctx context.Context, t *store.Tx) error {
	due, err := t.DueSynchronizations(ctx)
	if err != nil || len(due) == 0 {
		return err
	}
	used, err := t.Count(ctx, RunCounter)
	if err != nil {
		return err
	}
	for _, y := range due[:min(len(due), max(0, MaxRuns-used))] {
		if err := errors.Join(t.EnqueueDue(ctx, y.ID), t.AddCount(ctx, RunCounter, 1, runTTL)); err != nil {
			return err
		}
	}
	return nil
}

// startRuns starts what waits in the queue, and goes on with what was held up long enough.
func (w *Worker) startRuns(ctx context.Context, s *schedule, queue []string) {
	now := w.Clock.Now()
	for _, id := range queue {
		held := s.held[id]
		if s.busy[id] || len(s.busy) == parallel || held != nil && !now.After(held.until) {
			continue
		}
		delete(s.held, id)
		s.busy[id] = true
		s.group.Go(func() {
			end := runEnd{id: id, held: w.runSynchronization(ctx, id, held)}
			select {
			case s.ended <- end:
			case <-ctx.Done():
			}
		})
	}
}

// errStopped is what waiting for a worker ends with that was closed.
var errStopped = errors.New("the sandbox was closed")

// settle waits until no synchronization runs, waits or is due.
func (w *Worker) settle(ctx context.Context) (settled, error) {
	done := make(chan settled, 1)
	select {
	case w.settling <- done:
	case <-w.stopped:
		return settled{}, errStopped
	case <-ctx.Done():
		return settled{}, ctx.Err()
	}
	select {
	case s := <-done:
		return s, nil
	case <-w.stopped:
		return settled{}, errStopped
	case <-ctx.Done():
		return settled{}, ctx.Err()
	}
}

// Advance lets the account's time pass: d in one moment. Synchronizations that fall due on the way run one after the
// other at their time, each to its end, as they would have if nobody had hurried. It returns how many ran. If ctx ends
// first, the clock stands where it came to.
func (w *Worker) Advance(ctx context.Context, d time.Duration) (runs int, err error) {
	target := w.Clock.Now().Add(d)
	first, err := w.settle(ctx)
	for at := first; err == nil; at, err = w.settle(ctx) {
		runs = at.runs - first.runs
		if !w.Clock.Now().Before(target) {
			break
		}
		// What is planned for a moment is due once it has passed.
		next := at.next.Add(time.Millisecond)
		if next.After(target) {
			next = target
		}
		w.Clock.forward(next)
	}
	return runs, err
}

// Jump sets the account's clock forward and does not wait for what falls due: each synchronization runs once.
func (w *Worker) Jump(d time.Duration) {
	w.Clock.forward(w.Clock.Now().Add(d))
	w.Reschedule()
}
