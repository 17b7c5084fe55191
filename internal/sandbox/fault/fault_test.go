package fault

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	tests := []struct {
		in   string
		want Rule
		err  string
	}{
		{in: "status=502", want: Rule{Kind: Status, Status: 502}},
		{in: "lose@POST/api/v1/imports*1", want: Rule{Kind: Lose, Method: "POST", Path: "/api/v1/imports", Times: 1}},
		{in: "delay=2s/api+3*2", want: Rule{Kind: Delay, Wait: 2 * time.Second, Path: "/api", Skip: 3, Times: 2}},
		{in: "refuse", want: Rule{Kind: Refuse}},
		{in: "redirect@GET", want: Rule{Kind: Redirect, Method: "GET"}},
		{in: "lose=504", want: Rule{Kind: Lose, Status: 504}},
		{in: "empty=401", want: Rule{Kind: Empty, Status: 401}},
		{in: "limit", want: Rule{Kind: Limit}},
		{in: "limit=2s%25", want: Rule{Kind: Limit, Wait: 2 * time.Second, Percent: 25}},
		{in: "reset=10", want: Rule{Kind: Reset, Bytes: 10}},
		{in: "truncate", want: Rule{Kind: Truncate}},
		{in: "drip=1m0s", want: Rule{Kind: Drip, Wait: time.Minute}},
		{in: "stuck=importing", want: Rule{Kind: Stuck, How: "importing"}},
		{in: "stuck=syncing:30s@PUT*1", want: Rule{Kind: Stuck, How: "syncing", Wait: 30 * time.Second, Method: "PUT", Times: 1}},
		{in: "crash=after", want: Rule{Kind: Crash, How: "after"}},
		{in: "drift=drop:no2@PUT", want: Rule{Kind: Drift, How: "drop", Column: "no2", Method: "PUT"}},
		{in: "explode", err: `fault "explode": unknown kind "explode"; kinds are ` + strings.Join(Kinds(), ", ")},
		{in: "stuck", err: `fault "stuck": the state must be one of pending, uploading, unpacking, importing, guessing, stuck, queued, syncing`},
		{in: "stuck=importing:0s", err: `fault "stuck=importing:0s": the time must be a duration such as 30s; without it, it is for ever`},
		{in: "crash=before", err: `fault "crash=before": a crash comes before anything changed, or "after"`},
		{in: "drift=sideways", err: `fault "drift=sideways": columns drift by add, drop or retype`},
		{in: "truncate=-1", err: `fault "truncate=-1": the bytes must be a number above 0`},
		{in: "refuse@get", err: `fault "refuse@get": the method "get" must be in capitals`},
		{in: "refuse%101", err: `fault "refuse%101": 101 percent is more than all`},
		{in: "status=200", err: `fault "status=200": the status must be between 400 and 599`},
		{in: "status", err: `fault "status": the status must be between 400 and 599`},
		{in: "delay=soon", err: `fault "delay=soon": the delay must be a duration such as 2s`},
		{in: "refuse=2", err: `fault "refuse=2": refuse takes no value`},
		{in: "lose=2", err: `fault "lose=2": the status must be between 400 and 599`},
		{in: "lose*x", err: `fault "lose*x": "x" is no count`},
	}
	for _, test := range tests {
		t.Run(test.in, func(t *testing.T) {
			got, err := Parse(test.in)
			if test.err != "" {
				if err == nil || err.Error() != test.err {
					t.Fatalf("got error %v, want %s", err, test.err)
				}
				return
			}
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
			if diff := cmp.Diff(test.in, got.String()); diff != "" {
				t.Error("written again:", diff)
			}
		})
	}
}

// A rule that can be read is written as it is read.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"status=502@GET/a+1*2%3", "lose=504", "limit=1m", "stuck=importing:5s@POST", "drift=add:x:y", "crash=after/b", "delay=0s", "reset=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(r.String())
		if diff := cmp.Diff(r, again); err != nil || diff != "" {
			t.Errorf("%q is written %q: %v %s", text, r, err, diff)
		}
	})
}

