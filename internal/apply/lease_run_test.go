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
		other, err := json.Marshal(named("bob").Holder)
		if err != nil {
			t.Fatal(err)
		}
		var once sync.Once
		a.before = func(r *http.Request) {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/imports") {
				once.Do(func() {
					if _, err := a.client.Exec(t.Context(), "UPDATE "+apply.LeaseTable+" SET seq = seq + 1, holder = "+carto.QuoteLiteral(string(other))); err != nil {
						t.Error(err)
					}
					later(t, 30*time.Second)
				})
			}
		}
		report := apply.Run(t.Context(), apply.Input{
			Plan: p, Desired: in.Desired, Account: in.Account, Looks: in.Looks, Client: a.client, Lease: l,
			Options: apply.Options{Parallel: 1},
		})
		a.before = nil
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
		expect(t, "holder", string(other), func() string { h, _ := a.lease(); return h }())
	})
}
