package work

import (
	"context"
	"sync"
	"time"
)

// A Clock is the account's time. It runs Speed times as fast as the machine's, so that the schedule of a day can be
// watched in minutes, and can be set forward. It is safe for concurrent use.
type Clock struct {
	speed float64

	mu      sync.Mutex
	started time.Time     // by the machine's clock
	origin  time.Time     // by the account's
	moved   chan struct{} // closed when the clock is set forward
}

// NewClock starts a clock at the machine's time, or at notBefore if that is later: an account's time never goes back,
// also when it ran fast before. A speed of 0 means 1.
func NewClock(notBefore time.Time, speed float64) *Clock {
	if speed <= 0 {
		speed = 1
	}
	now := time.Now()
	origin := now
	if notBefore.After(origin) {
		origin = notBefore
	}
	return &Clock{started: now, origin: origin, speed: speed, moved: make(chan struct{})}
}

// Now is the account's time, in UTC, to the millisecond as it is stored and shown.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time {
	passed := time.Duration(float64(time.Since(c.started)) * c.speed)
	return c.origin.Add(passed).UTC().Truncate(time.Millisecond)
}

// Speed is how many seconds of the account pass in one of the machine's.
func (c *Clock) Speed() float64 { return c.speed }

// forward sets the clock to t, if that is not past.
func (c *Clock) forward(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := t.Sub(c.now()); d > 0 {
		c.origin = c.origin.Add(d)
		close(c.moved)
		c.moved = make(chan struct{})
	}
}

// timer fires when the clock has passed t, unless it is set forward meanwhile.
func (c *Clock) timer(t time.Time) *time.Timer {
	return time.NewTimer(time.Duration(float64(t.Sub(c.Now())+time.Millisecond)/c.speed) + time.Microsecond)
}

// wait returns when the clock has passed t, however it came there, or with the context's error.
func (c *Clock) wait(ctx context.Context, t time.Time) error {
	for {
		c.mu.Lock()
		passed, moved := c.now().After(t), c.moved
		c.mu.Unlock()
		if passed {
			return nil
		}
		timer := c.timer(t)
		select {
		case <-timer.C:
		case <-moved:
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		}
		timer.Stop()
	}
}
