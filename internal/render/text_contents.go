package render

import (
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

// contents adds what an action does to rows and columns: old and new side by
// side where both are known.
func (t *text) contents(a plan.Action) {
	imports := intends(a, plan.Create) || intends(a, plan.Resume) || intends(a, plan.Reimport)
	before, after := a.Before, a.After
	switch {
	case before == nil && after == nil, before == nil && !imports:
	case before == nil:
		t.holding("", *after)
	case after == nil:
		t.holding("now: ", *before)
	case before.Unknown != "" || after.Unknown != "":
		t.holding("now: ", *before)
		t.holding("then: ", *after)
	case !imports && before.Rows == after.Rows && compareContents(*before, *after).none():
		t.holding("holds what its source holds: ", *after)
	default:
		t.sideBySide(*before, *after)
	}
}

// holding adds one line about contents: 120 rows, point, 6 columns, 12.3 kB CSV.
func (t *text) holding(lead string, c plan.Contents) {
	var parts []string
	if c.Unknown == "" {
		parts = append(parts, plural(c.Rows, "row"))
		if c.Geometry != "" {
			parts = append(parts, geometryName(c.Geometry))
		}
		parts = append(parts, plural(int64(len(c.Columns)), "column"))
	} else {
		parts = append(parts, "contents not known ("+c.Unknown+")")
	}
	if s := sized(c); s != "" {
		parts = append(parts, s)
	}
	t.prose(4, plain, lead+strings.Join(parts, ", "))
	if !t.verbose {
		return
	}
	if c.Extent != nil {
		t.line(6, span{plain, "extent " + extentText(c.Extent)})
	}
	for _, col := range c.Columns {
		t.line(6, span{plain, "column " + columnText(col.Name, col.Type.Carto())})
	}
}

// sideBySide adds what changes about contents, and the rows in any case: that
// they are as many as before is what one wants to know.
func (t *text) sideBySide(before, after plan.Contents) {
	t.line(4, span{plain, "rows " + count(before.Rows) + arrow + count(after.Rows) +
		" (" + change(before.Rows, after.Rows) + ")"})
	d := compareContents(before, after)
	if !d.columns.none() {
		t.line(4, span{plain, "columns " + t.fittedList(d.columns.signed(), 2*t.room(4), d.columns.breaking())})
	} else if t.verbose {
		t.line(4, span{plain, "columns " + count(int64(len(after.Columns))) + ", as before"})
	}
	if d.geometry {
		t.line(4, span{plain, "geometry " + geometryName(before.Geometry) + arrow + geometryName(after.Geometry)})
	}
	if b, a := extentText(before.Extent), extentText(after.Extent); b != a {
		t.line(4, span{plain, "extent " + b + arrow + a})
	} else if t.verbose && before.Extent != nil {
		t.line(4, span{plain, "extent " + b + ", as before"})
	}
	if b, a := sized(before), sized(after); b != "" && a != "" {
		t.line(4, span{plain, "size " + b + arrow + a})
	}
}

// extentText is a bounding box as west, south, east and north to about ten
// metres: what differs by less is the same place.
func extentText(e *plan.Extent) string {
	if e == nil {
		return nothing
	}
	return fmt.Sprintf("%.4f %.4f %.4f %.4f", e.West, e.South, e.East, e.North)
}

// sized is how many bytes there are and of what. A file has a format; the size
// of a live dataset is the server's estimate.
func sized(c plan.Contents) string {
	switch {
	case c.Size == 0:
		return ""
	case c.Format == "":
		return "~" + size(c.Size)
	}
	return size(c.Size) + " " + formatName(c.Format)
}

// formatName is a format as people write it.
func formatName(format string) string {
	switch format {
	case "geojson":
		return "GeoJSON"
	case "tiff":
		return "GeoTIFF"
	}
	return strings.ToUpper(format)
}

// geometryName is a kind of geometry in words.
func geometryName(kind string) string {
	switch kind {
	case "":
		return nothing
	case "geometry":
		return "mixed geometries"
	}
	return kind
}
