package apply_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
)

const trees = "name,latitude,longitude\noak,1,2\nelm,3,4\n"

const manyKinds = `
connections:
  warehouse: {provider: hive, server: hive.example.org}
datasets:
  - name: trees
    source: {file: trees.csv}
    title: Trees
    privacy: public
    tags: [green]
  - name: birds
    source: {url: "http://files.sandbox.test/birds.csv"}
  - name: air
    source: {url: "http://files.sandbox.test/air_export.csv"}
    sync: {interval: 1h}
  - name: orders
    source: {connector: warehouse, table: order_items}
  - name: sales
    source: {connector: warehouse, table: order_items}
    sync: {interval: 15m}
    privacy: link
`

// withTable gives the hive connector a table.
func withTable(t *testing.T, name, text string) func(*sandbox.Config) {
	return func(c *sandbox.Config) { write(t, c.Connectors["hive"]+"/"+name+".csv", text) }
}

func withOrders(t *testing.T) func(*sandbox.Config) {
	return withTable(t, "order_items", "sku,amount\nx1,3\nx2,4\n")
}

// each runs f inside a bubble in which hours pass in no time.
func each(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

func everyKind(t *testing.T, edit ...func(*sandbox.Config)) *account {
	a := newAccount(t, append(edit, withOrders(t))...)
	a.file("trees.csv", trees)
	a.serve("birds.csv", "name\nwren\n")
	a.serve("air_export.csv", "station,no2\na,1\nb,2\n")
	a.manifest(manyKinds)
	return a
}

func TestEveryKindOfSourceIsCreated(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.converges("done create warehouse",
			"done create air", "done create birds", "done create orders", "done create sales", "done create trees")
		if diff := cmp.Diff([]string{"air", "birds", "orders", "sales", "trees"}, a.names()); diff != "" {
			t.Errorf("datasets: wanted -, got +:\n%s", diff)
		}
		for table, want := range map[string][]string{"trees": {"elm", "oak"}, "birds": {"wren"}} {
			if diff := cmp.Diff(want, a.column(table, "name")); diff != "" {
				t.Errorf("%s: wanted -, got +:\n%s", table, diff)
			}
		}
		if d := a.dataset("trees"); d.Privacy != carto.PrivacyPublic || d.Title != "Trees" {
			t.Errorf("trees is %s with title %q", d.Privacy, d.Title)
		}
		if s := a.dataset("air").Synchronization; s == nil || s.Name != "air" || s.Interval != time.Hour {
			t.Errorf("the synchronization of air is %+v", s)
		}
	})
}

