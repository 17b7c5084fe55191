package carto

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// A Poll says how to wait for an import job.
type Poll struct {
	Limit    time.Duration // the longest wait; zero means 2 hours
	Started  time.Time     // when the job was created; zero means now
	Failures int           // reads in a row that may go wrong in passing; zero means 5

	// Observe, if set, is told of the job at every read.
	Observe func(Import)
}

const (
	defaultPollLimit    = 2 * time.Hour
	defaultPollFailures = 5
	shortestPoll        = 25 * time.Millisecond
	longestPoll         = 10 * time.Second
)

// ErrUnfinished: the wait for an import job ended before the job did.
var ErrUnfinished = errors.New("the import job has not ended")

// WaitImport reads an import job until it has ended, and returns how. A job that
// failed is returned together with an *ImportError. Where waiting takes longer
// than it may, the error is ErrUnfinished; the job goes on at the server.
//
// The pause between two reads is an eighth of the job's age, up to a tenth more or
// less, but at least 25 ms and twice what the last read took, and at most 10 s.
// What is random about it is drawn from the job's id.
func (c *Client) WaitImport(ctx context.Context, id string, p Poll) (Import, error) {
	p = p.withDefaults()
	deadline := time.Now().Add(p.Limit)
	random := rand.New(rand.NewPCG(0, seedOf(id)))
	var last Import
	for failures := 0; ; {
		begin := time.Now()
		job, err := c.Import(ctx, id)
		switch {
		case err == nil:
			last, failures = job, 0
			if p.Observe != nil {
				p.Observe(job)
			}
			if job.State.Final() {
				return job, job.Err()
			}
		case ctx.Err() != nil || !Temporary(err):
			return last, err
		default:
			if failures++; failures > p.Failures {
				return last, err
			}
		}
		pause := pollPause(random, time.Since(p.Started), time.Since(begin))
		if time.Now().Add(pause).After(deadline) {
			return last, fmt.Errorf("import job %s is still %s after %s: %w", id, last.stateWord(), p.Limit, ErrUnfinished)
		}
		if err := sleep(ctx, pause); err != nil {
			return last, err
		}
	}
}

func (p Poll) withDefaults() Poll {
	if p.Limit <= 0 {
		p.Limit = defaultPollLimit
	}
	if p.Failures <= 0 {
		p.Failures = defaultPollFailures
	}
	if p.Started.IsZero() {
		p.Started = time.Now()
	}
	return p
}

func (i Import) stateWord() string {
	if i.State == "" {
		return "unread"
	}
	return string(i.State)
}

// pollPause grows with the job's age: a job of seconds is noticed at once, one
// of an hour costs no more requests than it must.
func pollPause(random *rand.Rand, age, roundTrip time.Duration) time.Duration {
	least := max(shortestPoll, 2*roundTrip)
	pause := time.Duration((0.9 + 0.2*random.Float64()) * float64(age/8))
	return min(max(pause, least), longestPoll)
}

// seedOf makes clients that wait for different jobs keep out of step, and a wait
// for the same job repeatable.
func seedOf(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}
