package apply_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// A runner is a run that takes leases, with what it was told.
type runner struct {
	apply.LeaseOptions
	mu      sync.Mutex
	notices []string
}

// named is a runner on another machine that waits for an hour.
func named(user string) *runner {
	r := &runner{LeaseOptions: apply.LeaseOptions{Holder: apply.NewHolder(user, user+"-laptop", ""), Wait: time.Hour}}
	r.Holder.Boot, r.Holder.PID = "boot of "+user, 42
	r.Notice = func(n apply.LeaseNotice) {
		r.mu.Lock()
		defer r.mu.Unlock()
		text := fmt.Sprintf("%s held by %s for %s more", n.Project, n.Holder, n.Left.Round(time.Minute))
		if n.Problem != nil {
			text = n.Project + " not leased: " + n.Problem.Error()
		}
		r.notices = append(r.notices, text)
	}
	return r
}

// takes returns the leases of city, or of the projects.
func (a *account) takes(r *runner, projects ...string) *apply.Lease {
	a.t.Helper()
	if len(projects) == 0 {
		projects = []string{"city"}
	}
	l, err := apply.TakeLeases(a.t.Context(), a.client, projects, r.LeaseOptions)
	if err != nil {
		a.t.Fatal(err)
	}
	return l
}

func (a *account) releases(l *apply.Lease) {
	a.t.Helper()
	if err := l.Release(a.t.Context()); err != nil {
		a.t.Error(err)
	}
}

// lease reads the row of city: who holds it, and its seq.
func (a *account) lease() (holder string, seq int64) {
	a.t.Helper()
	rows, err := a.client.Query(a.t.Context(), "SELECT holder, seq FROM "+apply.LeaseTable+" WHERE project = 'city'")
	if err != nil {
		a.t.Fatal(err)
	}
	if seq, err = rows.Int(0, "seq"); err != nil {
		a.t.Fatal(err)
	}
	return rows.Text(0, "holder"), seq
}

// abandoned writes the row of a run that is no more.
func (a *account) abandoned(h apply.Holder) {
	a.t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		a.t.Fatal(err)
	}
	a.releases(a.takes(named("first"))) // makes the table
	if _, err := a.client.Exec(a.t.Context(), "UPDATE "+apply.LeaseTable+" SET holder = "+carto.QuoteLiteral(string(text))); err != nil {
		a.t.Fatal(err)
	}
}

func expect(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: wanted -, got +:\n%s", what, diff)
	}
}

// TestSecondRunWaitsForTheFirst: it says at once who has the lease, and then
// rarely; it gets it when the first one is through.
func TestSecondRunWaitsForTheFirst(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		first := a.takes(named("ann"))
		if !first.Holds("city") || first.Holds("other") || first.Stale() != true {
			t.Error("the first run does not hold the lease")
		}
		bob, began := named("bob"), time.Now()
		got := make(chan *apply.Lease)
		go func() { got <- a.takes(bob) }()
		later(t, 150*time.Second)
		a.releases(first)
		second := <-got
		expect(t, "notices", []string{
			"city held by ann@ann-laptop (process 42) for 1h0m0s more",
			"city held by ann@ann-laptop (process 42) for 59m0s more",
			"city held by ann@ann-laptop (process 42) for 58m0s more",
		}, bob.notices)
		if waited := time.Since(began); waited > 161*time.Second || !second.Stale() {
			t.Errorf("it took over after %s, stale: %t", waited, second.Stale())
		}
		a.releases(second)
		if holder, _ := a.lease(); holder != "" {
			t.Errorf("the lease is still that of %s", holder)
		}
	})
}

