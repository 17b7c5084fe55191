package apply_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

var (
	faultMatrix = flag.Bool("fault-matrix", false, "let every request meet every fault, not only some; takes minutes")
	mixes       = flag.Int("mixes", 4, "how many random mixes of faults are tried")
)

// everyFault is every kind of fault, with each value that makes a difference. What a source has instead of what it
// should have is no fault of a request, and is left to the tests of what is checked after an import.
var everyFault = []string{
	"status=500", "status=502", "status=403", "empty=401", "empty=503", "limit", "limit=30s", "redirect", "refuse", "lose", "lose=502", "reset",
	"truncate", "delay=5s", "delay=4m", "drip=30s", "slots", "locked", "stuck=importing:20m", "view", "stuck=queued:20m", "stuck=syncing:20m",
	"crash", "crash=after", "head=404", "source=500", "source=404", "unnamed", "unregistered",
}

// mostFaultyRuns is how many runs a fault may take.
const mostFaultyRuns = 5

// TestFaultMatrix lets each request of an apply in turn meet each fault, once and as often as a client repeats a request.
// After at most five runs the account is as declared, and every run before says whose turn it is and what to do.
func TestFaultMatrix(t *testing.T) {
	var total, converged atomic.Int64
	t.Cleanup(func() { t.Logf("%d of %d converge", converged.Load(), total.Load()) })
	for i, text := range everyFault {
		rule, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for j, sc := range faultyRuns {
			if !*faultMatrix && (i+j)%faultShare != 0 {
				continue
			}
			t.Run(sc.name+" "+text, func(t *testing.T) {
				t.Parallel()
				rule := rule
				if !*faultMatrix {
					rule.Skip, rule.Times = firstHit(i), 1+3*(i%2)
					if !survives(t, sc.prepare, &total, &converged, rule) {
						t.Errorf("no request meets it after %d others", rule.Skip)
					}
					return
				}
				for _, rule.Times = range []int{1, 4} {
					for rule.Skip = 0; survives(t, sc.prepare, &total, &converged, rule) && !t.Failed(); rule.Skip++ {
					}
				}
			})
		}
	}
}

// firstHit is how many requests are spared before the first that meets a fault, of which only one is tried: it differs
// from fault to fault. Few requests, or steps of a worker, are such that a fault of the account itself may meet them, and
// sometimes a single one is such that a fault of sources and tables may.
func firstHit(i int) int {
	switch {
	case i >= slices.Index(everyFault, "head=404"):
		return 0
	case i >= slices.Index(everyFault, "slots"):
		return i % 2
	}
	return 3 * i
}

// faultyRuns are what is carried out under faults.
var faultyRuns = []struct {
	name    string
	prepare func(*account)
}{
	{"create", func(*account) {}},
	{"change", changeMany},
}

// TestFaultMixes lets requests meet faults at random, a few kinds at a time, for as long as it takes.
func TestFaultMixes(t *testing.T) {
	var total, converged atomic.Int64
	t.Cleanup(func() { t.Logf("%d of %d converge", converged.Load(), total.Load()) })
	for seed := range *mixes {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(uint64(seed), 0))
			var rules []fault.Rule
			for range 3 {
				rule, err := fault.Parse(everyFault[r.IntN(len(everyFault))])
				if err != nil {
					t.Fatal(err)
				}
				rule.Percent = 1 + r.IntN(10)
				rules = append(rules, rule)
			}
			prepare := []func(*account){func(*account) {}, changeMany}[r.IntN(2)]
			survives(t, prepare, &total, &converged, rules...)
		})
	}
}

