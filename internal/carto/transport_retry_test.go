package carto

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestWhatIsRepeated(t *testing.T) {
	busy := scripted{status: 503}
	lost := scripted{err: io.ErrUnexpectedEOF}
	dataset := `{"id":"` + idA + `","name":"roads","type":"table","permission":{"owner":{"username":"acme"}}}`
	tests := []struct {
		name     string
		answers  []scripted
		do       func(context.Context, *Client) error
		requests int
		want     string
	}{
		{"a read after 503", []scripted{busy, busy, ok(dataset)}, readA, 3, ""},
		{"a read after 502", []scripted{{status: 502}, ok(dataset)}, readA, 2, ""},
		{"a read after 504", []scripted{{status: 504}, ok(dataset)}, readA, 2, ""},
		{"a read after 500", []scripted{{status: 500}, ok(dataset)}, readA, 2, ""},
		{"a read after 429", []scripted{{status: 429}, ok(dataset)}, readA, 2, ""},
		{"a read without an answer", []scripted{lost, ok(dataset)}, readA, 2, ""},
		{"a read whose answer is cut off", []scripted{ok(dataset[:20]), ok(dataset[:30]), ok(dataset)}, readA, 3, ""},
		{"not a read answered by a page", []scripted{ok("<html><title>Log in</title></html>")}, readA, 1,
			"GET /api/v1/viz/" + idA + `: 200 OK: the answer is not JSON but "Log in"; check that the account URL points to a CARTO server's API`},
		{"a read up to its limit", []scripted{busy}, readA, 4,
			"GET /api/v1/viz/" + idA + ": 503 Service Unavailable; the server did not answer the proxy in front of it; try again later"},
		{"not a read after 404", []scripted{{status: 404}}, readA, 1,
			"GET /api/v1/viz/" + idA + ": 404 Not Found; it is not there, or the account is locked or in maintenance"},
		{"not a read of an unknown host", []scripted{{err: &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "acme.carto.com", IsNotFound: true}}}}, readA, 1,
			"GET /api/v1/viz/" + idA + `: the host "acme.carto.com" is not known; check the account URL`},
		{"metadata", []scripted{lost, busy, ok(dataset)}, update(DatasetUpdate{Title: ptr("Roads")}), 3, ""},
		{"not metadata after 500", []scripted{{status: 500}}, update(DatasetUpdate{Title: ptr("Roads")}), 1,
			"PUT /api/v1/viz/" + idA + ": 500 Internal Server Error; an error of the server; try again, and ask its operator if it stays"},
		{"not a rename", []scripted{lost}, update(DatasetUpdate{Name: ptr("roads")}), 1,
			"PUT /api/v1/viz/" + idA + ": the connection was closed before the answer came"},
		{"a deletion that had worked", []scripted{lost, {status: 404}}, deleteA, 2, ""},
		{"not a deletion of nothing", []scripted{{status: 404}}, deleteA, 1,
			"DELETE /api/v1/viz/" + idA + ": 404 Not Found; it is not there, or the account is locked or in maintenance"},
		{"sharing", []scripted{busy, ok(`{}`)}, func(ctx context.Context, c *Client) error { return c.SetPermission(ctx, idA, nil) }, 2, ""},
		{"not a new synchronization", []scripted{busy}, func(ctx context.Context, c *Client) error {
			_, _, err := c.CreateSynchronization(ctx, SyncRequest{Interval: time.Hour, URL: secret.New("https://example.org/x.csv")})
			return err
		}, 1, "POST /api/v1/synchronizations: 503 Service Unavailable; the server did not answer the proxy in front of it; try again later"},
		{"not a forced run", []scripted{lost}, func(ctx context.Context, c *Client) error { _, err := c.SyncNow(ctx, idA); return err }, 1,
			"PUT /api/v1/synchronizations/" + idA + "/sync_now: the connection was closed before the answer came"},
		{"not SQL by POST", []scripted{lost}, func(ctx context.Context, c *Client) error { _, err := c.Exec(ctx, "SELECT 1"); return err }, 1,
			"POST /api/v2/sql: the connection was closed before the answer came"},
		{"not the list of import jobs", []scripted{lost}, func(ctx context.Context, c *Client) error { _, err := c.Imports(ctx); return err }, 1,
			"GET /api/v1/imports: the connection was closed before the answer came"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, sent := answering(t, tt.answers...)
				err := tt.do(t.Context(), c)
				if diff := cmp.Diff(tt.want, message(err)); diff != "" {
					t.Error(diff)
				}
				if len(sent.sent) != tt.requests {
					t.Errorf("%d requests, want %d", len(sent.sent), tt.requests)
				}
				for _, line := range sent.sent {
					if line != sent.sent[0] {
						t.Errorf("the repetition differs:\n%s\n%s", sent.sent[0], line)
					}
				}
			})
		})
	}
}

func readA(ctx context.Context, c *Client) error {
	_, err := c.Dataset(ctx, idA)
	return err
}

func deleteA(ctx context.Context, c *Client) error { return c.DeleteDataset(ctx, idA) }

func update(u DatasetUpdate) func(context.Context, *Client) error {
	return func(ctx context.Context, c *Client) error {
		_, err := c.UpdateDataset(ctx, idA, u)
		return err
	}
}

