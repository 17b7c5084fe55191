package sandbox

import (
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A success that is due may be forced whenever it last ran. The sandbox's own schedule is too quick for that to be seen
// from outside; CARTO's is a cron job.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb (sync), app/models/synchronization/member.rb.
func TestADueSuccessMayRunAtAnyTime(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	past, ahead := now.Add(-time.Second), now.Add(time.Second)
	for _, test := range []struct {
		name  string
		state string
		runAt time.Time
		want  bool
	}{
		{"a due success", store.SyncSuccess, past, true},
		{"a success that is not due", store.SyncSuccess, ahead, false},
		{"a due failure", store.SyncFailure, past, false},
		{"a due run in the queue", store.SyncQueued, past, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			y := store.Synchronization{State: &test.state, RunAt: &test.runAt, RanAt: &now, UpdatedAt: &now}
			if may, known := mayRunNow(y, now); may != test.want || !known {
				t.Errorf("may run: %v, known: %v", may, known)
			}
		})
	}
}
