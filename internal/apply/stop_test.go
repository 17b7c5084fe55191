package apply_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// run carries a plan out with options of a test's own.
func (a *account) run(ctx context.Context, in plan.Input, o apply.Options) apply.Report {
	return apply.Run(ctx, apply.Input{
		Plan: plan.Compute(in), Desired: in.Desired, Account: in.Account, Looks: in.Looks, Secrets: in.Secrets, Client: a.client,
		Fetcher: &apply.Fetcher{Transport: a.box.Transport()}, Options: o,
	})
}

// outcomes are results in short: done trees.
func outcomes(r apply.Report) []string {
	var all []string
	for _, res := range r.Results {
		all = append(all, string(res.Outcome)+" "+res.Action.Name())
	}
	return all
}

// request matches the nth request of a method whose path has a part.
func request(n int, method, part string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		if r.Method == method && strings.Contains(r.URL.Path, part) {
			n--
			return n == 0
		}
		return false
	}
}

// TestStop: a run that is to stop ends where it would have to wait, at once; it carries through what is quick, and
// begins nothing. The next run does the rest.
func TestStop(t *testing.T) {
	lamp := func(name string) string { return "{name: " + name + ", source: {file: lamps.csv}}" }
	lamps := lamp("lamps")
	const birds = `{name: birds, source: {url: "http://files.sandbox.test/birds.csv"}}`
	const air = `{name: air, source: {url: "http://files.sandbox.test/air.csv"}, sync: {interval: 1h}}`
	tests := []struct {
		name     string
		datasets []string
		faults   []fault.Rule
		slots    int
		at       func(*http.Request) bool
		want     []string
		says     string // of the first
	}{
		{
			"while it is published", []string{lamps}, nil, 3, request(1, http.MethodPut, "/api/v1/viz/"),
			[]string{"done lamps"}, "",
		},
		{
			"while its import runs", []string{lamps}, []fault.Rule{{Kind: fault.Stuck, How: "importing", Wait: 3 * time.Minute}}, 3,
			request(3, http.MethodGet, "/api/v1/imports/"),
			[]string{"interrupted lamps"}, "stage: the run was interrupted while CARTO runs import job",
		},
		{
			"while another waits for a slot", []string{birds, lamps}, []fault.Rule{{Kind: fault.Stuck, How: "importing", Wait: 3 * time.Minute}}, 1,
			request(3, http.MethodGet, "/api/v1/imports/"),
			[]string{"interrupted birds", "interrupted lamps"}, "the run was interrupted",
		},
		{
			"while all slots of the account are taken", []string{lamps}, []fault.Rule{{Kind: fault.Slots, Times: 100}}, 3,
			request(3, http.MethodPost, "/api/v1/imports"),
			[]string{"interrupted lamps"}, "the run was interrupted; apply again to go on",
		},
		{
			"while its first import runs", []string{air}, []fault.Rule{{Kind: fault.Stuck, How: "importing", Wait: 3 * time.Minute}}, 3,
			request(3, http.MethodGet, "/api/v1/imports/"),
			[]string{"interrupted air"}, "stage: the run was interrupted while CARTO runs import job",
		},
		{
			"while more wait than there are workers",
			[]string{birds, lamps, lamp("lamps_1st"), lamp("lamps_2nd"), lamp("lamps_3rd"), lamp("lamps_4th")},
			[]fault.Rule{{Kind: fault.Stuck, How: "importing", Wait: 3 * time.Minute}}, 1, request(3, http.MethodGet, "/api/v1/imports/"),
			[]string{"interrupted birds", "interrupted lamps", "interrupted lamps_1st", "interrupted lamps_2nd", "skipped lamps_3rd", "skipped lamps_4th"}, "the run was interrupted",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t, func(c *sandbox.Config) { c.ImportSlots = tt.slots })
				a.file("lamps.csv", "id,kind\n1,led\n")
				a.serve("birds.csv", "name\nwren\n")
				a.serve("air.csv", "station,no2\na,1\n")
				a.manifest("datasets: [" + strings.Join(tt.datasets, ", ") + "]")
				in := a.input(t.Context())
				for _, f := range tt.faults {
					a.box.Inject(f)
				}
				report, took := a.stopAt(t, in, tt.at, func(*http.Request) {})
				if took > 10*time.Second {
					t.Errorf("it took %s to stop", took)
				}
				if diff := cmp.Diff(tt.want, outcomes(report)); diff != "" {
					t.Errorf("(-want +got):\n%s%q", diff, results(report))
				}
				if err := report.Results[0].Err; tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
					t.Errorf("it says %v, not %q", err, tt.says)
				}
				a.box.ClearFaults()
				later(t, 2*fewMinutes)
				if report := a.apply(); !report.OK() {
					t.Errorf("the next run: %q", results(report))
				}
				a.inSync()
			})
		})
	}
}

// stopAt carries a plan out and stops it at a request. It returns how long the run went on then.
// The request that is the moment goes on after then.
func (a *account) stopAt(t *testing.T, in plan.Input, at func(*http.Request) bool, then func(*http.Request)) (apply.Report, time.Duration) {
	t.Helper()
	stop := make(chan struct{})
	var mu sync.Mutex
	var stopped time.Time
	hit := func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if !stopped.IsZero() || !at(r) {
			return false
		}
		stopped = time.Now()
		return true
	}
	a.before.set(func(r *http.Request) {
		if hit(r) {
			close(stop)
			then(r)
		}
	})
	report := a.run(t.Context(), in, apply.Options{Stop: stop})
	a.before.set(nil)
	if stopped.IsZero() || !report.Stopped {
		t.Fatalf("the run was not stopped: %q", results(report))
	}
	return report, time.Since(stopped)
}

// TestUploadIsBrokenOff: an upload that is not whole is ended, and has no effect.
func TestUploadIsBrokenOff(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		in := a.input(t.Context())
		report, took := a.stopAt(t, in, request(1, http.MethodPost, "/api/v1/imports"), func(r *http.Request) { <-r.Context().Done() })
		if took > time.Second {
			t.Errorf("it took %s to stop", took)
		}
		a.outcome(report, apply.Interrupted, "the run was interrupted")
	})
}

// TestReportComesWhateverHangs: a run whose context has ended waits for nothing that does not end with it.
func TestReportComesWhateverHangs(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("lamps.csv", "id,kind\n1,led\n")
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: lamps, source: {file: lamps.csv}}, {name: trees, source: {file: trees.csv}}]")
		in := a.input(t.Context())
		ctx, cancel := context.WithCancel(t.Context())
		hang, began := make(chan struct{}), time.Time{}
		report := a.run(ctx, in, apply.Options{Progress: func(e apply.Event) {
			if e.State == "begun" && e.Step == plan.StepStage && e.Action.Dataset == "trees" {
				began = time.Now()
				cancel()
				<-hang
			}
		}})
		took := time.Since(began)
		close(hang)
		if took > time.Second {
			t.Errorf("the report came after %s", took)
		}
		if diff := cmp.Diff("interrupted trees", outcomes(report)[1]); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if err := report.Results[1].Err; err == nil || !strings.Contains(err.Error(), "it was under way when the run was ended") {
			t.Errorf("it says %v", err)
		}
	})
}
