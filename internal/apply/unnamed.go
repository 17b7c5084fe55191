package apply

import (
	"context"
	"sync"
)

// unnamed counts the imports of a run whose dataset bears, for a moment, a name
// that CARTO chose: that of the file at the end of a URL. It may be the very
// name that another dataset of the run is to get.
type unnamed struct {
	mu      sync.Mutex
	running int
	over    int           // how many have ended
	change  chan struct{} // closed when one ends
}

// begin counts an import in; the caller calls the result once the dataset bears
// a name of ours, or is gone.
func (u *unnamed) begin() (end func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.running++
	return sync.OnceFunc(func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.running--
		u.over++
		if u.change != nil {
			close(u.change)
			u.change = nil
		}
	})
}

// watch remembers which imports are under way.
func (u *unnamed) watch() watching {
	u.mu.Lock()
	defer u.mu.Unlock()
	return watching{u: u, running: u.running, over: u.over}
}

// watching is a moment that [watching.ended] compares with now.
type watching struct {
	u             *unnamed
	running, over int
}

// ended waits until an import that was under way at that moment, or began since,
// has ended. It says false if there is none, so that waiting is of no use.
func (w watching) ended(ctx context.Context) (bool, error) {
	w.u.mu.Lock()
	if w.u.over != w.over {
		w.u.mu.Unlock()
		return true, nil
	}
	if w.u.running == 0 {
		w.u.mu.Unlock()
		return false, nil
	}
	if w.u.change == nil {
		w.u.change = make(chan struct{})
	}
	change := w.u.change
	w.u.mu.Unlock()
	ctx, over := patience(ctx)
	defer over()
	select {
	case <-change:
		return true, nil
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
}
