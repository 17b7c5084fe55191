package apply_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// destroy deletes what belongs to the manifest's project.
func (a *account) destroy() apply.Report {
	a.t.Helper()
	in := a.input(a.t.Context())
	return a.carryOut(a.t.Context(), in, plan.Destroy(in, false))
}

// neighbours gives the account what belongs to another project and to nobody, and
// returns what there is of it.
func (a *account) neighbours() (left func() []string) {
	a.t.Helper()
	text := strings.NewReplacer("name: trees", "name: park_trees", "name: birds", "name: park_birds", "name: air", "name: park_air",
		"name: orders", "name: park_orders", "name: sales", "name: park_sales").Replace(manyKinds)
	a.file("carto.yaml", "version: 1\nproject: park\n"+text)
	if r := a.apply(); !r.OK() {
		a.t.Fatal(results(r))
	}
	a.manifest("datasets:\n  - {name: given_up, source: {file: trees.csv}}\n")
	a.apply()
	a.update("given_up", carto.DatasetUpdate{Tags: &[]string{}})
	return func() []string {
		all := append(a.names(), a.connectionNames()...)
		for _, s := range a.syncs() {
			all = append(all, "synchronization of "+s.Name)
		}
		return all
	}
}

// What is the project's goes, and of the others' nothing.
func TestDestroyLeavesTheOthers(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		left := a.neighbours()
		before := left()
		a.manifest(manyKinds)
		a.apply()
		want := []string{"done delete air", "done delete birds", "done delete orders", "done delete sales", "done delete trees", "done delete warehouse"}
		if diff := cmp.Diff(want, results(a.destroy())); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		if diff := cmp.Diff(before, left()); diff != "" {
			t.Errorf("others: wanted -, got +:\n%s", diff)
		}
		if again := a.destroy(); len(again.Results) > 0 {
			t.Errorf("the second did %q", results(again))
		}
	})
}

// The end of a run brings a deleted synchronization back, so it is waited for.
func TestDestroyWaitsForARun(t *testing.T) {
	each(t, func(t *testing.T) {
		a := monthly(t)
		later(t, time.Hour)
		a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "syncing", Wait: 5 * time.Minute, Times: 1})
		if now, err := a.client.SyncNow(t.Context(), a.dataset("air").Synchronization.ID); !now || err != nil {
			t.Fatal(now, err)
		}
		synctest.Wait()
		began := time.Now()
		if diff := cmp.Diff([]string{"done delete air"}, results(a.destroy())); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		if waited := time.Since(began); waited < 4*time.Minute {
			t.Errorf("it waited for %s", waited)
		}
		later(t, time.Hour)
		a.holds(nil, 0)
	})
}

// A synchronization whose first import failed has no dataset to go with.
func TestDestroyClearsWhatIsLeft(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.manifest(hourly)
		body := map[string]any{"url": "http://files.sandbox.test/air.csv", "interval": 3600, "checksum": plan.SyncMarker("city", "air")}
		if status, text := a.raw("POST", "/api/v1/synchronizations", body); status != 200 {
			t.Fatal(status, text)
		}
		later(t, time.Minute)
		id := a.syncs()[0].ID
		if diff := cmp.Diff([]string{"done delete " + id}, results(a.destroy())); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		a.holds(nil, 0)
	})
}

// Whichever request of an apply is the last, destroying cleans up behind it; and
// whichever request of destroying is, the next one does the rest.
func TestDestroyAnywhereConverges(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Refuse, fault.Lose} {
		t.Run(string(kind), func(t *testing.T) {
			for skip := 6; destroyed(t, fault.Rule{Kind: kind, Skip: skip}); skip += 2 * *stride {
			}
		})
	}
}

// destroyed lets the network die at a request of a destruction, or of the apply before.
func destroyed(t *testing.T, rule fault.Rule) (died bool) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		in := a.input(t.Context())
		a.box.Inject(rule)
		applied := a.carryOut(t.Context(), in, plan.Compute(in))
		if applied.OK() {
			a.box.ClearFaults()
			in = a.input(t.Context())
			rule.Skip -= int(applied.Requests)
			a.box.Inject(rule)
			died = !a.carryOut(t.Context(), in, plan.Destroy(in, false)).OK()
		} else {
			died = true
		}
		a.box.ClearFaults()
		later(t, 2*time.Minute) // what was begun ends
		if r := a.destroy(); !r.OK() {
			t.Errorf("%s from request %d on: %q", rule.Kind, rule.Skip, results(r))
		}
		a.holds(nil, 0)
		if left := a.connectionNames(); len(left) > 0 {
			t.Errorf("connections %q are left", left)
		}
	})
	return died
}

// What an interrupted run began to import is waited for, and goes too.
func TestDestroyWaitsForInterruptedImports(t *testing.T) {
	for _, c := range everySource() {
		if strings.Contains(c.name, "fetched by") {
			continue // the name is CARTO's, so that a synchronization brings it, or nobody deletes it
		}
		for _, journal := range []bool{true, false} {
			t.Run(fmt.Sprint(c.name, ", journal ", journal), func(t *testing.T) {
				each(t, func(t *testing.T) {
					a := sourced(t, c.manifest)
					a.slow()
					a.dies()
					a.box.ClearFaults()
					if journal {
						a.destroyJournaled()
						later(t, 10*time.Minute)
						a.holds(nil, 0)
						if left := a.connectionNames(); len(left) > 0 {
							t.Errorf("connections %q are left", left)
						}
						return
					}
					a.destroy() // may find nothing yet
					later(t, 10*time.Minute)
					if r := a.destroy(); !r.OK() {
						t.Errorf("%q", results(r))
					}
					a.holds(nil, 0)
				})
			})
		}
	}
}

// destroyJournaled destroys as the command does where a journal is there, and expects it to be gone.
func (a *account) destroyJournaled() {
	a.t.Helper()
	_, pending := a.journal()
	for i := range 2 { // connections go once nothing refers to them
		journals, _ := a.journal()
		pending, err := live.Follow(a.t.Context(), a.client, pending)
		if err != nil {
			a.t.Fatal(err)
		}
		in := a.input(a.t.Context())
		in.Pending = pending
		report := apply.Run(a.t.Context(), apply.Input{
			Plan: plan.Destroy(in, false), Desired: in.Desired, Account: in.Account, Looks: in.Looks, Secrets: in.Secrets, Client: a.client,
			Journals: journals,
		})
		if !report.OK() && i > 0 {
			a.t.Errorf("%q", results(report))
		}
		if report.OK() {
			break
		}
	}
	if _, left := a.journal(); len(left) > 0 {
		a.t.Errorf("the journal still has %v", left)
	}
}
