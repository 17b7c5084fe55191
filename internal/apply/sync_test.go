package apply_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

const warehouse = "connections:\n  warehouse: {provider: hive, server: hive.example.org}\n"

// orders is a manifest of one dataset that a query fills once.
func orders(query string) string {
	return warehouse + `datasets: [{name: orders, source: {connector: warehouse, sql_query: "` + query + `"}, guards: {shrink: 0.6}}]`
}

// air is a manifest of one synchronized dataset.
func air(url, interval string) string {
	return `datasets: [{name: air, source: {url: "` + url + `"}, sync: {interval: ` + interval + `}}]`
}

const (
	airURL  = "http://files.sandbox.test/air_export.csv"
	airText = "station,no2\na,1\nb,2\n"
)

// holds expects the account to have these datasets and so many synchronizations.
func (a *account) holds(datasets []string, syncs int) {
	a.t.Helper()
	if diff := cmp.Diff(datasets, a.names()); diff != "" {
		a.t.Errorf("datasets: wanted -, got +:\n%s", diff)
	}
	if got := a.syncs(); len(got) != syncs {
		a.t.Errorf("there are %d synchronizations, wanted %d: %+v", len(got), syncs, got)
	}
}

func (a *account) syncs() []carto.Synchronization {
	a.t.Helper()
	all, err := a.client.Synchronizations(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	return all
}

// reset changes a dataset's synchronization behind CARTO's back.
func (a *account) reset(id string, u carto.SyncUpdate) {
	a.t.Helper()
	if _, err := a.client.UpdateSynchronization(a.t.Context(), id, u); err != nil {
		a.t.Fatal(err)
	}
}

// TestRefreshedContentsAreGuarded: what only the connector knows is judged
// before it replaces anything, and leaves nothing behind.
func TestRefreshedContentsAreGuarded(t *testing.T) {
	for _, c := range []struct{ name, query, says string }{
		{"no rows", "SELECT sku, amount FROM order_items WHERE amount > 100", "the source has no rows, the dataset has 2"},
		{"a column is gone", "SELECT amount FROM order_items", `column \"sku\" is gone`},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, withOrders(t))
				a.manifest(orders("SELECT sku, amount FROM order_items"))
				a.converges("done create warehouse", "done create orders")
				a.manifest(orders(c.query))
				in := a.input(t.Context())
				a.fails(in, plan.Compute(in), []string{"orders"}, strings.ReplaceAll(c.says, `\"`, `"`))
				a.holds([]string{"orders"}, 0)
				if diff := cmp.Diff([]string{"x1", "x2"}, a.column("orders", "sku")); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}

// TestColumnsThatNobodyReviewedStay: on_schema_change lets no column go where the
// plan could not name it, and apply says why.
func TestColumnsThatNobodyReviewedStay(t *testing.T) {
	url := func(file string) string {
		return `datasets: [{name: orders, source: {url: "http://files.sandbox.test/` + file + `"}}]`
	}
	for _, c := range []struct{ name, before, after string }{
		{"url", url("orders.csv"), url("narrow.csv")},
		{"connector", orders("SELECT sku, amount FROM order_items"), orders("SELECT amount FROM order_items")},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, withOrders(t))
				a.serve("orders.csv", "sku,amount\nx1,3\nx2,4\n")
				a.serve("narrow.csv", "amount\n3\n4\n")
				alterable := func(text string) { a.manifest("defaults: {lifecycle: {on_schema_change: alter}}\n" + text) }
				alterable(c.before)
				if r := a.apply(); !r.OK() {
					t.Fatal(results(r))
				}
				id := a.dataset("orders").ID
				alterable(c.after)
				in := a.input(t.Context())
				a.fails(in, plan.Compute(in), []string{"orders"}, `column "sku" is gone`, "on_schema_change: alter is for files")
				a.holds([]string{"orders"}, 0)
				if diff := cmp.Diff([]string{"x1", "x2"}, a.column("orders", "sku")); diff != "" || a.dataset("orders").ID != id {
					t.Errorf("the dataset was %s, wanted -, got +:\n%s", id, diff)
				}
			})
		})
	}
}

