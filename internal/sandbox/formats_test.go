package sandbox_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// packed makes a zip of pairs of name and content.
func packed(t *testing.T, pairs ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// spreadsheet is an XLSX of one sheet with the given rows.
func spreadsheet(t *testing.T, rows string) string {
	const main, rel = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return packed(t,
		"[Content_Types].xml", `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"xl/workbook.xml", `<workbook xmlns="`+main+`" xmlns:r="`+rel+`"><sheets><sheet name="One" sheetId="1" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="`+rel+`/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="`+rel+`/styles" Target="styles.xml"/></Relationships>`,
		"xl/styles.xml", `<styleSheet xmlns="`+main+`"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="`+main+`"><sheetData>`+rows+`</sheetData></worksheet>`)
}

// shapefile gives the files of points with a name each.
func shapefile(stem string, names ...string) []string {
	shapes, index, table := []byte{}, []byte{}, []byte{3, 120, 1, 1}
	table = binary.LittleEndian.AppendUint32(table, uint32(len(names)))
	table = append(table, 65, 0, 9, 0)
	table = append(table, make([]byte, 20)...)
	table = append(table, "name\x00\x00\x00\x00\x00\x00\x00C\x00\x00\x00\x00\x08"...)
	table = append(append(table, make([]byte, 15)...), '\r')
	for i, n := range names {
		index = binary.BigEndian.AppendUint32(index, uint32(50+len(shapes)/2))
		index = binary.BigEndian.AppendUint32(index, 10)
		shapes = binary.BigEndian.AppendUint32(shapes, uint32(i+1))
		shapes = binary.BigEndian.AppendUint32(shapes, 10)
		shapes = binary.LittleEndian.AppendUint32(shapes, 1)
		shapes = binary.LittleEndian.AppendUint64(shapes, math.Float64bits(float64(i)))
		shapes = binary.LittleEndian.AppendUint64(shapes, math.Float64bits(40))
		table = append(table, (" " + n + "        ")[:9]...)
	}
	head := func(b []byte) string {
		h := binary.BigEndian.AppendUint32(nil, 9994)
		h = binary.BigEndian.AppendUint32(append(h, make([]byte, 20)...), uint32(50+len(b)/2))
		h = append(h, 0xe8, 3, 0, 0, 1, 0, 0, 0)
		return string(append(append(h, make([]byte, 64)...), b...))
	}
	return []string{stem + ".shp", head(shapes), stem + ".shx", head(index), stem + ".dbf", string(table), stem + ".cpg", "UTF-8"}
}

// TestSpreadsheetsAndShapefiles: what is in them can be asked for by SQL.
func TestSpreadsheetsAndShapefiles(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("Trees.xlsx", spreadsheet(t, `<row r="1"><c t="str"><v>planted</v></c><c t="str"><v>height</v></c><c t="str"><v>lat</v></c><c t="str"><v>lon</v></c></row>`+
		`<row r="2"><c s="1"><v>43861</v></c><c><v>21.5</v></c><c><v>40.5</v></c><c><v>-3.5</v></c></row>`+
		`<row r="3"><c s="1"><v>43862</v></c><c><v>3</v></c><c><v>41</v></c><c><v>2</v></c></row>`))
	a.load("gis.zip", packed(t, append(shapefile("export/Roads", "ring", "vía"), "export/readme.txt", "hello")...))
	for _, q := range []struct {
		sql  string
		want []any
	}{
		{"SELECT count(*) AS n, max(height) AS h FROM trees", []any{object{"n": 2.0, "h": 21.5}}},
		{"SELECT ST_X(the_geom) AS x FROM trees WHERE cartodb_id = 1", []any{object{"x": -3.5}}},
		{"SELECT name, ST_Y(the_geom) AS y FROM roads ORDER BY cartodb_id", []any{object{"name": "ring", "y": 40.0}, object{"name": "vía", "y": 40.0}}},
	} {
		if diff := cmp.Diff(q.want, a.query(q.sql)); diff != "" {
			t.Errorf("%s: wanted -, got +:\n%s", q.sql, diff)
		}
	}
}

// TestSpreadsheetsAndShapefilesThatFail give the server's codes.
func TestSpreadsheetsAndShapefilesThatFail(t *testing.T) {
	a := open(t, sandbox.Config{})
	roads := shapefile("roads", "ring")
	for _, test := range []struct {
		file, content string
		code          float64
	}{
		{"text.xlsx", "a,b\n1,2\n", 2008},
		{"broken.xlsx", "PK\x03\x04 and no more", 1005},
		{"empty.xlsx", spreadsheet(t, ""), 1005},
		{"no_dbf.zip", packed(t, roads[:4]...), 1006},
		{"no_shx.zip", packed(t, roads[0], roads[1], roads[4], roads[5]), 1006},
		{"roads.shp", roads[1], 1006},
		{"broken.zip", packed(t, append(roads[2:6:6], "roads.shp", "none")...), 1002},
	} {
		t.Run(test.file, func(t *testing.T) {
			job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, test.file, test.content))["item_queue_id"])
			if diff := cmp.Diff(object{"state": "failure", "error_code": test.code}, pick(job, "state", "error_code")); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}
