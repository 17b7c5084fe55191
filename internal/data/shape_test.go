package data_test

import "testing"

// Hexadecimal EWKB of POINT(1 2), with and without SRID, and of POINT Z.
const (
	hexPoint     = "0101000020E6100000000000000000F03F0000000000000040"
	hexPlain     = "0101000000000000000000F03F0000000000000040"
	hexPointZ    = "01010000A0E6100000000000000000F03F00000000000000400000000000000840"
	hexBigEndian = "00000000013FF00000000000004000000000000000"
)

func TestCoordinatePairs(t *testing.T) {
	const pair = "lat double precision, lon double precision POINT\n1: 40.5 -3.5 POINT(-3.5 40.5)"
	var vectors []vector
	for _, y := range []string{"latitude", "lat", "latitudedecimal", "latitud", "lati", "decimallatitude", "decimallat", "point_latitude"} {
		vectors = append(vectors, vector{name: y + ",LNG", content: y + ",LNG\n40.5,-3.5\n", want: y + " double precision, lng double precision POINT\n1: 40.5 -3.5 POINT(-3.5 40.5)"})
	}
	for _, x := range []string{"longitude", "lon", "lng", "longitudedecimal", "longitud", "long", "decimallongitude", "decimallong", "point_longitude"} {
		vectors = append(vectors, vector{name: "Lati," + x, content: "Lati," + x + "\n40.5,-3.5\n", want: "lati double precision, " + x + " double precision POINT\n1: 40.5 -3.5 POINT(-3.5 40.5)"})
	}
	run(t, "p.csv", vectors)
	run(t, "p.csv", []vector{
		{name: "header trimmed", content: " Lat , LON\n40.5,-3.5\n", want: pair},
		{name: "quoted cells", content: "lat,lon\n\"40.5\",\"-3.5\"\n", want: pair},
		{name: "quoted cells, quoted_fields_guessing=false", content: "lat,lon\n\"40.5\",\"-3.5\"\n", options: quotedText, want: pair},
		{name: "decimal comma, ;", content: "lat;lon\n40,5;-3,5\n", want: pair},
		{name: "decimal comma, quoted", content: "lat,lon\n\"40,5\",\"-3,5\"\n", want: pair},
		{name: "empty pair", content: "lat,lon\n40.5,-3.5\n,\n", want: pair + "\n2: NULL NULL"},
		{name: "n/a in lat", content: "lat,lon\n40.5,-3.5\nn/a,1\n", want: pair + "\n2: NULL 1"},
		{name: "degrees beyond the poles", content: "lat,lon\n140.5,-203.5\n", want: "lat double precision, lon double precision POINT\n1: 140.5 -203.5 POINT(-203.5 140.5)\n! out_of_range"},
		{name: "UTM metres", content: "lat,lon\n4000000,400000\n", want: "lat double precision, lon double precision POINT\n1: 4e+06 400000 POINT(400000 4000000)\n! out_of_range"},
		{name: "only one of the two", content: "lat,x\n40.5,1\n", want: "lat double precision, x integer\n1: 40.5 1"},
		{name: "lat,latitude,lon: latitude is used", content: "lat,latitude,lon\n1,2,3\n", want: "lat double precision, latitude double precision, lon double precision POINT\n1: 1 2 3 POINT(3 2)"},
		{name: "duplicate lat: the first is used", content: "lat,lat,lon\n1,2,3\n", want: "lat double precision, lat2 double precision, lon double precision POINT\n1: 1 2 3 POINT(3 1)"},
		{name: "x,y", content: "x,y\n1,2\n", want: "x integer, y integer\n1: 1 2"},
		{name: "geo_lat", content: "geo_lat,geo_lon\n1,2\n", want: "geo_lat integer, geo_lon integer\n1: 1 2"},
		{name: "lat_", content: "lat_,lon\n1,2\n", want: "lat_ integer, lon double precision\n1: 1 2"},
		{name: "Lat.", content: "Lat.,lon\n1,2\n", want: "lat integer, lon double precision\n1: 1 2"},
		{name: "coord_x", content: "coord_x,coord_y\n1,2\n", want: "coord_x integer, coord_y integer\n1: 1 2"},
		{name: "one combined column", content: "latlon,k\n\"1,2\",k\n", want: "latlon text, k text\n1: '1,2' 'k'\n! decimal_commas latlon"},
		{name: "type_guessing=false", content: "lat,lon\n1,2\n", options: noGuessing, want: "lat text, lon text\n1: '1' '2'"},
		{name: "plus a the_geom column that parses", content: "lat,lon,the_geom\n1,2,POINT(5 6)\n", want: "lat double precision, lon double precision, the_geom_str text POINT\n1: 1 2 'POINT(5 6)' POINT(2 1)"},
		{name: "plus a the_geom column that does not parse", content: "lat,lon,the_geom\n1,2,hello\n", want: "lat double precision, lon double precision, invalid_the_geom text POINT\n1: 1 2 'hello' POINT(2 1)"},
		{name: "no coordinates at all", content: "lat,lon\n,\n", want: "lat double precision, lon double precision\n1: NULL NULL"},
	})
}