// TestLeaseIsRefused: a run that does not wait, or not any longer, says who has
// the lease and since when, and has written nothing.
func TestLeaseIsRefused(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Minute} {
		t.Run(wait.String(), func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				ann := named("ann")
				ann.Holder.Run = "https://ci.example.org/runs/7"
				defer a.releases(a.takes(ann))
				a.before.set(func(r *http.Request) {
					if r.Method != http.MethodGet && strings.Contains(readBody(t, r), "bob") {
						t.Errorf("the waiting run sent %s %s", r.Method, r.URL.Path)
					}
				})
				bob, began := named("bob"), time.Now()
				bob.Wait = wait
				_, err := apply.TakeLeases(t.Context(), a.client, []string{"city"}, bob.LeaseOptions)
				var held *apply.HeldError
				if !errors.As(err, &held) {
					t.Fatalf("it says %v", err)
				}
				waited := ""
				if wait > 0 {
					waited = ", and 10m0s of waiting were not enough"
				}
				want := `project "city" is being applied by ann@ann-laptop (process 42), https://ci.example.org/runs/7 since ` + held.Since + waited +
					"; nothing was changed; run it again when that has ended, or wait longer with --lease-timeout"
				expect(t, "refusal", want, err.Error())
				if since, err := time.Parse(time.RFC3339, held.Since); err != nil || since.Sub(began).Abs() > time.Second {
					t.Errorf("held since %q: %v", held.Since, err)
				}
				if took := time.Since(began); took != wait {
					t.Errorf("refused after %s", took)
				}
			})
		})
	}
}

// TestAbandonedLeaseIsTakenOver: after it stood still for two minutes, whatever
// its row says, and at once only if its process surely has ended.
func TestAbandonedLeaseIsTakenOver(t *testing.T) {
	here := apply.NewHolder("ann", "laptop", "")
	for _, c := range []struct {
		name   string
		holder func() apply.Holder
		atOnce bool
	}{
		{"of another machine", func() apply.Holder { h := ended(t, here); h.Boot = "another"; return h }, false},
		{"of another host", func() apply.Holder { h := ended(t, here); h.Host = "another"; return h }, false},
		{"of another container", func() apply.Holder { h := ended(t, here); h.Namespace = "pid:[1]"; return h }, false},
		{"of a process that lives", func() apply.Holder { h := here; h.ID = "another"; return h }, false},
		{"of one that nobody can tell", func() apply.Holder { h := ended(t, here); h.Began = ""; return h }, false},
		{"of a process that has ended", func() apply.Holder { return ended(t, here) }, known(here)},
		{"of one whose number another has", func() apply.Holder { h := here; h.ID, h.Began = "another", "1"; return h }, known(here)},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := c.holder()
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.abandoned(h)
				r := named("ann")
				r.Holder = here
				began := time.Now()
				l := a.takes(r)
				took := time.Since(began)
				if c.atOnce != (took == 0) || !c.atOnce && (took < 2*time.Minute || took > 131*time.Second) {
					t.Errorf("taken over after %s", took)
				}
				if !l.Stale() {
					t.Error("what it left behind is not read again")
				}
				a.releases(l)
			})
		})
	}
}

// known reports whether this system tells processes for sure.
func known(h apply.Holder) bool { return h.Boot != "" && h.Namespace != "" && h.Began != "" }

// TestLeaseRowsOfAnyText: a row that was not written as we write it is shown
// short, and taken over when it stands still.
func TestLeaseRowsOfAnyText(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.releases(a.takes(named("ann")))
		if _, err := a.client.Exec(t.Context(), "UPDATE "+apply.LeaseTable+" SET holder = '"+strings.Repeat("{é", 300)+"'"); err != nil {
			t.Fatal(err)
		}
		r := named("bob")
		a.releases(a.takes(r))
		expect(t, "first notice", "city held by "+strings.Repeat("{é", 100)+"… for 1h0m0s more", r.notices[0])
	})
}

// TestLostAnswerToTakingIsLookedUp: the statement is not repeated, and what was
// read before is read again.
func TestLostAnswerToTakingIsLookedUp(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Lose, fault.Reset, fault.Truncate} {
		t.Run(string(kind), func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.releases(a.takes(named("ann")))
				_, before := a.lease()
				a.box.Inject(fault.Rule{Kind: kind, Method: http.MethodPost, Path: "/api/v2/sql", Times: 1})
				l := a.takes(named("bob"))
				if _, seq := a.lease(); seq != before+1 || !l.Holds("city") || !l.Stale() {
					t.Errorf("seq went from %d to %d; held %t, stale %t", before, seq, l.Holds("city"), l.Stale())
				}
				a.releases(l)
			})
		})
	}
}

