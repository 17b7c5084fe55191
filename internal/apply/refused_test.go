package apply_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
)

const oneFile = "datasets: [{name: trees, source: {file: trees.csv}}]"

// fails expects the only action to fail with a text that contains all parts,
// and the account to hold just the datasets named.
func (a *account) fails(in plan.Input, p plan.Plan, left []string, parts ...string) {
	a.t.Helper()
	report := a.carryOut(a.t.Context(), in, p)
	if len(report.Results) != 1 || report.Results[0].Err == nil {
		a.t.Fatalf("apply did %q", results(report))
	}
	for _, part := range parts {
		if got := report.Results[0].Err.Error(); !strings.Contains(got, part) {
			a.t.Errorf("%q does not say %q", got, part)
		}
	}
	if diff := cmp.Diff(left, a.names()); diff != "" {
		a.t.Errorf("datasets: wanted -, got +:\n%s", diff)
	}
}

// TestWhatIsNotAsExpectedIsNotPublished: what an import made is compared with
// what the plan saw in the source, and deleted if it is something else.
func TestWhatIsNotAsExpectedIsNotPublished(t *testing.T) {
	for _, c := range []struct {
		name string
		file string
		edit func(*data.Look)
		says string
	}{
		{"rows are missing", trees, func(l *data.Look) { l.Rows = 3 }, "has 2 rows where its source has 3"},
		{"geometry is missing", "name\noak\n", func(l *data.Look) { l.Geometry = data.GeometryPoint }, "has no geometry"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", c.file)
				a.manifest(oneFile)
				in := a.input(t.Context())
				look := in.Looks["trees"]
				c.edit(&look)
				in.Looks["trees"] = look
				a.fails(in, plan.Compute(in), nil, c.says)
			})
		})
	}
}

// TestStagedMeanwhile: an import that an interrupted run had begun ends after
// the plan was made, under the staging name. It is replaced by what this run has
// imported and checked.
func TestStagedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest(oneFile)
		in := a.input(t.Context())
		p := plan.Compute(in)
		staging := p.Actions[0].Staging
		if status, body := a.raw(http.MethodPost, "/api/v1/imports", map[string]any{"table_name": staging, "sql": "SELECT 1 AS a"}); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		waitFor(t, fewMinutes, func() bool { return len(a.names()) == 1 })
		want := `skipped create trees: create dataset "trees": stage: without the lease nobody knows whether another run works on "` + staging +
			`"; delete it in CARTO if none does; apply again once the account's database can be written to`
		expect(t, "without the lease", []string{want}, results(a.carryOut(t.Context(), in, p)))
		expect(t, "datasets", []string{staging}, a.names())
		lease := a.takes(named("ann"))
		expect(t, "with the lease", []string{"done create trees"}, results(a.under(t.Context(), lease, in, p)))
		a.releases(lease)
		a.inSync()
		if diff := cmp.Diff([]string{"trees"}, a.names()); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"elm", "oak"}, a.column("trees", "name")); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestTruncatedImportIsNotPublished: a connector that reads more rows than the
// account may have succeeds, with a warning only.
func TestTruncatedImportIsNotPublished(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t, withOrders(t), func(c *sandbox.Config) { c.ConnectorRows = 1 })
		a.manifest(`
connections:
  warehouse: {provider: hive, server: hive.example.org}
datasets:
  - {name: orders, source: {connector: warehouse, table: order_items}}
`)
		report := a.apply()
		if got := results(report)[1]; !strings.Contains(got, "with a warning (max_rows_per_connection 1)") {
			t.Errorf("it reads %q", got)
		}
		if got := a.names(); len(got) != 0 {
			t.Errorf("left over: %q", got)
		}
	})
}

func TestMovedFieldsAreRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		change carto.DatasetUpdate
		says   string
	}{
		{"tags", carto.DatasetUpdate{Tags: &[]string{"mine"}}, `tags was`},
		{"title", carto.DatasetUpdate{Title: ptr("Bäume")}, `title was "" when the plan was made and is "Bäume" now`},
		{"name", carto.DatasetUpdate{Name: ptr("bosk")}, `name was "trees" when the plan was made and is "bosk" now`},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", trees)
				a.manifest(oneFile)
				a.converges("done create trees")
				a.file("trees.csv", trees+"yew,5,6\n")
				in := a.input(t.Context())
				p := plan.Compute(in)
				id := a.dataset("trees").ID
				a.update("trees", c.change)
				a.fails(in, p, a.names(), c.says, "plan again and review")
				if d := a.dataset(id); len(a.column(d.Name, "name")) != 2 {
					t.Error("it was imported all the same")
				}
			})
		})
	}
}

