package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A counter expires a while after it began to count, however often it was moved since: what a dead worker left in it does
// not stay for ever.
// Source: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_syncs_amount.rb.
func TestCounterExpiresFromItsBeginning(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	s, err := Open(t.Context(), Options{Dir: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var got []int
	for _, step := range []struct {
		wait time.Duration
		add  int
	}{{0, 1}, {time.Hour, 1}, {30 * time.Minute, -1}, {29 * time.Minute, 0}, {2 * time.Minute, 0}, {0, 2}, {119 * time.Minute, -5}} {
		now = now.Add(step.wait)
		n := 0
		err := s.Update(t.Context(), func(tx *Tx) (err error) {
			if step.add != 0 {
				err = tx.AddCount(t.Context(), "runs", step.add, 2*time.Hour)
			}
			var counted error
			n, counted = tx.Count(t.Context(), "runs")
			return errors.Join(err, counted)
		})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if diff := cmp.Diff([]int{1, 2, 1, 1, 0, 2, 0}, got); diff != "" {
		t.Error(diff)
	}
}
