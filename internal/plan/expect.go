package plan

import (
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// canExpect holds a file against what the manifest expects of it, before
// anything is sent.
func (c *computer) canExpect(a Action, w *wanted) Action {
	if w.d.Expect == nil || w.d.Source.Kind != spec.SourceFile || w.look.Fault != nil {
		return a
	}
	if missed := Missed(*w.d.Expect, w.look); len(missed) > 0 {
		return a.blocked(ExpectationMissed, w.d.Source.File+" is not what expect says: "+strings.Join(missed, ", "),
			"mend the file, or change expect")
	}
	return a
}

// Missed lists in words where contents are not what is expected of them.
func Missed(e spec.Expect, look data.Look) []string {
	if !seenInto(look) {
		return []string{"nobody could look into it"}
	}
	var missed []string
	miss := func(format string, args ...any) { missed = append(missed, quoted(format, args...)) }
	if e.MinRows != nil && look.Rows < *e.MinRows {
		miss("%s, at least %s expected", Counted(look.Rows, "row"), Grouped(*e.MinRows))
	}
	if e.MaxRows != nil && look.Rows > *e.MaxRows {
		miss("%s, at most %s expected", Counted(look.Rows, "row"), Grouped(*e.MaxRows))
	}
	if e.Geometry != "" && or(look.Geometry, "none") != e.Geometry {
		miss("geometry %s, %s expected", or(look.Geometry, "none"), e.Geometry)
	}
	for _, want := range e.Columns {
		i := slices.IndexFunc(look.Columns, func(col data.Column) bool { return col.Name == want.Name })
		switch {
		case want.Type == "geometry" && want.Name == "the_geom" && look.Geometry != "":
		case i < 0:
			miss("column %q is missing", want.Name)
		case want.Type != "any" && look.Columns[i].Type.Carto() != want.Type:
			miss("column %q is %s, %s expected", want.Name, look.Columns[i].Type.Carto(), want.Type)
		}
	}
	return missed
}