// TestFasterRunGetsTheLease: who reads that it is free has not yet got it.
func TestFasterRunGetsTheLease(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		for _, row := range []string{"none", "released"} {
			var ann *apply.Lease
			a.before.set(func(r *http.Request) {
				if r.Method == http.MethodPost && strings.Contains(readBody(t, r), "INSERT") {
					a.before.set(nil)
					ann = a.takes(named("ann"))
				}
			})
			bob := named("bob")
			bob.Wait = 0
			_, err := apply.TakeLeases(t.Context(), a.client, []string{"city"}, bob.LeaseOptions)
			var held *apply.HeldError
			if !errors.As(err, &held) || !ann.Holds("city") {
				t.Errorf("with the row %s both hold it: %v", row, err)
			}
			a.releases(ann)
		}
	})
}

// TestStaleOnlyAfterOtherRuns: what was read under a lease that nobody took since
// need not be read again.
func TestStaleOnlyAfterOtherRuns(t *testing.T) {
	for _, c := range []struct {
		name    string
		between func(*account)
		want    bool
	}{
		{"nobody", func(*account) {}, false},
		{"a whole run", func(a *account) { a.releases(a.takes(named("ann"))) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				for range 2 { // without a row and with one
					bob := named("bob")
					var err error
					if bob.Seen, err = apply.ReadLeases(t.Context(), a.client, []string{"city"}); err != nil {
						t.Fatal(err)
					}
					c.between(a)
					l := a.takes(bob)
					expect(t, "stale", c.want, l.Stale())
					a.releases(l)
				}
			})
		})
	}
}

// TestSomebodyIsAlwaysFaster: a run whose statement never finds the row that it read,
// because others are faster or the database answers with what it had before, does not
// ask without a pause, and waits no longer than for anybody.
func TestSomebodyIsAlwaysFaster(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.releases(a.takes(named("ann")))
		sent := 0
		a.before.set(func(r *http.Request) {
			if sent++; r.Method != http.MethodPost || sent > 1000 || !strings.Contains(readBody(t, r), "INSERT") {
				return
			}
			before := a.before.get()
			a.before.set(nil)
			defer a.before.set(before)
			if _, err := a.client.Exec(t.Context(), "UPDATE "+apply.LeaseTable+" SET seq = seq + 1"); err != nil {
				t.Error(err)
			}
		})
		bob, began := named("bob"), time.Now()
		bob.Wait = time.Minute
		_, err := apply.TakeLeases(t.Context(), a.client, []string{"city"}, bob.LeaseOptions)
		var held *apply.HeldError
		if !errors.As(err, &held) || held.Holder != "another run" || time.Since(began) != time.Minute || sent > 200 {
			t.Errorf("%v, after %s and %d requests", err, time.Since(began), sent)
		}
	})
}

// TestWaitingInVain: a run that may not read any more who has the lease says so.
func TestWaitingInVain(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		ann := a.takes(named("ann"))
		a.box.Inject(fault.Rule{Kind: fault.Empty, Status: 403, Method: http.MethodGet, Path: "/api/v2/sql", Skip: 1})
		began := time.Now()
		_, err := apply.TakeLeases(t.Context(), a.client, []string{"city"}, named("bob").LeaseOptions)
		var held *apply.HeldError
		if !errors.As(err, &held) || !strings.Contains(err.Error(), "; besides, GET /api/v2/sql: 403") || time.Since(began) > time.Minute {
			t.Errorf("%v, after %s", err, time.Since(began))
		}
		a.box.ClearFaults()
		a.releases(ann)
	})
}

