package apply_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// leaves stages what the manifest declares and does no more, as a run that was
// killed, and then changes its file: what was staged is of no use any more.
func (a *account) leaves() string {
	a.t.Helper()
	a.file("trees.csv", trees)
	a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
	in := a.input(a.t.Context())
	p := plan.Compute(in)
	p.Actions[0].Steps = p.Actions[0].Steps[:1]
	a.carryOut(a.t.Context(), in, p)
	a.file("trees.csv", trees+"yew,5,6\n")
	return p.Actions[0].Staging
}

// leased plans and carries out as apply does.
func (a *account) leased(lease *apply.Lease, between func()) apply.Report {
	a.t.Helper()
	in := a.input(a.t.Context())
	p := plan.Compute(in)
	between()
	return a.under(a.t.Context(), lease, in, p)
}

func (a *account) under(ctx context.Context, lease *apply.Lease, in plan.Input, p plan.Plan) apply.Report {
	return apply.Run(ctx, apply.Input{
		Plan: p, Desired: in.Desired, Account: in.Account, Looks: in.Looks, Secrets: in.Secrets, Client: a.client, Lease: lease,
		Fetcher: &apply.Fetcher{Transport: a.box.Transport()},
	})
}

// TestLeftoversAreClearedAway: but only if they surely are leftovers.
func TestLeftoversAreClearedAway(t *testing.T) {
	tag := carto.DatasetUpdate{Tags: &[]string{"mine"}}
	for _, c := range []struct {
		name      string
		lease     bool
		between   func(a *account, staging string) // plan and apply
		want      string                           // of the clearing
		remaining bool
	}{
		{"leased", true, func(*account, string) {}, "done heal", false},
		{"not leased", false, func(*account, string) {}, "skipped heal", true},
		{"gone meanwhile", true, func(a *account, staging string) {
			if err := a.client.DeleteDataset(a.t.Context(), a.dataset(staging).ID); err != nil {
				a.t.Fatal(err)
			}
		}, "done heal", false},
		{"tagged meanwhile", true, func(a *account, staging string) { a.update(staging, tag) }, "refused heal", true},
		{"renamed meanwhile", true, func(a *account, staging string) {
			a.update(staging, carto.DatasetUpdate{Name: ptr("mine")})
		}, "refused heal", true},
		{"imported again just now", true, func(a *account, staging string) {
			a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "importing", Times: 1})
			if _, err := a.client.Upload(a.t.Context(), carto.Upload{Name: staging + ".csv", Body: strings.NewReader(trees), Size: int64(len(trees))}); err != nil {
				a.t.Fatal(err)
			}
		}, "failed heal", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				staging := a.leaves()
				id := a.dataset(staging).ID
				var lease *apply.Lease
				if c.lease {
					lease = a.takes(named("ann"))
				}
				report := a.leased(lease, func() { c.between(a, staging) })
				a.box.ClearFaults()
				if lease != nil {
					a.releases(lease)
				}
				var got []string
				for _, line := range results(report) {
					line, _, _ = strings.Cut(line, ": ")
					got = append(got, line)
				}
				expect(t, "results", []string{"done create trees", c.want + " " + staging}, got)
				_, err := a.client.Dataset(t.Context(), id)
				if remains := err == nil; remains != c.remaining {
					t.Errorf("it is there: %t (%v)", remains, err)
				}
				expect(t, "trees", []string{"elm", "oak", "yew"}, a.column("trees", "name"))
			})
		})
	}
}

// TestLeftSynchronizationGoesWithItsStaging: and the next plan has nothing to do.
func TestLeftSynchronizationGoesWithItsStaging(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("air_export.csv", airText)
		a.manifest(air(airURL, "1h"))
		in := a.input(t.Context())
		p := plan.Compute(in)
		p.Actions[0].Steps = p.Actions[0].Steps[:1]
		a.carryOut(t.Context(), in, p)
		a.file("air.csv", airText)
		a.manifest("datasets: [{name: air, source: {file: air.csv}}]")
		lease := a.takes(named("ann"))
		report := a.leased(lease, func() {})
		a.releases(lease)
		if !report.OK() {
			t.Errorf("it did %q", results(report))
		}
		a.holds([]string{"air"}, 0)
		a.inSync()
	})
}

// TestClearingAsksForImportsOnlyThen: the list of imports ends those that wait.
func TestClearingAsksForImportsOnlyThen(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.leaves()
		asked := 0
		a.before.set(func(r *http.Request) {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/api/v1/imports") {
				asked++
			}
		})
		lease := a.takes(named("ann"))
		a.leased(lease, func() {})
		a.leased(lease, func() {})
		a.releases(lease)
		if asked != 1 {
			t.Errorf("asked for %d times", asked)
		}
	})
}
