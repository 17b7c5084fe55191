package apply_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestOverwritesAreWaitedFor: a run is killed while it replaces what a dataset holds.
// Whatever is declared by then, the dataset ends up with it.
func TestOverwritesAreWaitedFor(t *testing.T) {
	const old, asked, newer, wide = "name\nelm\n", "name\nelm\noak\n", "name\nelm\noak\nyew\n", "name,height\nelm,1\noak,2\n"
	for _, c := range []struct {
		name   string
		change func(*account) // between the runs
		plan   string
		posts  int
		want   string
	}{
		{"the same", func(*account) {}, "resume and reimport trees: import_unfinished", 0, asked},
		{"the same, and it has ended", func(a *account) { later(a.t, 3*time.Minute) }, "resume and reimport trees: import_unfinished", 0, asked},
		{"the same, and somebody deleted a row", func(a *account) {
			later(a.t, 3*time.Minute)
			if _, err := a.client.Exec(a.t.Context(), "DELETE FROM trees WHERE name = 'oak'"); err != nil {
				a.t.Fatal(err)
			}
		}, "resume and reimport trees: import_unfinished", 1, asked},
		{"the same, and somebody dropped a column", func(a *account) {
			later(a.t, 3*time.Minute)
			if _, err := a.client.Exec(a.t.Context(), "ALTER TABLE trees DROP COLUMN height"); err != nil {
				a.t.Fatal(err)
			}
		}, "resume and reimport trees: import_unfinished", 1, wide},
		{"another", func(a *account) { a.file("trees.csv", newer) }, "reimport trees: import_abandoned", 1, newer},
		{"what it was", func(a *account) { a.file("trees.csv", old) }, "reimport trees: import_abandoned", 1, old},
		{"what it was, and it has ended", func(a *account) {
			later(a.t, 3*time.Minute)
			a.file("trees.csv", old)
		}, "reimport trees: import_abandoned", 1, old},
		{"renamed", func(a *account) {
			a.manifest("datasets: [{name: parks, renamed_from: trees, source: {file: trees.csv}}]")
		}, "rename and reimport and resume parks: renamed_from", 1, asked},
		{"renamed and another", func(a *account) {
			a.file("trees.csv", newer)
			a.manifest("datasets: [{name: parks, renamed_from: trees, source: {file: trees.csv}}]")
		}, "rename and reimport parks: renamed_from", 1, newer},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", old)
				a.manifest("datasets: [{name: trees, source: {file: trees.csv}, guards: {shrink: 1}}]")
				a.converges("done create trees")
				id := a.dataset("trees").ID
				a.file("trees.csv", asked)
				if c.want == wide {
					a.file("trees.csv", wide)
				}
				a.slow()
				a.dies()
				a.box.ClearFaults()
				c.change(a)
				a.manifest(strings.Replace(strings.TrimPrefix(read(t, filepath.Join(a.dir, "carto.yaml")), "version: 1\nproject: city\n"),
					"trees.csv}}", "trees.csv}, guards: {shrink: 1}}", 1))
				p, carryOut := a.journaled(t.Context())
				if diff := cmp.Diff([]string{c.plan}, planned(p)); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				var report apply.Report
				writes := a.posts(func() { report = carryOut() })
				if !report.OK() || len(writes) != c.posts {
					t.Errorf("%q, it sent %q", results(report), writes)
				}
				later(t, 5*time.Minute) // in which what was overtaken would write
				name := p.Actions[0].Dataset
				var want []string
				for _, line := range strings.Fields(c.want)[1:] {
					tree, _, _ := strings.Cut(line, ",")
					want = append(want, tree)
				}
				if diff := cmp.Diff(want, a.column(name, "name")); diff != "" || a.dataset(name).ID != id {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				a.holds([]string{name}, 0)
				a.noJournal()
			})
		})
	}
}

// TestPrunedDatasetsDoNotComeBack: a dataset into which an interrupted run imports is
// deleted once that has ended.
func TestPrunedDatasetsDoNotComeBack(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest(oneFile)
		a.converges("done create trees")
		a.file("trees.csv", trees+"yew,5,6\n")
		a.slow()
		a.dies()
		a.box.ClearFaults()
		a.manifest("")
		_, carryOut := a.journaled(t.Context(), func(in *plan.Input) {
			in.Options = plan.Options{Prune: true, Allow: []plan.Allowance{{Guard: plan.GuardMassDelete, Dataset: "trees"}}}
		})
		if diff := cmp.Diff([]string{"done delete trees"}, results(carryOut())); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		later(t, 5*time.Minute)
		a.holds(nil, 0)
		a.noJournal()
	})
}

// lost runs an overwrite whose answer is lost, and whose import takes as long as given.
// The file holds sent while it is uploaded.
func (a *account) lost(sent string, takes time.Duration) {
	a.t.Helper()
	a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "importing", Wait: takes, Times: 1})
	a.box.Inject(fault.Rule{Kind: fault.Lose, Method: http.MethodPost, Path: "/api/v1/imports", Times: 1})
	_, carryOut := a.journaled(a.t.Context())
	a.file("trees.csv", sent)
	if report := carryOut(); report.OK() {
		a.t.Fatalf("nothing was lost: %q", results(report))
	}
	later(a.t, time.Minute) // it has begun
	a.box.ClearFaults()
}

