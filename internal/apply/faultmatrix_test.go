package apply_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
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
	"truncate", "delay=5s", "delay=4m", "drip=30s", "slots", "locked", "view", "stuck=importing:20m", "stuck=queued:20m", "stuck=syncing:20m",
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
		for name, prepare := range map[string]func(*account){"create": func(*account) {}, "change": changeMany} {
			t.Run(name+" "+text, func(t *testing.T) {
				t.Parallel()
				step, times := 10*(*stride), []int{1 + 3*(i%2)}
				if *faultMatrix {
					step, times = 1, []int{1, 4}
				}
				for _, n := range times {
					for skip := (3 * i) % step; ; skip += step {
						rule.Skip, rule.Times = skip, n
						hit := survives(t, prepare, &total, &converged, rule)
						if !hit || t.Failed() {
							break
						}
					}
				}
			})
		}
	}
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
// declared then. Where random faults never end, the last run has to say so instead. It tells whether a fault hit.
func survives(t *testing.T, prepare func(*account), total, converged *atomic.Int64, rules ...fault.Rule) (hit bool) {
	each(t, func(t *testing.T) {
		total.Add(1)
		a := everyKind(t, func(c *sandbox.Config) { c.FaultSeed = 7 })
		prepare(a)
		var requests atomic.Int64
		a.before = func(*http.Request) { requests.Add(1) }
		for _, rule := range rules {
			a.box.Inject(rule)
		}
		done := false
		var log []string
		for n := 0; n < mostFaultyRuns && !done; n++ {
			requests.Store(0)
			began := time.Now()
			report, planned, err := a.tryApply(t.Context())
			took := time.Since(began)
			if most := mostRequests(planned, took); requests.Load() > most {
				t.Errorf("a run of %d actions and %s sent %d requests, at most %d are allowed", planned, took, requests.Load(), most)
			}
			if took > 4*time.Hour {
				t.Errorf("a run took %s", took)
			}
			done = err == nil && allButStaging(report)
			log = append(log, fmt.Sprint(err), strings.Join(results(report), "\n"))
			explained(t, report)
			later(t, 2*time.Minute)
		}
		for _, c := range a.box.Faults() {
			hit = hit || c.Hits > 0
		}
		a.box.ClearFaults()
		if done {
			later(t, time.Hour) // in which synchronizations run
			a.apply()           // clears away what came late
			if strings.Contains(strings.Join(log, ""), "look whether the dataset appeared") {
				a.inSync() // a worker that died left what nobody marks, and the report said so
			} else {
				a.nothingLeft()
			}
		} else if rules[0].Percent == 0 {
			t.Error("it does not converge")
		}
		if t.Failed() {
			t.Logf("%v:\n%s", rules, strings.Join(log, "\n"))
			return
		}
		if done {
			converged.Add(1)
		}
	})
	return hit
}

// allButStaging reports whether everything was done, but for what needs a lease, which these runs do not take.
func allButStaging(r apply.Report) bool {
	for _, res := range r.Results {
		if res.Outcome != apply.Done && res.Action.Kind != plan.KindStaging {
			return false
		}
	}
	return true
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
		remedy := false
		for _, word := range []string{"again", "check", "look", "see ", "mend", "wait", "raise", "remove", "ask", "choose", "write "} {
			remedy = remedy || strings.Contains(text, word)
		}
		if !strings.Contains(text, res.Action.Name()) || !remedy || strings.Contains(text, "\n") {
			t.Errorf("%s %s: the message names no object or no remedy: %q", res.Outcome, res.Action.Name(), text)
		}
	}
}

// tryApply plans and carries out; reading the account may fail.
func (a *account) tryApply(ctx context.Context) (r apply.Report, actions int, err error) {
	in := a.offline(ctx)
	if in.Account, err = live.Read(ctx, a.client, accountURL); err != nil {
		return r, 0, err
	}
	if in.Details, err = live.Answer(ctx, a.client, plan.Ask(in)); err != nil {
		return r, 0, err
	}
	p := plan.Compute(in)
	return a.carryOut(ctx, in, p), len(p.Actions), nil
}

// TestDeadAccountIsGivenUpOn: once a few actions got no answer, the rest is not begun.
func TestDeadAccountIsGivenUpOn(t *testing.T) {
	for _, text := range []string{"refuse", "status=502", "empty=401"} {
		t.Run(text, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				var b strings.Builder
				for i := range 60 {
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
				if n := report.Count(apply.Skipped); n < 45 {
					t.Errorf("%d of 60 actions were not begun: %s", n, strings.Join(results(report), "\n"))
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
