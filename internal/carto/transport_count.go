package carto

import (
	"context"
	"net/http"
	"sync/atomic"
)

// A Meter counts the requests that are sent with a context of [WithMeter]. The
// zero value is ready; it is safe for concurrent use.
type Meter struct {
	requests, repeats atomic.Int64
}

// Requests is how many requests were sent, repetitions included.
func (m *Meter) Requests() int64 { return m.requests.Load() }

// Repeats is how many of them repeated one that had failed in passing.
func (m *Meter) Repeats() int64 { return m.repeats.Load() }

type meterKey struct{}

// WithMeter lets m count what is sent with the returned context. Meters that ctx
// has already go on counting.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	outer, _ := ctx.Value(meterKey{}).([]*Meter)
	return context.WithValue(ctx, meterKey{}, append(outer[:len(outer):len(outer)], m))
}

// counted counts every attempt that goes out.
type counted struct{ next http.RoundTripper }

func (t counted) RoundTrip(req *http.Request) (*http.Response, error) {
	meters, _ := req.Context().Value(meterKey{}).([]*Meter)
	for _, m := range meters {
		m.requests.Add(1)
		if callOf(req.Context()).attempts > 1 {
			m.repeats.Add(1)
		}
	}
	return t.next.RoundTrip(req)
}
