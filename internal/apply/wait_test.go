package apply_test

import (
	"os"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/plan"
)

// fewMinutes is time enough for a job or a scheduled run.
const fewMinutes = 5 * time.Minute

func planOf(in plan.Input) plan.Plan { return plan.Compute(in) }

func ptr[T any](v T) *T { return &v }

// waitFor waits until ok says true.
func waitFor(t *testing.T, limit time.Duration, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("it did not happen within %s", limit)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// later lets time pass.
func later(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}
