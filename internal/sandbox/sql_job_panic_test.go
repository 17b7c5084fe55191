package sandbox

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// A panic fails the batch job that it came from, and the queue goes on.
func TestBatchJobsSurvivePanics(t *testing.T) {
	var log bytes.Buffer
	s := &Sandbox{config: Config{Log: slog.New(slog.NewTextHandler(&log, nil))}, clock: work.NewClock(time.Time{}, 0), batches: newBatches(t.Context())}
	defer s.batches.close()
	for range 2 {
		j := &batchJob{id: "j", status: batchPending, queries: []batchQuery{{sql: "SELECT 1"}, {sql: "SELECT 2"}}}
		s.startBatch(j) // there is no store
		s.batches.running.Wait()
		want := []string{batchFailed, batchFailed, batchSkipped}
		if diff := cmp.Diff(want, []string{j.status, j.queries[0].status, j.queries[1].status}); diff != "" {
			t.Error(diff)
		}
	}
	if !strings.Contains(log.String(), "sql_job.go") {
		t.Errorf("no stack is in the log: %s", log.String())
	}
}
