package apply_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// losing is an account with a dataset whose file has lost a column, has another
// one with another type, and may lose both.
func losing(t *testing.T) *account {
	a := newAccount(t)
	a.file("trees.csv", "name,height,code\noak,20,7\nelm,10,8\n")
	a.manifest("datasets: [{name: trees, source: {file: trees.csv}, lifecycle: {on_schema_change: alter}}]")
	a.apply()
	a.inSync()
	a.file("trees.csv", "name,code,crown\noak,A7,4\nelm,B8,5\n")
	return a
}

func (a *account) hasAltered(id string) {
	a.t.Helper()
	a.inSync()
	if now := a.dataset("trees").ID; now != id {
		a.t.Errorf("the dataset was %s and is %s", id, now)
	}
	got := [][]string{a.names(), a.column("trees", "code"), a.column("trees", "crown")}
	if diff := cmp.Diff([][]string{{"trees"}, {"A7", "B8"}, {"4", "5"}}, got); diff != "" {
		a.t.Errorf("wanted -, got +:\n%s", diff)
	}
}

func TestColumnsThatMayGoAreDropped(t *testing.T) {
	each(t, func(t *testing.T) {
		a := losing(t)
		p := plan.Compute(a.input(t.Context()))
		if diff := cmp.Diff([]string{"height", "code"}, p.Actions[0].Drops); diff != "" || !p.Actions[0].Destroys {
			t.Errorf("destroys %t, wanted -, got +:\n%s", p.Actions[0].Destroys, diff)
		}
		id := a.dataset("trees").ID
		a.converges("done reimport trees")
		a.hasAltered(id)
	})
}

// TestNothingIsDroppedUnlessTheTrialIsAsPlanned: the test import shows what
// nobody reviewed, and the live dataset stays whole.
func TestNothingIsDroppedUnlessTheTrialIsAsPlanned(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*plan.Input, *plan.Action)
		says string
	}{
		{"another number of rows", func(in *plan.Input, _ *plan.Action) {
			look := in.Looks["trees"]
			look.Rows = 3
			in.Looks["trees"] = look
		}, "has 2 rows where its source has 3"},
		{"another column", func(_ *plan.Input, a *plan.Action) { a.Drops = []string{"code"} }, "nothing was changed"},
		{"maps", func(_ *plan.Input, a *plan.Action) { a.MapCount = 2 }, "it is used by 2 maps"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := losing(t)
				in := a.input(t.Context())
				p := plan.Compute(in)
				c.edit(&in, &p.Actions[0])
				a.fails(in, p, []string{"trees"}, ": try: ", c.says)
				if diff := cmp.Diff([]string{"10", "20"}, a.column("trees", "height")); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}

// TestKilledAlterationsAreFinished: whichever request is the last to arrive, or
// to be answered, one more apply brings the dataset to its file. Every fifth is
// tried.
func TestKilledAlterationsAreFinished(t *testing.T) {
	for i, kind := range []fault.Kind{fault.Refuse, fault.Lose} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			for skip, died := 2*i, true; died; skip += 1 + *stride/4 {
				each(t, func(t *testing.T) {
					a := losing(t)
					id := a.dataset("trees").ID
					in := a.input(t.Context())
					a.box.Inject(fault.Rule{Kind: kind, Skip: skip})
					died = !a.carryOut(t.Context(), in, plan.Compute(in)).OK()
					a.box.ClearFaults()
					later(t, 2*time.Minute) // what was begun ends
					if r := a.apply(); !r.OK() {
						t.Errorf("request %d: %s", skip, strings.Join(results(r), "; "))
					}
					for _, n := range plan.Compute(a.input(t.Context())).Notes {
						if n.Code != "leftover" {
							t.Errorf("request %d: %s", skip, n.Problem)
						}
					}
					a.hasAltered(id)
				})
			}
		})
	}
}