func TestPausesBetweenAttempts(t *testing.T) {
	after := func(v string) scripted { return scripted{status: 503, header: http.Header{"Retry-After": {v}}} }
	tests := []struct {
		name    string
		retries int
		answers func(now time.Time) []scripted
		want    [][2]time.Duration // least and most of each pause
	}{
		{"growing", 8, func(time.Time) []scripted { return []scripted{{status: 503}} }, [][2]time.Duration{
			{250 * time.Millisecond, 500 * time.Millisecond}, {500 * time.Millisecond, time.Second},
			{time.Second, 2 * time.Second}, {2 * time.Second, 4 * time.Second}, {4 * time.Second, 8 * time.Second},
			{5 * time.Second, 10 * time.Second}, {5 * time.Second, 10 * time.Second}, {5 * time.Second, 10 * time.Second},
		}},
		{"as told in seconds", 1, func(time.Time) []scripted { return []scripted{after("7"), ok("{}")} },
			[][2]time.Duration{{7 * time.Second, 7 * time.Second}}},
		{"as told in fractions", 1, func(time.Time) []scripted { return []scripted{after("0.5"), ok("{}")} },
			[][2]time.Duration{{500 * time.Millisecond, 500 * time.Millisecond}}},
		{"as told by a date", 1, func(now time.Time) []scripted {
			return []scripted{after(now.Add(30 * time.Second).UTC().Format(http.TimeFormat)), ok("{}")}
		}, [][2]time.Duration{{29 * time.Second, 30 * time.Second}}},
		{"a date in the past", 1, func(now time.Time) []scripted {
			return []scripted{after(now.Add(-time.Hour).UTC().Format(http.TimeFormat)), ok("{}")}
		}, [][2]time.Duration{{0, 0}}},
		{"nonsense counts as not told", 1, func(time.Time) []scripted { return []scripted{after("soon"), ok("{}")} },
			[][2]time.Duration{{250 * time.Millisecond, 500 * time.Millisecond}}},
		{"more than a minute is left to the caller", 3, func(time.Time) []scripted { return []scripted{after("61")} }, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := &recorder{answers: tt.answers(time.Now())}
				c := testClient(t, Config{Transport: sent, Retries: tt.retries})
				c.Synchronization(t.Context(), idA)
				if len(sent.at) != len(tt.want)+1 {
					t.Fatalf("%d requests, want %d", len(sent.at), len(tt.want)+1)
				}
				for i, want := range tt.want {
					if pause := sent.at[i+1].Sub(sent.at[i]); pause < want[0] || pause > want[1] {
						t.Errorf("pause %d is %s, want %s to %s", i, pause, want[0], want[1])
					}
				}
			})
		})
	}
}

func TestRetryAfterReachesTheCaller(t *testing.T) {
	c, _ := answering(t, scripted{status: 429, header: http.Header{"Retry-After": {"90"}}})
	_, err := c.Dataset(t.Context(), idA)
	var api *APIError
	if !errors.As(err, &api) {
		t.Fatal(err)
	}
	if api.After != 90*time.Second {
		t.Errorf("After = %s", api.After)
	}
	if diff := cmp.Diff("GET /api/v1/viz/"+idA+": 429 Too Many Requests; wait 1m30s and try again", message(err)); diff != "" {
		t.Error(diff)
	}
}

// With a deadline that leaves no room for the pause, the answer at hand says
// more than a deadline would.
func TestNoPauseBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, sent := answering(t, scripted{status: 503, header: http.Header{"Retry-After": {"10"}}})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin := time.Now()
		_, err := c.Me(ctx)
		if len(sent.sent) != 1 || time.Since(begin) != 0 || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d requests, %s, %v", len(sent.sent), time.Since(begin), err)
		}
	})
}

func TestCancellationEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := answering(t, scripted{status: 503, header: http.Header{"Retry-After": {"50"}}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(2*time.Second, cancel)
		begin := time.Now()
		if _, err := c.Me(ctx); !errors.Is(err, context.Canceled) || time.Since(begin) != 2*time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}

func TestPostsAreNeverRepeatable(t *testing.T) {
	for _, r := range []repeat{byMethod, safe, once} {
		if (&call{repeat: r}).repeatable(http.MethodPost) {
			t.Errorf("a POST may be repeated with %v", r)
		}
	}
}

func TestMaybeApplied(t *testing.T) {
	dial := &net.OpError{Op: "dial", Err: errors.New("connection refused")}
	tests := []struct {
		name      string
		answer    scripted
		maybe     bool
		temporary bool
	}{
		{"lost answer", scripted{err: io.ErrUnexpectedEOF}, true, true},
		{"reset", scripted{err: &net.OpError{Op: "read", Err: errors.New("reset")}}, true, true},
		{"never connected", scripted{err: dial}, false, true},
		{"unknown host", scripted{err: &net.DNSError{IsNotFound: true}}, false, false},
		{"500", scripted{status: 500}, true, false},
		{"502", scripted{status: 502}, true, true},
		{"408", scripted{status: 408}, true, true},
		{"429", scripted{status: 429}, false, true},
		{"400", scripted{status: 400}, false, false},
		{"401", scripted{status: 401}, false, false},
		{"200 with a page", ok("<html>hello</html>"), true, false},
		{"200 without an id", ok(`{"success":true}`), true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, sent := answering(t, tt.answer)
			_, err := c.ImportURL(t.Context(), URLImport{URL: secret.New("https://example.org/x.csv")})
			if err == nil || len(sent.sent) != 1 {
				t.Fatalf("%d requests, error %v", len(sent.sent), err)
			}
			if got := MaybeApplied(err); got != tt.maybe {
				t.Errorf("MaybeApplied(%v) = %v", err, got)
			}
			if got := Temporary(err); got != tt.temporary {
				t.Errorf("Temporary(%v) = %v", err, got)
			}
		})
	}
}
