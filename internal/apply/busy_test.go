package apply_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestRateLimitIsNotTakenForSlots: a 429 that does not speak of slots is a limit of requests.
func TestRateLimitIsNotTakenForSlots(t *testing.T) {
	const requests = "the server takes no more requests for the moment (429 Too Many Requests)"
	for _, rule := range []fault.Rule{
		{Kind: fault.Limit, Wait: 3 * time.Second, Method: "POST", Path: "/api/v1/imports", Times: 1},
		{Kind: fault.Status, Status: http.StatusTooManyRequests, Method: "POST", Path: "/api/v1/imports", Times: 1},
	} {
		t.Run(string(rule.Kind), func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", trees)
				a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
				in := a.input(t.Context())
				a.box.Inject(rule)
				var mu sync.Mutex
				var waited []string
				apply.Run(t.Context(), apply.Input{
					Plan: plan.Compute(in), Desired: in.Desired, Account: in.Account, Looks: in.Looks, Secrets: in.Secrets, Client: a.client,
					Options: apply.Options{Progress: func(e apply.Event) {
						mu.Lock()
						defer mu.Unlock()
						if e.State == "waiting" && !slices.Contains(waited, e.Detail) {
							waited = append(waited, e.Detail)
						}
					}},
				})
				if diff := cmp.Diff([]string{requests}, waited); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}