// TestLeaseIsRenewed: it advances while the run lives, also through failures, so
// that nobody takes it over.
func TestLeaseIsRenewed(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		l := a.takes(named("ann"))
		a.box.Inject(fault.Rule{Kind: fault.Status, Status: 503, Method: http.MethodPost, Path: "/api/v2/sql", Percent: 60})
		bob := named("bob")
		bob.Wait = 30 * time.Minute
		_, err := apply.TakeLeases(t.Context(), a.client, []string{"city"}, bob.LeaseOptions)
		var held *apply.HeldError
		if !errors.As(err, &held) {
			t.Errorf("the waiting run got %v", err)
		}
		if err := l.Lost(); err != nil || !l.Holds("city") {
			t.Error(err)
		}
		a.box.ClearFaults()
		a.releases(l)
	})
}

// TestLeaseIsLost: when no renewal arrives for two minutes, and when somebody has
// taken it over.
func TestLeaseIsLost(t *testing.T) {
	t.Run("in silence", func(t *testing.T) {
		each(t, func(t *testing.T) {
			a := newAccount(t)
			l := a.takes(named("ann"))
			a.box.Inject(fault.Rule{Kind: fault.Refuse})
			later(t, 2*time.Minute-time.Second)
			if err := l.Lost(); err != nil {
				t.Errorf("lost too early: %v", err)
			}
			later(t, 2*time.Second)
			want := `the lease on project "city" could not be renewed for 2m0s, so that another run may have taken it over`
			expect(t, "loss", want, fmt.Sprint(l.Lost()))
			if l.Holds("city") {
				t.Error("it is still held")
			}
			a.box.ClearFaults()
			a.releases(l)
		})
	})
	t.Run("to another run", func(t *testing.T) {
		each(t, func(t *testing.T) {
			a := newAccount(t)
			l := a.takes(named("ann"))
			bob := named("bob")
			bob.Holder.ID = "other"
			text, err := json.Marshal(bob.Holder)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.client.Exec(t.Context(), "UPDATE "+apply.LeaseTable+" SET seq = seq + 1, holder = "+carto.QuoteLiteral(string(text))); err != nil {
				t.Fatal(err)
			}
			later(t, 21*time.Second)
			want := `bob@bob-laptop (process 42) has taken over the lease on project "city", which showed no sign of life for 2m0s`
			expect(t, "loss", want, fmt.Sprint(l.Lost()))
			a.releases(l)
			if holder, _ := a.lease(); holder != string(text) {
				t.Errorf("the other run's lease was given back: %q", holder)
			}
		})
	})
}

// TestSeveralLeasesAreLost: of several the first by name is reported.
func TestSeveralLeasesAreLost(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		l := a.takes(named("ann"), "g", "f", "e", "d", "c", "b", "a")
		a.box.Inject(fault.Rule{Kind: fault.Refuse})
		later(t, 3*time.Minute)
		var lost *apply.LeaseLostError
		if !errors.As(l.Lost(), &lost) || lost.Project != "a" {
			t.Errorf("lost: %v", l.Lost())
		}
		a.box.ClearFaults()
		a.releases(l)
	})
}

