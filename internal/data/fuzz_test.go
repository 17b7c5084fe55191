package data_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// agree checks what must hold for any file: it is read, refused with a fault, or
// not supported, never anything else; looking twice gives the same; the second
// pass yields exactly the rows, and only the kinds of values, that the first
// announced.
func agree(t *testing.T, file, content string, o data.Options) {
	t.Helper()
	limits := smallLimits()
	look := func() data.Look {
		l, err := limits.LookAt(t.Context(), file, strings.NewReader(content), int64(len(content)), o)
		if err != nil {
			t.Fatalf("LookAt: %v", err)
		}
		return l
	}
	first := look()
	if diff := cmp.Diff(first, look()); diff != "" {
		t.Fatalf("two looks differ:\n%s", diff)
	}
	if first.SHA256 != sum(content) {
		t.Fatalf("hash is %s", first.SHA256)
	}
	if first.Fault != nil || first.Opaque {
		return
	}
	f, err := limits.Open(file, strings.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	s, err := f.Layers[0].Schema(t.Context(), o)
	if err != nil {
		t.Fatalf("Schema: %v", err)
	}
	names := make(map[string]bool)
	for _, c := range s.Columns {
		if c.Name == "" || names[c.Name] || c.Name == "cartodb_id" || c.Name == "the_geom" {
			t.Fatalf("column %q twice or reserved: %+v", c.Name, s.Columns)
		}
		names[c.Name] = true
	}
	var rows int64
	ids := make(map[int64]bool)
	for row, err := range f.Layers[0].Rows(t.Context(), s) {
		if err != nil {
			t.Fatalf("second pass, row %d: %v", rows+1, err)
		}
		if rows++; len(row.Values) != len(s.Columns) {
			t.Fatalf("row %d has %d values, there are %d columns", rows, len(row.Values), len(s.Columns))
		}
		if ids[row.ID] && s.CartodbID != data.IDFeature {
			t.Fatalf("id %d twice", row.ID)
		}
		ids[row.ID] = true
		for i, v := range row.Values {
			if !v.IsNull() && v.Kind() != kindOf(s.Columns[i].Type) {
				t.Fatalf("row %d: %s column %q holds %v", rows, s.Columns[i].Type, s.Columns[i].Name, v.Any())
			}
		}
		if row.Geometry != nil && data.Kind(row.Geometry) == "" {
			t.Fatalf("row %d: geometry %x", rows, row.Geometry)
		}
	}
	if rows != s.Rows || rows != first.Rows {
		t.Fatalf("%d rows, the schema says %d, the look %d", rows, s.Rows, first.Rows)
	}
}

// smallLimits bound what an input of the fuzzer may cost.
func smallLimits() data.Limits {
	l := data.DefaultLimits()
	l.Record, l.Feature, l.Strings, l.Nested, l.Lists = 1<<20, 1<<20, 1<<20, 1<<20, 1<<20
	l.Entries, l.Unpacked, l.RatioFrom = 100, 8<<20, 1<<20
	return l
}

func kindOf(t data.Type) data.ValueKind {
	switch t {
	case data.Integer, data.BigInt:
		return data.IntValue
	case data.Double:
		return data.FloatValue
	case data.Boolean:
		return data.BoolValue
	}
	return data.TextValue
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,x\n", "a;b\r\n1;\"x\ny\"\r\n", "lat,lon,the_geom\n1,2,POINT(1 2)\n", "wkt;k\nPOLYGON((0 0,1 0,1 1,0 0));1\n",
		"geom,k\n" + hexPoint + ",1\n", "cartodb_id,d\n1,2020-01-31\n2,\n", "1,2\n3,4\n", "\uFEFFa\tb\n\"\"\"\t0001\n", "a,\"b\nc\",d\n", "a|b\r1|2\r", "a b\nyes 1E5\n",
		"ogc_fid,t\n5,10:20:30+02\n,x\n", "the_geom,geom\nPOINT(1 2),x\n", "a,b\n1,\xff\x00\n", "geometry;k\n<Point><coordinates>1,2</coordinates></Point>;x\n",
	} {
		f.Add(seed, byte(3))
	}
	f.Fuzz(func(t *testing.T, content string, bits byte) {
		agree(t, "f.csv", content, data.Options{TypeGuessing: bits&1 != 0, QuotedFieldsGuessing: bits&2 != 0})
	})
}

func FuzzGeoJSON(f *testing.F) {
	for _, seed := range []string{
		collection(feat(`{"a":1,"b":"x"}`, onePoint), feat(`{"b":null,"c":[1,2]}`, onePoly)), onePoint, feat(`{"id":1}`, "null") + "\n" + feat(`{"id":2}`, oneLine),
		values("1", "true", "2.5"), values(`"2020-01-31"`, `"10:20"`), values(`["a","b,\""]`, "null"), values("{}", "[[]]", "1"), `{"type":"FeatureCollection","crs":{"properties":{"name":"EPSG:25830"}},"features":[]}`,
		`{"type":"Feature","id":"x","properties":{"cartodb_id":"5"},"geometry":{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}}`, "[]", `{"features":[{}]}`,
		values("9223372036854775808"), collection(feat(`{"ogc_fid":1}`, onePoint)), `[{"a":1,"b":"x,y"},{"b":[1.5e3,null],"a":{"c":"\"#{"}}]`, collection(feat("{}", `{"type":"GeometryCollection","geometries":[]}`), feat("{}", onePoint)),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, content string) {
		agree(t, "f.geojson", content, data.DefaultOptions())
		agree(t, "f.json", content, data.DefaultOptions())
	})
}

func FuzzArchive(f *testing.F) {
	f.Add([]byte("PK\x05\x06"), byte(0))
	f.Add([]byte("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"), byte(1))
	f.Add([]byte(strings.Repeat("\x00", 1024)), byte(2))
	f.Add([]byte(datatest.Zip("a.csv", "a,b\n1,x\n", "d/b.geojson", onePoint, "c.pdf", "x")), byte(0))
	f.Add([]byte(datatest.Zip(shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2)}}.pairs("s")...)), byte(0))
	f.Add([]byte(datatest.Zip("x.xlsx", book{sheets: []string{sheet(words("a", "b"), numbers("1", "2"))}}.bytes(f))), byte(0))
	f.Add([]byte(datatest.Tar("a.csv", "a,b\n1,x\n")), byte(2))
	f.Add([]byte(datatest.Gzip(datatest.Tar("a.csv", "a,b\n1,x\n"))), byte(3))
	f.Fuzz(func(t *testing.T, content []byte, kind byte) {
		file := []string{"f.zip", "f.csv.gz", "f.tar", "f.tgz", "f.csv.bz2"}[int(kind)%5]
		agree(t, file, string(content), data.DefaultOptions())
	})
}
