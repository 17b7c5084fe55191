package apply_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// TestLostLeaseBeginsNothingNew: once another run has the lease, what is under
// way comes to its end, and nothing else is begun.
func TestLostLeaseBeginsNothingNew(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets:\n- {name: oaks, source: {file: trees.csv}}\n- {name: elms, source: {file: trees.csv}, renamed_from: old_elms}\n" +
			"- {name: ashes, source: {file: trees.csv}}\n- {name: yews, source: {file: trees.csv}}\n")
		in := a.input(t.Context())
		p := plan.Compute(in)
		p.Slots = 1
		l := a.takes(named("ann"))
		other := a.robbed(request(1, http.MethodPost, "/api/v1/imports"))
		report := apply.Run(t.Context(), apply.Input{
			Plan: p, Desired: in.Desired, Account: in.Account, Looks: in.Looks, Client: a.client, Lease: l,
			Options: apply.Options{Parallel: 1},
		})
		a.before.set(nil)
		done := 0
		for _, res := range report.Results {
			if res.Err == nil {
				done++
			} else if !strings.Contains(res.Err.Error(), "bob@bob-laptop (process 42) has taken over the lease") {
				t.Errorf("%s: %v", res.Outcome, res.Err)
			}
		}
		if done != 1 || len(a.names()) != 1 {
			t.Errorf("%d were done: %q, %q", done, results(report), a.names())
		}
		a.releases(l)
		expect(t, "holder", other, func() string { h, _ := a.lease(); return h }())
	})
}

// robbed makes another run take the lease over at a request, which goes on once this
// run knows. It returns who that is.
func (a *account) robbed(at func(*http.Request) bool) (holder string) {
	a.t.Helper()
	other, err := json.Marshal(named("bob").Holder)
	if err != nil {
		a.t.Fatal(err)
	}
	var mu sync.Mutex
	hit := func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		return at(r)
	}
	a.before.set(func(r *http.Request) {
		if !hit(r) {
			return
		}
		if _, err := a.client.Exec(a.t.Context(), "UPDATE "+apply.LeaseTable+" SET seq = seq + 1, holder = "+carto.QuoteLiteral(string(other))); err != nil {
			a.t.Error(err)
		}
		later(a.t, 30*time.Second)
	})
	return string(other)
}

// TestLostLeaseDeletesNothing: neither what a plan says nor what the run itself
// imported, since the run that has the lease may have taken that up.
func TestLostLeaseDeletesNothing(t *testing.T) {
	destroyed := func(a *account) (plan.Input, plan.Plan) {
		in := a.input(a.t.Context())
		return in, plan.Destroy(in, true)
	}
	for _, c := range []struct {
		name string
		plan func(*account) (plan.Input, plan.Plan)
		at   func(*http.Request) bool
		want int    // requests that delete something or put a run off
		says string // what to do
	}{
		{"before the step", destroyed, request(1, http.MethodGet, "/api/v1/viz/"), 0, "; destroy again when that has ended"},
		{"within the step", destroyed, request(1, http.MethodPut, "/api/v1/synchronizations/"), 1, "; destroy again when that has ended"},
		{"what it imported itself", func(a *account) (plan.Input, plan.Plan) {
			a.file("elms.csv", trees)
			a.file("carto.yaml", "version: 1\nproject: city\ndatasets: [{name: elms, source: {file: elms.csv}}]")
			in := a.input(a.t.Context())
			return in, plan.Compute(in)
		}, request(1, http.MethodGet, "/api/v1/imports/"), 0, "; apply again when that has ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := monthly(t)
				l := a.takes(named("ann"))
				in, p := c.plan(a)
				before := a.names()
				a.robbed(c.at)
				rob, writes := a.before.get(), 0
				a.before.set(func(r *http.Request) {
					rob(r)
					if strings.Contains(r.URL.Path, "/api/v1/imports/") {
						a.file("elms.csv", trees+trees) // so that what was sent is not what is there
					}
					if strings.HasPrefix(r.URL.Path, "/user/acme/api/v1/") && (r.Method == http.MethodDelete || r.Method == http.MethodPut) {
						writes++
					}
				})
				report := a.under(t.Context(), l, in, p)
				a.before.set(nil)
				got := strings.Join(results(report), ", ")
				if !strings.Contains(got, "bob@bob-laptop (process 42) has taken over the lease") || !strings.HasSuffix(got, c.says) {
					t.Errorf("it did %s", got)
				}
				if writes != c.want {
					t.Errorf("%d requests change what is there", writes)
				}
				for _, name := range before {
					a.dataset(name)
				}
				a.releases(l)
			})
		})
	}
}
