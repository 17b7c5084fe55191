package data_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// TestHostileFormats: files that are small and would cost much are refused, within
// limits of time and memory that the race detector or a slow machine does not
// exceed either.
func TestHostileFormats(t *testing.T) {
	limits := smallLimits()
	limits.Nested = 1 << 16
	ab := words("a", "b")
	xlsx := func(b book) string { return b.bytes(t) }
	one := func(sheet string) string { return xlsx(book{sheets: []string{sheet}}) }
	shp := func(s shapefileParts) string { return s.zip(t) }
	tangled := [][]float64{}
	for i := range 3_000 { // rings around each other, each going back on itself
		f := float64(i)
		tangled = append(tangled, square(-f-1, -f-1, 2*f+2), hole(-0.5, -0.5, 1))
	}
	edge := []float64{0, 0}
	for i := range 20_000 {
		edge = append(edge, 0, float64(i%7))
	}
	edge = append(edge, 0, 10, 10, 10, 10, 0, 0, 0)
	along := append([]float64{}, edge...)
	for i, n := 0, len(along)/2; i < n/2; i++ { // the other way round
		along[2*i], along[2*(n-1-i)] = along[2*(n-1-i)], along[2*i]
		along[2*i+1], along[2*(n-1-i)+1] = along[2*(n-1-i)+1], along[2*i+1]
	}
	tests := []struct {
		name, file, content string
		code                int
	}{
		{"a row far below the others", "x.xlsx", one(`<sheetData><row r="1">` + ab + `</row><row r="999999999">` + ab + `</row></sheetData>`), 6666},
		{"a row far below the others in a wide sheet", "x.xlsx", one(`<dimension ref="A1:AZZ999999999"/><sheetData><row r="1">` + ab + `</row><row r="999999999">` + ab + `</row></sheetData>`), 6666},
		{"a sheet as wide as they come", "x.xlsx", one(`<dimension ref="A1:XFD1048576"/>` + sheet(ab)), 2004},
		{"a row of too much text", "x.xlsx", one(sheet(ab, strings.Repeat(words(strings.Repeat("x", 1000), "y"), 2_000))), 6666},
		{"a cell of too much text", "x.xlsx", one(sheet(ab, words(strings.Repeat("x", 2<<20)))), 6666},
		{"a cell of too much text in pieces", "x.xlsx", one(sheet(ab, words(strings.Repeat("xxxxxxxxx<!-- -->", 300_000)))), 6666},
		{"a tag without an end", "x.xlsx", one(`<sheetData a="` + strings.Repeat(">", 2<<20)), 6666},
		{"too many shared strings", "x.xlsx", xlsx(book{sheets: []string{sheet(valued("s", "400000"))}, strings: []string{strings.Repeat("</si><si>", 500_000)}}), 6666},
		{"too much text in shared strings", "x.xlsx", xlsx(book{sheets: []string{sheet(valued("s", "1500"))}, strings: []string{strings.Repeat("<t>"+strings.Repeat("x", 1000)+"</t></si><si>", 2_000)}}), 6666},
		{"one string shared by all cells", "x.xlsx", xlsx(book{sheets: []string{sheet(ab, strings.Repeat(`<c t="s"><v>0</v></c>`, 2_000))}, strings: []string{"<t>" + strings.Repeat("x", 100_000) + "</t>"}}), 6666},
		{"one string shared by all rows", "x.xlsx", xlsx(book{sheets: []string{sheet(append([]string{ab}, strings.Split(strings.Repeat(`<c t="s"><v>0</v></c>|`, 2_000), "|")...)...)}, strings: []string{"<t>" + strings.Repeat("x", 100_000) + "</t>"}}), 6666},
		{"too many sheets", "x.xlsx", xlsx(book{sheets: []string{sheet(ab)}, head: manySheets(60_000)}), 6666},
		{"entities that grow", "x.xlsx", one(`<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>` + sheet(ab)), 1005},
		{"elements without end", "x.xlsx", one(strings.Repeat("<a>", 100_000)), 1005},
		{"too many parts", "x.xlsx", datatest.Zip(strings.Split(strings.Repeat("a|b|", 101)+"PK|x", "|")...), 6666},
		{"a sheet of zeros", "x.xlsx", one(sheet(ab) + strings.Repeat(" ", 9<<20)), 6666},
		{"a spreadsheet in an archive that is too big to keep", "z.zip", datatest.Zip("x.xlsx", "PK\x03\x04"+strings.Repeat("x", 1<<17)), 0},

		{"a shape of two gigabytes", "s.zip", shp(shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2)}, change: func(_, shx, _ []byte) { copy(shx[104:], "\x3f\xff\xff\xff") }}), 6666},
		{"an index of two gigabytes", "s.zip", shp(shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2)}, change: func(_, shx, _ []byte) { copy(shx[24:], "\x3f\xff\xff\xff") }}), 1002},
		{"rows without number", "s.zip", shp(shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2)}, change: func(_, _, dbf []byte) { copy(dbf[4:], "\xff\xff\xff\x7f") }}), -1},
		{"shapes out of order that are too big to keep", "s.zip", shp(shapefileParts{kind: 3, records: []string{partsShape(3, make([]float64, 120_000)), partsShape(3, []float64{0, 0, 1, 1})}, change: func(_, shx, _ []byte) {
			first := string(shx[100:108])
			copy(shx[100:], shx[108:116])
			copy(shx[108:], first)
		}}), 0},
		{"more columns than CARTO stores", "s.zip", shp(shapefileParts{kind: 1, dbf: dbfOf(0, manyColumns(1_700))}), 2004},
		{"rings in rings", "s.zip", shp(shapefileParts{kind: 5, records: []string{partsShape(5, tangled...)}}), -1},
		{"a ring along another", "s.zip", shp(shapefileParts{kind: 5, records: []string{partsShape(5, edge, square(50, 50, 1), along)}}), 6666},
		{"a .prj without end", "s.zip", shp(shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2)}, prj: strings.Repeat("A[", 1<<20)}), 0},
		{"coordinates that are none", "s.zip", shp(shapefileParts{kind: 3, records: []string{partsShape(3, []float64{math.NaN(), math.Inf(1), math.Inf(-1), 0})}}), -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			look, err := limits.LookAt(t.Context(), tt.file, strings.NewReader(tt.content), int64(len(tt.content)), data.DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			code := 0
			switch {
			case look.Fault != nil:
				code = look.Fault.Code
			case !look.Opaque:
				code = -1 // it was read
			}
			if code != tt.code {
				t.Errorf("code %d, wanted %d: %v %s", code, tt.code, look.Fault, look.Reason)
			}
		})
	}
}

// manySheets is a list of sheets that does not shrink enough to be taken for a bomb.
func manySheets(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<sheet name="%x" id="r"/>`, i*i)
	}
	return "<sheets>" + b.String() + "</sheets>"
}

func manyColumns(n int) []dbfColumn {
	columns := make([]dbfColumn, n)
	for i := range columns {
		columns[i] = dbfColumn{"c" + strings.Repeat("x", i%9), 'C', 1, 0}
	}
	return columns
}
