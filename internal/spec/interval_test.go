package spec_test

import (
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/spec"
)

func TestIntervalReadsAsInAManifest(t *testing.T) {
	for d, want := range map[time.Duration]string{
		900 * time.Second: "15m", time.Hour: "1h", 90 * time.Minute: "90m", 24 * time.Hour: "1d",
		7 * 24 * time.Hour: "1w", 36 * time.Hour: "36h", 1000 * time.Second: "1000s", 0: "0s",
	} {
		if got := spec.Interval(d); got != want {
			t.Errorf("%d seconds read %q, want %q", d/time.Second, got, want)
		}
	}
}