// TestWithoutTheDatabase: where leases cannot be written, the run is told why
// within a minute, and goes on without.
func TestWithoutTheDatabase(t *testing.T) {
	for _, c := range []struct {
		name, says string
		rule       fault.Rule
	}{
		{"refused", "403", fault.Rule{Kind: fault.Empty, Status: 403}},
		{"writes refused", "403", fault.Rule{Kind: fault.Empty, Status: 403, Method: http.MethodPost}},
		{"a proxy's errors", "502", fault.Rule{Kind: fault.Status, Status: 502}},
		{"a page with 200", "", fault.Rule{Kind: fault.Status, Status: 200}},
		{"rate limited", "429", fault.Rule{Kind: fault.Limit, Wait: 40 * time.Second}},
		{"hanging", "", fault.Rule{Kind: fault.Delay, Wait: time.Hour}},
		{"hanging writes", "", fault.Rule{Kind: fault.Delay, Wait: time.Hour, Method: http.MethodPost}},
		{"cut off", "", fault.Rule{Kind: fault.Truncate}},
		{"lost", "", fault.Rule{Kind: fault.Lose}},
		{"unreachable", "", fault.Rule{Kind: fault.Refuse}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.releases(a.takes(named("ann")))
				c.rule.Path = "/api/v2/sql"
				a.box.Inject(c.rule)
				bob, began := named("bob"), time.Now()
				l := a.takes(bob, "city", "county", "country")
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %s", took)
				}
				if len(bob.notices) != 3 || !strings.Contains(bob.notices[0], "city not leased: ") || !strings.Contains(bob.notices[2], c.says) {
					t.Errorf("it says %q", bob.notices)
				}
				if l.Holds("city") || l.Lost() != nil || l.Stale() {
					t.Errorf("held %t, lost %v, stale %t", l.Holds("city"), l.Lost(), l.Stale())
				}
				a.box.ClearFaults()
				later(t, 2*time.Hour) // delayed statements take effect
				a.releases(l)
				if holder, _ := a.lease(); holder != "" {
					t.Errorf("%s is left", holder)
				}
			})
		})
	}
}

// TestSeveralLeasesDoNotDeadlock: they are taken in the same order by all.
func TestSeveralLeasesDoNotDeadlock(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.before.set(func(*http.Request) { later(t, 50*time.Millisecond) }) // so that they come between each other
		var g sync.WaitGroup
		for i, projects := range [][]string{{"a", "b", "c"}, {"c", "b", "a"}, {"b", "c"}, {"c", "a"}} {
			g.Go(func() {
				for range 5 {
					l := a.takes(named(fmt.Sprint("run", i)), projects...)
					later(t, time.Second)
					for _, p := range projects {
						if !l.Holds(p) {
							t.Errorf("%s is not held", p)
						}
					}
					a.releases(l)
				}
			})
		}
		g.Wait()
	})
}

// TestInterruptedTakingGivesBack: also what it held already.
func TestInterruptedTakingGivesBack(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		ann := a.takes(named("ann"), "b")
		ctx, interrupt := context.WithTimeout(t.Context(), 30*time.Second)
		defer interrupt()
		_, err := apply.TakeLeases(ctx, a.client, []string{"a", "b"}, named("bob").LeaseOptions)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("it says %v", err)
		}
		eve := named("eve")
		eve.Wait = 0
		a.releases(a.takes(eve, "a"))
		a.releases(ann)
	})
}

// TestLeaseTableIsNoDataset: nothing shows it, and a dataset of that name is
// somebody's own.
func TestLeaseTableIsNoDataset(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		me := func() string { _, body := a.raw(http.MethodGet, "/api/v1/users/me", nil); return body }
		before := me()
		l := a.takes(named("ann"))
		a.releases(l)
		if _, err := a.client.Query(t.Context(), "SELECT CDB_UserTables()"); err != nil {
			t.Fatal(err)
		}
		later(t, time.Hour) // tables are looked for now and then
		expect(t, "datasets", []string(nil), a.names())
		expect(t, "account and its quota", before, me())
	})
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file(apply.LeaseTable+".csv", "project,holder\na,b\n")
		id, err := a.client.Upload(t.Context(), carto.Upload{Name: apply.LeaseTable + ".csv", Body: strings.NewReader("project,holder\na,b\n"), Size: 19})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.client.WaitImport(t.Context(), id, carto.Poll{}); err != nil {
			t.Fatal(err)
		}
		for _, foreign := range []bool{true, false} { // also if nobody looked
			r := named("ann")
			r.Foreign = foreign
			l := a.takes(r)
			if l.Holds("city") || len(r.notices) != 1 || strings.Contains(r.notices[0], "; rename it") != foreign {
				t.Errorf("held %t, and it says %q", l.Holds("city"), r.notices)
			}
			a.releases(l)
		}
		expect(t, "the dataset", []string{"b"}, a.column(apply.LeaseTable, "holder"))
	})
}