// survives applies under faults until nothing is left to do, at most five times, and expects the account to be as
// declared then. Random faults need not end; after them as many runs have to do. It tells whether a fault hit.
func survives(t *testing.T, prepare func(*account), total, converged *atomic.Int64, rules ...fault.Rule) (hit bool) {
	each(t, func(t *testing.T) {
		total.Add(1)
		a := &ordeal{account: everyKind(t, func(c *sandbox.Config) { c.FaultSeed = 7 })}
		prepare(a.account)
		a.before.set(func(*http.Request) { a.requests.Add(1) })
		for _, rule := range rules {
			a.box.Inject(rule)
		}
		done := a.runs()
		for _, c := range a.box.Faults() {
			hit = hit || c.Hits > 0
		}
		a.box.ClearFaults()
		if !done && rules[0].Percent > 0 {
			done = a.runs()
		}
		if !done {
			t.Error("it does not converge")
		}
		later(t, time.Hour) // in which synchronizations run
		a.runs()            // clears away what came late
		if strings.Contains(strings.Join(a.log, ""), "look whether the dataset appeared") {
			a.inSync() // a worker that died left what nobody marks, and the report said so
		} else {
			a.nothingLeft()
		}
		if t.Failed() {
			t.Logf("%v:\n%s", rules, strings.Join(a.log, "\n"))
			return
		}
		converged.Add(1)
	})
	return hit
}

// An ordeal is an account under faults, with what the runs said.
type ordeal struct {
	*account
	requests atomic.Int64
	log      []string
}

// runs applies until nothing is left to do, at most five times, two minutes apart, or as long as CARTO takes to give up
// what a worker began that died, where a run says that this has to end first.
func (a *ordeal) runs() (done bool) {
	a.t.Helper()
	most := mostFaultyRuns
	for n := 0; n < most && !done; n++ {
		done = a.run()
		last := a.log[len(a.log)-1]
		if a.removeObstacles(last) {
			most = mostFaultyRuns + 1 // what people are asked to do takes a run of its own
		}
		pause := 2 * time.Minute
		if strings.Contains(last, "has ended") {
			pause = 2 * time.Hour
		}
		later(a.t, pause)
	}
	return done
}

// run applies once, and reports whether nothing is left to do.
func (a *ordeal) run() bool {
	a.t.Helper()
	a.requests.Store(0)
	began := time.Now()
	report, planned, err := a.tryApply(a.t.Context())
	took := time.Since(began)
	if bound := mostRequests(planned, took); a.requests.Load() > bound {
		a.t.Errorf("a run of %d actions and %s sent %d requests, at most %d are allowed", planned, took, a.requests.Load(), bound)
	}
	if took > 4*time.Hour {
		a.t.Errorf("a run took %s", took)
	}
	for _, res := range report.Results {
		a.log = append(a.log, res.Notes...)
	}
	a.log = append(a.log, fmt.Sprint(err), strings.Join(results(report), "\n"))
	explained(a.t, report)
	if err != nil && !remedied(err.Error()) {
		a.t.Errorf("a run that could not begin names no remedy: %q", err)
	}
	return err == nil && report.OK()
}

// removeObstacles does what only people may do: a table in the way of a name that is no dataset may be anybody's.
func (a *account) removeObstacles(log string) (some bool) {
	a.t.Helper()
	for _, found := range regexp.MustCompile(`a table "(\w+)" that is no dataset seems to stand in its way: remove it`).FindAllStringSubmatch(log, -1) {
		if status, text := a.raw("POST", "/api/v2/sql", map[string]any{"q": "DROP TABLE " + found[1]}); status != http.StatusOK {
			a.t.Error(status, text)
		}
		some = true
	}
	return some
}

// mostRequests is how many requests a run may send: four attempts at each of ten for the whole and forty for an action,
// and for each action a job that is asked for often in the beginning and every six seconds later.
func mostRequests(actions int, took time.Duration) int64 {
	n := int64(actions)
	return 4*(10+40*n) + n*(60+int64(took/(6*time.Second)))
}

// explained expects every action that was not done to name its object and to say what to do.
func explained(t *testing.T, r apply.Report) {
	t.Helper()
	for _, res := range r.Results {
		if res.Outcome == apply.Done {
			continue
		}
		text := ""
		if res.Err != nil {
			text = res.Err.Error()
		}
		if !strings.Contains(text, res.Action.Name()) || !remedied(text) {
			t.Errorf("%s %s: the message names no object or no remedy: %q", res.Outcome, res.Action.Name(), text)
		}
	}
}

