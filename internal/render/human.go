package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/plan"
)

// count is n with its thousands set apart: 12,044.
func count(n int64) string { return plan.Grouped(n) }

// plural is a counted noun: 1 row, 12,044 rows.
func plural(n int64, noun string) string { return plan.Counted(n, noun) }

// size is a number of bytes in decimal units, as CARTO's own quotas count:
// 900 bytes, 12.3 kB, 1.0 MB.
func size(bytes int64) string {
	if bytes < 1000 {
		return plural(bytes, "byte")
	}
	value := float64(bytes) / 1000
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	for value >= 999.95 && len(units) > 1 {
		value /= 1000
		units = units[1:]
	}
	return strconv.FormatFloat(value, 'f', 1, 64) + " " + units[0]
}

// change is how much after differs from before, signed: -1.2%. A difference
// too small for a tenth of a percent is given as a number.
func change(before, after int64) string {
	if before == after {
		return "no change"
	}
	if before == 0 {
		return "+" + count(after)
	}
	percent := float64(after-before) / float64(before) * 100
	if percent > -0.05 && percent < 0.05 {
		return signed(after - before)
	}
	return fmt.Sprintf("%+.1f%%", percent)
}

func signed(n int64) string {
	if n > 0 {
		return "+" + count(n)
	}
	return count(n)
}

// took is a duration as people say it: 1.3s, 2m5s, 1h0m12s.
func took(d time.Duration) string {
	if d = max(d, 0); d < 59950*time.Millisecond {
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	}
	return d.Round(time.Second).String()
}

// and joins words as in a sentence: a, b and c.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
