package sandbox_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
	"github.com/cartosync/cartosync/internal/sandbox"
)

// An imported is a table: what a look foretells of it, or what became of it.
type imported struct {
	Code     float64
	Rows     float64
	Columns  []string
	Geometry string
	Nulls    float64
	Extent   string
}

// TestImportsAgreeWithLooks imports files as people have them, and compares the tables
// with what the look says of each file: the code of the error or the rows, columns with
// types, geometry and extent.
func TestImportsAgreeWithLooks(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, f := range datatest.Files() {
		t.Run(f.Name, func(t *testing.T) {
			a := clientOf(t, a.s)
			look, err := data.LookAt(t.Context(), f.Name, strings.NewReader(f.Content), int64(len(f.Content)), data.DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, f.Name, f.Content))["item_queue_id"])
			if look.Opaque {
				if job["state"] != "failure" {
					t.Errorf("what nobody can look into is imported: %v", job)
				}
				return
			}
			if look.Layers > 1 {
				job["table_name"] = look.LayerNames[0] // which the look is about; the job names another
			}
			if diff := cmp.Diff(foretold(look), a.became(job)); diff != "" {
				t.Errorf("the look -, the import +:\n%s", diff)
			}
		})
	}
}

func foretold(l data.Look) imported {
	if l.Fault != nil {
		return imported{Code: float64(l.Fault.Code)}
	}
	o := imported{Rows: float64(l.Rows), Nulls: float64(l.NullGeometries), Geometry: l.Geometry}
	for _, c := range l.Columns {
		o.Columns = append(o.Columns, c.Name+" "+string(c.Type))
	}
	if l.Geometry == "" {
		o.Nulls = o.Rows
	}
	if e := l.Extent; e != nil {
		o.Extent = fmt.Sprintf("%.6f %.6f %.6f %.6f", e.West, e.South, e.East, e.North)
	}
	return o
}

// became is what an import has made.
func (a *api) became(job object) imported {
	a.t.Helper()
	if job["state"] != "complete" {
		code, _ := job["error_code"].(float64)
		return imported{Code: code}
	}
	table := job["table_name"].(string)
	row := a.query(`SELECT count(*) AS n, sum(CASE WHEN the_geom IS NULL THEN 1 ELSE 0 END) AS nulls,` +
		` min(ST_GeometryType(the_geom)) AS least, max(ST_GeometryType(the_geom)) AS greatest,` +
		` ST_XMin(ST_Extent(the_geom)) AS w, ST_YMin(ST_Extent(the_geom)) AS s, ST_XMax(ST_Extent(the_geom)) AS e, ST_YMax(ST_Extent(the_geom)) AS north FROM ` + table)[0].(object)
	o := imported{Rows: row["n"].(float64)}
	o.Nulls, _ = row["nulls"].(float64) // null where there are no rows
	if least, ok := row["least"].(string); ok {
		o.Geometry = "geometry"
		if least == row["greatest"] {
			o.Geometry = strings.ToLower(strings.TrimPrefix(least, "ST_"))
		}
		o.Extent = fmt.Sprintf("%.6f %.6f %.6f %.6f", row["w"], row["s"], row["e"], row["north"])
	}
	for _, c := range a.query("SELECT column_name, data_type, udt_name FROM information_schema.columns WHERE table_name = '" + table + "' ORDER BY ordinal_position") {
		c := c.(object)
		name, kind := c["column_name"].(string), c["data_type"].(string)
		switch {
		case name == "cartodb_id", name == "the_geom", name == "the_geom_webmercator":
			continue
		case c["udt_name"] == "_int4":
			kind = "integer[]"
		}
		o.Columns = append(o.Columns, name+" "+kind)
	}
	return o
}
