package apply_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestDoubtfulStagingIsImportedAnew: a run that ended before publishing left
// contents that are wrong, or that nobody has checked.
func TestDoubtfulStagingIsImportedAnew(t *testing.T) {
	const birds = `datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}]`
	for _, c := range []struct{ name, manifest string }{
		{"a file's row is missing", "datasets: [{name: birds, source: {file: birds.csv}}]"},
		{"fetched", birds},
		{"fetched by the server", strings.Replace(birds, "csv\"", "csv\", fetch: server", 1)},
		{"of a connector", warehouse + "datasets: [{name: birds, source: {connector: warehouse, table: birds}}]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, withTable(t, "birds", "name\nwren\nkite\n"))
				a.file("birds.csv", "name\nwren\nkite\n")
				a.serve("birds.csv", "name\nwren\nkite\n")
				a.manifest(c.manifest)
				in := a.input(t.Context())
				p := plan.Compute(in)
				last := &p.Actions[len(p.Actions)-1]
				last.Steps = last.Steps[:1] // the run ends after staging
				a.carryOut(t.Context(), in, p)
				staged := a.names()
				if len(staged) != 1 {
					t.Fatalf("staged %q", staged)
				}
				if _, err := a.client.Exec(t.Context(), "DELETE FROM "+staged[0]+" WHERE name = 'kite'"); err != nil {
					t.Fatal(err)
				}
				a.converges("done resume birds")
				a.holds([]string{"birds"}, 0)
				if diff := cmp.Diff([]string{"kite", "wren"}, a.column("birds", "name")); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}

// outcome expects the only action to end so, with a text that contains says.
func (a *account) outcome(report apply.Report, want apply.Outcome, says string) {
	a.t.Helper()
	if len(report.Results) != 1 {
		a.t.Fatalf("apply did %q", results(report))
	}
	res := report.Results[0]
	if res.Outcome != want || res.Err == nil || !strings.Contains(res.Err.Error(), says) {
		a.t.Errorf("it is %s: %v; wanted %s and %q", res.Outcome, res.Err, want, says)
	}
}

// TestWhatMovedBeforeAnythingChangedIsRefused: also where only a step could see.
func TestWhatMovedBeforeAnythingChangedIsRefused(t *testing.T) {
	t.Run("a file of another size", func(t *testing.T) {
		each(t, func(t *testing.T) {
			a := newAccount(t)
			a.file("trees.csv", trees)
			a.manifest(oneFile)
			in := a.input(t.Context())
			a.file("trees.csv", trees+"yew,5,6\n")
			a.outcome(a.carryOut(t.Context(), in, plan.Compute(in)), apply.Refused, "trees.csv was 40 bytes")
		})
	})
	t.Run("a renamed connection", func(t *testing.T) {
		each(t, func(t *testing.T) {
			a := newAccount(t)
			a.manifest(warehouse)
			a.converges("done create warehouse")
			a.manifest(strings.Replace(warehouse, "hive.example", "hive2.example", 1))
			in := a.input(t.Context())
			name := "somebody's"
			if err := a.client.UpdateConnection(t.Context(), a.connections()[0].ID, carto.ConnectionUpdate{Name: &name}); err != nil {
				t.Fatal(err)
			}
			a.outcome(a.carryOut(t.Context(), in, plan.Compute(in)), apply.Refused, "name was")
		})
	})
}

func (a *account) connections() []carto.Connection {
	a.t.Helper()
	all, _, err := a.client.Connections(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

// TestUsedConnectionIsNotDeleted: since the plan was made somebody began to use
// or renamed it.
func TestUsedConnectionIsNotDeleted(t *testing.T) {
	for _, c := range []struct {
		name, says string
		change     func(*account, string)
	}{
		{"used", "uses it", func(a *account, id string) {
			item := map[string]any{"connection_id": id, "table": "order_items", "import_as": "theirs"}
			if status, body := a.raw(http.MethodPost, "/api/v1/synchronizations", map[string]any{"connector": item, "interval": 3600}); status != 200 {
				a.t.Fatalf("%d %s", status, body)
			}
			waitFor(a.t, fewMinutes, func() bool { return len(a.names()) == 1 })
		}},
		{"renamed", "name was", func(a *account, id string) {
			name := "theirs"
			if err := a.client.UpdateConnection(a.t.Context(), id, carto.ConnectionUpdate{Name: &name}); err != nil {
				a.t.Fatal(err)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, withOrders(t))
				a.manifest(warehouse)
				a.converges("done create warehouse")
				a.manifest("datasets: []")
				in := a.input(t.Context())
				in.Options.Prune = true
				c.change(a, a.connections()[0].ID)
				a.outcome(a.carryOut(t.Context(), in, plan.Compute(in)), apply.Refused, c.says)
				if len(a.connections()) != 1 {
					t.Error("it was deleted")
				}
			})
		})
	}
}

// TestNameOfAFailedRenameIsNotSaidToHaveAppeared: the plan saw who has it.
func TestNameOfAFailedRenameIsNotSaidToHaveAppeared(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: woods, source: {file: trees.csv}}]")
		a.converges("done create woods")
		a.update("woods", carto.DatasetUpdate{Name: ptr("trees")})
		a.file("other.csv", "a\n1\n")
		a.manifest("datasets: [{name: woods, source: {file: trees.csv}}, {name: trees, source: {file: other.csv}}]")
		a.box.Inject(fault.Rule{Kind: fault.Status, Status: 403, Method: http.MethodPut, Path: "/api/v1/viz"})
		report := a.apply()
		if len(report.Results) != 2 {
			t.Fatalf("apply did %q", results(report))
		}
		report.Results = report.Results[1:]
		a.outcome(report, apply.Skipped, "still has the name; see why its rename failed, and apply again")
		a.box.ClearFaults()
		a.converges("done rename woods", "done create trees")
	})
}

