package apply_test

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// connectionNames lists the stored connections.
func (a *account) connectionNames() []string {
	var names []string
	for _, c := range a.connections() {
		names = append(names, c.Name)
	}
	return names
}

// nothingLeft expects the account to hold exactly what [manyKinds] declares, but
// for surplus datasets that the plan says to delete.
func (a *account) nothingLeft() {
	a.t.Helper()
	a.inSync()
	var noted string
	for _, n := range plan.Compute(a.input(a.t.Context())).Notes {
		noted += n.Problem
	}
	datasets := slices.DeleteFunc(a.names(), func(name string) bool { return strings.Contains(noted, strconv.Quote(name)) })
	synced := map[string]string{}
	for _, s := range a.syncs() {
		synced[s.ID] = s.Name + " " + s.DatasetID
	}
	syncs := slices.Sorted(maps.Values(synced))
	want := [][]string{
		{"air", "birds", "orders", "sales", "trees"},
		{"air " + a.dataset("air").ID, "sales " + a.dataset("sales").ID},
		{"city-warehouse-v1"},
	}
	if diff := cmp.Diff(want, [][]string{datasets, syncs, a.connectionNames()}); diff != "" {
		a.t.Errorf("datasets, synchronizations, connections: wanted -, got +:\n%s", diff)
	}
}

// killed lets the network die for good at a request of an apply, and expects few
// further ones to bring the account to what is declared, with nothing left over.
// It says whether the network died at all.
func killed(t *testing.T, prepare func(*account), rule fault.Rule) (died bool) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		prepare(a)
		in := a.input(t.Context())
		a.box.Inject(rule)
		first := a.carryOut(t.Context(), in, plan.Compute(in))
		died = !first.OK()
		a.box.ClearFaults()
		var last []string
		const runs = 3
		for range runs {
			later(t, 2*time.Minute) // what was begun ends
			report := a.apply()
			last = append(last, results(report)...)
			if report.OK() {
				break
			}
		}
		a.nothingLeft()
		if t.Failed() {
			t.Logf("%s from request %d on: %s\n then %s", rule.Kind, rule.Skip, strings.Join(results(first), "; "), strings.Join(last, "; "))
		}
	})
	return died
}

// changeMany has applied [manyKinds]; then a synchronization was deleted, a dataset renamed, and a file, a query and a
// privacy changed.
func changeMany(a *account) {
	a.apply()
	if err := a.client.DeleteSynchronization(a.t.Context(), a.dataset("air").Synchronization.ID); err != nil {
		a.t.Fatal(err)
	}
	a.update("sales", carto.DatasetUpdate{Name: ptr("verkauf")})
	a.file("trees.csv", trees+"yew,5,6\n")
	a.manifest(strings.NewReplacer("{connector: warehouse, table: order_items}\n  - name: sales",
		"{connector: warehouse, sql_query: \"SELECT sku, amount FROM order_items WHERE amount > 3\"}\n    guards: {shrink: 0.6}\n  - name: sales",
		"privacy: link", "privacy: public").Replace(manyKinds))
}

var stride = flag.Int("stride", defaultStride, "of how many requests one is the last, where runs are killed")

// TestKilledAnywhereConverges: whichever request is the last that arrives, and
// whether or not it was the last to be answered. Not every request is tried,
// and each kind begins elsewhere; with -stride 1 all are, in a minute or two.
func TestKilledAnywhereConverges(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*account)
	}{
		{"create", func(*account) {}},
		{"change", changeMany},
	} {
		for i, kind := range []fault.Kind{fault.Refuse, fault.Lose} {
			t.Run(fmt.Sprint(c.name, " ", kind), func(t *testing.T) {
				for skip := 5 - i; killed(t, c.prepare, fault.Rule{Kind: kind, Skip: skip}); skip += *stride {
				}
			})
		}
	}
}

// TestOneWriteFailsAndTheRestConverges: any single request that changes
// something is refused, lost after it took effect, or answered by a proxy.
func TestOneWriteFailsAndTheRestConverges(t *testing.T) {
	for _, kind := range []fault.Rule{{Kind: fault.Refuse}, {Kind: fault.Lose}, {Kind: fault.Status, Status: http.StatusBadGateway}} {
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			t.Run(fmt.Sprint(kind.Kind, " ", method), func(t *testing.T) {
				for skip := 0; skip < 12; skip += 1 + *stride/2 {
					rule := kind
					rule.Method, rule.Skip, rule.Times = method, skip, 1
					killed(t, func(*account) {}, rule)
				}
			})
		}
	}
}
