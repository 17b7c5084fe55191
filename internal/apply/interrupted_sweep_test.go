package apply_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestAbandonedImportsAreCleared: what an interrupted run imports and nothing needs by
// then is deleted, and what is declared is imported.
func TestAbandonedImportsAreCleared(t *testing.T) {
	for _, c := range everySource() {
		if strings.Contains(c.name, "fetched by") {
			continue // the name is CARTO's, so nobody deletes it
		}
		for _, change := range []struct{ name, plan, manifest string }{
			{"another source", "create birds: not_in_account", "datasets: [{name: birds, source: {file: other.csv}}]"},
			{"not declared", "resume birds: import_abandoned", ""},
		} {
			t.Run(c.name+" "+change.name, func(t *testing.T) {
				each(t, func(t *testing.T) {
					a := sourced(t, c.manifest)
					a.file("other.csv", "name\nkiwi\n")
					a.slow()
					a.dies()
					a.box.ClearFaults()
					a.manifest(change.manifest)
					p, carryOut := a.journaled(t.Context())
					if got := planned(p); !slices.Contains(got, change.plan) {
						t.Errorf("planned %q", got)
					}
					if report := carryOut(); !report.OK() {
						t.Errorf("%q", results(report))
					}
					var want []string
					if change.manifest != "" {
						want = append(want, "birds")
						if diff := cmp.Diff([]string{"kiwi"}, a.column("birds", "name")); diff != "" {
							t.Errorf("wanted -, got +:\n%s", diff)
						}
					}
					a.holds(want, 0)
					a.noJournal()
				})
			})
		}
	}
}

// TestFailedAndForgottenJobsAreBegunAnew: the job of an interrupted run failed, or the
// account knows nothing of it.
func TestFailedAndForgottenJobsAreBegunAnew(t *testing.T) {
	for _, c := range everySource() {
		for _, how := range []string{"failed before the plan", "failed after it", "unknown"} {
			t.Run(c.name+" "+how, func(t *testing.T) {
				each(t, func(t *testing.T) {
					a := sourced(t, c.manifest)
					a.box.Inject(fault.Rule{Kind: fault.Crash}) // CARTO finds out when it is asked after a while
					a.dies()
					a.box.ClearFaults()
					switch how {
					case "unknown":
						a.forgetJobs()
					case "failed before the plan":
						later(t, time.Hour)
					}
					for runs := 1; ; runs++ {
						_, carryOut := a.journaled(t.Context())
						report := carryOut()
						if report.OK() {
							break
						}
						if runs == 3 || how != "unknown" {
							t.Fatalf("%q", results(report))
						}
						later(t, time.Hour) // in which nobody works on the synchronization of a job that nobody knows
					}
					syncs := 0
					if strings.Contains(c.manifest, "sync:") {
						syncs = 1
					}
					name := "birds"
					if strings.Contains(c.name, "another name") {
						name = "hens"
					}
					a.holds([]string{name}, syncs)
					a.noJournal()
				})
			})
		}
	}
}

// forgetJobs changes the ids of the jobs in the journal to ones that the account does
// not know.
func (a *account) forgetJobs() {
	a.t.Helper()
	journals, pending := a.journal()
	for _, p := range pending {
		if p.ImportID != "" {
			p.ImportID = "00000000-0000-4000-8000-000000000000"
			apply.Made(journals["city"], p)
		}
	}
}

// TestJobsThatCannotBeReadAreNotGone: the account answers 500 for a while, as it does
// to an id that it does not know, about a job that it has just shown. Nothing is sent
// and nothing deleted meanwhile.
func TestJobsThatCannotBeReadAreNotGone(t *testing.T) {
	const before = "datasets: [{name: birds, source: {file: other.csv}}]"
	for _, c := range []struct{ name, before, manifest, after string }{
		{name: "a new dataset", manifest: allSources[0].manifest, after: allSources[0].manifest},
		{name: "an overwrite", before: before, manifest: allSources[0].manifest, after: allSources[0].manifest},
		{name: "another overwrite", before: before, manifest: allSources[0].manifest, after: before},
		{name: "synchronized", manifest: allSources[5].manifest, after: allSources[5].manifest},
		{name: "synchronized, and no longer declared", manifest: allSources[5].manifest},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := sourced(t, c.before)
				a.file("other.csv", "name\nkiwi\n")
				if c.before != "" {
					a.apply()
				}
				a.manifest(c.manifest)
				a.slow()
				a.dies()
				a.box.ClearFaults()
				a.manifest(c.after)
				_, carryOut := a.journaled(t.Context())
				a.box.Inject(fault.Rule{Kind: fault.Status, Status: http.StatusInternalServerError, Method: http.MethodGet, Path: "/api/v1/imports/"})
				syncs := len(a.syncs())
				if writes := a.posts(func() {
					if report := carryOut(); report.OK() {
						t.Errorf("%q", results(report))
					}
				}); len(writes) > 0 || len(a.syncs()) != syncs {
					t.Errorf("it sent %q, and of %d synchronizations %d are left", writes, syncs, len(a.syncs()))
				}
				a.box.ClearFaults()
				_, carryOut = a.journaled(t.Context())
				if report := carryOut(); !report.OK() {
					t.Errorf("%q", results(report))
				}
				later(t, 5*time.Minute)
				a.noJournal()
			})
		})
	}
}

// TestRequestsOfOthersAreNotSettled: without the lease nobody knows whether the run is
// under way whose request has no answer yet.
func TestRequestsOfOthersAreNotSettled(t *testing.T) {
	for _, c := range []struct {
		name  string
		lease bool
		after time.Duration
		left  int // requests
	}{
		{"not leased", false, 0, 1},
		{"leased", true, 0, 0},
		{"not leased, and of yesterday", false, 25 * time.Hour, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := sourced(t, allSources[0].manifest)
				a.box.Inject(fault.Rule{Kind: fault.Status, Status: http.StatusBadGateway, Method: http.MethodPost, Path: "/api/v1/imports", Times: 1})
				_, carryOut := a.journaled(t.Context())
				carryOut()
				a.manifest("")
				later(t, c.after)
				p, _ := a.journaled(t.Context())
				if len(p.Settled) != 1 || !p.Empty() {
					t.Fatalf("planned %q, settled %v", planned(p), p.Settled)
				}
				journals, _ := a.journal()
				in := apply.Input{Plan: p, Journals: journals, Client: a.client}
				if c.lease {
					in.Lease = a.takes(named("ann"))
					defer a.releases(in.Lease)
				}
				apply.Run(t.Context(), in)
				if _, pending := a.journal(); len(pending) != c.left {
					t.Errorf("left: %v", pending)
				}
			})
		})
	}
}
