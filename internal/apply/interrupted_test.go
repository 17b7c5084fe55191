package apply_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

var errKilled = errors.New("killed")

// journal opens the journal as plan and apply do.
func (a *account) journal() (apply.Journals, []plan.Pending) {
	a.t.Helper()
	j, pending, err := apply.OpenJournal(a.dir, apply.JournalOwner{Account: accountURL, Project: "city"}, func(err error) { a.t.Error(err) })
	if err != nil {
		a.t.Fatal(err)
	}
	for i := range pending {
		pending[i].Project = "city"
	}
	return apply.Journals{"city": j}, pending
}

// journaled plans with the journal, and carries out unless that is left out.
func (a *account) journaled(ctx context.Context, edit ...func(*plan.Input)) (plan.Plan, func() apply.Report) {
	a.t.Helper()
	journals, pending := a.journal()
	pending, err := live.Follow(ctx, a.client, pending)
	if err != nil {
		a.t.Fatal(err)
	}
	in := a.input(a.t.Context())
	in.Pending = pending
	for _, e := range edit {
		e(&in)
	}
	in.Details = a.answers(in)
	p := plan.Compute(in)
	return p, func() apply.Report {
		lease, release := a.leasedFor(p)
		defer release()
		return apply.Run(ctx, apply.Input{
			Plan: p, Desired: in.Desired, Account: in.Account, Looks: in.Looks, Secrets: in.Secrets, Client: a.client,
			Fetcher: &apply.Fetcher{Transport: a.box.Transport()}, Journals: journals, Lease: lease,
		})
	}
}

// slow makes imports take two minutes from now on.
func (a *account) slow() {
	a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "importing", Wait: 2 * time.Minute})
}

// dies applies and is killed when it first asks for an import job.
func (a *account) dies(edit ...func(*plan.Input)) {
	a.t.Helper()
	a.diesAt(func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.HasPrefix(apiPath(r), "/api/v1/imports/")
	}, edit...)
}

func apiPath(r *http.Request) string { return strings.TrimPrefix(r.URL.Path, "/user/"+user) }

func (a *account) diesAt(here func(*http.Request) bool, edit ...func(*plan.Input)) {
	a.t.Helper()
	ctx, kill := context.WithCancelCause(a.t.Context())
	defer kill(nil)
	_, carryOut := a.journaled(ctx, edit...)
	a.before.set(func(r *http.Request) {
		if here(r) {
			kill(errKilled)
		}
	})
	if report := carryOut(); ctx.Err() == nil {
		a.t.Fatalf("nothing killed it: %q", results(report))
	}
	a.before.set(nil)
}

// posts counts the requests that create something while f runs.
func (a *account) posts(f func()) []string {
	var seen []string
	a.before.set(func(r *http.Request) {
		if r.Method == http.MethodPost && !strings.Contains(r.URL.Path, "/sql") {
			seen = append(seen, apiPath(r))
		}
	})
	f()
	a.before.set(nil)
	return seen
}

// planned are the verbs and codes of what a plan has to do.
func planned(p plan.Plan) []string {
	var out []string
	for _, act := range p.Actions {
		if act.Verb == plan.None {
			continue
		}
		verbs := []string{string(act.Verb)}
		for _, also := range act.Also {
			verbs = append(verbs, string(also))
		}
		out = append(out, strings.Join(verbs, " and ")+" "+act.Name()+": "+string(act.Code))
	}
	return out
}

// noJournal expects no file to be left.
func (a *account) noJournal() {
	a.t.Helper()
	left, err := filepath.Glob(filepath.Join(a.dir, apply.StateDir, "journal*"))
	if err != nil || len(left) > 0 {
		a.t.Errorf("there is %v %v", left, err)
	}
	if p, _ := a.journaled(a.t.Context()); !p.Empty() {
		a.t.Errorf("still to do: %q", planned(p))
	}
}

// everySource are datasets that an import of every kind fills; under the race detector
// every fourth of them.
func everySource() []namedSource {
	var some []namedSource
	for i := 0; i < len(allSources); i += 1 + defaultStride/12 {
		some = append(some, allSources[i])
	}
	return some
}

type namedSource struct{ name, manifest string }

var allSources = []namedSource{
	{"file", "datasets: [{name: birds, source: {file: birds.csv}}]"},
	{"fetched", `datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}]`},
	{"fetched by the server", `datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv", fetch: server}}]`},
	{"fetched by the server under another name", `datasets: [{name: hens, source: {url: "http://files.sandbox.test/birds.csv", fetch: server}}]`},
	{"connector", warehouse + "datasets: [{name: birds, source: {connector: warehouse, table: birds}}]"},
	{"synchronized", `datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}, sync: {interval: 1h}}]`},
	{"synchronized connector", warehouse + "datasets: [{name: birds, source: {connector: warehouse, table: birds}, sync: {interval: 1h}}]"},
}

func sourced(t *testing.T, manifest string) *account {
	a := newAccount(t, withTable(t, "birds", "name\nwren\nkite\n"))
	a.file("birds.csv", "name\nwren\nkite\n")
	a.serve("birds.csv", "name\nwren\nkite\n")
	a.manifest(manifest)
	return a
}

