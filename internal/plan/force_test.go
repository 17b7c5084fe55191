package plan

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// ran is an account in which the synchronization of dataset air ran well ten minutes ago.
func ran() (Input, *Synchronization) {
	in := air()
	s := &in.Account.Synchronizations[0]
	s.RanAt = readAt.Add(-10 * time.Minute)
	return in, s
}

func TestForceRuns(t *testing.T) {
	run := []outcome{{Verb: Force, Name: "air", Code: RunRequested, Steps: []Step{StepForce}}}
	blocked := func(code Reason) []outcome { return []outcome{{Verb: Blocked, Name: "air", Code: code}} }
	for _, c := range []struct {
		name string
		edit func(*Input, *Synchronization)
		want []outcome
	}{
		{"by name", func(*Input, *Synchronization) {}, run},
		{"a run is under way", func(_ *Input, s *Synchronization) { s.State = "syncing" }, run},
		{"its last run failed", func(_ *Input, s *Synchronization) { s.State = "failure" },
			[]outcome{{Verb: Force, Name: "air", Code: RunStale, Steps: []Step{StepForce}}}},
		{"out of retries", func(_ *Input, s *Synchronization) { s.State, s.Retried = "failure", 10 },
			[]outcome{{Verb: Force, Name: "air", Code: RunStale, Steps: []Step{StepForce}}}},
		{"its worker is gone", func(_ *Input, s *Synchronization) { s.State, s.UpdatedAt = "syncing", readAt.Add(-3*time.Hour) }, blocked(SyncStuck)},
		{"nameless", func(_ *Input, s *Synchronization) { s.Name = "" }, blocked(SyncNameless)},
		{"writes to another", func(_ *Input, s *Synchronization) { s.Name = "roads" }, blocked(SyncNameDiffers)},
		{"missing", func(in *Input, _ *Synchronization) { in.Account.Synchronizations = nil }, blocked(SyncMissing)},
		{"declared without sync", func(in *Input, _ *Synchronization) { in.Desired[0].Datasets[0].Sync = nil }, blocked(SyncUndeclared)},
		{"not synchronized at all", func(in *Input, _ *Synchronization) {
			in.Desired[0].Datasets[0].Sync, in.Account.Synchronizations = nil, nil
		}, blocked(NotSynchronized)},
		{"without a source", func(in *Input, _ *Synchronization) {
			in.Desired[0].Datasets[0].Sync, in.Account.Synchronizations = nil, nil
			in.Desired[0].Datasets[0].Source = spec.Source{}
		}, blocked(NotSynchronized)},
		{"not in the account", func(in *Input, _ *Synchronization) { in.Account.Datasets, in.Account.Synchronizations = nil, nil }, blocked(NotInAccount)},
		{"its first import failed", func(in *Input, s *Synchronization) {
			in.Account.Datasets = nil
			*s = Synchronization{ID: "x", State: "failure", ErrorCode: 1100, Checksum: SyncMarker("city", "air")}
		}, blocked(NotInAccount)},
		{"its first import is under way", func(in *Input, s *Synchronization) {
			in.Account.Datasets = nil
			*s = Synchronization{ID: "x", State: "queued", UpdatedAt: readAt, Checksum: SyncMarker("city", "air")}
		}, blocked(SyncRunning)},
		{"imported and not published", func(in *Input, s *Synchronization) {
			in.Account.Datasets[0].Tags, s.Checksum = nil, SyncMarker("city", "air")
		}, blocked(StagingFound)},
		{"nobody's", func(in *Input, _ *Synchronization) { in.Account.Datasets[0].Tags = nil }, blocked(ConflictUnmanaged)},
		{"another project's", func(in *Input, _ *Synchronization) {
			in.Account.Datasets[0].Tags = Marker{Project: "park", NameHash: NameHash("air")}.Tags()
		},
			blocked(ConflictOtherProject)},
		{"one of two", func(in *Input, _ *Synchronization) {
			other := in.Account.Datasets[0]
			other.ID, other.Name = "id-copy", "air_copy"
			in.Account.Datasets = append(in.Account.Datasets, other)
		}, blocked(ConflictAmbiguous)},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, s := ran()
			c.edit(&in, s)
			p := ForceRuns(in, []string{"air"}, false)
			if diff := cmp.Diff(c.want, outcomes(p)); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
			for _, a := range p.Actions {
				if a.Verb == Blocked && a.Hint == "" {
					t.Errorf("%q is blocked, and nobody says what to do", a.Reason)
				}
			}
		})
	}
}

// What is stale runs again; what runs at its interval does not, and neither does what
// no synchronization fills.
func TestForceStaleRuns(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Input, *Synchronization)
		want Verb
	}{
		{"fresh", func(*Input, *Synchronization) {}, None},
		{"a little late", func(_ *Input, s *Synchronization) { s.RanAt = readAt.Add(-74 * time.Minute) }, None},
		{"late", func(_ *Input, s *Synchronization) { s.RanAt = readAt.Add(-76 * time.Minute) }, Force},
		{"a tenth of a day late", func(_ *Input, s *Synchronization) { s.Interval, s.RanAt = 24*time.Hour, readAt.Add(-26*time.Hour) }, None},
		{"more than that", func(_ *Input, s *Synchronization) { s.Interval, s.RanAt = 24*time.Hour, readAt.Add(-27*time.Hour) }, Force},
		{"failed", func(_ *Input, s *Synchronization) { s.State = "failure" }, Force},
		{"stuck", func(_ *Input, s *Synchronization) { s.State, s.UpdatedAt = "syncing", readAt.Add(-3*time.Hour) }, Blocked},
		{"failed and nameless", func(_ *Input, s *Synchronization) { s.State, s.Name = "failure", "" }, Blocked},
		{"no longer declared", func(in *Input, s *Synchronization) { s.State, in.Desired[0].Datasets[0].Sync = "failure", nil }, None},
		{"another's", func(in *Input, s *Synchronization) { s.State, in.Account.Datasets[0].Tags = "failure", nil }, None},
		{"not there", func(in *Input, _ *Synchronization) { in.Account.Datasets = nil }, None},
	} {
		t.Run(c.name, func(t *testing.T) {
			in, s := ran()
			c.edit(&in, s)
			got := None
			for _, a := range ForceRuns(in, nil, true).Actions {
				got = a.Verb
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A run imports what CARTO knows of, which the manifest may have changed.
func TestForceWarnsOfAnotherSource(t *testing.T) {
	in, s := ran()
	s.URL = secret.New("https://example.org/old.csv")
	p := ForceRuns(in, []string{"air"}, false)
	var got []string
	for _, n := range p.Notes {
		got = append(got, n.Code)
	}
	if diff := cmp.Diff([]string{string(SyncDiffers)}, got); diff != "" {
		t.Errorf("notes: wanted -, got +:\n%s", diff)
	}
}
