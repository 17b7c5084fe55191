package apply_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestRefusedKeyBeginsNothingNew: once the account has refused the key, no import is
// begun, and one action says what to do about the key.
func TestRefusedKeyBeginsNothingNew(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		var list []string
		for i := range 12 {
			a.file(fmt.Sprintf("t%d.csv", i), trees)
			list = append(list, fmt.Sprintf("{name: t%d, source: {file: t%d.csv}}", i, i))
		}
		a.manifest("datasets: [" + strings.Join(list, ", ") + "]")
		in := a.input(t.Context())
		p := plan.Compute(in)
		p.Slots = 1
		posts := 0
		a.before.set(func(r *http.Request) {
			if r.Method == http.MethodPost {
				posts++
			}
		})
		a.box.Inject(fault.Rule{Kind: fault.Empty, Status: http.StatusUnauthorized, Method: "POST", Path: "/api/v1/imports"})
		report := a.carryOut(t.Context(), in, p)
		failed, skipped := 0, 0
		for _, r := range report.Results {
			switch r.Outcome {
			case apply.Failed:
				failed++
			case apply.Skipped:
				skipped++
			}
		}
		if posts > 1 || failed != 1 || skipped != 11 {
			t.Errorf("%d imports asked for, %d failed, %d skipped: %q", posts, failed, skipped, results(report))
		}
	})
}
