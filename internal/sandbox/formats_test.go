package sandbox_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data/datatest"
	"github.com/cartosync/cartosync/internal/sandbox"
)

// spreadsheet is an XLSX of one sheet with the given rows.
func spreadsheet(rows string) string { return datatest.Sheet("<sheetData>" + rows + "</sheetData>") }

// shapefile gives the files of points in a row with a name each.
func shapefile(stem string, names ...string) []string {
	var places []datatest.Place
	for i, n := range names {
		places = append(places, datatest.Place{Name: n, X: float64(i), Y: 40})
	}
	return datatest.Shapefile(stem, "", "UTF-8", places...)
}

// TestSpreadsheetsAndShapefiles: what is in them can be asked for by SQL.
func TestSpreadsheetsAndShapefiles(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("Trees.xlsx", spreadsheet(`<row r="1"><c t="str"><v>planted</v></c><c t="str"><v>height</v></c><c t="str"><v>lat</v></c><c t="str"><v>lon</v></c></row>`+
		`<row r="2"><c s="1"><v>43861</v></c><c><v>21.5</v></c><c><v>40.5</v></c><c><v>-3.5</v></c></row>`+
		`<row r="3"><c s="1"><v>43862</v></c><c><v>3</v></c><c><v>41</v></c><c><v>2</v></c></row>`))
	a.load("gis.zip", datatest.Zip(append(shapefile("export/Roads", "ring", "vía"), "export/readme.txt", "hello")...))
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
		{"empty.xlsx", spreadsheet(""), 1005},
		{"no_dbf.zip", datatest.Zip(roads[:4]...), 1006},
		{"no_shx.zip", datatest.Zip(roads[0], roads[1], roads[4], roads[5]), 1006},
		{"roads.shp", roads[1], 1006},
		{"broken.zip", datatest.Zip(append(roads[2:6:6], "roads.shp", "none")...), 1002},
	} {
		t.Run(test.file, func(t *testing.T) {
			job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, test.file, test.content))["item_queue_id"])
			if diff := cmp.Diff(object{"state": "failure", "error_code": test.code}, pick(job, "state", "error_code")); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}
