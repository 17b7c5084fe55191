package apply_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/secret"
)

// exchanging is an account with two synchronized datasets and two from files, and
// a manifest in which the first two exchange their names and the fourth gets that
// of the third.
func exchanging(t *testing.T) *account {
	a := newAccount(t, withOrders(t))
	a.file("trees.csv", trees)
	a.file("more.csv", trees+"yew,5,6\n")
	a.serve("air.csv", "station,no2\na,1\n")
	const entries = `
connections:
  warehouse: {provider: hive, server: hive.example.org}
datasets:
  - {name: AIR, FROM_AIRsource: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}
  - {name: SALES, FROM_SALESsource: {connector: warehouse, table: order_items}, sync: {interval: 1h}}
  - {name: TREES, FROM_TREESsource: {file: trees.csv}}
  - {name: PARKS, FROM_PARKSsource: {file: more.csv}}
`
	a.manifest(strings.NewReplacer("FROM_AIR", "", "FROM_SALES", "", "FROM_TREES", "", "FROM_PARKS", "",
		"AIR", "air", "SALES", "sales", "TREES", "trees", "PARKS", "parks").Replace(entries))
	a.apply()
	a.inSync()
	a.manifest(strings.NewReplacer("FROM_AIR", "renamed_from: air, ", "FROM_SALES", "renamed_from: sales, ", "FROM_TREES", "renamed_from: trees, ",
		"FROM_PARKS", "renamed_from: parks, ", "AIR", "sales", "SALES", "air", "TREES", "old_trees", "PARKS", "trees").Replace(entries))
	return a
}

// standing says which dataset has which name, in the words of the names that
// they had, and what its synchronization writes to.
func (a *account) standing(before map[string]carto.Dataset) map[string]string {
	a.t.Helper()
	out := map[string]string{}
	for name, d := range before {
		now := a.dataset(d.ID)
		out[name] = now.Name
		if now.Synchronization != nil {
			out[name] += " by " + now.Synchronization.Name
		}
	}
	return out
}

func (a *account) standsExchanged(before map[string]carto.Dataset) {
	a.t.Helper()
	a.inSync()
	want := map[string]string{"air": "sales by sales", "sales": "air by air", "trees": "old_trees", "parks": "trees"}
	if diff := cmp.Diff(want, a.standing(before)); diff != "" {
		a.t.Errorf("wanted -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"air", "old_trees", "sales", "trees"}, a.names()); diff != "" {
		a.t.Errorf("wanted -, got +:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"elm", "oak", "yew"}, a.column("trees", "name")); diff != "" {
		a.t.Errorf("wanted -, got +:\n%s", diff)
	}
}

func (a *account) four() map[string]carto.Dataset {
	return map[string]carto.Dataset{"air": a.dataset("air"), "sales": a.dataset("sales"), "trees": a.dataset("trees"), "parks": a.dataset("parks")}
}

func TestNamesAreExchanged(t *testing.T) {
	each(t, func(t *testing.T) {
		a := exchanging(t)
		before := a.four()
		a.converges("done rename sales", "done rename air", "done rename old_trees", "done rename trees")
		a.standsExchanged(before)
		later(t, 3*time.Hour) // in which both synchronizations have run
		a.standsExchanged(before)
		for table, column := range map[string]string{"sales": "station", "air": "sku"} {
			if rows := a.column(table, column); len(rows) == 0 {
				t.Errorf("%s has no rows", table)
			}
		}
	})
}

// TestKilledExchangesAreFinished: whichever request is the last to arrive, or to
// be answered, the next apply brings every dataset to its name. -stride
// says how many are tried.
func TestKilledExchangesAreFinished(t *testing.T) {
	for i, kind := range []fault.Kind{fault.Refuse, fault.Lose} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			for skip, died := 2*i, true; died; skip += *stride {
				each(t, func(t *testing.T) {
					a := exchanging(t)
					before := a.four()
					in := a.input(t.Context())
					a.box.Inject(fault.Rule{Kind: kind, Skip: skip})
					died = !a.carryOut(t.Context(), in, plan.Compute(in)).OK()
					a.box.ClearFaults()
					later(t, 2*time.Minute) // what was begun ends
					if r := a.apply(); !r.OK() {
						t.Errorf("request %d: %s", skip, strings.Join(results(r), "; "))
					}
					a.standsExchanged(before)
				})
			}
		})
	}
}

// TestAnExchangeThatMovedIsNotBegun: where one of the datasets was changed since
// the plan was made, none is taken aside.
func TestAnExchangeThatMovedIsNotBegun(t *testing.T) {
	each(t, func(t *testing.T) {
		a := exchanging(t)
		before := a.four()
		in := a.input(t.Context())
		p := plan.Compute(in)
		a.update("sales", carto.DatasetUpdate{Privacy: ptr(carto.PrivacyPublic)})
		a.carryOut(t.Context(), in, p)
		want := map[string]string{"air": "air by air", "sales": "sales by sales", "trees": "old_trees", "parks": "trees"}
		if diff := cmp.Diff(want, a.standing(before)); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestNoSynchronizationEverWritesToAnother: at no request of an exchange is there
// a synchronization that would overwrite a dataset which is not its own.
func TestNoSynchronizationEverWritesToAnother(t *testing.T) {
	each(t, func(t *testing.T) {
		a := exchanging(t)
		onlooker, err := carto.New(carto.Config{Account: accountURL, APIKey: secret.New(key), Transport: a.box.Transport()})
		if err != nil {
			t.Fatal(err)
		}
		var seen atomic.Int64 // requests are sent side by side
		a.before.set(func(r *http.Request) {
			datasets, err := onlooker.Datasets(t.Context())
			if err != nil {
				t.Error(err)
			}
			syncs, err := onlooker.Synchronizations(t.Context())
			if err != nil {
				t.Error(err)
			}
			for _, s := range syncs {
				seen.Add(1)
				if i := slices.IndexFunc(datasets, func(d carto.Dataset) bool { return d.Name == s.Name }); i >= 0 && datasets[i].ID != s.DatasetID {
					t.Errorf("before %s %s the synchronization of %s would write to %q", r.Method, r.URL.Path, s.DatasetID, s.Name)
				}
			}
		})
		if r := a.apply(); !r.OK() || seen.Load() == 0 {
			t.Errorf("%d looks, %s", seen.Load(), strings.Join(results(r), "; "))
		}
	})
}
