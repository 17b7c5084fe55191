package carto

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// job answers as an import job does that ends after a while; each read takes
// the round trip.
func job(duration, roundTrip time.Duration, final string) (http.RoundTripper, *[]time.Duration) {
	begin := time.Now()
	var reads []time.Duration
	return serve(func(w http.ResponseWriter, r *http.Request) {
		<-time.After(roundTrip)
		age := time.Since(begin)
		reads = append(reads, age)
		if age < duration {
			fmt.Fprintf(w, `{"id":%q,"state":"importing"}`, idA)
			return
		}
		fmt.Fprintf(w, `{"id":%q,%s}`, idA, final)
	}), &reads
}

const done = `"state":"complete","success":true,"table_name":"roads","table_id":"t"`

func TestWaitImportPauses(t *testing.T) {
	tests := []struct {
		duration, roundTrip time.Duration
		late                time.Duration // how late the end may be noticed
		most                int           // how many reads that may take
	}{
		{100 * time.Millisecond, 0, 30 * time.Millisecond, 8},
		{10 * time.Second, 0, 1300 * time.Millisecond, 60},
		{time.Hour, 0, 10 * time.Second, 420},
		{90 * time.Minute, 0, 10 * time.Second, 600},
		{10 * time.Second, time.Second, 4 * time.Second, 6},
		{time.Minute, 30 * time.Second, 41 * time.Second, 3},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%s with %s", tt.duration, tt.roundTrip), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt, reads := job(tt.duration, tt.roundTrip, done)
				c := testClient(t, Config{Transport: rt})
				got, err := c.WaitImport(t.Context(), idA, Poll{})
				if err != nil || got.TableName != "roads" {
					t.Fatalf("%+v, error %v", got, err)
				}
				all := *reads
				if late := all[len(all)-1] - tt.duration; late > tt.late || len(all) > tt.most {
					t.Errorf("noticed %s late with %d reads", late, len(all))
				}
				for i := 1; i < len(all); i++ {
					pause := all[i] - all[i-1] - tt.roundTrip
					if pause < min(max(shortestPoll, 2*tt.roundTrip), longestPoll) || pause > longestPoll {
						t.Errorf("pause %d is %s", i, pause)
					}
				}
			})
		})
	}
}

// A job that was begun long ago is not asked about every 25 ms.
func TestWaitImportKnowsTheAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, reads := job(time.Minute, 0, done)
		c := testClient(t, Config{Transport: rt})
		if _, err := c.WaitImport(t.Context(), idA, Poll{Started: time.Now().Add(-time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if len(*reads) > 9 {
			t.Errorf("%d reads", len(*reads))
		}
	})
}

func TestWaitImportEnds(t *testing.T) {
	tests := []struct {
		name, final, want string
	}{
		{"failure", `"state":"failure","success":false,"error_code":1005`, "1005 the file is empty; check what writes the file"},
		{"stuck", `"state":"stuck","error_code":6671`, "6671 the job stood still and was marked as failed; look whether the dataset appeared all the same, then try again"},
		{"complete without success", `"state":"complete","success":false,"error_code":null`, "the import failed without a reason; try again, and check the source if it stays"},
		{"complete with a code", `"state":"complete","success":true,"error_code":1022`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rt, _ := job(time.Second, 0, tt.final)
				var states []ImportState
				c := testClient(t, Config{Transport: rt})
				got, err := c.WaitImport(t.Context(), idA, Poll{Observe: func(i Import) {
					if len(states) == 0 || states[len(states)-1] != i.State {
						states = append(states, i.State)
					}
				}})
				if diff := cmp.Diff(tt.want, message(err)); diff != "" {
					t.Error(diff)
				}
				var failed *ImportError
				if errors.As(err, &failed) != (tt.want != "") {
					t.Errorf("%T", err)
				}
				if diff := cmp.Diff([]ImportState{ImportImporting, got.State}, states); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestWaitImportToleratesPassingErrors(t *testing.T) {
	unread, importing := scripted{status: 503}, ok(`{"state":"importing"}`)
	tests := []struct {
		name    string
		answers []scripted
		reads   int
		want    string
	}{
		{"a few", []scripted{unread, unread, importing, unread, unread, ok(`{` + done + `}`)}, 6, ""},
		{"too many", []scripted{unread, importing, unread, unread, unread}, 5,
			"GET /api/v1/imports/" + idA + ": 503 Service Unavailable; the server did not answer the proxy in front of it; try again later"},
		{"one that does not pass", []scripted{importing, {status: 401}}, 2,
			"GET /api/v1/imports/" + idA + `: 401 Unauthorized; check CARTO_API_KEY: it must be the master key of user "acme"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sent := &recorder{answers: tt.answers}
				c := testClient(t, Config{Transport: sent, Retries: -1})
				_, err := c.WaitImport(t.Context(), idA, Poll{Failures: 2})
				if diff := cmp.Diff(tt.want, message(err)); diff != "" {
					t.Error(diff)
				}
				if len(sent.sent) != tt.reads {
					t.Errorf("%d reads, want %d", len(sent.sent), tt.reads)
				}
			})
		})
	}
}

func TestWaitImportGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, _ := job(time.Hour, 0, done)
		c := testClient(t, Config{Transport: rt})
		begin := time.Now()
		last, err := c.WaitImport(t.Context(), idA, Poll{Limit: time.Minute})
		if !errors.Is(err, ErrUnfinished) || last.State != ImportImporting || time.Since(begin) > time.Minute {
			t.Errorf("%s after %s: %v", last.State, time.Since(begin), err)
		}
		if diff := cmp.Diff("import job "+idA+" is still importing after 1m0s: the import job has not ended", message(err)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWaitImportEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rt, _ := job(time.Hour, 0, done)
		c := testClient(t, Config{Transport: rt})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(95*time.Second, cancel)
		begin := time.Now()
		if _, err := c.WaitImport(ctx, idA, Poll{}); !errors.Is(err, context.Canceled) || time.Since(begin) != 95*time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}

func TestPollPauseIsJittered(t *testing.T) {
	pauses := func(id string) (all []time.Duration) {
		random := rand.New(rand.NewPCG(0, seedOf(id)))
		for range 50 {
			all = append(all, pollPause(random, 40*time.Second, 0))
		}
		return all
	}
	a := pauses(idA)
	for _, p := range a {
		if p < 4500*time.Millisecond || p > 5500*time.Millisecond {
			t.Fatalf("pause %s", p)
		}
	}
	if diff := cmp.Diff(a, pauses(idA)); diff != "" {
		t.Errorf("the same job is waited for otherwise: %s", diff)
	}
	seen := map[time.Duration]bool{}
	for _, p := range append(a, pauses(idB)...) {
		seen[p] = true
	}
	if len(seen) < 90 {
		t.Errorf("%d different pauses of 100", len(seen))
	}
}