// remedied reports whether a message is a line that says what to do.
func remedied(text string) bool {
	for _, word := range []string{"again", "check", "drop ", "look", "see ", "mend", "wait", "raise", "remove", "ask", "choose", "write "} {
		if strings.Contains(text, word) {
			return !strings.Contains(text, "\n")
		}
	}
	return false
}

// tryApply does what the command apply does, with the journal and under the lease of city; the plan is made again where
// another run was at work before the lease was taken. Reading the account may fail, and taking the lease.
func (a *account) tryApply(ctx context.Context) (r apply.Report, actions int, err error) {
	seen, _ := apply.ReadLeases(ctx, a.client, []string{"city"})
	in, journals, err := a.tryInput(ctx)
	if err != nil {
		return r, 0, err
	}
	p := plan.Compute(in)
	var lease *apply.Lease
	if slices.ContainsFunc(p.Actions, func(act plan.Action) bool { return act.Verb != plan.None && act.Verb != plan.Blocked }) {
		options := named("ann").LeaseOptions
		options.Seen = seen
		if lease, err = apply.TakeLeases(ctx, a.client, []string{"city"}, options); err != nil {
			return r, 0, err
		}
		defer func() { _ = lease.Release(ctx) }() // where it fails the next run waits for the lease to expire
	}
	if lease.Stale() {
		if in, journals, err = a.tryInput(ctx); err != nil {
			return r, 0, err
		}
		p = plan.Compute(in)
	}
	return apply.Run(ctx, apply.Input{
		Plan: p, Desired: in.Desired, Account: in.Account, Looks: in.Looks, Secrets: in.Secrets, Client: a.client, Lease: lease, Journals: journals,
		Fetcher: &apply.Fetcher{Transport: a.box.Transport()},
	}), len(p.Actions), nil
}

// tryInput reads the journal and the account.
func (a *account) tryInput(ctx context.Context) (in plan.Input, journals apply.Journals, err error) {
	a.t.Helper()
	in = a.offline(ctx)
	owner := apply.JournalOwner{Account: accountURL, Project: "city"}
	journal, pending, err := apply.OpenJournal(a.dir, owner, func(err error) { a.t.Error(err) })
	if err != nil {
		a.t.Error(err)
	}
	for _, p := range pending {
		p.Project = "city"
		in.Pending = append(in.Pending, p)
	}
	if in.Pending, err = live.Follow(ctx, a.client, in.Pending); err != nil {
		return in, nil, err
	}
	if in.Account, err = live.Read(ctx, a.client, accountURL); err != nil {
		return in, nil, err
	}
	in.Details, err = live.Answer(ctx, a.client, plan.Ask(in))
	return in, apply.Journals{"city": journal}, err
}

// TestDeadAccountIsGivenUpOn: once a few actions got no answer, the rest is not begun.
func TestDeadAccountIsGivenUpOn(t *testing.T) {
	for _, text := range []string{"refuse", "status=502", "empty=401"} {
		t.Run(text, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				var b strings.Builder
				for i := range 30 {
					a.file(fmt.Sprintf("f%d.csv", i), trees)
					fmt.Fprintf(&b, "  - {name: f%d, source: {file: f%d.csv}}\n", i, i)
				}
				a.manifest("datasets:\n" + b.String())
				in := a.input(t.Context())
				rule, err := fault.Parse(text)
				if err != nil {
					t.Fatal(err)
				}
				a.box.Inject(rule)
				began := time.Now()
				report := a.carryOut(t.Context(), in, plan.Compute(in))
				if took := time.Since(began); took > time.Minute {
					t.Errorf("it took %s", took)
				}
				if n := report.Count(apply.Skipped); n < 15 {
					t.Errorf("%d of 30 actions were not begun: %s", n, strings.Join(results(report), "\n"))
				}
				explained(t, report)
				a.box.ClearFaults()
				if report := a.apply(); !report.OK() {
					t.Errorf("the next run: %s", strings.Join(results(report), "\n"))
				}
			})
		})
	}
}