func TestReimportKeepsTheDataset(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		before := a.dataset("trees")
		a.update("trees", carto.DatasetUpdate{Description: ptr("by hand")})
		a.file("trees.csv", trees+"yew,5,6\n")
		a.converges("done reimport trees")
		after := a.dataset("trees")
		if before.ID != after.ID || before.TableID != after.TableID || after.Description != "by hand" {
			t.Errorf("the dataset was %s (%s) and is %s (%s)", before.ID, before.TableID, after.ID, after.TableID)
		}
		if diff := cmp.Diff([]string{"elm", "oak", "yew"}, a.column("trees", "name")); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

func TestChangesBehindItsBackAreUndone(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*testing.T, *account)
		want   string
	}{
		{"privacy", func(_ *testing.T, a *account) {
			a.update("trees", carto.DatasetUpdate{Privacy: ptr(carto.PrivacyPrivate)})
		}, "done update trees"},
		{"tags", func(_ *testing.T, a *account) { a.update("trees", carto.DatasetUpdate{Tags: &[]string{"other"}}) }, "done adopt trees"},
		{"title", func(_ *testing.T, a *account) { a.update("trees", carto.DatasetUpdate{Title: ptr("Bäume")}) }, "done update trees"},
		{"name", func(_ *testing.T, a *account) { a.update("trees", carto.DatasetUpdate{Name: ptr("old_trees")}) }, "done rename trees"},
		{"name of a synchronized dataset", func(_ *testing.T, a *account) {
			a.update("air", carto.DatasetUpdate{Name: ptr("luft")})
		}, "done rename air"},
		{"interval", func(t *testing.T, a *account) {
			day := 24 * time.Hour
			if _, err := a.client.UpdateSynchronization(t.Context(), a.dataset("air").Synchronization.ID, carto.SyncUpdate{Interval: &day}); err != nil {
				t.Fatal(err)
			}
		}, "done update air"},
		{"a deleted synchronization", func(t *testing.T, a *account) {
			if err := a.client.DeleteSynchronization(t.Context(), a.dataset("air").Synchronization.ID); err != nil {
				t.Fatal(err)
			}
		}, "done update air"},
		{"a deleted synchronization of a connector", func(t *testing.T, a *account) {
			if err := a.client.DeleteSynchronization(t.Context(), a.dataset("sales").Synchronization.ID); err != nil {
				t.Fatal(err)
			}
		}, "done update sales"},
		{"a deleted dataset", func(t *testing.T, a *account) {
			if err := a.client.DeleteDataset(t.Context(), a.dataset("birds").ID); err != nil {
				t.Fatal(err)
			}
		}, "done create birds"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := everyKind(t)
				if c.name == "tags" {
					a.manifest(strings.Replace(manyKinds, "tags: [green]", "tags: [green]\n    adopt: true", 1))
				}
				a.apply()
				ids := map[string]string{}
				for _, name := range a.names() {
					ids[name] = a.dataset(name).ID
				}
				c.change(t, a)
				a.converges(c.want)
				for name, id := range ids {
					if got := a.dataset(name).ID; got != id && name != "birds" {
						t.Errorf("%s was %s and is %s", name, id, got)
					}
				}
				if diff := cmp.Diff([]string{"air", "birds", "orders", "sales", "trees"}, a.names()); diff != "" {
					t.Errorf("datasets: wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}

// TestAttachedSynchronizationFillsTheDataset: after its synchronization was
// deleted and made anew, the dataset goes on being refreshed.
func TestAttachedSynchronizationFillsTheDataset(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		if err := a.client.DeleteSynchronization(t.Context(), a.dataset("air").Synchronization.ID); err != nil {
			t.Fatal(err)
		}
		a.serve("air_export.csv", "station,no2\nc,9\n")
		a.converges("done update air")
		waitFor(t, 3*time.Hour, func() bool { return cmp.Equal(a.column("air", "station"), []string{"c"}) })
	})
}

func TestOneOffSourcesAreReimportedInPlace(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		birds, orders := a.dataset("birds").ID, a.dataset("orders").ID
		a.serve("birds2.csv", "name\nwren\nkite\n")
		a.manifest(strings.NewReplacer("birds.csv", "birds2.csv",
			"{connector: warehouse, table: order_items}\n  - name: sales", "{connector: warehouse, sql_query: \"SELECT sku, amount FROM order_items WHERE amount > 3\"}\n  - name: sales").Replace(manyKinds))
		a.converges("done reimport birds", "done reimport orders")
		if a.dataset("birds").ID != birds || a.dataset("orders").ID != orders {
			t.Error("a dataset was made again")
		}
		if diff := cmp.Diff([]string{"kite", "wren"}, a.column("birds", "name")); diff != "" {
			t.Errorf("birds: wanted -, got +:\n%s", diff)
		}
		if diff := cmp.Diff([]string{"x2"}, a.column("orders", "sku")); diff != "" {
			t.Errorf("orders: wanted -, got +:\n%s", diff)
		}
		if s := a.dataset("orders").Synchronization; s != nil {
			t.Errorf("orders keeps synchronization %s", s.ID)
		}
	})
}

// TestFailuresLeaveTheRestAlone: what fails names the dataset, CARTO's code, its
// meaning and a remedy; the others are applied, and only what failed is left.
func TestFailuresLeaveTheRestAlone(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t, withOrders(t))
		a.file("trees.csv", trees)
		a.manifest(`
connections:
  warehouse: {provider: hive, server: hive.example.org}
datasets:
  - {name: trees, source: {file: trees.csv}}
  - {name: gone, source: {url: "http://files.sandbox.test/gone.csv"}}
  - {name: synced, source: {url: "http://files.sandbox.test/gone.csv"}, sync: {interval: 1h}}
  - {name: orders, source: {connector: warehouse, table: no_such_table}}
`)
		report := a.apply()
		for _, res := range report.Results {
			switch name := res.Action.Name(); {
			case name == "warehouse" || name == "trees":
				if res.Err != nil {
					t.Errorf("%s: %v", name, res.Err)
				}
			case res.Err == nil:
				t.Errorf("%s succeeded", name)
			case name != "orders" && !strings.Contains(res.Err.Error(), "1100"):
				t.Errorf("%s does not say CARTO's code: %v", name, res.Err)
			}
		}
		if diff := cmp.Diff([]string{"trees"}, a.names()); diff != "" {
			t.Errorf("datasets: wanted -, got +:\n%s", diff)
		}
		if syncs, err := a.client.Synchronizations(t.Context()); err != nil || len(syncs) != 0 {
			t.Errorf("left over: %v %v", syncs, err)
		}
		a.serve("gone.csv", "a\n1\n2\n")
		write(t, a.dir+"/carto.yaml", strings.Replace(read(t, a.dir+"/carto.yaml"), "no_such_table", "order_items", 1))
		a.converges("done create gone", "done create orders", "done create synced")
	})
}