// What is drawn at random is drawn again for the same seed.
func TestPercentIsSeeded(t *testing.T) {
	draw := func(seed uint64) (hits []bool, n int) {
		var set Set
		set.Seed(seed)
		set.Add(Rule{Kind: Slots, Percent: 30})
		for range 100 {
			_, hit := set.Take("POST", "/", Slots)
			if hits = append(hits, hit); hit {
				n++
			}
		}
		return hits, n
	}
	one, n := draw(1)
	again, _ := draw(1)
	other, _ := draw(2)
	if diff := cmp.Diff(one, again); diff != "" || cmp.Equal(one, other) || n < 15 || n > 45 {
		t.Errorf("%d of 100 hit with 30 percent, another seed gives the same: %v\n%s", n, cmp.Equal(one, other), diff)
	}
}

// A rule waits for its kind, and one that is spent makes room for the next.
func TestTake(t *testing.T) {
	var set Set
	set.Add(Rule{Kind: Stuck, How: "importing", Path: "/api/v1/imports", Skip: 1, Times: 1})
	set.Add(Rule{Kind: Stuck, How: "pending"})
	set.Add(Rule{Kind: Slots, Method: "POST", Times: 1})
	take := func(method, path string, kinds ...Kind) string {
		r, hit := set.Take(method, path, kinds...)
		if !hit {
			return ""
		}
		return r.String()
	}
	got := []string{
		take("POST", "/api/v1/imports", Crash),
		take("POST", "/api/v1/imports", Stuck), // the first one passes
		take("POST", "/api/v1/imports", Stuck),
		take("POST", "/api/v1/imports", Stuck), // the first one is spent
		take("GET", "/api/v1/imports", Slots),
		take("POST", "/api/v1/imports", Slots, Stuck), // in the order of the rules
		take("POST", "/", Slots),
		take("POST", "/", Slots),
	}
	want := []string{"", "stuck=pending", "stuck=importing/api/v1/imports+1*1", "stuck=pending", "", "stuck=pending", "slots@POST*1", ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var counts [][2]int
	for _, c := range set.Counts() {
		counts = append(counts, [2]int{c.Seen, c.Hits})
	}
	if diff := cmp.Diff([][2]int{{2, 1}, {3, 3}, {1, 1}}, counts); diff != "" {
		t.Error("seen and hits:", diff)
	}
}

// send calls the wrapped handler and tells what a client would see.
func send(t *testing.T, h http.Handler, method, path string) (seen string) {
	t.Helper()
	defer func() {
		if err, ok := recover().(error); ok && errors.Is(err, http.ErrAbortHandler) {
			seen = "cut"
		}
	}()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return strings.TrimSpace(fmt.Sprint(w.Code, " ", w.Header().Get("Content-Type"), w.Header().Get("Location")))
}

func TestWrap(t *testing.T) {
	tests := []struct {
		name    string
		rule    string
		want    []string // of POST /a, GET /a, GET /b
		reached int
	}{
		{"status answers in the account's place", "status=504@GET/a", []string{"200", "504 text/html", "200"}, 2},
		{"refuse cuts before the account", "refuse", []string{"cut", "cut", "cut"}, 0},
		{"lose carries out and cuts", "lose@POST", []string{"cut", "200", "200"}, 3},
		{"skip and times count", "refuse+1*1", []string{"200", "cut", "200"}, 2},
		{"redirect keeps path", "redirect/b", []string{"200", "200", "301 text/html; charset=utf-8https://example.com/b"}, 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var set Set
			rule, err := Parse(test.rule)
			if err != nil {
				t.Fatal(err)
			}
			set.Add(rule)
			reached := 0
			h := set.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached++ }), func(r *http.Request) string { return r.URL.Path })
			got := []string{send(t, h, "POST", "/a"), send(t, h, "GET", "/a"), send(t, h, "GET", "/b")}
			if diff := cmp.Diff(test.want, got); diff != "" || reached != test.reached {
				t.Errorf("reached the account %d times, want %d\n%s", reached, test.reached, diff)
			}
			set.Clear()
			if got := send(t, h, "GET", "/a"); got != "200" {
				t.Errorf("after Clear: %s", got)
			}
		})
	}
}

func TestDelayWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var set Set
		set.Add(Rule{Kind: Delay, Wait: 3 * time.Second})
		began := time.Now()
		h := set.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), func(r *http.Request) string { return "" })
		if got := send(t, h, "GET", "/"); got != "200" || time.Since(began) != 3*time.Second {
			t.Errorf("%s after %s", got, time.Since(began))
		}
	})
}
