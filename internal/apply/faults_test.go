package apply_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// TestTakenSlotsAreWaitedFor: an account whose import slots others hold answers
// 429 and creates nothing, so the import is begun again.
func TestTakenSlotsAreWaitedFor(t *testing.T) {
	each(t, func(t *testing.T) {
		a := everyKind(t)
		a.box.Inject(fault.Rule{Kind: fault.Status, Status: 429, Method: "POST", Path: "/api/v1/imports", Times: 4})
		a.converges("done create warehouse",
			"done create air", "done create birds", "done create orders", "done create sales", "done create trees")
	})
}

// TestLostAnswerIsFoundAgain: the account began an import and its answer was
// lost. The action says so; the next run publishes what the import made instead
// of importing it a second time.
func TestLostAnswerIsFoundAgain(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		a.box.Inject(fault.Rule{Kind: fault.Lose, Method: "POST", Path: "/api/v1/imports", Times: 1})
		report := a.apply()
		if report.OK() || !strings.Contains(report.Results[0].Err.Error(), "apply again") {
			t.Fatalf("a lost answer reads: %v", report.Results[0].Err)
		}
		waitFor(t, fewMinutes, func() bool { return len(a.names()) == 1 })
		a.converges("done resume trees")
		if diff := cmp.Diff([]string{"trees"}, a.names()); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// TestLateRequestOfAnInterruptedRun: what it asked for takes effect after the
// next plan was made. That is what the plan wants too.
func TestLateRequestOfAnInterruptedRun(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}, title: Trees, tags: [green]}]")
		in := a.input(t.Context())
		p := plan.Compute(in)
		staged := p
		staged.Actions = slices.Clone(p.Actions)
		staged.Actions[0].Steps = p.Actions[0].Steps[:1]
		a.carryOut(t.Context(), in, staged)
		in = a.input(t.Context())
		resume := plan.Compute(in)
		tags := append([]string{"green"}, p.Actions[0].Tags...)
		a.update(p.Actions[0].Staging, carto.DatasetUpdate{Name: ptr("trees"), Title: ptr("Trees"), Tags: &tags})
		if diff := cmp.Diff([]string{"done resume trees"}, results(a.carryOut(t.Context(), in, resume))); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		a.inSync()
	})
}

// TestPublishingThatFailsIsFinishedLater: whichever request of publishing is
// answered by a proxy's error page, nothing becomes public too early, no name
// with a suffix appears, and the next runs finish.
func TestPublishingThatFailsIsFinishedLater(t *testing.T) {
	for skip := range 3 {
		each(t, func(t *testing.T) {
			a := everyKind(t)
			a.box.Inject(fault.Rule{Kind: fault.Refuse, Method: "PUT", Path: "/api/v1/viz", Skip: skip, Times: 1})
			a.apply()
			a.box.ClearFaults()
			for range 2 {
				a.apply()
			}
			a.inSync()
			if diff := cmp.Diff([]string{"air", "birds", "orders", "sales", "trees"}, a.names()); diff != "" {
				t.Errorf("skip %d: wanted -, got +:\n%s", skip, diff)
			}
		})
	}
}
