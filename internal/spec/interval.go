package spec

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var (
	intervalPattern = regexp.MustCompile(`^([0-9]+)([smhdw]?)$`)
	intervalUnits   = map[string]time.Duration{
		"": time.Second, "s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour,
	}
)

// maxInterval is what the column of CARTO's database holds: seconds in 32 bits.
const maxInterval = (1<<31 - 1) * time.Second

// duration reads seconds, or a number with a unit: 900, 15m, 1h, 1d, 1w. It fails on
// nothing else than a value that the schema refuses and one that is too long.
func duration(v any) (time.Duration, error) {
	var written string
	switch v := v.(type) {
	case int64:
		written = strconv.FormatInt(v, 10)
	case float64:
		written = strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		written = v
	}
	m := intervalPattern.FindStringSubmatch(written)
	if m == nil {
		return 0, fmt.Errorf("%s is no length of time", quote(written))
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	unit := intervalUnits[m[2]]
	if err != nil || n > int64(maxInterval/unit) {
		return 0, fmt.Errorf("%s is longer than CARTO can store", quote(written))
	}
	return time.Duration(n) * unit, nil
}

// Interval writes a length of time as a manifest would: 900 seconds read 15m, a day 1d.
func Interval(d time.Duration) string {
	for _, unit := range []string{"w", "d", "h", "m"} {
		if u := intervalUnits[unit]; d >= u && d%u == 0 {
			return strconv.FormatInt(int64(d/u), 10) + unit
		}
	}
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}