// TestTakenNamesAreAskedForFirst: nothing is called trees_1, even in passing.
func TestTakenNamesAreAskedForFirst(t *testing.T) {
	for _, c := range []struct{ name, manifest, taken, says string }{
		{"its own", oneFile, "trees", "is that of another dataset (id "},
		{"that of its staging", `datasets: [{name: trees, source: {url: "http://files.sandbox.test/trees.csv", fetch: server}}]`, "", "is taken; delete what has it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, func(c *sandbox.Config) { c.NoSynchronizations = true }) // else one would fetch it, under its own mark
				a.file("trees.csv", trees)
				a.serve("trees.csv", trees)
				a.manifest(c.manifest)
				in := a.input(t.Context())
				p := plan.Compute(in)
				taken := c.taken
				if taken == "" {
					taken = plan.StagingName("city", "trees", p.Actions[0].Fingerprint)
				}
				a.at(http.MethodPost, "/api/v1/imports", func() {
					a.raw(http.MethodPost, "/api/v1/imports", map[string]any{"table_name": taken, "sql": "SELECT 1 AS a"})
					waitFor(t, fewMinutes, func() bool { return len(a.names()) == 1 })
				})
				a.outcome(a.carryOut(t.Context(), in, p), apply.Failed, c.says)
				if status, _ := a.raw(http.MethodGet, "/api/v1/viz/trees_1", nil); status != 404 {
					t.Errorf("there is a trees_1: %d", status)
				}
				if c.taken == "" {
					a.holds([]string{taken}, 0)
				}
			})
		})
	}
}

// TestTwinsGiveWay: two runs without a lease create the same dataset. The one that comes too late takes its own away, and
// nobody else's.
func TestTwinsGiveWay(t *testing.T) {
	for _, c := range everySource() {
		for _, touched := range []bool{false, true} {
			t.Run(fmt.Sprint(c.name, ", staging touched ", touched), func(t *testing.T) {
				each(t, func(t *testing.T) {
					a := sourced(t, c.manifest)
					if strings.Contains(c.manifest, "warehouse") {
						a.manifest(warehouse)
						a.converges("done create warehouse")
						a.manifest(c.manifest)
					}
					in := a.input(t.Context())
					p := plan.Compute(in)
					create := p.Actions[slices.IndexFunc(p.Actions, func(act plan.Action) bool { return act.Verb == plan.Create })]
					name, staging := create.Dataset, create.Staging
					first, alone := true, true
					a.before.set(func(r *http.Request) {
						starts := r.Method == http.MethodPost && (apiPath(r) == "/api/v1/imports" || apiPath(r) == "/api/v1/synchronizations")
						switch {
						case starts && first:
							first, alone = false, false
							if other := a.apply(); !other.OK() {
								t.Errorf("the other run: %q", results(other))
							}
							alone = true
						case touched && alone && r.Method == http.MethodGet && apiPath(r) == "/api/v1/viz/"+name && slices.Contains(a.names(), staging):
							a.before.set(nil)
							a.update(staging, carto.DatasetUpdate{Tags: &[]string{"mine"}})
						}
					})
					report := a.carryOut(t.Context(), in, p)
					a.before.set(nil)
					says, want, syncs := "from the same source meanwhile", []string{name}, 0
					if strings.Contains(c.manifest, "sync:") {
						syncs++
					}
					if touched {
						says, want, syncs = "somebody uses it already", []string{name, staging}, 2*syncs
						if strings.Contains(c.manifest, "fetch: server") {
							syncs++ // of one that only brings the contents
						}
						slices.Sort(want)
					}
					a.outcome(report, apply.Failed, says)
					a.holds(want, syncs)
				})
			})
		}
	}
}

// TestLostReadIsNoStartedImport: what was lost before the upload began did not
// start one.
func TestLostReadIsNoStartedImport(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest(oneFile)
		a.converges("done create trees")
		a.file("trees.csv", trees+"yew,5,6\n")
		in := a.input(t.Context())
		a.box.Inject(fault.Rule{Kind: fault.Status, Status: 502, Method: http.MethodGet, Path: "/api/v1/viz/trees"})
		report := a.carryOut(t.Context(), in, plan.Compute(in))
		a.outcome(report, apply.Failed, "502")
		if got := report.Results[0].Err.Error(); strings.Contains(got, "may have started") {
			t.Errorf("it reads %q", got)
		}
	})
}
