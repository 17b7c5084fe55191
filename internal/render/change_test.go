package render

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/plan"
)

func TestDifference(t *testing.T) {
	long := strings.Repeat("a", 80)
	tests := map[string]struct {
		change  plan.Change
		fresh   bool
		verbose bool
		want    string
	}{
		"text":               {change: plan.Change{Before: "private", After: "public"}, want: "private -> public"},
		"nothing before":     {change: plan.Change{After: "x"}, want: "(none) -> x"},
		"empty is none":      {change: plan.Change{Before: "x", After: ""}, want: "x -> (none)"},
		"new as a whole":     {change: plan.Change{After: "x"}, fresh: true, want: "x"},
		"new and not new":    {change: plan.Change{Before: "y", After: "x"}, fresh: true, want: "y -> x"},
		"numbers, booleans":  {change: plan.Change{Before: 1, After: true}, want: "1 -> true"},
		"numbers read back":  {change: plan.Change{Before: 900.0, After: 0.5}, want: "900 -> 0.5"},
		"sensitive":          {change: plan.Change{Before: "a", After: "b", Sensitive: true}, want: "(sensitive) -> (sensitive)"},
		"sensitive, new":     {change: plan.Change{After: "b", Sensitive: true}, fresh: true, want: "(sensitive)"},
		"sensitive lists":    {change: plan.Change{Before: []string{"a", "b"}, After: []string{"a"}, Sensitive: true}, want: "(sensitive) -> (sensitive)"},
		"looks like none":    {change: plan.Change{Before: "(none)", After: "a -> b"}, want: `"(none)" -> "a -> b"`},
		"looks like secret":  {change: plan.Change{Before: "(sensitive)", After: " x"}, want: `"(sensitive)" -> " x"`},
		"list":               {change: plan.Change{Before: []string{"a", "b"}, After: []string{"b", "c"}}, want: "+c, -a"},
		"list read back":     {change: plan.Change{Before: []any{"a", "b"}, After: []any{"b", "c"}}, want: "+c, -a"},
		"other list":         {change: plan.Change{Before: []string{"a"}, After: []string{"b"}}, want: "a -> b"},
		"emptied list":       {change: plan.Change{Before: []string{"a", "b"}, After: []string{}}, want: "a, b -> (none)"},
		"list in order":      {change: plan.Change{Before: []string{"a", "b"}, After: []string{"b", "a"}}, want: "a, b -> b, a"},
		"item with a comma":  {change: plan.Change{Before: []string{"a"}, After: []string{"a", "b, c"}}, want: `+"b, c"`},
		"shares":             {change: plan.Change{After: []plan.Share{{Kind: "user", Name: "bob", Access: "r"}, {Kind: "organization", Access: "rw"}}}, want: "(none) -> user bob (r), organization (rw)"},
		"shares read back":   {change: plan.Change{After: []any{map[string]any{"kind": "user", "name": "bob", "access": "r"}}}, want: "(none) -> user bob (r)"},
		"long":               {change: plan.Change{Before: long + "b", After: long + "c"}, want: "…" + strings.Repeat("a", 58) + "b -> …" + strings.Repeat("a", 58) + "c"},
		"long and verbose":   {change: plan.Change{Before: long, After: "c"}, verbose: true, want: long + " -> c"},
		"long, new":          {change: plan.Change{After: strings.Repeat(long, 2)}, fresh: true, want: strings.Repeat("a", 119) + "…"},
		"differs in between": {change: plan.Change{Before: long + "b" + long, After: long + "c" + long}, want: "…" + strings.Repeat("a", 20) + "b" + strings.Repeat("a", 37) + "… -> …" + strings.Repeat("a", 20) + "c" + strings.Repeat("a", 37) + "…"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			txt := &text{page: newPage(Options{}), verbose: tt.verbose}
			if diff := cmp.Diff(tt.want, txt.difference(tt.change, tt.fresh, 0)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFittedList(t *testing.T) {
	list := []string{"+one", "+two", "+three", "-four"}
	for room, want := range map[int]string{
		100: "+one, +two, +three, -four",
		24:  "+one, +two and 2 more",
		5:   "+one and 3 more",
	} {
		txt := &text{page: newPage(Options{})}
		if got := txt.fittedList(list, room, 1); got != want {
			t.Errorf("in %d columns: %q, want %q", room, got, want)
		}
	}
	txt := &text{page: newPage(Options{})}
	if got, want := txt.fittedList(list, 5, 3), "+one, +two, +three and 1 more"; got != want {
		t.Errorf("with three at least: %q, want %q", got, want)
	}
}

// FuzzWindow cuts texts: what is shown fits, and shows the place in question.
func FuzzWindow(f *testing.F) {
	f.Add("0123456789", 5, 4)
	f.Add("自転車の駅がたくさんある", 7, 9)
	f.Add("", 0, 1)
	f.Fuzz(func(t *testing.T, s string, from, room int) {
		text := []rune(visible(s))
		if room < minValueWidth || room > 200 || from < 0 || from >= max(len(text), 1) {
			return
		}
		got := window(text, from, room)
		if cells(got) > room {
			t.Errorf("%q is wider than %d", got, room)
		}
		whole := strings.Trim(got, "…")
		if !strings.Contains(string(text), whole) {
			t.Errorf("%q is no part of %q", whole, string(text))
		}
		if len(text) > 0 && runeCells(text[from]) > 0 && !strings.ContainsRune(got, text[from]) {
			t.Errorf("%q does not show rune %d of %q", got, from, string(text))
		}
	})
}
