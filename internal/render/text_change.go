package render

import (
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

const (
	// valueWidth is how much of a value is shown where no terminal says how
	// much there is room for.
	valueWidth = 60
	// minValueWidth is how much of a value is shown however narrow the terminal.
	minValueWidth = 16
	// maxLabel is how far the longest field name moves the values to the right.
	maxLabel = 30
)

// changes adds the fields that differ, one aligned line each.
func (t *text) changes(a plan.Action) {
	label := 0
	for _, c := range a.Changes {
		label = min(max(label, cells(visible(c.Field))+1), maxLabel)
	}
	fresh := intends(a, plan.Create) || intends(a, plan.Resume)
	for _, c := range a.Changes {
		field := visible(c.Field) + ":"
		pad := strings.Repeat(" ", max(0, label-cells(field))+1)
		t.line(4, span{faint, field}, span{plain, pad + t.difference(c, fresh, label+5)})
	}
}

// difference is a change in one line; used is how many columns the line already
// has. What is new as a whole has no before worth a word.
func (t *text) difference(c plan.Change, fresh bool, used int) string {
	room := t.room(used)
	if fresh && c.Before == nil {
		return t.fitted(value(c, c.After), 2*room)
	}
	if d := compareLists(items(c.Before), items(c.After)); !c.Sensitive && d.partial() {
		signed := d.signed()
		for i, s := range signed {
			signed[i] = t.fitted(s, 2*room)
		}
		return t.fittedList(signed, 2*room, 1)
	}
	before, after := value(c, c.Before), value(c, c.After)
	if !t.verbose {
		before, after = shortened(before, after, room)
	}
	return before + arrow + after
}

// room is how many columns each side of a change may take.
func (t *text) room(used int) int {
	if t.width == 0 {
		return valueWidth
	}
	return max(minValueWidth, (t.width-used-len(arrow))/2)
}

func (t *text) fitted(s string, room int) string {
	if t.verbose {
		return s
	}
	s, _ = shortened(s, s, room)
	return s
}

// fittedList joins as many items as there is room for and counts the others. The
// first ones, as many as least says, are there whatever the room.
func (t *text) fittedList(list []string, room, least int) string {
	joined := strings.Join(list, ", ")
	if t.verbose || cells(joined) <= room {
		return joined
	}
	out := list[0]
	for i := 1; i < len(list); i++ {
		rest := fmt.Sprintf(" and %d more", len(list)-i)
		if i >= least && cells(out)+2+cells(list[i])+len(rest) > room {
			return out + rest
		}
		out += ", " + list[i]
	}
	return out
}
