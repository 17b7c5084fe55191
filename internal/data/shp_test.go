package data_test

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

type shpVector struct {
	name  string
	files shapefileParts
	want  string
}

func runShapefiles(t *testing.T, vectors []shpVector) {
	t.Helper()
	converted := make([]vector, len(vectors))
	for i, v := range vectors {
		converted[i] = vector{name: v.name, content: v.files.zip(t), want: v.want}
	}
	run(t, "s.zip", converted)
}

// Shapes as GDAL 3.6.2 loads them (ogr2ogr -nlt PROMOTE_TO_MULTI), with the rules
// of CARTO's tables on top: CartoDB/cartodb: app/models/table.rb.
func TestShapes(t *testing.T) {
	runShapefiles(t, []shpVector{
		{"points", shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2), nullShape, pointShape(1, math.NaN(), 2)}}, "k text POINT\n1: 'a' POINT(1 2)\n2: 'b'\n3: 'c'"},
		{"heights and measures are dropped", shapefileParts{kind: 11, records: []string{pointShape(11, 1, 2, 3, 4), pointShape(21, 5, 6, 7)}}, "k text POINT\n1: 'a' POINT(1 2)\n2: 'b' POINT(5 6)"},
		{"multipoints lose their parts", shapefileParts{kind: 8, records: []string{multiPointShape(8, 1, 2, 3, 4), multiPointShape(18, 5, 6), multiPointShape(8)}}, "k text POINT\n1: 'a' POINT(1 2)\n2: 'b' POINT(5 6)\n3: 'c'\n! lost_parts"},
		{"lines", shapefileParts{kind: 3, records: []string{partsShape(3, []float64{0, 0, 1, 1}), partsShape(13, []float64{0, 0, 1, 1}, []float64{2, 2, 3, 3}), partsShape(3)}}, "k text MULTILINESTRING\n1: 'a' MULTILINESTRING((0 0,1 1))\n2: 'b' MULTILINESTRING((0 0,1 1),(2 2,3 3))\n3: 'c'"},
		{"line of one point", shapefileParts{kind: 3, records: []string{partsShape(3, []float64{0, 0})}}, "fault 2001"},
		{"polygon with a hole", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 10), hole(2, 2, 2))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0),(2 2,4 2,4 4,2 4,2 2)))"},
		{"the hole comes first", shapefileParts{kind: 15, records: []string{partsShape(15, hole(2, 2, 2), square(0, 0, 10))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0),(2 2,4 2,4 4,2 4,2 2)))"},
		{"two polygons, the hole in the second", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 10), square(20, 0, 10), hole(22, 2, 2))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0)),((20 0,20 10,30 10,30 0,20 0),(22 2,24 2,24 4,22 4,22 2)))"},
		{"an island in a hole", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 20), hole(1, 1, 10), square(2, 2, 5), hole(3, 3, 1))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 20,20 20,20 0,0 0),(1 1,11 1,11 11,1 11,1 1)),((2 2,2 7,7 7,7 2,2 2),(3 3,4 3,4 4,3 4,3 3)))"},
		{"the smallest around a hole has it", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 20), square(1, 1, 10), hole(2, 2, 2))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 20,20 20,20 0,0 0)),((1 1,1 11,11 11,11 1,1 1),(2 2,4 2,4 4,2 4,2 2)))"},
		{"a hole on the edge", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 20), square(30, 0, 10), hole(0, 0, 20))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 20,20 20,20 0,0 0),(0 0,20 0,20 20,0 20,0 0)),((30 0,30 10,40 10,40 0,30 0)))"},
		{"a hole beside the only ring is its own", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 10), hole(50, 50, 2))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 10,10 10,10 0,0 0),(50 50,52 50,52 52,50 52,50 50)))"},
		{"a hole in nothing is a polygon", shapefileParts{kind: 5, records: []string{partsShape(5, square(0, 0, 4), square(10, 0, 4), hole(50, 50, 2))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,0 4,4 4,4 0,0 0)),((10 0,10 4,14 4,14 0,10 0)),((50 50,52 50,52 52,50 52,50 50)))"},
		{"only holes", shapefileParts{kind: 5, records: []string{partsShape(5, hole(0, 0, 10), hole(2, 2, 2))}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,10 0,10 10,0 10,0 0)),((2 2,4 2,4 4,2 4,2 2)))"},
		{"one ring the wrong way round", shapefileParts{kind: 5, records: []string{partsShape(5, hole(0, 0, 4)), partsShape(5)}}, "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,4 0,4 4,0 4,0 0)))\n2: 'b'"},
		// services/importer/spec/acceptance/shp_spec.rb, invalid_geom.zip
		{"a ring of three points", shapefileParts{kind: 5, records: []string{partsShape(5, []float64{0, 0, 1, 1, 0, 0})}}, "fault 2014"},
		{"a ring that is not closed", shapefileParts{kind: 5, records: []string{partsShape(5, []float64{0, 0, 0, 1, 1, 1, 1, 0})}}, "fault 2001"},
		{"a kind that nobody knows", shapefileParts{kind: 1, records: []string{"\x63\x00\x00\x00", pointShape(1, 1, 2)}}, "k text POINT\n1: 'a'\n2: 'b' POINT(1 2)"},
		{"patches", shapefileParts{kind: 31, records: []string{"\x1f\x00\x00\x00"}}, "opaque"},
		{"no shapes", shapefileParts{kind: 1, dbf: dbfOf(0, []dbfColumn{{"a", 'N', 4, 0}})}, "a integer"},
	})
}

