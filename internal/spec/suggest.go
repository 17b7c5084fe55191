package spec

import (
	"cmp"
	"slices"
	"strings"
)

// didYouMean returns a hint that names the candidate nearest to s, or "".
func didYouMean(s string, candidates []string) string {
	if c := nearest(s, candidates); c != "" {
		return "did you mean " + quote(c) + "?"
	}
	return ""
}

// nearest returns the candidate that s is most likely a misspelling of, or "".
func nearest(s string, candidates []string) string {
	type scored struct {
		name     string
		distance int
	}
	var near []scored
	folded := strings.ToLower(s)
	for _, c := range candidates {
		lower := strings.ToLower(c)
		switch d := distance(folded, lower); {
		case folded == lower:
			near = append(near, scored{c, 0})
		case d <= tolerance(len(lower)):
			near = append(near, scored{c, d})
		case len(folded) >= 3 && strings.HasPrefix(lower, folded):
			near = append(near, scored{c, len(lower)})
		}
	}
	if len(near) == 0 {
		return ""
	}
	return slices.MinFunc(near, func(a, b scored) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.name, b.name))
	}).name
}

// tolerance is the number of slips in a word of n bytes.
func tolerance(n int) int {
	switch {
	case n <= 2:
		return 0
	case n <= 4:
		return 1
	case n <= 8:
		return 2
	}
	return 3
}

// distance counts the insertions, deletions, replacements and swaps of neighbours that
// make b of a. Words too different in length are not compared: the answer is large.
func distance(a, b string) int {
	const far = 1 << 20
	if d := len(a) - len(b); d > 3 || d < -3 || len(a) > 200 {
		return far
	}
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}