func TestTextGeometries(t *testing.T) {
	run(t, "g.csv", []vector{
		{name: "the_geom hex EWKB, one empty", content: "the_geom,k\n" + hexPoint + ",a\n,b\n", want: "k text POINT\n1: 'a' POINT(1 2)\n2: 'b'"},
		{name: "hex WKB without SRID", content: "the_geom,k\n" + hexPlain + ",a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "hex EWKB with Z", content: "the_geom,k\n" + hexPointZ + ",a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "hex WKB big endian", content: "the_geom,k\n" + hexBigEndian + ",a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geom POINT(1 2)", content: "geom,k\nPOINT(1 2),a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "GEOM in capitals", content: "GEOM,k\nPOINT(1 2),a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geom EWKT", content: "geom,k\nSRID=4326;POINT(1 2),a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geom POINT Z", content: "geom,k\nPOINT Z (1 2 3),a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geom point(1 2) in lower case", content: "geom,k\npoint(1 2),a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geometry GeoJSON", content: "geometry,k\n\"{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[1,2]}\",a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geojson polygon", content: "geojson;k\n\"{\"\"coordinates\"\":[[[0,0],[1,0],[1,1],[0,0]]],\"\"type\"\":\"\"Polygon\"\"}\";a\n", want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
		{name: "geometry KML point", content: "geometry,k\n\"<Point><coordinates>1,2,0</coordinates></Point>\",a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "geometry KML line, wrapped to multi", content: "geometry,k\n\"<LineString><coordinates>1,2 3,4</coordinates></LineString>\",a\n", want: "k text MULTILINESTRING\n1: 'a' MULTILINESTRING((1 2,3 4))"},
		{name: "geometry KML polygon with a hole", content: "geometry,k\n\"<Polygon><outerBoundaryIs><LinearRing><coordinates>0,0 9,0 9,9 0,0</coordinates></LinearRing></outerBoundaryIs><innerBoundaryIs><LinearRing><coordinates>1,1 2,1 2,2 1,1</coordinates></LinearRing></innerBoundaryIs></Polygon>\",a\n", want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1)))"},
		{name: "wkt POINT(1 2), empty: the column is kept", content: "wkt,k\nPOINT(1 2),a\n,b\n", want: "wkt text, k text POINT\n1: 'POINT(1 2)' 'a' POINT(1 2)\n2: '' 'b'"},
		{name: "the_geom hello", content: "the_geom,k\nhello,a\n", want: "invalid_the_geom text, k text\n1: 'hello' 'a'\n! invalid_geometry invalid_the_geom"},
		{name: "geometry hello", content: "k,geometry\na,hello\n", want: "k text, invalid_the_geom text\n1: 'a' 'hello'\n! invalid_geometry invalid_the_geom"},
		{name: "geom 5", content: "geom,k\n5,a\n", want: "invalid_the_geom integer, k text\n1: 5 'a'\n! invalid_geometry invalid_the_geom"},
		{name: "geojson holding a whole Feature", content: "geojson,k\n\"{\"\"type\"\":\"\"Feature\"\",\"\"geometry\"\":{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[1,2]}}\",a\n", want: "invalid_the_geom text, k text\n1: '{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]}}' 'a'\n! invalid_geometry invalid_the_geom"},
		{name: "wkt hello", content: "wkt,k\nhello,a\n", want: "wkt text, k text\n1: 'hello' 'a'"},
		{name: "wkt all empty", content: "wkt,k\n,a\n", want: "wkt text, k text\n1: '' 'a'"},
		{name: "geom all empty: dropped", content: "geom,k\n,a\n", want: "k text\n1: 'a'\n! dropped_column"},
		{name: "geometry: one WKT, one foo", content: "geometry,k\nPOINT(1 2),a\nfoo,b\n", want: "invalid_the_geom text, k text\n1: 'POINT(1 2)' 'a'\n2: 'foo' 'b'\n! invalid_geometry invalid_the_geom"},
		{name: "geometry: hex where WKT came first", content: "geometry,k\nPOINT(1 2),a\n" + hexPoint + ",b\n", want: "invalid_the_geom text, k text\n1: 'POINT(1 2)' 'a'\n2: '" + hexPoint + "' 'b'\n! invalid_geometry invalid_the_geom"},
		{name: "wkt: only the bad row is NULL", content: "wkt,k\nPOINT(1 2),a\nfoo,b\n", want: "wkt text, k text POINT\n1: 'POINT(1 2)' 'a' POINT(1 2)\n2: 'foo' 'b'"},
		{name: "wkt and geom both", content: "geom,wkt\nPOINT(1 2),POINT(3 4)\n", want: "geom text, wkt text POINT\n1: 'POINT(1 2)' 'POINT(3 4)' POINT(3 4)"},
		{name: "geojson and geom: the first in file order", content: "geom,geojson\nPOINT(1 2),x\n", want: "geojson text POINT\n1: 'x' POINT(1 2)"},
		{name: "geometry and the_geom: the leftover is renamed", content: "geometry,the_geom\nPOINT(1 2),POINT(3 4)\n", want: "the_geom_str text POINT\n1: 'POINT(3 4)' POINT(1 2)"},
		{name: "geometry WKT and lat/lon", content: "geometry,lat,lon\nPOINT(1 2),4,3\n", want: "geometry text, lat double precision, lon double precision POINT\n1: 'POINT(1 2)' 4 3 POINT(3 4)"},
		{name: "lat/lon and geometry WKT", content: "lat,lon,geometry\n4,3,POINT(1 2)\n", want: "lat double precision, lon double precision, geometry text POINT\n1: 4 3 'POINT(1 2)' POINT(3 4)"},
		{name: "shape, location, coordinates, polygon", content: "shape,location,coordinates,polygon\nPOINT(1 2),POINT(1 2),POINT(1 2),POINT(1 2)\n", want: "shape text, location text, coordinates text, polygon text\n1: 'POINT(1 2)' 'POINT(1 2)' 'POINT(1 2)' 'POINT(1 2)'"},
		{name: "the_geom_webmercator is dropped", content: "the_geom_webmercator,k\nx,a\n", want: "k text\n1: 'a'\n! dropped_column"},
		{name: "WKT with type_guessing=false", content: "geom,k\nPOINT(1 2),1\n", options: noGuessing, want: "k text POINT\n1: '1' POINT(1 2)"},
		{name: "EWKT in web mercator", content: "geom,k\nSRID=3857;POINT(0 0),a\n", want: "k text POINT\n1: 'a' POINT(0 0)"},
	})
}

