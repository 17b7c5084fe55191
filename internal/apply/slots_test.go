package apply_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// TestSlotsAreAlwaysFull: a run takes at most 1.2 times as long as imports that
// follow one another in every slot without a gap. What it loses there is an
// upload's way to the account and the time until an end is noticed; checks and
// publishing take place beside.
func TestSlotsAreAlwaysFull(t *testing.T) {
	always := func(d time.Duration) func(string) time.Duration { return func(string) time.Duration { return d } }
	for _, c := range []struct {
		name      string
		jobs      int
		roundTrip time.Duration
		duration  func(string) time.Duration
		polls     float64 // a job, at most
		median    time.Duration
		worst     time.Duration
	}{
		{"of 100 ms, round trip 1 ms", mostJobs, time.Millisecond, always(100 * time.Millisecond), 6, 15 * time.Millisecond, 30 * time.Millisecond},
		{"of 1 s, round trip 50 ms", mostJobs, 50 * time.Millisecond, always(time.Second), 8, 150 * time.Millisecond, 170 * time.Millisecond},
		{"of 50 to 150 ms, round trip 1 ms", 100, time.Millisecond, between(50*time.Millisecond, 150*time.Millisecond), 7, 20 * time.Millisecond, 30 * time.Millisecond},
		{"of 1 to 100 s, round trip 50 ms", 100, 50 * time.Millisecond, between(time.Second, 100*time.Second), 45, 7 * time.Second, 13 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSimulated(c.roundTrip, c.duration)
				took := createMany(t, s, c.jobs)
				var busy time.Duration
				var late []time.Duration
				polls := 0
				for _, j := range s.jobs {
					busy += j.took
					late = append(late, j.late)
					polls += j.polls
				}
				slices.Sort(late)
				ideal, perJob := busy/3, float64(polls)/float64(c.jobs)
				median, worst := late[c.jobs/2], late[c.jobs-1]
				t.Logf("%s, %.3f times the ideal; %.1f polls a job; ends noticed after %s, at worst %s",
					took, float64(took)/float64(ideal), perJob, median, worst)
				if s.refused > 0 {
					t.Errorf("%d uploads were refused", s.refused)
				}
				if 10*took > 12*ideal {
					t.Errorf("took %s, ideal is %s", took, ideal)
				}
				if perJob > c.polls || median > c.median || worst > c.worst {
					t.Errorf("wanted at most %g polls, %s, at worst %s", c.polls, c.median, c.worst)
				}
			})
		})
	}
}

// TestSlotsOfOthers: while somebody else holds slots, those that are left are
// used without a pause, few uploads are refused, and once the others are gone all
// slots are used again.
func TestSlotsOfOthers(t *testing.T) {
	for _, c := range []struct {
		name    string
		jobs    int
		others  func(since time.Duration) int
		took    time.Duration // at most
		refused int           // at most: it depends on the order of what happens in one moment, 10 to 40 for the first
	}{
		{"two of three for a minute", 150, func(since time.Duration) int {
			if since < time.Minute {
				return 2
			}
			return 0
		}, 120 * time.Second, 75}, // 95 s, were every slot used at once
		{"all of them for ten minutes", 9, func(since time.Duration) int {
			if since < 10*time.Minute {
				return 3
			}
			return 0
		}, 625 * time.Second, 80},
		{"one that comes and goes", 150, func(since time.Duration) int { return int(since/(20*time.Second)) % 2 }, 85 * time.Second, 75},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSimulated(50*time.Millisecond, func(string) time.Duration { return time.Second })
				s.others = c.others
				took := createMany(t, s, c.jobs)
				t.Logf("%s, %d uploads refused", took, s.refused)
				if took > c.took || s.refused > c.refused {
					t.Errorf("took %s with %d refused uploads, wanted at most %s and %d", took, s.refused, c.took, c.refused)
				}
			})
		})
	}
}