// TestMovedSinceThePlan: between plan and apply somebody changed what the plan
// saw. That action is refused and says what changed; the others go on.
func TestMovedSinceThePlan(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		a.file("trees.csv", trees+"yew,5,6\n")
		a.update("birds", carto.DatasetUpdate{Name: ptr("voegel")})
		in := a.input(t.Context())
		p := plan.Compute(in)
		a.update("trees", carto.DatasetUpdate{Privacy: ptr(carto.PrivacyPrivate)})
		got := results(a.carryOut(t.Context(), in, p))
		want := []string{
			"done rename birds",
			`refused reimport trees: reimport dataset "trees": privacy was "public" when the plan was made and is "private" now; plan again and review`,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestFileChangedSinceThePlan: what is published is what was reviewed.
func TestFileChangedSinceThePlan(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		in := a.input(t.Context())
		a.file("trees.csv", strings.Replace(trees, "oak", "ash", 1))
		got := results(a.carryOut(t.Context(), in, plan.Compute(in)))
		want := []string{`failed create trees: create dataset "trees": stage: trees.csv changed while it was uploaded; it is not published; plan again and review`}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		if diff := cmp.Diff([]string(nil), a.names()); diff != "" {
			t.Errorf("left over: %s", diff)
		}
		a.converges("done create trees")
	})
}

// TestStagedBeforeIsPublished: a run that ended between staging and publishing
// is finished, not repeated.
func TestStagedBeforeIsPublished(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}, privacy: public}]")
		in := a.input(t.Context())
		p := plan.Compute(in)
		p.Actions[0].Steps = p.Actions[0].Steps[:1] // the run ends after staging
		a.carryOut(t.Context(), in, p)
		staged := a.names()
		if len(staged) != 1 || staged[0] != p.Actions[0].Staging {
			t.Fatalf("staged as %q, wanted %q", staged, p.Actions[0].Staging)
		}
		id := a.dataset(staged[0]).ID
		a.converges("done resume trees")
		if got := a.dataset("trees").ID; got != id {
			t.Errorf("staged %s, published %s", id, got)
		}
	})
}

// TestTakenNameIsNotPublishedAsASuffix: a name that only the server knows to be
// taken must not end as trees_1.
func TestTakenNameIsNotPublishedAsASuffix(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		in := a.input(t.Context())
		p := plan.Compute(in)
		p.Actions[0].Steps = p.Actions[0].Steps[:1]
		a.carryOut(t.Context(), in, p)
		in = a.input(t.Context())
		resume := plan.Compute(in)
		// Somebody takes the name after the plan was made.
		if status, body := a.raw(http.MethodPost, "/api/v1/imports", map[string]any{"table_name": "trees", "sql": "SELECT 1 AS a"}); status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		waitFor(t, time.Minute, func() bool { return len(a.names()) == 2 })
		got := a.carryOut(t.Context(), in, resume)
		if got.OK() {
			t.Error("published under another name")
		}
		if diff := cmp.Diff([]string{p.Actions[0].Staging, "trees"}, a.names()); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

func TestPruneForgetAndAdopt(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.apply()
		a.file("other.csv", "a\n1\n")
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]\nforget: [birds]")
		in := a.input(t.Context())
		in.Options = plan.Options{Prune: true, Allow: []plan.Allowance{
			{Guard: plan.GuardMassDelete, Dataset: "air"}, {Guard: plan.GuardMassDelete, Dataset: "orders"}, {Guard: plan.GuardMassDelete, Dataset: "sales"},
		}}
		want := []string{"done forget birds", "done delete air", "done delete orders", "done delete sales", "done delete warehouse"}
		if diff := cmp.Diff(want, results(a.carryOut(t.Context(), in, plan.Compute(in)))); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		if tags := a.dataset("birds").Tags; len(tags) != 0 {
			t.Errorf("birds keeps the tags %q", tags)
		}
		a.serve("birds.csv", "name\nwren\n")
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}, {name: birds, source: {url: \"http://files.sandbox.test/birds.csv\"}, adopt: true}]")
		a.converges("done adopt birds")
	})
}

func TestInterruptedRunSkipsTheRest(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		in := a.input(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		report := a.carryOut(ctx, in, plan.Compute(in))
		for _, res := range report.Results {
			if res.Outcome != "skipped" {
				t.Errorf("%s: %s", res.Action.Name(), res.Outcome)
			}
		}
		if got := a.names(); len(got) != 0 {
			t.Errorf("an interrupted run made %q", got)
		}
	})
}
