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

// A replacement is a manifest, or what it imports, that is applied, changed, and put back.
type replacement struct {
	name         string
	first, then  string // manifests
	change, undo func(*account)
}

const (
	birdsFile = "datasets: [{name: birds, source: {file: birds.csv}, guards: {shrink: 1}}]"
	alterable = "datasets: [{name: birds, source: {file: birds.csv}, lifecycle: {on_schema_change: alter}, guards: {shrink: 1}}]"
)

func replacements() []replacement {
	holds := func(text string) func(*account) { return func(a *account) { a.file("birds.csv", text) } }
	nothing := func(*account) {}
	hive := warehouse + "datasets: [{name: birds, source: {connector: warehouse, table: birds}, guards: {shrink: 1}}]"
	return []replacement{
		{"file", birdsFile, birdsFile, holds("name\nwren\nkite\nowl\n"), holds("name\nwren\nkite\n")},
		{"altered file", alterable, alterable, holds("name\nowl\n"), holds("name,wings\nwren,2\nkite,2\n")},
		{"url", `datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}]`,
			`datasets: [{name: birds, source: {url: "http://files.sandbox.test/others.csv"}}]`, nothing, nothing},
		{"connector", hive, strings.Replace(hive, "table: birds", `sql_query: "SELECT name FROM others"`, 1), nothing, nothing},
		{"synchronized instead", birdsFile,
			`datasets: [{name: birds, source: {url: "http://files.sandbox.test/others.csv"}, sync: {interval: 1h}}]`, nothing, nothing},
	}
}

// TestUndoneReplacementsAreUndone: a run that replaces what a dataset holds is killed, and nobody goes on with it: what was
// changed is put back, on a machine without the journal. What the dataset holds is then what is declared.
func TestUndoneReplacementsAreUndone(t *testing.T) {
	for _, c := range replacements() {
		for i, kind := range []fault.Kind{fault.Refuse, fault.Lose} {
			t.Run(fmt.Sprint(c.name, " ", kind), func(t *testing.T) {
				for skip := 4 - i; undone(t, c, fault.Rule{Kind: kind, Skip: skip}); skip += *stride {
				}
			})
		}
	}
}

// undone lets the network die at a request of a replacement and puts back what was replaced. It says whether it died at all.
func undone(t *testing.T, c replacement, rule fault.Rule) (died bool) {
	each(t, func(t *testing.T) {
		a := newAccount(t, withTable(t, "birds", "name\nwren\nkite\n"), withTable(t, "others", "name\nowl\n"))
		a.serve("birds.csv", "name\nwren\nkite\n")
		a.serve("others.csv", "name\nowl\n")
		a.file("birds.csv", "name\nwren\nkite\n")
		c.undo(a)
		a.manifest(c.first)
		a.apply()
		a.inSync()
		id := a.dataset("birds").ID
		c.change(a)
		a.manifest(c.then)
		in := a.input(t.Context())
		a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "importing", Wait: time.Second})
		a.box.Inject(rule)
		died = !a.carryOut(t.Context(), in, plan.Compute(in)).OK()
		a.box.ClearFaults()
		c.undo(a)
		a.manifest(c.first)
		later(t, 20*time.Minute) // what was begun ends, and synchronizations run
		var did []string
		for range 3 {
			report := a.apply()
			did = append(did, results(report)...)
			if report.OK() {
				break
			}
			later(t, 2*time.Minute)
		}
		a.inSync()
		if !died {
			return
		}
		if diff := cmp.Diff([]string{"kite", "wren"}, a.column("birds", "name")); diff != "" || a.dataset("birds").ID != id {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		if t.Failed() {
			t.Logf("%s from request %d on, then %q", rule.Kind, rule.Skip, did)
		}
	})
	return died
}

// TestUnknownOverwritesAreWaitedFor: the import that a killed run began still goes on,
// and no journal tells. It does not have the last word.
func TestUnknownOverwritesAreWaitedFor(t *testing.T) {
	for _, then := range []string{"elm", "yew"} {
		t.Run(then, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", "name\nelm\n")
				a.manifest(oneFile)
				a.converges("done create trees")
				a.file("trees.csv", "name\noak\n")
				a.slow()
				a.dies()
				a.box.ClearFaults()
				a.file("trees.csv", "name\n"+then+"\n")
				if diff := cmp.Diff([]string{"reimport trees: reimport_unfinished"}, planned(plan.Compute(a.input(t.Context())))); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				a.converges("done reimport trees")
				later(t, 5*time.Minute)
				if diff := cmp.Diff([]string{then}, a.column("trees", "name")); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}
