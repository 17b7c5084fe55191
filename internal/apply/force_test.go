package apply_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

const hourly = `
datasets:
  - name: air
    source: {url: "http://files.sandbox.test/air.csv"}
    sync: {interval: 30d}
`

// monthly is an account whose dataset air a synchronization has just made.
func monthly(t *testing.T) *account {
	a := newAccount(t)
	a.serve("air.csv", "station,no2\na,1\nb,2\nc,3\n")
	a.manifest(hourly)
	a.converges("done create air")
	return a
}

// force runs synchronizations now.
func (a *account) force(o apply.Options, names ...string) apply.Report {
	a.t.Helper()
	in := a.input(a.t.Context())
	return apply.Run(a.t.Context(), apply.Input{Plan: plan.ForceRuns(in, names, false), Desired: in.Desired, Account: in.Account, Client: a.client, Options: o})
}

// told is how runs ended, in a line each.
func told(r apply.Report) []string {
	var all []string
	for _, res := range r.Results {
		line := fmt.Sprintf("%s %s", res.Outcome, res.Action.Dataset)
		if run := res.Run; run != nil {
			line += fmt.Sprintf(" %s %s->%s", run.State, number(run.Before), number(run.After))
		}
		all = append(all, line)
		if res.Err != nil {
			all = append(all, res.Err.Error())
		}
		all = append(all, res.Notes...)
	}
	return all
}

func number(n *int64) string {
	if n == nil {
		return "?"
	}
	return fmt.Sprint(*n)
}

// refetched lets a run download a source although it changed within a second.
func (a *account) refetched(name string) {
	a.t.Helper()
	_, err := a.client.UpdateSynchronization(a.t.Context(), a.dataset(name).Synchronization.ID, carto.SyncUpdate{Refetch: true})
	if err != nil {
		a.t.Fatal(err)
	}
}

func TestForceWaitsForTheRun(t *testing.T) {
	for _, c := range []struct {
		name, source string
		want         []string
	}{
		{"more rows", "station,no2\na,1\nb,2\nc,3\nd,4\n", []string{"done air success 3->4"}},
		{"no row", "station,no2\n", []string{"done air success 3->0", "the run left none of 3 rows; look at its source"}},
		{"few rows", "station,no2\na,1\n", []string{"done air success 3->1", "the run left 1 of 3 rows; look at its source"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := monthly(t)
				later(t, time.Hour)
				a.refetched("air")
				a.serve("air.csv", c.source)
				if diff := cmp.Diff(c.want, told(a.force(apply.Options{SyncWait: time.Hour}, "air"))); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}

// CARTO permits no run for 15 minutes after the last: that is said, with the time.
func TestForceIsRefusedSoonAfterARun(t *testing.T) {
	each(t, func(t *testing.T) {
		a := monthly(t)
		later(t, 5*time.Minute)
		may := a.dataset("air").Synchronization.RanAt.Add(15 * time.Minute).UTC().Format("15:04:05 UTC on 2006-01-02")
		got := told(a.force(apply.Options{SyncWait: time.Hour}, "air"))
		want := []string{"refused air success 3->?", `force dataset "air": force_synchronization: CARTO does not run it now: it was created 5 minutes ago, ` +
			"and CARTO permits one at " + may + ", 15 minutes after the last; cartosync synchronization force air --wait waits for that"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// A run that is under way is waited for, and not asked for again.
func TestForceWaitsForARunUnderWay(t *testing.T) {
	each(t, func(t *testing.T) {
		a := monthly(t)
		a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "syncing", Wait: 10 * time.Minute, Times: 1})
		later(t, time.Hour)
		if now, err := a.client.SyncNow(t.Context(), a.dataset("air").Synchronization.ID); !now || err != nil {
			t.Fatal(now, err)
		}
		synctest.Wait()
		asked := 0
		a.before.set(func(r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "sync_now") {
				asked++
			}
		})
		got := told(a.force(apply.Options{SyncWait: time.Hour}, "air"))
		if len(got) != 2 || got[0] != "done air success 3->3" || !strings.HasSuffix(got[1], "already, and that one was waited for") || asked > 0 {
			t.Errorf("asked %d times, got %q", asked, got)
		}
	})
}

// A run that fails says why, and what to do.
func TestForceReportsAFailure(t *testing.T) {
	each(t, func(t *testing.T) {
		a := monthly(t)
		later(t, time.Hour)
		a.refetched("air")
		if err := os.Remove(filepath.Join(a.remote, "air.csv")); err != nil {
			t.Fatal(err)
		}
		r := a.force(apply.Options{SyncWait: time.Hour}, "air")
		run := r.Results[0].Run
		if r.Results[0].Outcome != apply.Failed || run.ErrorCode != 1100 || run.Meaning == "" || run.Remedy == "" || !strings.Contains(r.Results[0].Err.Error(), run.Remedy) {
			t.Errorf("got %q, run %+v", told(r), run)
		}
	})
}

// Of more runs than CARTO takes at a time, all end.
func TestForceManyRuns(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		var names, want []string
		text := "datasets:\n"
		for i := range 5 {
			name := fmt.Sprintf("air_%d", i)
			a.serve(name+".csv", "no2\n1\n")
			text += fmt.Sprintf("  - {name: %s, source: {url: \"http://files.sandbox.test/%s.csv\"}, sync: {interval: 30d}}\n", name, name)
			names, want = append(names, name), append(want, "done "+name+" success 1->1")
		}
		a.manifest(text)
		if !a.apply().OK() {
			t.Fatal("apply failed")
		}
		later(t, time.Hour)
		if diff := cmp.Diff(want, told(a.force(apply.Options{SyncWait: time.Hour}, names...))); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
	})
}

// A run that does not end is not waited for beyond the limit, and one that nobody
// waits for is only asked for.
func TestForceStopsWaiting(t *testing.T) {
	each(t, func(t *testing.T) {
		a := monthly(t)
		later(t, time.Hour)
		a.box.Inject(fault.Rule{Kind: fault.Stuck, How: "syncing", Wait: time.Hour, Times: 1})
		if got := told(a.force(apply.Options{NoWait: true}, "air")); len(got) != 1 || got[0] != "done air queued 3->?" && got[0] != "done air syncing 3->?" {
			t.Errorf("got %q", got)
		}
		got := told(a.force(apply.Options{SyncWait: 10 * time.Minute}, "air"))
		want := `force dataset "air": force_synchronization: its run is still syncing after 10m; cartosync synchronization show air says how it ended`
		if len(got) < 2 || got[0] != "failed air syncing 3->?" || got[1] != want {
			t.Errorf("got %q", got)
		}
	})
}

// The answer to a request for a run may get lost: the run is waited for all the same.
func TestForceSurvivesALostAnswer(t *testing.T) {
	for _, kind := range []fault.Kind{fault.Lose, fault.Refuse} {
		t.Run(string(kind), func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := monthly(t)
				later(t, time.Hour)
				a.box.Inject(fault.Rule{Kind: kind, Method: http.MethodPut, Path: "/api/v1/synchronizations", Times: 1})
				if diff := cmp.Diff([]string{"done air success 3->3"}, told(a.force(apply.Options{SyncWait: time.Hour}, "air"))); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
			})
		})
	}
}