// TestFileChangedBeforeAReimport: an overwrite cannot be taken back, but the
// fingerprint is not advanced, so the next plan sees it.
func TestFileChangedBeforeAReimport(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest(oneFile)
		a.converges("done create trees")
		a.file("trees.csv", strings.Replace(trees, "oak", "ash", 1))
		in := a.input(t.Context())
		p := plan.Compute(in)
		a.file("trees.csv", strings.Replace(trees, "oak", "fig", 1))
		a.fails(in, p, []string{"trees"}, "trees.csv changed while it was uploaded")
		a.converges("done reimport trees")
	})
}

// TestFetchedContentsAreGuarded: what only apply sees is judged by apply.
func TestFetchedContentsAreGuarded(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("birds.csv", "name\nwren\nkite\nrook\n")
		a.serve("less.csv", "name\nwren\n")
		a.manifest(`datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}]`)
		a.converges("done create birds")
		a.manifest(`datasets: [{name: birds, source: {url: "http://files.sandbox.test/less.csv"}}]`)
		in := a.input(t.Context())
		a.fails(in, plan.Compute(in), []string{"birds"}, "2 of 3 rows would go", "--allow shrink:birds")
		if diff := cmp.Diff([]string{"kite", "rook", "wren"}, a.column("birds", "name")); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestFetchedContentsKeepToTheLimits: what an account may import at a time holds
// for what only apply sees, too.
func TestFetchedContentsKeepToTheLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*plan.Limits)
		says string
	}{
		{"bytes", func(l *plan.Limits) { l.ImportFileSize = 4 }, "larger than 4 bytes"},
		{"rows", func(l *plan.Limits) { l.ImportRows = 1 }, "has 2 rows, the account may import 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.serve("birds.csv", "name\nwren\nkite\n")
				a.manifest(`datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}]`)
				in := a.input(t.Context())
				c.edit(&in.Account.Limits)
				a.fails(in, plan.Compute(in), nil, c.says)
			})
		})
	}
}

// TestDeadSynchronizationIsRevived: one that CARTO gave up runs again; if it
// fails again, apply says why.
func TestDeadSynchronizationIsRevived(t *testing.T) {
	for _, c := range []struct {
		name, served, want string
	}{
		{"its source is back", "station,no2\nz,5\n", "done heal air"},
		{"its source is still empty", "", `failed heal air: heal dataset "air": revive_synchronization: the run of its synchronization failed: 1005 the file is empty (CARTO says: `},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := everyKind(t)
				a.apply()
				state, ten := carto.SyncFailure, 10
				u := carto.SyncUpdate{State: &state, Retried: &ten, Refetch: true}
				if _, err := a.client.UpdateSynchronization(t.Context(), a.dataset("air").Synchronization.ID, u); err != nil {
					t.Fatal(err)
				}
				a.serve("air_export.csv", c.served)
				got := results(a.apply())
				if len(got) != 1 || !strings.HasPrefix(got[0], c.want) {
					t.Errorf("apply did %q, wanted %q", got, c.want)
				}
			})
		})
	}
}

// TestRunningSynchronizationIsNotChanged: a change made during a run would be
// lost, so it waits, and gives up in words.
func TestRunningSynchronizationIsNotChanged(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		id := a.dataset("air").Synchronization.ID
		state := carto.SyncSyncing
		if _, err := a.client.UpdateSynchronization(t.Context(), id, carto.SyncUpdate{State: &state}); err != nil {
			t.Fatal(err)
		}
		a.manifest(strings.Replace(manyKinds, "interval: 1h", "interval: 2h", 1))
		got := results(a.apply())
		if len(got) != 1 || !strings.Contains(got[0], "has been syncing for 15m0s; apply again when its run has ended") {
			t.Errorf("apply did %q", got)
		}
		s, err := a.client.Synchronization(t.Context(), id)
		if err != nil || s.Interval != time.Hour {
			t.Errorf("its interval is %s, %v", s.Interval, err)
		}
	})
}

