package carto

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	// firstPause and maxPause bound the pauses between attempts.
	firstPause = 500 * time.Millisecond
	maxPause   = 10 * time.Second
	// maxRetryAfter is the longest pause that a server may ask for; an answer
	// that asks for more is handed to the caller, who can do something else.
	maxRetryAfter = time.Minute
)

// retried repeats requests whose repetition changes nothing: reads, and those
// writes that their caller marked. The pause before the first repetition is
// between a quarter and half of a second, each further one about twice as long
// up to 10 seconds, and a Retry-After of up to a minute replaces it.
type retried struct {
	next    http.RoundTripper
	retries int
}

func (t retried) RoundTrip(req *http.Request) (*http.Response, error) {
	call := callOf(req.Context())
	for n := 0; ; n++ {
		call.attempts++
		resp, err := t.next.RoundTrip(req)
		if n == t.retries || !call.repeatable(req.Method) || !worthRepeating(req, resp, err) {
			return resp, err
		}
		pause, ok := pauseBefore(n, resp)
		if !ok || !timeFor(req.Context(), pause) {
			return resp, err
		}
		again, ok := rewound(req)
		if !ok {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close()
		}
		if err := sleep(req.Context(), pause); err != nil {
			return nil, err
		}
		req = again
	}
}

func worthRepeating(req *http.Request, resp *http.Response, err error) bool {
	if req.Context().Err() != nil {
		return false
	}
	if err != nil {
		return temporaryFailure(err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return cutOff(resp)
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusInternalServerError:
		// CARTO answers 500 for some permanent mistakes in writes.
		return req.Method == http.MethodGet || req.Method == http.MethodHead
	}
	return false
}

// cutOff reports whether an answer that was read whole, by its own length, ends in
// the middle all the same. It leaves the body to be read again.
func cutOff(resp *http.Response) bool {
	body, err := io.ReadAll(resp.Body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var sound json.RawMessage
	return err == nil && endsEarly(body, json.Unmarshal(body, &sound))
}

// pauseBefore is how long to wait before repetition n, counted from zero; ok
// is false if the server asks for more patience than a request has.
func pauseBefore(n int, resp *http.Response) (time.Duration, bool) {
	if resp != nil {
		if after, ok := retryAfter(resp.Header, time.Now()); ok {
			return after, after <= maxRetryAfter
		}
	}
	pause := min(firstPause<<min(n, 10), maxPause)
	return pause/2 + rand.N(pause/2+1), true
}

// retryAfter reads seconds or an HTTP date; a date in the past means now.
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if v == "" {
		return 0, false
	}
	if seconds, err := strconv.ParseFloat(v, 64); err == nil {
		if !(seconds >= 0 && seconds < 1e9) {
			return 0, false
		}
		return time.Duration(seconds * float64(time.Second)), true
	}
	date, err := http.ParseTime(v)
	if err != nil {
		return 0, false
	}
	return max(date.Sub(now), 0), true
}

// timeFor reports whether the caller's deadline leaves room for a pause; if not,
// the answer at hand says more than "deadline exceeded" would.
func timeFor(ctx context.Context, pause time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > pause
}

// rewound is the request with its body at the beginning again.
func rewound(req *http.Request) (*http.Request, bool) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, false
	}
	again := req.Clone(req.Context())
	again.Body = body
	return again, true
}

// sleep waits, or returns why the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// temporaryFailure reports whether a request that got no answer may get one
// when it is sent again.
func temporaryFailure(err error) bool {
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, ErrReadOnly):
		return false
	case isTooLarge(err), isUntrusted(err), isUnknownHost(err), isNotTLS(err):
		return false
	}
	return true
}
