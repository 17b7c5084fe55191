package plan

import (
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// shrinkLimit is the share of rows that a reimport may take away unasked.
const shrinkLimit = 0.5

// extentMargin is how far apart in degrees old and new data must lie, about a
// kilometre, so that a few points that move a little trip nothing.
const extentMargin = 0.01

// box is an extent in words.
func box(e data.Extent) string {
	return quoted("longitudes %.4g to %.4g, latitudes %.4g to %.4g", e.West, e.East, e.South, e.North)
}

// canReplace judges the new contents of a live dataset before anything is sent:
// an overwrite cannot be staged.
func (c *computer) canReplace(a Action, w *wanted) Action {
	if w.d.Source.Kind != spec.SourceFile {
		return a // apply judges what it fetches
	}
	return Judge(a, w.d, w.look, c.in.Options.Allow)
}

// Judge decides whether an action may replace what a dataset holds by what a
// look found: it returns the action, blocked if a guard trips or maps would
// break. [Compute] has judged files; apply judges what only it fetches.
func Judge(a Action, d spec.Dataset, look data.Look, allow []Allowance) Action {
	if d.Source.Kind != spec.SourceFile {
		a.Fingerprint = "" // a guard is lifted for what was seen, and the URL or query does not say what that is
		if look.SHA256 != "" {
			a.Fingerprint = short("contents", look.SHA256)
		}
	}
	switch {
	case a.Before == nil || !seenInto(look):
		return a
	case a.Before.Unknown != "":
		return guarded(a, d, allow, GuardUnread, quoted("what the dataset holds could not be read, so nothing guards it: %s", a.Before.Unknown))
	}
	before, after := a.Before.Rows, look.Rows
	a.Shrinks = after < before
	if after == 0 && before > 0 && on(d.Guards.Empty) {
		a = guarded(a, d, allow, GuardEmpty, quoted("the source has no rows, the dataset has %s", Grouped(before)))
	} else if after > 0 && float64(before-after) > shrinkAllowed(d.Guards)*float64(before) {
		a = guarded(a, d, allow, GuardShrink, quoted("%s of %s would go, and at most %g%% of them may go unasked",
			Grouped(before-after), Counted(before, "row"), 100*shrinkAllowed(d.Guards)))
	}
	if was, is := a.Before.Extent, look.Extent; was != nil && is != nil && was.Apart(*is, extentMargin) && on(d.Guards.Extent) {
		a = guarded(a, d, allow, GuardExtent, quoted("the data move away: they were within %s, and are within %s", box(*was), box(*is)))
	}
	if broken := breaking(*a.Before, look); len(broken) > 0 {
		return alter(a, d, look, allow, strings.Join(broken, ", "))
	}
	return a
}

// alter decides about contents that lack columns: unless the manifest says that
// those may go, nothing is done, and neither is it with contents that no plan has
// seen, so that nobody could review what would go. They are dropped before the
// overwrite, which CARTO would refuse otherwise; the geometry cannot be.
func alter(a Action, d spec.Dataset, look data.Look, allow []Allowance, broken string) Action {
	const (
		hint     = "keep the columns and their types in the source, or drop them from the dataset first"
		unviewed = "on_schema_change: alter is for files, for no plan could name the columns that would go: what the source holds is only seen by apply; "
	)
	refused := quoted("maps may hang on what the source lacks: %s; CARTO refuses such an overwrite (error 2012)", broken)
	switch {
	case d.Lifecycle.OnSchemaChange != "alter":
		return a.blocked(SchemaBreaking, refused, hint)
	case d.Source.Kind != spec.SourceFile:
		return a.blocked(SchemaBreaking, refused, unviewed+hint)
	case otherGeometry(*a.Before, look):
		return a.blocked(SchemaBreaking, refused, "keep the kind of geometry; on_schema_change drops columns only")
	case a.Verb == Blocked:
		return a
	}
	a.Drops, a.Destroys = breakingColumns(*a.Before, look), true
	a.because(SchemaBreaking, "on_schema_change lets columns go that the source lacks or has with another type")
	a.Staging = StagingName(a.Project, a.Dataset, a.Fingerprint)
	if !slices.Contains(a.Steps, StepAlter) {
		a.take(StepTry, StepAlter)
	}
	if a.MapCount > 0 && on(d.Guards.Maps) {
		a = guarded(a, d, allow, GuardMaps, quoted("it is used by %s, which may need what goes: %s", Counted(int64(a.MapCount), "map"), broken))
	}
	return a.finished()
}

// on reports whether a guard that the manifest may switch off is on.
func on(guard *bool) bool { return guard == nil || *guard }

func shrinkAllowed(g spec.Guards) float64 {
	if g.Shrink != nil {
		return *g.Shrink
	}
	return shrinkLimit
}

// breaking lists what of a live dataset the new contents would take away. It is
// the server's own rule: every column must still be there, in the same family
// of types; further ones are welcome.
// Source: CartoDB/cartodb, lib/carto/importer/table_setup.rb.
func breaking(live Contents, look data.Look) []string {
	var broken []string
	for _, col := range live.Columns {
		switch family := familyOf(look, col.Name); family {
		case "":
			broken = append(broken, quoted("column %q is gone", col.Name))
		case col.Type.Carto():
		default:
			broken = append(broken, quoted("column %q was %s and becomes %s", col.Name, col.Type.Carto(), family))
		}
	}
	if otherGeometry(live, look) {
		broken = append(broken, quoted("the geometry was %s and becomes %s", live.Geometry, or(look.Geometry, "none")))
	}
	return broken
}

// breakingColumns are the live columns among them.
func breakingColumns(live Contents, look data.Look) []string {
	var names []string
	for _, col := range live.Columns {
		if familyOf(look, col.Name) != col.Type.Carto() {
			names = append(names, col.Name)
		}
	}
	return names
}

func otherGeometry(live Contents, look data.Look) bool {
	return live.Geometry != "" && look.Geometry != live.Geometry
}

// familyOf is the family of types of a column, "" if there is none of the name.
func familyOf(look data.Look, name string) string {
	for _, col := range look.Columns {
		if col.Name == name {
			return col.Type.Carto()
		}
	}
	return ""
}

// columnKinds are columns as names with their family of types, sorted: what
// two equal datasets have in common whatever the order.
func columnKinds(columns []data.Column) []string {
	kinds := make([]string, 0, len(columns))
	for _, c := range columns {
		kinds = append(kinds, c.Name+" "+c.Type.Carto())
	}
	slices.Sort(kinds)
	return kinds
}
