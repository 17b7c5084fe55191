// Package datatest writes data files as people have them: exported by a spreadsheet
// in another language, by a geographic information system of the nineties, by a script
// that nobody tested. It is for tests only.
//
// Each file comes with the look that is expected at it. The same files come out of
// every call, byte for byte.
package datatest

import (
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
)

// A File is one data file.
type File struct {
	Name    string
	Content string
	Want    string // as Describe puts the look at it
}

// Files are all of them, in a fixed order; names are unique, also as names of datasets.
func Files() []File {
	var all []File
	for _, some := range [][]File{delimited(), columns(), coordinates(), features(), packed(), tables()} {
		all = append(all, some...)
	}
	return all
}

// Describe puts a look into a few lines, without size and hash:
//
//	csv ; UTF-8
//	2 rows: a integer, b text
//	point, 1 null, -3.5 40.5 to 2.25 41.5
//	! leading_zeros a
func Describe(l data.Look) string {
	lines := []string{strings.TrimSpace(strings.Join([]string{l.Format, l.Delimiter, l.Encoding}, " "))}
	switch {
	case l.Fault != nil:
		lines = append(lines, fmt.Sprintf("fault %d", l.Fault.Code))
	case l.Opaque:
		lines = append(lines, "opaque")
	default:
		lines = append(lines, describeRows(l))
		if l.Geometry != "" {
			lines = append(lines, describeGeometry(l))
		}
	}
	if l.Layers > 1 {
		lines = append(lines, "layers "+strings.Join(l.LayerNames, ", "))
	}
	for _, w := range l.Warnings {
		lines = append(lines, strings.TrimSpace("! "+string(w.Code)+" "+w.Column))
	}
	return strings.Join(lines, "\n")
}

func describeRows(l data.Look) string {
	all := make([]string, len(l.Columns))
	for i, c := range l.Columns {
		all[i] = c.Name + " " + string(c.Type)
	}
	by := ""
	if l.CartodbID != data.IDGenerated {
		by = " by " + string(l.CartodbID)
	}
	if len(all) > 20 {
		all = append(all[:2:2], "...", all[len(all)-1])
	}
	return fmt.Sprintf("%d rows%s: %s", l.Rows, by, strings.Join(all, ", "))
}

func describeGeometry(l data.Look) string {
	text := l.Geometry
	if l.NullGeometries > 0 {
		text += fmt.Sprintf(", %d null", l.NullGeometries)
	}
	if e := l.Extent; e != nil {
		text += fmt.Sprintf(", %.6g %.6g to %.6g %.6g", e.West, e.South, e.East, e.North)
	}
	return text
}