// Columns as GDAL 3.6.2 loads them, named by CartoDB/cartodb:
// services/importer/lib/importer/column.rb.
func TestShapefileColumns(t *testing.T) {
	point := func(n int) shapefileParts {
		s := shapefileParts{kind: 1}
		for i := range n {
			s.records = append(s.records, pointShape(1, float64(i), 0))
		}
		return s
	}
	table := func(n int, driver byte, columns []dbfColumn, rows ...[]string) shapefileParts {
		s := point(n)
		s.dbf = dbfOf(driver, columns, rows...)
		return s
	}
	one := func(c dbfColumn, values ...string) shapefileParts {
		var rows [][]string
		for _, v := range values {
			rows = append(rows, []string{v})
		}
		return table(len(values), 0, []dbfColumn{c}, rows...)
	}
	text := dbfColumn{"t", 'C', 12, 0}
	withCPG := func(cpg string, driver byte, value string) shapefileParts {
		s := table(1, driver, []dbfColumn{text}, []string{value})
		s.cpg = cpg
		return s
	}
	russian := strings.Repeat("\xcc\xee\xf1\xea\xe2\xe0\n", 60)
	runShapefiles(t, []shpVector{
		{"text without spaces around it", one(text, "  ab  ", "", "*", "a b"), "t text POINT\n1: 'ab' POINT(0 0)\n2: NULL POINT(1 0)\n3: '*' POINT(2 0)\n4: 'a b' POINT(3 0)"},
		{"integers", one(dbfColumn{"n", 'N', 9, 0}, "       12", "123456789", "", "*", "x1", "1 2", "1.5", "-3"), "n integer POINT\n1: 12 POINT(0 0)\n2: 123456789 POINT(1 0)\n3: NULL POINT(2 0)\n4: NULL POINT(3 0)\n5: 0 POINT(4 0)\n6: 1 POINT(5 0)\n7: 1 POINT(6 0)\n8: -3 POINT(7 0)"},
		{"ten digits are big", one(dbfColumn{"n", 'N', 10, 0}, "5"), "n bigint POINT\n1: 5 POINT(0 0)"},
		{"eighteen digits are big", one(dbfColumn{"n", 'F', 18, 0}, "123456789012345678"), "n bigint POINT\n1: 123456789012345678 POINT(0 0)\n! inexact_numbers n"},
		{"nineteen digits are a fraction", one(dbfColumn{"n", 'N', 19, 0}, "1234567890123456789"), "n double precision POINT\n1: 1.2345678901234568e+18 POINT(0 0)\n! inexact_numbers n"},
		{"fractions", one(dbfColumn{"n", 'N', 8, 2}, "12.5", "1e3", "", "*"), "n double precision POINT\n1: 12.5 POINT(0 0)\n2: 1000 POINT(1 0)\n3: NULL POINT(2 0)\n4: NULL POINT(3 0)"},
		{"floats without decimals are integers", one(dbfColumn{"f", 'F', 9, 0}, "7"), "f integer POINT\n1: 7 POINT(0 0)"},
		{"logical values are letters", one(dbfColumn{"l", 'L', 1, 0}, "T", "?", ""), "l text POINT\n1: 'T' POINT(0 0)\n2: '?' POINT(1 0)\n3: NULL POINT(2 0)"},
		{"dates", one(dbfColumn{"d", 'D', 8, 0}, "20200131", "", "00000000"), "d date POINT\n1: '2020-01-31' POINT(0 0)\n2: NULL POINT(1 0)\n3: NULL POINT(2 0)"},
		{"dates with slashes", one(dbfColumn{"d", 'D', 10, 0}, "01/31/2020"), "d date POINT\n1: '2020-01-31' POINT(0 0)"},
		{"a date that does not exist", one(dbfColumn{"d", 'D', 8, 0}, "20200231"), "fault 2001"},
		{"a date that is none", one(dbfColumn{"d", 'D', 8, 0}, "2020-1-1"), "fault 2001"},
		{"deleted rows", table(3, 0, []dbfColumn{text}, []string{"a"}, []string{deleted, "b"}, []string{"c"}), "t text POINT\n1: 'a' POINT(0 0)\n2: 'c' POINT(2 0)"},
		{"more shapes than rows", table(3, 0, []dbfColumn{text}, []string{"a"}), "t text POINT\n1: 'a' POINT(0 0)"},
		{"more rows than shapes", table(1, 0, []dbfColumn{text}, []string{"a"}, []string{"b"}), "t text POINT\n1: 'a' POINT(0 0)"},
		{"no columns", table(2, 0, nil, nil, nil), "POINT\n1: POINT(0 0)\n2: POINT(1 0)"},
		{"names", table(1, 0, []dbfColumn{{"a", 'N', 4, 0}, {"A", 'N', 4, 0}, {"longcolu-1", 'C', 4, 0}, {"the_geom", 'C', 4, 0}, {"LAT", 'N', 4, 0}, {"desc", 'C', 1, 0}}, []string{"1", "2", "x", "y", "3", "z"}), "a integer, a2 integer, longcolu_1 text, invalid_the_geom text, lat integer, _desc text POINT\n1: 1 2 'x' 'y' 3 'z' POINT(0 0)\n! invalid_geometry invalid_the_geom"},
		{"geometry columns stay text", one(dbfColumn{"geom", 'C', 12, 0}, "POINT(1 2)"), "geom text POINT\n1: 'POINT(1 2)' POINT(0 0)"},
		{"cartodb_id", one(dbfColumn{"cartodb_id", 'N', 4, 0}, "5", "3"), "by cartodb_id POINT\n5: POINT(0 0)\n3: POINT(1 0)"},
		{"cartodb_id twice", one(dbfColumn{"cartodb_id", 'N', 4, 0}, "5", "5"), "fault 2011"},
		{"system column", one(dbfColumn{"xmin", 'N', 4, 0}, "5"), "fault 2001"},

		{".cpg UTF-8", withCPG("UTF-8", 0x57, "ñ€"), "t text POINT\n1: 'ñ€' POINT(0 0)"},
		{".cpg utf8", withCPG("utf8", 0, "ñ"), "t text POINT\n1: 'ñ' POINT(0 0)"},
		{".cpg with a line break does not count", withCPG("UTF-8\n", 0x57, "ñ"), "t text POINT\n1: 'Ã±' POINT(0 0)"},
		// services/importer/spec/unit/shp_normalizer_spec.rb, greek.cpg
		{".cpg of an unknown name", withCPG("greek", 0x57, "\xf1"), "t text POINT\n1: 'ñ' POINT(0 0)"},
		{".cpg WIN1251", withCPG("WIN1251", 0, "\xc4\xe0"), "t text POINT\n1: 'Да' POINT(0 0)"},
		{".cpg ISO-8859-1", withCPG("ISO-8859-1", 0, "\xf1"), "t text POINT\n1: 'ñ' POINT(0 0)"},
		{".cpg that the converter and the database both obey", withCPG("LATIN2", 0, "\xf1"), "opaque"},
		{".cpg LATIN2, only ASCII", withCPG("LATIN2", 0, "n"), "t text POINT\n1: 'n' POINT(0 0)"},
		{".cpg that lies", withCPG("UTF-8", 0, "\xf1"), "fault 2007"},
		{"code page 1252", withCPG("", 0x57, "\x80\xf1"), "t text POINT\n1: '€ñ' POINT(0 0)"},
		{"code page 1251", withCPG("", 0xc9, "\xc4\xe0"), "t text POINT\n1: 'Да' POINT(0 0)"},
		{"code pages of DOS are taken for LATIN1", withCPG("", 0x02, "\xa4"), "t text POINT\n1: '¤' POINT(0 0)"},
		{"a byte that the code page does not have", withCPG("", 0x57, "\x81"), "fault 2007"},
		{"no encoding, UTF-8", withCPG("", 0, "ñ"), "t text POINT\n1: 'ñ' POINT(0 0)\n! encoding"},
		{"no encoding, something else", withCPG("", 0, "\xf1"), "t text POINT\n1: 'ñ' POINT(0 0)\n! encoding"},
		{"no encoding, Russian", one(dbfColumn{"t", 'C', 250, 0}, russian[:250], russian[:250]), "t text POINT\n1: '" + strings.Repeat(`Москва\n`, 35) + "Москв" + "' POINT(0 0)\n2: '" + strings.Repeat(`Москва\n`, 35) + "Москв" + "' POINT(1 0)\n! encoding"},
		{"names beyond ASCII", table(1, 0x57, []dbfColumn{{"ni\xf1o", 'C', 4, 0}}, []string{"x"}), "nino text POINT\n1: 'x' POINT(0 0)"},
	})
}

