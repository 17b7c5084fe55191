package plan

import (
	"strconv"
	"time"
)

// Interval writes an interval as a manifest would: 900s reads 15m, a day 1d.
func Interval(d time.Duration) string {
	for _, u := range []struct {
		name string
		unit time.Duration
	}{
		{"w", 7 * 24 * time.Hour}, {"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute},
	} {
		if d >= u.unit && d%u.unit == 0 {
			return strconv.FormatInt(int64(d/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