func TestMultiRulesOfCSV(t *testing.T) {
	const line, polygon = `"LINESTRING(0 0,1 1)"`, `"POLYGON((0 0,1 0,1 1,0 0))"`
	run(t, "m.csv", []vector{
		{name: "Point", content: "geom,k\nPOINT(1 2),a\n", want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "LineString", content: "geom,k\n" + line + ",a\n", want: "k text MULTILINESTRING\n1: 'a' MULTILINESTRING((0 0,1 1))"},
		{name: "Polygon", content: "geom,k\n" + polygon + ",a\n", want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
		{name: "MultiPoint with two points", content: "geom;k\nMULTIPOINT((1 2),(3 4));a\n", want: "k text POINT\n1: 'a' POINT(1 2)\n! lost_parts"},
		{name: "MultiPoint without inner brackets", content: "geom;k\nMULTIPOINT(1 2,3 4);a\n", want: "k text POINT\n1: 'a' POINT(1 2)\n! lost_parts"},
		{name: "polygon and multipolygon", content: "geom;k\nPOLYGON((0 0,1 0,1 1,0 0));a\nMULTIPOLYGON(((0 0,1 0,1 1,0 0)));b\n", want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))\n2: 'b' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
		{name: "mixed, point first", content: "geom;k\nPOINT(5 6);a\nPOLYGON((0 0,1 0,1 1,0 0));b\n", want: "k text GEOMETRY\n1: 'a' POINT(5 6)\n2: 'b' POLYGON((0 0,1 0,1 1,0 0))\n! mixed_geometries"},
		{name: "mixed, line first", content: "geom;k\nLINESTRING(0 0,1 1);a\nPOINT(5 6);b\n", want: "k text GEOMETRY\n1: 'a' MULTILINESTRING((0 0,1 1))\n2: 'b' MULTIPOINT((5 6))\n! mixed_geometries"},
		{name: "geometry collection in the first row", content: "geom;k\nGEOMETRYCOLLECTION(POINT(1 2));a\n", want: "fault 1012"},
		{name: "TRIANGLE first", content: "geom;k\nTRIANGLE((0 0,1 0,1 1,0 0));a\nPOLYGON((0 0,1 0,1 1,0 0));a\n", want: "fault 99999"},
		{name: "null geometry first", content: "geom,k\n,a\nPOINT(1 2),b\n", want: "k text POINT\n1: 'a'\n2: 'b' POINT(1 2)"},
		{name: "POINT EMPTY is stored", content: "geom,k\nPOINT(1 2),a\nPOINT EMPTY,b\n", want: "k text POINT\n1: 'a' POINT(1 2)\n2: 'b' POINT EMPTY"},
		{name: "unclosed ring: PostGIS refuses the text", content: "geom;k\nPOLYGON((0 0,1 0,1 1));a\n", want: "invalid_the_geom text, k text\n1: 'POLYGON((0 0,1 0,1 1))' 'a'\n! invalid_geometry invalid_the_geom"},
		{name: "unclosed ring in wkt: the converter closes it", content: "wkt;k\nPOLYGON((0 0,1 0,1 1));a\n", want: "wkt text, k text MULTIPOLYGON\n1: 'POLYGON((0 0,1 0,1 1))' 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
	})
}

func TestRowIDs(t *testing.T) {
	run(t, "i.csv", []vector{
		{name: "unique integers", content: "cartodb_id,b\n5,x\n3,y\n", want: "b text by cartodb_id\n5: 'x'\n3: 'y'"},
		{name: "last column, other case", content: "b,CartoDB_ID\nx,5\ny,3\n", want: "b text by cartodb_id\n5: 'x'\n3: 'y'"},
		{name: "quoted, quoted_fields_guessing=false", content: "cartodb_id,b\n\"5\",x\n", options: quotedText, want: "b text by cartodb_id\n5: 'x'"},
		{name: "text, type_guessing=false", content: "cartodb_id,b\n5,x\n", options: noGuessing, want: "b text by cartodb_id\n5: 'x'"},
		{name: "0 passes", content: "cartodb_id,b\n0,x\n", want: "b text by cartodb_id\n0: 'x'"},
		{name: "duplicates", content: "cartodb_id,b\n1,x\n1,y\n", want: "fault 2011"},
		{name: "nulls", content: "cartodb_id,b\n1,x\n,y\n", want: "fault 2011"},
		{name: "missing in a short row", content: "b,cartodb_id\nx,1\ny\n", want: "fault 2011"},
		{name: "non-numeric text", content: "cartodb_id,b\n1,x\nq,y\n", want: "fault 2011"},
		{name: "negative", content: "cartodb_id,b\n-1,x\n", want: "fault 99999"},
		{name: "beyond int32", content: "cartodb_id,b\n2147483648,x\n", want: "fault 99999"},
		{name: "fractions that collide", content: "cartodb_id,b\n1.1,x\n1.2,y\n", want: "fault 99999"},
		{name: "no rows", content: "cartodb_id,b\n", want: "b text"},
		{name: "ogc_fid integers", content: "ogc_fid,b\n5,x\n3,y\n", want: "b text by ogc_fid\n5: 'x'\n3: 'y'"},
		{name: "ogc_fid and cartodb_id", content: "ogc_fid,cartodb_id\n5,7\n", want: "by cartodb_id\n7:"},
		{name: "gid, id, fid, objectid are ordinary", content: "gid,id,fid,objectid\n5,5,5,5\n", want: "gid integer, id integer, fid integer, objectid integer\n1: 5 5 5 5"},
		{name: "created_at is ordinary", content: "created_at,b\n2020-01-01,x\n", want: "created_at date, b text\n1: '2020-01-01' 'x'"},
	})
}
