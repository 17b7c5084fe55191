package sandbox_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

var durations = regexp.MustCompile(`"time":[0-9.]+,`)

func TestSQLFormats(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", "name,docks,open,since,lat,lon\n\"Plaza, \"\"Mayor\"\"\",12,true,2020-01-31T10:00:00Z,40.12345678,-3.7\nRetiro,,false,,,\n")
	const (
		json    = "application/json; charset=utf-8"
		csv     = "text/csv; charset=utf-8; header=present"
		query   = "SELECT cartodb_id, name, docks, open, since FROM stations ORDER BY cartodb_id"
		feature = `{"type": "FeatureCollection", "features": [{"type":"Feature","geometry":{"type":"Point","coordinates":[-3.7,`
	)
	tests := []struct {
		name                    string
		params                  url.Values
		status                  int
		kind, disposition, body string
	}{
		{"CSV", url.Values{"q": {query}, "format": {"CSV"}}, 200, csv, "attachment; filename=cartodb-query.csv;",
			"cartodb_id,name,docks,open,since\r\n1,\"Plaza, \"\"Mayor\"\"\",12,true,2020-01-31 10:00:00+00\r\n2,Retiro,,false,\r\n"},
		{"CSV puts the geometry first", url.Values{"q": {"SELECT name, the_geom FROM stations WHERE the_geom IS NULL"}, "format": {"csv"}}, 200, csv, "attachment; filename=cartodb-query.csv;",
			"the_geom,name\r\n,Retiro\r\n"},
		{"CSV of nothing has a header", url.Values{"q": {"SELECT name, docks FROM stations WHERE false"}, "format": {"csv"}, "skipfields": {"docks,other"}, "filename": {"my file.txt"}}, 200, csv,
			"attachment; filename=my_file.csv;", "name\r\n"},
		{"GeoJSON", url.Values{"q": {"SELECT cartodb_id, name, the_geom, the_geom_webmercator FROM stations"}, "format": {"geojson"}}, 200, json, "attachment; filename=cartodb-query.geojson;",
			feature + `40.123457]},"properties":{"cartodb_id":1,"name":"Plaza, \"Mayor\""}},{"type":"Feature","geometry":null,"properties":{"cartodb_id":2,"name":"Retiro"}}]}`},
		{"GeoJSON with fewer digits", url.Values{"q": {"SELECT the_geom FROM stations"}, "format": {"geojson"}, "dp": {"2"}, "rows_per_page": {"1"}}, 200, json, "attachment; filename=cartodb-query.geojson;",
			feature + `40.12]},"properties":{}}]}`},
		{"GeoJSON of nothing", url.Values{"q": {"SELECT the_geom FROM stations WHERE false"}, "format": {"geojson"}}, 200, json, "attachment; filename=cartodb-query.geojson;",
			`{"type": "FeatureCollection", "features": []}`},
		{"GeoJSON without a geometry", url.Values{"q": {"SELECT name FROM stations"}, "format": {"geojson"}}, 400, json, "", `{"error":["column \"the_geom\" does not exist"]}`},
		{"pages", url.Values{"q": {"SELECT name FROM stations ORDER BY 1;"}, "rows_per_page": {"1"}, "page": {"1"}}, 200, json, "inline; filename=cartodb-query.json;",
			`{"rows":[{"name":"Retiro"}],"time":0,"fields":{"name":{"type":"string","pgtype":"text"}},"total_rows":1}`},
		{"JSON without a column", url.Values{"q": {"SELECT name, docks FROM stations LIMIT 1"}, "skipfields": {"name"}}, 200, json, "inline; filename=cartodb-query.json;",
			`{"rows":[{"docks":12}],"time":0,"fields":{"docks":{"type":"number","pgtype":"int4"}},"total_rows":1}`},
		{"a format that is none", url.Values{"q": {query}, "format": {"xml"}}, 400, json, "", `{"error":["Invalid format: xml"]}`},
		{"a format that the sandbox does not write", url.Values{"q": {query}, "format": {"shp"}}, 400, json, "", `{"error":["the sandbox does not write shp; ask for json, geojson or csv"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := a.send("GET", "/api/v2/sql?"+tt.params.Encode(), nil)
			disposition, _, _ := strings.Cut(got.header.Get("Content-Disposition"), " modification-date=")
			fact(t, "status, type, disposition", []any{tt.status, tt.kind, tt.disposition}, []any{got.Status, got.header.Get("Content-Type"), disposition})
			if diff := cmp.Diff(tt.body, durations.ReplaceAllString(got.Body, `"time":0,`)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("the first version answers too", func(t *testing.T) {
		fact(t, "rows", []any{object{"n": 1.0}}, a.get("/api/v1/sql?q=SELECT+1+AS+n;")["rows"])
	})
	t.Run("the body wins over the query", func(t *testing.T) {
		got := a.ok("POST", "/api/v2/sql?q=SELECT+1+AS+n", url.Values{"q": {"SELECT 2 AS n"}})
		fact(t, "rows", []any{object{"n": 2.0}}, got["rows"])
	})
}