// TestRunningImportsAreGoneOnWith: a run is killed while its import job runs. The plan
// after it says so without waiting; the next apply waits, and sends nothing again.
func TestRunningImportsAreGoneOnWith(t *testing.T) {
	for _, c := range everySource() {
		for _, when := range []string{"at once", "later"} {
			t.Run(c.name+" "+when, func(t *testing.T) {
				each(t, func(t *testing.T) {
					a := sourced(t, c.manifest)
					a.slow()
					a.dies()
					a.box.ClearFaults()
					if when == "later" {
						later(t, 3*time.Minute)
					}
					began := time.Now()
					var p plan.Plan
					var carryOut func() apply.Report
					if writes := a.posts(func() { p, carryOut = a.journaled(t.Context()) }); len(writes) > 0 {
						t.Errorf("the plan sent %q", writes)
					}
					if took := time.Since(began); took > time.Minute {
						t.Errorf("the plan took %s", took)
					}
					name := p.Actions[slices.IndexFunc(p.Actions, func(act plan.Action) bool { return act.Kind == plan.KindDataset })].Name()
					code := plan.ImportUnfinished
					if when == "later" {
						code = plan.StagingFound
					}
					if diff := cmp.Diff([]string{"resume " + name + ": " + string(code)}, planned(p)); diff != "" {
						t.Errorf("wanted -, got +:\n%s", diff)
					}
					var report apply.Report
					writes := a.posts(func() { report = carryOut() })
					if diff := cmp.Diff([]string{"done resume " + name}, results(report)); diff != "" || len(writes) > 0 {
						t.Errorf("it sent %q; wanted -, got +:\n%s", writes, diff)
					}
					syncs := 0
					if strings.Contains(c.manifest, "sync:") {
						syncs = 1
					}
					a.holds([]string{name}, syncs)
					if diff := cmp.Diff([]string{"kite", "wren"}, a.column(name, "name")); diff != "" {
						t.Errorf("wanted -, got +:\n%s", diff)
					}
					a.noJournal()
				})
			})
		}
	}
}

// TestLostAnswersAreLookedFor: a run is killed before the answer to a request that
// creates something; the request takes effect, and its import ends after the next
// plan was made.
func TestLostAnswersAreLookedFor(t *testing.T) {
	for _, c := range everySource() {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := sourced(t, c.manifest)
				a.slow()
				a.box.Inject(fault.Rule{Kind: fault.Lose, Method: http.MethodPost, Path: "/api/v1/imports"})
				a.box.Inject(fault.Rule{Kind: fault.Lose, Method: http.MethodPost, Path: "/api/v1/synchronizations"})
				_, carryOut := a.journaled(t.Context())
				carryOut()
				a.box.ClearFaults()
				_, carryOut = a.journaled(t.Context())
				later(t, 3*time.Minute)
				var last apply.Report
				writes := a.posts(func() { last = carryOut() })
				if !last.OK() { // where the plan has to be made again
					_, carryOut = a.journaled(t.Context())
					last = carryOut()
				}
				again := strings.Contains(c.name, "fetched by") || c.name == "connector"
				if !again && len(writes) > 0 {
					t.Errorf("it sent %q", writes)
				}
				if strings.Contains(c.name, "fetched by") {
					return // the surplus is reported and not deleted
				}
				if !last.OK() {
					t.Fatalf("%q", results(last))
				}
				syncs := 0
				if strings.Contains(c.manifest, "sync:") {
					syncs = 1
				}
				a.holds([]string{"birds"}, syncs)
				a.noJournal()
			})
		})
	}
}

// TestAttachingIsGoneOnWith: also where the import belongs to a synchronization for a
// dataset that is there.
func TestAttachingIsGoneOnWith(t *testing.T) {
	for _, c := range []struct{ name, before, after, plan string }{
		{"attached", "datasets: [{name: birds, source: {file: birds.csv}}]",
			`datasets: [{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}, sync: {interval: 1h}}]`,
			"update and resume birds: synchronization_missing"},
		{"refreshed", warehouse + "datasets: [{name: birds, source: {connector: warehouse, table: birds}}]",
			warehouse + `datasets: [{name: birds, source: {connector: warehouse, sql_query: "SELECT name FROM birds"}}]`,
			"resume and reimport birds: source_changed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := sourced(t, c.before)
				a.apply()
				id := a.dataset("birds").ID
				a.manifest(c.after)
				a.slow()
				a.dies()
				a.box.ClearFaults()
				p, carryOut := a.journaled(t.Context())
				if diff := cmp.Diff([]string{c.plan}, planned(p)); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				var report apply.Report
				writes := a.posts(func() { report = carryOut() })
				if !report.OK() || len(writes) > 0 {
					t.Errorf("%q, it sent %q", results(report), writes)
				}
				if got := a.dataset("birds").ID; got != id {
					t.Errorf("the dataset was %s and is %s", id, got)
				}
				a.noJournal()
			})
		})
	}
}

// TestRunsThatEndLeaveNoJournal: whatever they did.
func TestRunsThatEndLeaveNoJournal(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.box.Inject(fault.Rule{Kind: fault.Status, Status: http.StatusTooManyRequests, Method: http.MethodPost, Path: "/api/v1/imports", Times: 2})
		_, carryOut := a.journaled(t.Context())
		if report := carryOut(); !report.OK() {
			t.Fatalf("%q", results(report))
		}
		a.noJournal()
		if _, err := os.Lstat(filepath.Join(a.dir, apply.StateDir)); err == nil {
			t.Error("a directory is left")
		}
	})
}