// TestLostOverwritesAreWaitedFor: an overwrite of other contents whose answer was lost
// still runs when the next run begins. However long it takes, it does not come last.
func TestLostOverwritesAreWaitedFor(t *testing.T) {
	const old, planned, other = "name\nelm\n", "name\nash\n", "name\nfig\n"
	for _, c := range []struct {
		name  string
		sent  string // of what was planned
		takes time.Duration
		then  string
	}{
		{"the file changed while it was uploaded", other, 3 * time.Minute, planned},
		{"the file is another now", planned, 3 * time.Minute, other},
		{"the file is what it was", planned, 3 * time.Minute, old},
		{"the import takes long", planned, 40 * time.Minute, other},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", old)
				a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
				a.converges("done create trees")
				a.file("trees.csv", planned)
				a.lost(c.sent, c.takes)
				a.file("trees.csv", c.then)
				_, carryOut := a.journaled(t.Context())
				if diff := cmp.Diff([]string{"done reimport trees"}, results(carryOut())); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				later(t, c.takes)
				if got := a.column("trees", "name"); len(got) != 1 || "name\n"+got[0]+"\n" != c.then {
					t.Errorf("it holds %q", got)
				}
				a.noJournal()
			})
		})
	}
}

// TestLostOverwritesDoNotUndoADeletion: nobody knows what was sent, and the dataset is
// not to be.
func TestLostOverwritesDoNotUndoADeletion(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", "name\nelm\n")
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		a.converges("done create trees")
		a.file("trees.csv", "name\nash\n")
		a.lost("name\nfig\n", 40*time.Minute)
		a.manifest("")
		_, carryOut := a.journaled(t.Context(), func(in *plan.Input) {
			in.Options = plan.Options{Prune: true, Allow: []plan.Allowance{{Guard: plan.GuardMassDelete, Dataset: "trees"}}}
		})
		if diff := cmp.Diff([]string{"done delete trees"}, results(carryOut())); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		later(t, time.Hour)
		a.holds(nil, 0)
	})
}

// TestEndlessOverwritesAreWaitedForOnce: jobs that never end hold up the renaming of
// their datasets for as long as one of them.
func TestEndlessOverwritesAreWaitedForOnce(t *testing.T) {
	each(t, func(t *testing.T) {
		a := endless(t)
		a.manifest("datasets: [{name: ulms, renamed_from: elms, source: {file: elms.csv}}, {name: eiks, renamed_from: oaks, source: {file: oaks.csv}}, {name: pines, source: {file: pines.csv}}]")
		_, carryOut := a.journaled(t.Context())
		began := time.Now()
		for _, line := range results(carryOut()) {
			if !strings.HasPrefix(line, "failed rename ") || !strings.Contains(line, "the import job has not ended") {
				t.Error(line)
			}
		}
		if took := time.Since(began); took < 10*time.Minute || took > 20*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// TestEndlessImportsKeepNoSlot: what else there is to import does not wait for them.
func TestEndlessImportsKeepNoSlot(t *testing.T) {
	each(t, func(t *testing.T) {
		a := endless(t)
		a.file("elms.csv", "name\nfir\n")
		a.file("pines.csv", "name\nfir\n")
		a.box.ClearFaults()
		ctx, cancel := context.WithTimeout(t.Context(), 45*time.Minute)
		defer cancel()
		_, carryOut := a.journaled(ctx, func(in *plan.Input) { in.Account.Limits.ImportSlots = 1 })
		began := time.Now()
		var sent []time.Duration
		a.before.set(func(r *http.Request) {
			if r.Method == http.MethodPost && apiPath(r) == "/api/v1/imports" {
				sent = append(sent, time.Since(began))
			}
		})
		carryOut()
		a.before.set(nil)
		if len(sent) != 1 || sent[0] > 40*time.Minute {
			t.Errorf("it sent something after %s", sent)
		}
		if diff := cmp.Diff([]string{"fir"}, a.column("pines", "name")); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// endless is an account with two datasets into which a killed run imports for ever.
func endless(t *testing.T) *account {
	a := newAccount(t)
	a.file("elms.csv", "name\nelm\n")
	a.file("oaks.csv", "name\noak\n")
	a.manifest("datasets: [{name: elms, source: {file: elms.csv}}, {name: oaks, source: {file: oaks.csv}}, {name: pines, source: {file: pines.csv}}]")
	a.file("pines.csv", "name\npine\n")
	a.converges("done create elms", "done create oaks", "done create pines")
	a.file("elms.csv", "name\nash\n")
	a.file("oaks.csv", "name\nyew\n")
	a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "importing"})
	var mu sync.Mutex
	asked := map[string]bool{} // jobs
	a.diesAt(func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if id, found := strings.CutPrefix(apiPath(r), "/api/v1/imports/"); found && r.Method == http.MethodGet {
			asked[id] = true
		}
		return len(asked) == 2
	})
	return a
}
