package docstest

import (
	"maps"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// uuid is an id as CARTO gives them.
const uuid = `[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`

// volatile is what differs from run to run and means nothing: ports, lengths of time, points in time.
const volatile = `127\.0\.0\.1:\d+|\b\d+(?:\.\d+)?(?:ms|s)\b|"time":\d+\.\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)` +
	`|\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d)? UTC`

var (
	idText = regexp.MustCompile(uuid)
	masked = regexp.MustCompile(`\.\.\.|` + uuid + `|` + volatile)
)

// ids are the ids that stand in a document, each with the one that it stands for in this run.
type ids map[string]string

// actual is a command with the ids of this run.
func (known ids) actual(command string) string {
	return idText.ReplaceAllStringFunc(command, func(id string) string {
		if now, ok := known[id]; ok {
			return now
		}
		return id
	})
}

// documented is what was printed with the ids of the document.
func (known ids) documented(printed []string) []string {
	back := make(ids, len(known))
	for id, now := range known {
		back[now] = id
	}
	var lines []string
	for _, line := range printed {
		lines = append(lines, back.actual(line))
	}
	return lines
}

// match reports whether what was printed is what is documented, and returns the ids as they are known then.
func (known ids) match(documented, printed []string) (ids, bool) {
	if len(documented) == 0 && len(printed) == 0 {
		return known, true
	}
	if len(documented) == 0 {
		return nil, false
	}
	if documented[0] == "..." {
		for skip := range len(printed) + 1 {
			if learned, ok := known.match(documented[1:], printed[skip:]); ok {
				return learned, true
			}
		}
		return nil, false
	}
	if len(printed) == 0 {
		return nil, false
	}
	learned, ok := known.matchLine(documented[0], printed[0])
	if !ok {
		return nil, false
	}
	return learned.match(documented[1:], printed[1:])
}

func (known ids) matchLine(documented, printed string) (ids, bool) {
	var pattern strings.Builder
	var unknown []string
	end := 0
	for _, at := range masked.FindAllStringIndex(documented, -1) {
		pattern.WriteString(regexp.QuoteMeta(documented[end:at[0]]))
		end = at[1]
		switch text := documented[at[0]:at[1]]; {
		case text == "...":
			pattern.WriteString(".*?")
		case !idText.MatchString(text):
			pattern.WriteString("(?:" + volatile + ")")
		case known[text] != "":
			pattern.WriteString(regexp.QuoteMeta(known[text]))
		default:
			unknown = append(unknown, text)
			pattern.WriteString("(" + uuid + ")")
		}
	}
	pattern.WriteString(regexp.QuoteMeta(documented[end:]))
	found := regexp.MustCompile("^" + pattern.String() + "$").FindStringSubmatch(printed)
	if found == nil {
		return nil, false
	}
	learned := maps.Clone(known)
	for i, id := range unknown {
		if now, twice := learned[id]; twice && now != found[i+1] {
			return nil, false
		}
		learned[id] = found[i+1]
	}
	return learned, true
}

func TestMatch(t *testing.T) {
	const (
		a = "aaaaaaaa-0000-4000-8000-000000000001"
		b = "bbbbbbbb-0000-4000-8000-000000000002"
		x = "cccccccc-0000-4000-8000-000000000003"
		y = "dddddddd-0000-4000-8000-000000000004"
	)
	known := ids{a: x}
	tests := []struct {
		name                string
		documented, printed []string
		want                ids // nil: they do not match
	}{
		{"equal", []string{"a", "b"}, []string{"a", "b"}, known},
		{"another line", []string{"a", "b"}, []string{"a", "c"}, nil},
		{"a line too few", []string{"a"}, []string{"a", "b"}, nil},
		{"a line too many", []string{"a", "b"}, []string{"a"}, nil},
		{"lines left out", []string{"a", "...", "z"}, []string{"a", "b", "c", "z"}, known},
		{"nothing left out", []string{"a", "...", "z"}, []string{"a", "z"}, known},
		{"another end", []string{"a", "..."}, []string{"b"}, nil},
		{"text left out", []string{"a ... z"}, []string{"a b c z"}, known},
		{"length of time", []string{"took 0.1s"}, []string{"took 12.5s"}, known},
		{"not time", []string{"1 rows"}, []string{"2 rows"}, nil},
		{"point in time", []string{"2026-01-01T00:00:00.000Z"}, []string{"2027-10-11T12:13:14.156Z"}, known},
		{"the id that is known", []string{a}, []string{x}, known},
		{"another id", []string{a}, []string{y}, nil},
		{"a new id", []string{a + " ... " + b}, []string{x + " and " + y}, ids{a: x, b: y}},
		{"a new id that is two", []string{b, b}, []string{x, y}, nil},
		{"a new id that is two in a line", []string{b + b}, []string{x + y}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := known.match(tt.documented, tt.printed)
			if diff := cmp.Diff(tt.want, got); diff != "" || ok != (tt.want != nil) {
				t.Errorf("match = %t, ids (-want +got):\n%s", ok, diff)
			}
		})
	}
	if diff := cmp.Diff([]string{"DELETE " + a}, known.documented([]string{"DELETE " + x})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("show "+x+" "+b, known.actual("show "+a+" "+b)); diff != "" {
		t.Error(diff)
	}
}