// TestNamesInPassingDoNotCollide: a synchronization's first import is called
// after its URL, here like another dataset of the same run.
func TestNamesInPassingDoNotCollide(t *testing.T) {
	for range 10 {
		each(t, func(t *testing.T) {
			a := newAccount(t)
			a.serve("parks.csv", "a\n1\n")
			a.file("parks.csv", "b\n2\n")
			a.manifest(`
datasets:
  - {name: parks, source: {file: parks.csv}}
  - {name: parks_live, source: {url: "http://files.sandbox.test/parks.csv"}, sync: {interval: 1h}}
  - {name: parks_once, source: {url: "http://files.sandbox.test/parks.csv", fetch: server}}
`)
			a.converges("done create parks", "done create parks_live", "done create parks_once")
		})
	}
}

// at calls act once, when the client sends a request of the method and path.
func (a *account) at(method, path string, act func()) {
	var called atomic.Bool // requests are sent side by side, and act sends its own
	a.before.set(func(r *http.Request) {
		if r.Method == method && strings.HasPrefix(r.URL.Path, "/user/"+user+path) && called.CompareAndSwap(false, true) {
			act()
		}
	})
}

// TestDatasetReplacedDuringAReimport: whoever deletes the dataset, or puts
// another in its place, while a run is under way, is not taken for it.
func TestDatasetReplacedDuringAReimport(t *testing.T) {
	for _, c := range []struct {
		name         string
		method, path string
		replaced     bool
		says         string
	}{
		{"another dataset took its place before the upload", http.MethodGet, "/api/v1/viz/trees", true, "id was "},
		{"deleted during the upload", http.MethodPost, "/api/v1/imports", false, "was deleted while it was imported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", trees)
				a.manifest(oneFile)
				a.converges("done create trees")
				a.file("trees.csv", trees+"yew,5,6\n")
				in := a.input(t.Context())
				p := plan.Compute(in)
				a.at(c.method, c.path, func() {
					a.raw(http.MethodDelete, "/api/v1/viz/"+p.Actions[0].ID, nil)
					if c.replaced {
						a.raw(http.MethodPost, "/api/v1/imports", map[string]any{"table_name": "trees", "sql": "SELECT 1 AS a"})
						waitFor(t, fewMinutes, func() bool { return len(a.names()) == 1 })
					}
				})
				a.fails(in, p, []string{"trees"}, c.says)
				if tags := a.dataset("trees").Tags; len(tags) != 0 {
					t.Errorf("it was marked as ours: %q", tags)
				}
			})
		})
	}
}

// TestMapMadeSinceThePlanStopsADeletion: maps go with a dataset.
func TestMapMadeSinceThePlanStopsADeletion(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest(oneFile)
		a.converges("done create trees")
		a.manifest("datasets: []")
		in := a.input(t.Context())
		in.Options = plan.Options{Prune: true, Allow: []plan.Allowance{{Guard: plan.GuardMassDelete, Dataset: "trees"}}}
		p := plan.Compute(in)
		if _, err := a.box.AddMap(t.Context(), "", "walks", "trees"); err != nil {
			t.Fatal(err)
		}
		a.fails(in, p, []string{"trees"}, "the number of maps that depend on it was 0 when the plan was made and is 1 now")
	})
}

// TestLeftoverOfAFailedFirstImportIsCleared: a synchronization that made no
// dataset would fail ten times and stay.
func TestLeftoverOfAFailedFirstImportIsCleared(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		const source = "http://files.sandbox.test/air.csv"
		status, body := a.raw(http.MethodPost, "/api/v1/synchronizations", map[string]any{
			"url": source, "interval": 900, "checksum": plan.SyncMarker("city", "air"),
		})
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		syncs := func() []carto.Synchronization {
			all, err := a.client.Synchronizations(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		waitFor(t, fewMinutes, func() bool { return syncs()[0].State == carto.SyncFailure })
		a.serve("air.csv", "station\nx\n")
		a.manifest(`datasets: [{name: air, source: {url: "` + source + `"}, sync: {interval: 1h}}]`)
		a.converges("done create air")
		if all := syncs(); len(all) != 1 || all[0].Name != "air" {
			t.Errorf("synchronizations: %+v", all)
		}
	})
}
