package render

import (
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

// A section is a part of a comment.
type section int

// The sections of a comment, in the order in which a reader needs them.
const (
	failures section = iota
	dangers          // what destroys or publishes
	blocked
	losses // what may hurt maps, or has fewer rows
	warnings
	others
	infos
	sections
)

// titles are the headings of sections; folded ones are closed at first.
var titles = [sections]struct {
	title  string
	folded bool
}{
	failures: {title: "Not done"},
	dangers:  {title: "Destroys or publishes"},
	blocked:  {title: "Blocked"},
	losses:   {title: "May hurt maps or loses rows"},
	warnings: {title: "Warnings"},
	others:   {title: "Everything else", folded: true},
	infos:    {title: "Notes", folded: true},
}

// sectionOf is where an action of a plan belongs.
func sectionOf(a plan.Action) section {
	switch {
	case a.Verb == plan.Blocked:
		return blocked
	case a.Destroys || a.Publishes:
		return dangers
	case a.Shrinks, endangersMaps(a) && max(a.MapCount, len(a.Maps)) > 0, a.Before != nil && a.After != nil && breaks(*a.Before, *a.After):
		return losses
	}
	return others
}

// An item is one thing that a comment says, ending with a line end.
type item struct {
	terse string // in one line without a place, for what must be there; "" if that is short's
	short string // in one line
	full  string // with its details; "" if there are none
	what  string // how it is counted where there is no room for it
	must  bool   // its short form is there whatever the budget
}

// A comment is a page of Markdown that may have to be shorter than what there is to say.
type comment struct {
	whose string
	head  strings.Builder
	items [sections][]item
}

// lead adds lines to the beginning, the first of which is the heading. They are words of ours and numbers.
func (c *comment) lead(lines string) {
	for line := range strings.Lines(lines) {
		line = strings.TrimSuffix(line, "\n")
		if c.head.Len() == 0 {
			c.head.WriteString("### " + line + "\n\n")
			if c.whose != "" {
				c.head.WriteString(c.whose + "\n\n")
			}
			continue
		}
		c.head.WriteString("**" + strings.TrimSpace(line) + "**\n\n")
	}
}

func (c *comment) add(s section, it item) { c.items[s] = append(c.items[s], it) }

// A depth is how much of an item is shown.
type depth int

const (
	counted depth = iota
	inTerse
	inShort
	inFull
)

// countsLine is the most that a section's last line takes, which counts what is not shown.
const countsLine = 400

// fitted writes the comment with as much of it as the budget has room for: first every item in short, then details, each
// in the order of the sections. What must be there is there, in short if all of it fits.
func (c *comment) fitted(budget int) []byte {
	shown := [sections][]depth{}
	used, saved := c.head.Len(), 0
	for s, items := range c.items {
		shown[s] = make([]depth, len(items))
		used += c.overhead(section(s))
		for i, it := range items {
			if it.must {
				shown[s][i] = inShort
				used += len(it.short)
				saved += it.saves()
			}
		}
	}
	if used > budget && saved > 0 {
		used -= saved
		shorten(shown)
	}
	for s, items := range c.items {
		for i, it := range items {
			if shown[s][i] == counted && used+len(it.short) <= budget {
				shown[s][i] = inShort
				used += len(it.short)
			}
		}
	}
	for s, items := range c.items {
		for i, it := range items {
			// Two blank lines may set it apart.
			more := len(it.full) + 2 - len(it.short)
			if it.full != "" && shown[s][i] == inShort && used+more <= budget {
				shown[s][i] = inFull
				used += more
			}
		}
	}
	return c.write(shown)
}

// saves is how much shorter an item is without its place.
func (it item) saves() int {
	if it.terse == "" {
		return 0
	}
	return len(it.short) - len(it.terse)
}

// shorten leaves the places out of all that is shown.
func shorten(shown [sections][]depth) {
	for _, items := range shown {
		for i, d := range items {
			if d == inShort {
				items[i] = inTerse
			}
		}
	}
}

// overhead is the most that a section takes besides its items.
func (c *comment) overhead(s section) int {
	if len(c.items[s]) == 0 {
		return 0
	}
	ticks := 3
	for _, it := range c.items[s] {
		ticks = max(ticks, longestRun(it.full)+1, longestRun(it.short)+1) // terse is a part of short
	}
	frame := len(c.opening(s)) + len(closing(s))
	return frame + 2*ticks + len("diff\n\n\n") + countsLine
}

func (c *comment) write(shown [sections][]depth) []byte {
	var b strings.Builder
	b.WriteString(c.head.String())
	for s, items := range c.items {
		if len(items) == 0 {
			continue
		}
		b.WriteString(c.opening(section(s)))
		body := block(items, shown[s])
		fence := strings.Repeat("`", max(3, longestRun(body)+1))
		b.WriteString(fence + "diff\n" + body + fence + "\n\n")
		b.WriteString(closing(section(s)))
	}
	return []byte(strings.TrimRight(b.String(), "\n") + "\n")
}

func (c *comment) opening(s section) string {
	title := fmt.Sprintf("%s (%s)", titles[s].title, count(int64(len(c.items[s]))))
	if titles[s].folded {
		return "<details><summary>" + title + "</summary>\n\n"
	}
	return "#### " + title + "\n\n"
}

func closing(s section) string {
	if titles[s].folded {
		return "</details>\n\n"
	}
	return ""
}

// block is a section's items, those in full set apart by blank lines, and a count of those that are not shown.
func block(items []item, shown []depth) string {
	var b strings.Builder
	apart := false
	hidden := map[string]int{}
	var kinds []string // in the order of their first
	for i, it := range items {
		text := it.short
		switch shown[i] {
		case counted:
			if hidden[it.what]++; hidden[it.what] == 1 {
				kinds = append(kinds, it.what)
			}
			continue
		case inTerse:
			if it.terse != "" {
				text = it.terse
			}
		case inFull:
			text = it.full
		}
		tall := strings.Count(text, "\n") > 1
		if b.Len() > 0 && (apart || tall) {
			b.WriteByte('\n')
		}
		b.WriteString(text)
		apart = tall
	}
	if len(kinds) > 0 {
		var counts []string
		for _, k := range kinds {
			counts = append(counts, count(int64(hidden[k]))+" "+k)
		}
		fmt.Fprintf(&b, "# not shown: %s\n", strings.Join(counts, ", "))
	}
	return b.String()
}
