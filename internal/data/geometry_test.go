package data_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/data"
)

func TestGeometryCodecs(t *testing.T) {
	tests := []struct {
		kind, wkt, geojson string
		box                data.Extent
	}{
		{"point", "POINT(1 2)", `{"type":"Point","coordinates":[1,2]}`, data.Extent{West: 1, South: 2, East: 1, North: 2}},
		{"point", "POINT(-3.7037902 40.4167754)", `{"type":"Point","coordinates":[-3.7037902,40.4167754]}`, data.Extent{West: -3.7037902, South: 40.4167754, East: -3.7037902, North: 40.4167754}},
		{"linestring", "LINESTRING(0 0,1 1,2 -1)", `{"type":"LineString","coordinates":[[0,0],[1,1],[2,-1]]}`, data.Extent{South: -1, East: 2, North: 1}},
		{"polygon", "POLYGON((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))", `{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,0]],[[1,1],[2,1],[2,2],[1,1]]]}`, data.Extent{East: 9, North: 9}},
		{"multipoint", "MULTIPOINT((1 2),(3 4))", `{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}`, data.Extent{West: 1, South: 2, East: 3, North: 4}},
		{"multilinestring", "MULTILINESTRING((1 2,3 4),(5 6,7 8))", `{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}`, data.Extent{West: 1, South: 2, East: 7, North: 8}},
		{"multipolygon", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5)))", `{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}`, data.Extent{East: 6, North: 6}},
		{"geometrycollection", "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))", `{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[0,0],[1,1]]}]}`, data.Extent{East: 1, North: 2}},
		{"point", "POINT(1e+20 1e-12)", `{"type":"Point","coordinates":[1e+20,1e-12]}`, data.Extent{West: 1e20, South: 1e-12, East: 1e20, North: 1e-12}},
	}
	type result struct {
		Kind, WKT, GeoJSON, FromGeoJSON, FromHex string
		Box                                      data.Extent
		OK                                       bool
	}
	for _, tt := range tests {
		t.Run(tt.wkt, func(t *testing.T) {
			ewkb, err := data.ParseWKT(tt.wkt)
			if err != nil {
				t.Fatal(err)
			}
			var got result
			got.Kind = data.Kind(ewkb)
			got.Box, got.OK = data.Bounds(ewkb)
			got.WKT, _ = data.WKT(ewkb)
			got.GeoJSON, _ = data.GeoJSON(ewkb)
			fromGeoJSON, err := data.ParseGeoJSON([]byte(tt.geojson))
			if err != nil {
				t.Fatal(err)
			}
			fromHex, err := data.ParseHex(data.Hex(ewkb))
			if err != nil {
				t.Fatal(err)
			}
			got.FromGeoJSON, got.FromHex = data.Hex(fromGeoJSON), data.Hex(fromHex)
			want := result{tt.kind, tt.wkt, tt.geojson, data.Hex(ewkb), data.Hex(ewkb), tt.box, true}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWKTOfAllShapes(t *testing.T) {
	tests := []struct{ in, want string }{
		{" point ( 1   2 ) ", "POINT(1 2)"},
		{"POINT Z (1 2 3)", "POINT(1 2)"},
		{"POINTZM(1 2 3 4)", "POINT(1 2)"},
		{"POINT M (1 2 3)", "POINT(1 2)"},
		{"POINT(1 2 3)", "POINT(1 2)"},
		{"POINT EMPTY", "POINT EMPTY"},
		{"LINESTRING EMPTY", "LINESTRING EMPTY"},
		{"POLYGON EMPTY", "POLYGON EMPTY"},
		{"MULTIPOINT(1 2, 3 4)", "MULTIPOINT((1 2),(3 4))"},
		{"MULTIPOINT(EMPTY, (3 4))", "MULTIPOINT(EMPTY,(3 4))"},
		{"MULTIPOLYGON(EMPTY)", "MULTIPOLYGON(EMPTY)"},
		{"GEOMETRYCOLLECTION EMPTY", "GEOMETRYCOLLECTION EMPTY"},
		{"GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2)))", "GEOMETRYCOLLECTION(GEOMETRYCOLLECTION(POINT(1 2)))"},
		{"SRID=4326;POINT(1 2)", "POINT(1 2)"},
		{"srid=3857;POINT(0 0)", "POINT(0 0)"},
	}
	for _, tt := range tests {
		t.Run(tt.in, func(t *testing.T) {
			ewkb, err := data.ParseWKT(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := data.WKT(ewkb)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestMalformedGeometries(t *testing.T) {
	for _, wkt := range []string{
		"", "POINT", "POINT(", "POINT(1)", "POINT(1 2", "POINT(1 2))", "POINT(1 2) x", "POINT(a b)", "POINT(1 2 3 4 5)", "DOT(1 2)",
		"LINESTRING(1 2)", "LINESTRING()", "POLYGON((0 0,1 1,1 0))", "POLYGON((0 0,1 1,0 0))", "MULTIPOLYGON((0 0))",
		"SRID=99999;POINT(1 2)", "SRID=;POINT(1 2)", "SRID=4326 POINT(1 2)", "CIRCULARSTRING(0 0,1 1,2 0)", "POINT(1,2)",
		strings.Repeat("GEOMETRYCOLLECTION(", 100), "POINT(NaN NaN)", "POINT(inf 0)", "POINT(0x1 1)",
	} {
		if got, err := data.ParseWKT(wkt); err == nil {
			t.Errorf("ParseWKT(%.50q) = %x, want an error", wkt, got)
		}
	}
	for _, hex := range []string{
		"", "zz", "01", "0101000000", "02010000000000000000000000", hexPlain[:40], hexPlain + "00",
		"0101000020FFFFFFFF000000000000F03F0000000000000040", // unknown SRID
		"0102000000FFFFFFFF", // a line of four thousand million points
		"0107000000FFFFFFFF",
		"0104000000010000000102000000" + "00000000", // a line in a multipoint
		"010F00000000000000",                        // polyhedral surface
		"0163000000",                                // no kind at all
		strings.Repeat("010700000001000000", 100),
	} {
		if got, err := data.ParseHex(hex); err == nil {
			t.Errorf("ParseHex(%.50q) = %x, want an error", hex, got)
		}
	}
	for _, js := range []string{
		"", "{}", "1", `{"type":"Point"}`, `{"type":"Point","coordinates":[1,2]}x`, `{"type":"Polygon","coordinates":[[[0,0],[1,1],[1,0]]]}`,
	} {
		if got, err := data.ParseGeoJSON([]byte(js)); err == nil {
			t.Errorf("ParseGeoJSON(%.50q) = %x, want an error", js, got)
		}
	}
	if _, ok := data.Bounds([]byte{1}); ok || data.Kind([]byte{1}) != "" {
		t.Error("one byte has bounds or a kind")
	}
}

func TestISOAndBigEndianGeometries(t *testing.T) {
	for _, hex := range []string{hexPoint, hexPlain, hexPointZ, hexBigEndian, "01E9030000000000000000F03F00000000000000400000000000000840"} {
		ewkb, err := data.ParseHex(hex)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(hexPoint, data.Hex(ewkb)); diff != "" {
			t.Errorf("ParseHex(%q) (-want +got):\n%s", hex, diff)
		}
	}
}

// The corners of the projections, and landmarks whose coordinates are published
// in both systems.
func TestReprojection(t *testing.T) {
	tests := []struct {
		ewkt     string
		lon, lat float64
	}{
		{"SRID=3857;POINT(20037508.342789244 20037508.342789244)", 180, 85.0511287798066},
		{"SRID=3857;POINT(-20037508.342789244 0)", -180, 0},
		{"SRID=32631;POINT(166021.4431793306 0)", 0, 0},
		{"SRID=32631;POINT(833978.5568206694 0)", 6, 0},
		{"SRID=25830;POINT(500000 4500000)", -3, 40.65085651660555},
		{"SRID=32633;POINT(500000 0)", 15, 0},
		{"SRID=32733;POINT(500000 10000000)", 15, 0},
		{"SRID=32631;POINT(448251.795 5411932.678)", 2.2945, 48.8582},
	}
	for _, tt := range tests {
		t.Run(tt.ewkt, func(t *testing.T) {
			ewkb, err := data.ParseWKT(tt.ewkt)
			if err != nil {
				t.Fatal(err)
			}
			box, _ := data.Bounds(ewkb)
			if diff := cmp.Diff([]float64{tt.lon, tt.lat}, []float64{box.West, box.South}, cmpopts.EquateApprox(0, 1e-5)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzGeometry(f *testing.F) {
	for _, seed := range []string{"POINT(1 2)", "POLYGON((0 0,1 0,1 1,0 0))", "MULTIPOINT(EMPTY,(1 2))", "GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(0 0,1 1))", hexPoint, hexPointZ, onePoly, onePoint} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) ([]byte, error){
			data.ParseWKT, data.ParseHex,
			func(s string) ([]byte, error) { return data.ParseEWKB([]byte(s)) },
			func(s string) ([]byte, error) { return data.ParseGeoJSON([]byte(s)) },
		} {
			ewkb, err := parse(s)
			if err != nil || ewkb == nil {
				continue
			}
			again, err := data.ParseEWKB(ewkb)
			if err != nil || data.Hex(again) != data.Hex(ewkb) {
				t.Fatalf("%q gives %x, which reads back as %x, %v", s, ewkb, again, err)
			}
			if data.Kind(ewkb) == "" {
				t.Fatalf("%q gives %x, which is of no kind", s, ewkb)
			}
			if _, err := data.GeoJSON(ewkb); err != nil {
				t.Fatalf("%q gives %x, which has no GeoJSON: %v", s, ewkb, err)
			}
			wkt, err := data.WKT(ewkb)
			if err != nil {
				t.Fatalf("%q gives %x, which has no WKT: %v", s, ewkb, err)
			}
			if back, err := data.ParseWKT(wkt); err == nil && !strings.Contains(wkt, "EMPTY") && data.Hex(back) != data.Hex(ewkb) {
				t.Fatalf("%q gives %s, which reads back as %x, not %x", s, wkt, back, ewkb)
			}
			if box, ok := data.Bounds(ewkb); ok && (math.IsNaN(box.West) || box.West > box.East || box.South > box.North) {
				t.Fatalf("%q has the bounds %+v", s, box)
			}
		}
	})
}
