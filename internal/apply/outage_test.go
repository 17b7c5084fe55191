package apply_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestUploadsThatAProxyGivesUpOn: they fail alone, while an account that answers
// nothing ends the run soon.
func TestUploadsThatAProxyGivesUpOn(t *testing.T) {
	const datasets = 10
	for _, c := range []struct {
		name string
		rule fault.Rule
		done int
		left bool // some are not begun
	}{
		{"three of them", fault.Rule{Kind: fault.Status, Status: 504, Method: http.MethodPost, Path: "/api/v1/imports", Times: 3}, datasets - 3, false},
		{"three connections", fault.Rule{Kind: fault.Refuse, Method: http.MethodPost, Path: "/api/v1/imports", Times: 3}, datasets - 3, false},
		{"everything", fault.Rule{Kind: fault.Status, Status: 504}, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, func(cfg *sandbox.Config) { cfg.ImportSlots = 1 })
				a.file("trees.csv", trees)
				manifest := "datasets:\n"
				for i := range datasets {
					manifest += fmt.Sprintf("  - {name: trees_of_%d, source: {file: trees.csv}}\n", i)
				}
				a.manifest(manifest)
				in := a.input(t.Context())
				a.box.Inject(c.rule)
				report := a.run(t.Context(), in, apply.Options{})
				if report.Count(apply.Done) != c.done || report.Count(apply.Skipped) > 0 != c.left {
					t.Errorf("%q", results(report))
				}
			})
		})
	}
}