// TestSlotsThatNeverFallFree: a run that gets no slot for half an hour ends, and
// does not wait as long for each dataset.
func TestSlotsThatNeverFallFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSimulated(50*time.Millisecond, nil)
		s.others = func(time.Duration) int { return 3 }
		report := create(t, s, manyFiles(t, 40))
		took := report.Ended.Sub(report.Started)
		want := `create dataset "d039": stage: no import slot fell free in 30m0s: POST /api/v1/imports: 429 Too Many Requests`
		if got := report.Results[39].Err; got == nil || !strings.HasPrefix(got.Error(), want) {
			t.Errorf("the last one ended with %v", got)
		}
		if report.Count(apply.Failed) != 40 || took > 31*time.Minute || s.refused > 250 {
			t.Errorf("%d failed after %s with %d refused uploads", report.Count(apply.Failed), took, s.refused)
		}
	})
}

// TestSlotsAreAskedForDespiteALongRest: an account that asks to be left alone for
// hours is asked again after a minute, and a run that waits between two attempts
// gives up on time.
func TestSlotsAreAskedForDespiteALongRest(t *testing.T) {
	for _, c := range []struct {
		name   string
		upload time.Duration // until the answer
		free   int           // the attempt that finds a slot
		took   time.Duration // at most
		done   bool
	}{
		{"a slot falls free", time.Second, 2, 70 * time.Second, true},
		{"none does", time.Second, 1000, 30*time.Minute + time.Second, false},
		{"none does, and attempts take long", 12 * time.Minute, 1000, 37 * time.Minute, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, tries := time.Now(), 0
				_, err := apply.WhileBusy(t.Context(), func(context.Context) (string, error) {
					later(t, c.upload)
					if tries++; tries < c.free {
						return "", &carto.APIError{Method: "POST", Path: "/api/v1/imports", Status: 429, After: 6 * time.Hour}
					}
					return "job", nil
				}, func() {})
				if took := time.Since(began); took > c.took || (err == nil) != c.done {
					t.Errorf("%v, after %s", err, took)
				}
			})
		})
	}
}

// between spreads durations by the name.
func between(least, most time.Duration) func(string) time.Duration {
	return func(name string) time.Duration {
		h := fnv.New32a()
		h.Write([]byte(name))
		return least + time.Duration(h.Sum32()%1000)*(most-least)/1000
	}
}

// createMany creates so many datasets from files and says how long that took.
func createMany(t *testing.T, s *simulated, n int) time.Duration {
	t.Helper()
	report := create(t, s, manyFiles(t, n))
	if done := report.Count(apply.Done); done != n {
		t.Fatalf("%d of %d are done: %v", done, n, results(report))
	}
	return report.Ended.Sub(report.Started)
}

func create(t *testing.T, s *simulated, in plan.Input) apply.Report {
	t.Helper()
	client, err := carto.New(carto.Config{Account: accountURL, APIKey: secret.New(key), Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return apply.Run(t.Context(), apply.Input{
		Plan: plan.Compute(in), Desired: in.Desired, Account: in.Account, Looks: in.Looks, Client: client,
	})
}

// manyFiles are so many files of one row, an entry for each, and an empty account.
func manyFiles(t *testing.T, n int) plan.Input {
	t.Helper()
	a := &account{t: t, dir: t.TempDir()}
	manifest := "datasets:\n"
	for i := range n {
		name := fmt.Sprintf("d%03d", i)
		write(t, filepath.Join(a.dir, name+".csv"), fmt.Sprintf("n\n%d\n", i))
		manifest += fmt.Sprintf("  - {name: %s, source: {file: %s.csv}}\n", name, name)
	}
	a.manifest(manifest)
	desired, err := spec.Load(spec.Options{}, a.dir)
	if err != nil {
		t.Fatal(err)
	}
	in := plan.Input{
		Desired: desired, Looks: map[string]data.Look{}, Secrets: plan.Secrets{}, Details: plan.Details{},
		Account: plan.Account{URL: accountURL, User: user, ReadAt: time.Now(), Limits: plan.Limits{ImportSlots: 3, RemainingBytes: -1, PrivateDatasets: true}},
	}
	for _, d := range desired[0].Datasets {
		in.Looks[d.Name] = a.look(t.Context(), desired[0], d)
	}
	return in
}
