package sandbox

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Who closes an account waits for the requests that it is answering, but not for ever, and refuses further ones.
func TestRequestsEnd(t *testing.T) {
	for _, test := range []struct {
		name          string
		takes, waited time.Duration
		left          int
	}{
		{"none", 0, 0, 0},
		{"a short one", time.Second, time.Second, 0},
		{"a long one", time.Hour, time.Minute, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r requests
				if test.takes > 0 {
					r.enter()
					time.AfterFunc(test.takes, r.leave)
				}
				began := time.Now()
				left := r.end(time.Minute)
				if diff := cmp.Diff([]any{test.left, test.waited, false}, []any{left, time.Since(began), r.enter()}); diff != "" {
					t.Error(diff)
				}
				<-time.After(test.takes) // fake time, for what is left
			})
		})
	}
}

// The account is closed when the last request has been answered, whatever became of its client.
func TestCloseWaitsForRequests(t *testing.T) {
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	body, sent := io.Pipe()
	answered := make(chan int, 1)
	go func() {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/user/sandbox/api/v2/sql?api_key="+DefaultAPIKey, body)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		s.ServeHTTP(w, r)
		answered <- w.Code
	}()
	io.WriteString(sent, "q=CREATE TABLE t AS ") // it is being read: the request is under way
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	for s.requests.enter() { // until it is being closed
		s.requests.leave()
	}
	late := httptest.NewRecorder()
	s.ServeHTTP(late, httptest.NewRequest(http.MethodGet, "/user/sandbox/api/v2/sql?q=SELECT+1", nil))
	io.WriteString(sent, "SELECT 1 AS n")
	sent.Close()
	if diff := cmp.Diff([]int{http.StatusServiceUnavailable, http.StatusOK}, []int{late.Code, <-answered}); diff != "" {
		t.Error(diff)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}
