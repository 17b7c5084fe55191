package data_test

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// manyRows is a sheet of numbers, dates and shared strings, and the strings.
func manyRows(n int) (cells string, shared []string) {
	var b strings.Builder
	b.WriteString(`<dimension ref="A1:D` + strconv.Itoa(n+1) + `"/><sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c></row>`)
	shared = []string{"<t>id</t>", "<t>name</t>", "<t>opened</t>", "<t>area</t>"}
	for i := range n {
		r := i + 2
		fmt.Fprintf(&b, `<row r="%d" spans="1:4"><c r="A%d"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" s="1"><v>%d</v></c><c r="D%d"><v>%d.5</v></c></row>`, r, r, 1000+i, r, 4+i%5000, r, 40000+i%4000, r, i)
	}
	for i := range min(n, 5000) {
		shared = append(shared, "<t>Station number "+strconv.Itoa(i)+"</t>")
	}
	return b.String() + "</sheetData>", shared
}

// BenchmarkLookXLSX compares a look with reading the tokens of the same sheet and
// strings by encoding/xml. Bytes are those of the sheet, unpacked.
func BenchmarkLookXLSX(b *testing.B) {
	cells, shared := manyRows(60_000)
	content := book{sheets: []string{cells}, strings: shared}.bytes(b)
	b.Run("look", func(b *testing.B) {
		benchmarkLook(b, "b.xlsx", []byte(content))
		b.SetBytes(int64(len(cells)))
	})
	b.Run("encoding-xml", func(b *testing.B) {
		b.SetBytes(int64(len(cells)))
		b.ReportAllocs()
		for b.Loop() {
			z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
			if err != nil {
				b.Fatal(err)
			}
			for _, part := range []string{"xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"} {
				r, err := z.Open(part)
				if err != nil {
					b.Fatal(err)
				}
				d := xml.NewDecoder(r)
				for {
					if _, err := d.RawToken(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		}
	})
}

// manyPolygons is a shapefile of polygons of ten corners with two columns.
func manyPolygons(n int) []string {
	records, rows := make([]string, n), make([][]string, n)
	for i := range n {
		x := float64(i%1000) / 10
		ring := []float64{}
		for k := range 10 {
			ring = append(ring, x, 40+float64(k)/100)
		}
		ring = append(ring, x+1, 41, ring[0], ring[1])
		records[i] = partsShape(5, ring)
		rows[i] = []string{strconv.Itoa(i), "Parcel " + strconv.Itoa(i)}
	}
	return shapefileParts{kind: 5, records: records, dbf: dbfOf(0x57, []dbfColumn{{"id", 'N', 9, 0}, {"name", 'C', 20, 0}}, rows...)}.pairs("b")
}

// BenchmarkLookShapefile compares a look with unpacking the same files.
func BenchmarkLookShapefile(b *testing.B) {
	pairs := manyPolygons(60_000)
	size := 0
	for i := 1; i < len(pairs); i += 2 {
		size += len(pairs[i])
	}
	content := datatest.Zip(pairs...)
	b.Run("look", func(b *testing.B) {
		benchmarkLook(b, "b.zip", []byte(content))
		b.SetBytes(int64(size))
	})
	b.Run("unzip", func(b *testing.B) {
		b.SetBytes(int64(size))
		for b.Loop() {
			z, err := zip.NewReader(strings.NewReader(content), int64(len(content)))
			if err != nil {
				b.Fatal(err)
			}
			for _, f := range z.File {
				r, err := f.Open()
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, r); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// TestMemoryOfFormats: of what a look allocates little depends on the file's size.
func TestMemoryOfFormats(t *testing.T) {
	small, shared := manyRows(5_000)
	big, _ := manyRows(25_000)
	xlsx := func(cells string) string { return book{sheets: []string{cells}, strings: shared}.bytes(t) }
	for _, tt := range []struct{ name, file, small, big string }{
		{"spreadsheet", "m.xlsx", xlsx(small), xlsx(big)},
		{"shapefile", "m.zip", datatest.Zip(manyPolygons(5_000)...), datatest.Zip(manyPolygons(40_000)...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			allocated := func(content string) uint64 {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				look, err := data.LookAt(t.Context(), tt.file, strings.NewReader(content), int64(len(content)), defaults())
				if err != nil || look.Fault != nil {
					t.Fatal(err, look.Fault)
				}
				runtime.ReadMemStats(&after)
				return after.TotalAlloc - before.TotalAlloc
			}
			first := allocated(tt.small)
			if more := allocated(tt.big); more > first+1<<20 {
				t.Errorf("a look at %d bytes allocates %d bytes, one at %d bytes %d", len(tt.small), first, len(tt.big), more)
			}
		})
	}
}
