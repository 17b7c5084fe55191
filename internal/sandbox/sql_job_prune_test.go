package sandbox

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// Jobs that ended long ago are forgotten when another comes; those that have not ended are not, however old they are.
func TestBatchJobsAreForgotten(t *testing.T) {
	s := &Sandbox{config: Config{}.withDefaults(), clock: work.NewClock(time.Time{}, 0), batches: newBatches(t.Context())}
	defer s.batches.close()
	now := s.clock.Now()
	for _, j := range []batchJob{
		{id: "done", status: batchDone, updated: now.Add(-49 * time.Hour)},
		{id: "failed", status: batchFailed, updated: now.Add(-49 * time.Hour)},
		{id: "cancelled", status: batchCancelled, updated: now.Add(-49 * time.Hour)},
		{id: "done lately", status: batchDone, updated: now.Add(-47 * time.Hour)},
		{id: "pending", status: batchPending, updated: now.Add(-49 * time.Hour)},
		{id: "running", status: batchRunning, updated: now.Add(-49 * time.Hour)},
	} {
		s.batches.jobs[j.id] = &j
	}
	s.startBatch(&batchJob{id: "new", status: batchCancelled, queries: []batchQuery{{}}})
	want := []string{"done lately", "new", "pending", "running"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(s.batches.jobs))); diff != "" {
		t.Error(diff)
	}
}
