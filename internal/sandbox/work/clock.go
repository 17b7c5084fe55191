package work

import "time"

// A Clock is the account's time. It runs Speed times as fast as the machine's, so that the schedule of a day can be
// watched in minutes.
type Clock struct {
	started time.Time // by the machine's clock
	origin  time.Time // by the account's
	speed   float64
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
	return &Clock{started: now, origin: origin, speed: speed}
}

// Now is the account's time, in UTC, to the millisecond as it is stored and shown.
func (c *Clock) Now() time.Time {
	passed := time.Duration(float64(time.Since(c.started)) * c.speed)
	return c.origin.Add(passed).UTC().Truncate(time.Millisecond)
}

// timer fires when the clock has passed t.
func (c *Clock) timer(t time.Time) *time.Timer {
	return time.NewTimer(time.Duration(float64(t.Sub(c.Now())+time.Millisecond)/c.speed) + time.Microsecond)
}