func TestShapefileSystems(t *testing.T) {
	system := func(prj string, x, y float64) shapefileParts {
		return shapefileParts{kind: 1, records: []string{pointShape(1, x, y)}, prj: prj}
	}
	utm := `PROJCS["WGS_1984_UTM_Zone_31N",` + wgs84 + `,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",3.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`
	missing := system("", 5, 6)
	missing.without = ".prj"
	runShapefiles(t, []shpVector{
		{"degrees", system(wgs84, 5, 6), "k text POINT\n1: 'a' POINT(5 6)"},
		{"none", missing, "k text POINT\n1: 'a' POINT(5 6)\n! projection"}, // services/importer/spec/acceptance/shp_spec.rb, shp_no_prj.zip
		{"empty", system(" \n", 5, 6), "k text POINT\n1: 'a' POINT(5 6)\n! projection"},
		{"metres that are said to be degrees", system(wgs84, 500000, 6), "k text POINT\n1: 'a' POINT(500000 6)\n! out_of_range"},
		{"UTM", system(utm, 500000, 0), "k text POINT\n1: 'a' POINT(3.0000000000000004 0)"},
		{"another datum", system(strings.ReplaceAll(utm, "D_WGS_1984", "D_OSGB_1936"), 5, 6), "opaque"},
		{"another projection", system(strings.ReplaceAll(utm, "Transverse_Mercator", "Krovak"), 5, 6), "opaque"},
		{"another parameter", system(strings.ReplaceAll(utm, `PARAMETER["False_Northing",0.0]`, `PARAMETER["Azimuth",30.0]`), 5, 6), "opaque"},
		{"another meridian", system(strings.ReplaceAll(wgs84, `"Greenwich",0.0`, `"Paris",2.33722917`), 5, 6), "opaque"},
		{"a system of no place", system(`LOCAL_CS["Nonearth (Meter)",UNIT["Meter",1.0]]`, 5, 6), "opaque"},
		{"words", system("Projection GEOGRAPHIC\nUnits DD\n", 5, 6), "opaque"},
		{"unclosed", system(wgs84[:60], 5, 6), "opaque"},
		{"a place that is nowhere", system(utm, 1e300, 0), "fault 2001"},
	})
}

