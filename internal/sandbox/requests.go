package sandbox

import (
	"sync"
	"time"
)

// requests counts the requests that are being answered, so that the account is not closed under them.
type requests struct {
	mu     sync.Mutex
	open   int
	closed bool
	none   chan struct{} // closed when the last has ended, once nobody is let in any more
}

// enter lets a request in, unless the account is being closed. Who was let in leaves.
func (r *requests) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.open++
	}
	return !r.closed
}

func (r *requests) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open--; r.open == 0 && r.closed {
		close(r.none)
	}
}

// end lets nobody in any more and waits for those that are in, but not longer than d. It tells how many are left.
func (r *requests) end(d time.Duration) (left int) {
	r.mu.Lock()
	if !r.closed {
		r.closed, r.none = true, make(chan struct{})
		if r.open == 0 {
			close(r.none)
		}
	}
	r.mu.Unlock()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.none:
	case <-timer.C:
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}
