package apply_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestOneBadAnswerDoesNotFailARun: whichever write but a POST gets one, whether it took effect
// or not, the same run looks and goes on.
func TestOneBadAnswerDoesNotFailARun(t *testing.T) {
	for _, f := range []fault.Rule{
		{Kind: fault.Lose, Method: "PUT"},
		{Kind: fault.Refuse, Method: "PUT", Status: http.StatusBadGateway},
		{Kind: fault.Status, Method: "PUT", Status: http.StatusBadGateway},
		{Kind: fault.Lose, Method: "DELETE"},
	} {
		t.Run(string(f.Kind)+" "+f.Method, func(t *testing.T) {
			for skip := range 3 {
				each(t, func(t *testing.T) {
					a := newAccount(t)
					a.file("trees.csv", trees)
					a.manifest("datasets: [{name: trees, source: {file: trees.csv}, title: Trees}]")
					if f.Method == "DELETE" {
						a.leaves()
					}
					f.Times, f.Skip = 1, skip
					a.box.Inject(f)
					lease := a.takes(named("ann"))
					report := a.leased(lease, func() {})
					a.releases(lease)
					if !report.OK() {
						t.Errorf("skip %d: %q", skip, results(report))
					}
					if diff := cmp.Diff([]string{"trees"}, a.names()); diff != "" {
						t.Errorf("skip %d: wanted -, got +:\n%s", skip, diff)
					}
				})
			}
		})
	}
}

// TestRepeatedRenameKeepsOtherChanges: a dataset that somebody has changed since a
// request failed is not asked again.
func TestRepeatedRenameKeepsOtherChanges(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		in := a.input(t.Context())
		p := plan.Compute(in)
		tags := []string{"somebody's"}
		a.box.Inject(fault.Rule{Kind: fault.Status, Method: "PUT", Status: http.StatusBadGateway, Times: 1})
		failed := false
		a.before.set(func(r *http.Request) {
			if failed && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/api/v1/viz/") {
				a.before.set(nil)
				a.update(p.Actions[0].Staging, carto.DatasetUpdate{Tags: &tags})
			}
			failed = failed || r.Method == http.MethodPut
		})
		report := a.carryOut(t.Context(), in, p)
		if report.OK() {
			t.Error("the run repeated a request over somebody's change")
		}
		if got := a.dataset(p.Actions[0].Staging).Tags; !slices.Equal(got, tags) {
			t.Errorf("tags %q", got)
		}
	})
}