// What GDAL 3.6.2 complains about; CartoDB/cartodb:
// services/importer/lib/importer/loader.rb gives complaints their codes.
func TestBrokenShapefiles(t *testing.T) {
	two := []string{pointShape(1, 1, 1), pointShape(1, 2, 2)}
	broken := func(change func(shp, shx, dbf []byte)) shapefileParts {
		return shapefileParts{kind: 1, records: two, change: change}
	}
	entry := func(i int, words ...uint32) shapefileParts {
		return broken(func(_, shx, _ []byte) {
			for k, w := range words {
				binary.BigEndian.PutUint32(shx[100+8*i+4*k:], w)
			}
		})
	}
	without := func(ext string) shapefileParts { return shapefileParts{kind: 1, records: two, without: ext} }
	runShapefiles(t, []shpVector{
		{"no .dbf", without(".dbf"), "fault 1006"}, // services/importer/spec/acceptance/runner_spec.rb, shp_no_dbf.shp
		{"no .shx", without(".shx"), "fault 1006"},
		{".shp that is none", broken(func(shp, _, _ []byte) { shp[3] = 1 }), "fault 1002"},
		{".shx that is none", broken(func(_, shx, _ []byte) { shx[3] = 1 }), "fault 1002"},
		{".shx that ends too early", broken(func(_, shx, _ []byte) { shx[27] += 40 }), "fault 1002"},
		{".dbf with a broken header", broken(func(_, _, dbf []byte) { dbf[8], dbf[9] = 1, 0 }), "fault 99999"},
		{".dbf with records of nothing", broken(func(_, _, dbf []byte) { dbf[10], dbf[11] = 0, 0 }), "fault 99999"},
		{".dbf that ends too early", broken(func(_, _, dbf []byte) { dbf[10], dbf[11] = 0, 0x20 }), "fault 2001"},
		{"shapes out of order", entry(0, 64, 10, 50, 10), "k text POINT\n1: 'a' POINT(2 2)\n2: 'b' POINT(1 1)"},
		{"a shape that begins nowhere", entry(0, 0, 0), "fault 2001"},
		{"a shape behind the end", entry(0, 60000, 10), "fault 2001"},
		{"a shape that is too long", entry(1, 64, 100), "fault 2001"},
		{"a shape that is too short", entry(0, 50, 4), "fault 2001"},
		{"a shape of four gigabytes", entry(0, 50, 0x7fffffff), "fault 6666"},
		{"too many points", shapefileParts{kind: 8, records: []string{strings.Replace(multiPointShape(8, 1, 2), "\x01\x00\x00\x00", "\xff\xff\xff\xff", 1)}}, "fault 2001"},
		{"parts that go back", shapefileParts{kind: 3, records: []string{partsShape(3, []float64{0, 0, 1, 1}, nil, []float64{2, 2, 3, 3})}}, "fault 2001"},
	})
}

func TestShapefilesInArchives(t *testing.T) {
	roads := shapefileParts{kind: 1, records: []string{pointShape(1, 1, 2)}}
	both := append(roads.pairs("D/Roads (1)"), shapefileParts{kind: 1, records: []string{pointShape(1, 3, 4), pointShape(1, 5, 6)}}.pairs("D/Parks")...)
	for _, file := range []struct{ name, content string }{
		{"z.zip", datatest.Zip(both...)}, {"z.tar", datatest.Tar(both...)}, {"z.tgz", datatest.Gzip(datatest.Tar(both...))},
	} {
		t.Run(file.name, func(t *testing.T) {
			f, err := data.Open(file.name, strings.NewReader(file.content), int64(len(file.content)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, l := range f.Layers {
				s, err := l.Schema(t.Context(), defaults())
				if err != nil {
					t.Fatal(err)
				}
				for row, err := range l.Rows(t.Context(), s) {
					if err != nil {
						t.Fatal(err)
					}
					wkt, err := data.WKT(row.Geometry)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, l.Name+" "+wkt)
				}
			}
			if diff := cmp.Diff([]string{"roads_1 POINT(1 2)", "parks POINT(3 4)", "parks POINT(5 6)"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
