package conformance

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// reference is where the facts are written down for people.
const reference = "../../docs/what-carto-does.md"

// A fact is one numbered item of the reference.
type fact struct {
	section, text string
	excused       bool // it says why it is not checked
	sourced       bool // it names a file of the server
}

var (
	factStart  = regexp.MustCompile(`^- <a id="([0-9.]+)"></a>\*\*([0-9.]+)\*\* (.*)`)
	factSource = regexp.MustCompile("\\(`[^`]+/[^`]+`")
)

// facts reads the reference: an item ends where its indentation does.
func facts(t *testing.T) []fact {
	t.Helper()
	text, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	var all []fact
	inside := false
	for line := range strings.Lines(string(text)) {
		m := factStart.FindStringSubmatch(line)
		switch {
		case m != nil && m[1] != m[2]:
			t.Errorf("the fact %s has the anchor %s", m[2], m[1])
		case m != nil:
			all = append(all, fact{section: m[1], text: m[3]})
		case inside && strings.HasPrefix(line, "  "):
			all[len(all)-1].text += " " + strings.TrimSpace(line)
		}
		inside = m != nil || inside && strings.HasPrefix(line, "  ")
	}
	for i := range all {
		all[i].excused = strings.Contains(all[i].text, "*Not checked: ")
		all[i].sourced = factSource.MatchString(all[i].text)
	}
	return all
}

// TestFacts holds the reference and the checks to each other: every fact is checked or says why not, every check proves a
// fact, in the same words and the same order.
func TestFacts(t *testing.T) {
	checks := map[string]check{}
	var order []string
	for _, topic := range topics() {
		for _, c := range topic.checks {
			if _, twice := checks[c.section]; twice {
				t.Errorf("two checks have the number %s", c.section)
			}
			checks[c.section] = c
		}
	}
	for _, f := range facts(t) {
		c, checked := checks[f.section]
		delete(checks, f.section)
		order = append(order, f.section)
		switch {
		case !f.sourced:
			t.Errorf("%s names no file of the server", f.section)
		case checked && f.excused:
			t.Errorf("%s says that it is not checked, but it is", f.section)
		case !checked && !f.excused:
			t.Errorf("%s has no check; write one, or *Not checked: why*", f.section)
		case checked && !strings.HasPrefix(f.text, c.fact+" "):
			t.Errorf("%s begins otherwise than its check\ndocument: %s\ncheck:    %s", f.section, f.text, c.fact)
		}
	}
	for section := range checks {
		t.Errorf("the check %s proves no fact of %s", section, reference)
	}
	if !slices.IsSortedFunc(order, bySection) {
		t.Errorf("the facts are not in the order of their numbers: %v", order)
	}
}

// bySection orders numbers such as 6.2 and 6.10.
func bySection(a, b string) int {
	pad := func(s string) string {
		chapter, number, _ := strings.Cut(s, ".")
		return strings.Repeat("0", 3-len(chapter)) + chapter + strings.Repeat("0", 3-len(number)) + number
	}
	return strings.Compare(pad(a), pad(b))
}