// TestSurplusOfAnotherSourceIsNotUsed: an interrupted refresh left contents of
// a query that the manifest no longer asks for.
func TestSurplusOfAnotherSourceIsNotUsed(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t, withOrders(t))
		a.manifest(orders("SELECT sku, amount FROM order_items"))
		a.converges("done create warehouse", "done create orders")
		a.manifest(orders("SELECT sku, amount FROM order_items WHERE sku = 'x1'"))
		a.box.Inject(fault.Rule{Kind: fault.Refuse, Method: http.MethodPut, Path: "/api/v1/synchronizations"})
		if a.apply().OK() {
			t.Fatal("it was not interrupted")
		}
		a.box.ClearFaults()
		a.manifest(orders("SELECT sku, amount FROM order_items WHERE sku = 'x2'"))
		a.converges("done reimport orders")
		a.holds([]string{"orders"}, 0)
		if diff := cmp.Diff([]string{"x2"}, a.column("orders", "sku")); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestFirstImportThatRunsOnIsKept: while only its end is not seen, its
// synchronization is not deleted, and a later run finishes.
func TestFirstImportThatRunsOnIsKept(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("air_export.csv", airText)
		a.manifest(air(airURL, "1h"))
		a.box.Inject(fault.Rule{Kind: fault.Status, Status: 502, Method: http.MethodGet, Path: "/api/v1/imports/"})
		if a.apply().OK() {
			t.Fatal("it saw the end")
		}
		a.box.ClearFaults()
		waitFor(t, fewMinutes, func() bool { return len(a.names()) == 1 })
		a.converges("done resume air")
		a.holds([]string{"air"}, 1)
	})
}

// TestRefusedSynchronizationLeavesNothing: CARTO stores the row before it
// refuses the URL.
func TestRefusedSynchronizationLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("air_export.csv", airText)
		a.manifest(air("http://files.sandbox.test:8443/air_export.csv", "1h"))
		in := a.input(t.Context())
		a.fails(in, plan.Compute(in), nil, "Invalid URL")
		a.holds(nil, 0)
		a.manifest(air(airURL, "1h"))
		a.converges("done create air")
	})
}

// TestOrphanOfARefusedSynchronizationIsCleared: an earlier run could not.
func TestOrphanOfARefusedSynchronizationIsCleared(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("air_export.csv", airText)
		status, body := a.raw(http.MethodPost, "/api/v1/synchronizations", map[string]any{
			"url": "http://files.sandbox.test:8443/a.csv", "interval": 900, "checksum": plan.SyncMarker("city", "air"),
		})
		if status != 400 || len(a.syncs()) != 1 {
			t.Fatalf("%d %s left %v", status, body, a.syncs())
		}
		a.manifest(air(airURL, "1h"))
		a.converges("done create air")
		a.holds([]string{"air"}, 1)
	})
}

// TestStuckSynchronizationDoesNotBlockItsHealing: no worker will ever end its
// run, so apply does not wait for that.
func TestStuckSynchronizationDoesNotBlockItsHealing(t *testing.T) {
	for _, c := range []struct{ name, manifest string }{
		{"with another interval", air(airURL, "2h")},
		{"while it is detached", `datasets: [{name: air, source: {url: "` + airURL + `"}}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.serve("air_export.csv", airText)
				a.manifest(air(airURL, "1h"))
				a.converges("done create air")
				syncing := carto.SyncSyncing
				a.reset(a.syncs()[0].ID, carto.SyncUpdate{State: &syncing})
				later(t, 5*time.Hour)
				a.manifest(c.manifest)
				if got := results(a.apply()); len(got) != 1 || strings.HasPrefix(got[0], "failed") {
					t.Errorf("apply did %q", got)
				}
				a.inSync()
			})
		})
	}
}

// TestEverySynchronizationOfADatasetIsDetached: somebody attached a second one.
func TestEverySynchronizationOfADatasetIsDetached(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.serve("air_export.csv", airText)
		a.manifest(air(airURL, "1h"))
		a.converges("done create air")
		status, body := a.raw(http.MethodPost, "/api/v1/synchronizations", map[string]any{"url": airURL, "interval": 3600})
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
		waitFor(t, fewMinutes, func() bool { return len(a.names()) == 2 })
		id, name := a.dataset("air").ID, "air"
		for _, s := range a.syncs() {
			a.reset(s.ID, carto.SyncUpdate{DatasetID: &id, Name: &name})
		}
		a.manifest(`datasets: [{name: air, source: {url: "` + airURL + `"}}]`)
		a.converges("done update air")
		a.holds([]string{"air", "air_export"}, 0)
	})
}
