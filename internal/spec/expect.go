package spec

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
)

func (b *builder) expect(v value, kind SourceKind) *Expect {
	m, ok := v.get("expect")
	if _, isMap := m.json.(map[string]any); !ok || !isMap {
		return nil
	}
	x := &Expect{Geometry: m.textAt("geometry")}
	if rows, ok := m.get("min_rows"); ok {
		x.MinRows = whole(rows.json)
	}
	if rows, ok := m.get("max_rows"); ok {
		x.MaxRows = whole(rows.json)
		if x.MinRows != nil && x.MaxRows != nil && *x.MaxRows < *x.MinRows {
			b.faults.add(rows.pos(), fmt.Sprintf("max_rows %d is below min_rows %d", *x.MaxRows, *x.MinRows), "raise the one or lower the other")
		}
	}
	if age, ok := m.get("max_age"); ok {
		d, err := duration(age.json)
		if err != nil && !b.faults.at(age.pos()) {
			b.faults.add(age.pos(), "max_age "+err.Error(), "write 36h or 2d")
		}
		x.MaxAge = d
	}
	columns, _ := m.get("columns")
	x.Columns = b.columns(columns, kind)
	return x
}

// columns takes columns by the names that they have in CARTO. What is imported from a
// file or URL gets names by fixed rules, so that others are mistakes.
func (b *builder) columns(v value, kind SourceKind) []ExpectedColumn {
	var columns []ExpectedColumn
	for _, c := range v.members() {
		if kept := importedColumn(c.name()); kept != c.name() && (kind == SourceFile || kind == SourceURL) {
			b.faults.add(c.keyPos(), fmt.Sprintf("no imported column is called %s", quote(c.name())), "CARTO would call it "+quote(kept))
		}
		if t, ok := c.text(); ok {
			columns = append(columns, ExpectedColumn{Name: c.name(), Type: t})
		}
	}
	slices.SortFunc(columns, func(a, b ExpectedColumn) int { return strings.Compare(a.Name, b.Name) })
	return columns
}

// importedColumn is the name that CARTO gives a column of a file.
func importedColumn(header string) string {
	switch header {
	case "cartodb_id", "the_geom", "the_geom_webmercator":
		return header
	}
	kept, err := name.Column(header, nil)
	if err != nil {
		return header // too long for CARTO: the look at the file says so
	}
	return kept
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func whole(v any) *int64 {
	switch v := v.(type) {
	case int64:
		return &v
	case float64:
		if i, err := strconv.ParseInt(strconv.FormatFloat(v, 'f', -1, 64), 10, 64); err == nil {
			return &i
		}
	}
	return nil
}
