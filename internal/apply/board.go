package apply

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/plan"
)

// lastWords is how long a run whose context has ended waits for its actions to
// say how far they came. A file system or a network that hangs must not keep
// the report from whoever ended the run.
const lastWords = 500 * time.Millisecond

// errUnderWay says that nobody knows how far an action came.
var errUnderWay = errors.New("it was under way when the run was ended; run it again to go on")

// A board holds what became of each action, at any time.
type board struct {
	mu      sync.Mutex
	results []Result
	closed  bool
}

// newBoard says of every action that it was not begun, or that it is blocked.
func newBoard(actions []plan.Action) *board {
	b := &board{results: make([]Result, len(actions))}
	for i, a := range actions {
		outcome, err := Skipped, errStopped
		if a.Verb == plan.Blocked {
			outcome, err = Blocked, blockedError{a}
		}
		b.results[i] = Result{Action: a, Outcome: outcome, Err: &ActionError{Action: a, Err: err}}
	}
	return b
}

func (b *board) begin(i int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		a := b.results[i].Action
		b.results[i].Outcome, b.results[i].Err = Interrupted, &ActionError{Action: a, Err: errUnderWay}
	}
}

func (b *board) set(i int, res Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.results[i] = res
	}
}

// close returns the results, which stay as they are now.
func (b *board) close() []Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	return b.results
}

// untilOver waits for work, and for no longer than lastWords once ctx has ended.
func untilOver(ctx context.Context, work func()) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		work()
	}()
	select {
	case <-over:
		return
	case <-ctx.Done():
	}
	limit := time.NewTimer(lastWords)
	defer limit.Stop()
	select {
	case <-over:
	case <-limit.C:
	}
}
