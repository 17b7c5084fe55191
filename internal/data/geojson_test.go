package data_test

import (
	"strings"
	"testing"
)

// collection makes a feature collection of features.
func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

// feat makes a feature of properties and a geometry.
func feat(properties, geometry string) string {
	return `{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}`
}

const (
	onePoint = `{"type":"Point","coordinates":[1,2]}`
	oneLine  = `{"type":"LineString","coordinates":[[0,0],[1,1]]}`
	onePoly  = `{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}`
)

// values makes a collection of one property v without geometries.
func values(vs ...string) string {
	var features []string
	for _, v := range vs {
		features = append(features, feat(`{"v":`+v+`}`, "null"))
	}
	return collection(features...)
}

func TestGeoJSONDocuments(t *testing.T) {
	run(t, "g.geojson", []vector{
		{name: "FeatureCollection", content: collection(feat(`{"a":1}`, onePoint)), want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "single Feature", content: feat(`{"a":1}`, onePoint), want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "bare geometry", content: onePoint, want: "POINT\n1: POINT(1 2)"},
		{name: "bare collection of geometries", content: `{"geometries":[` + onePoint + `],"type":"GeometryCollection"}`, want: "fault 1012"},
		{name: "newline-delimited features", content: feat(`{"a":1}`, onePoint) + "\n" + feat(`{"a":2}`, "null") + "\n", want: "a integer POINT\n1: 1 POINT(1 2)\n2: 2"},
		{name: "features with record separators", content: "\x1e" + feat(`{"a":1}`, onePoint) + "\n\x1e" + feat(`{"a":2}`, "null") + "\n", want: "a integer POINT\n1: 1 POINT(1 2)\n2: 2"},
		{name: "BOM", content: "\uFEFF" + collection(feat(`{"a":1}`, onePoint)), want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "empty collection", content: collection(), want: ""},
		{name: "type behind the features", content: `{"features":[` + feat(`{"a":1}`, onePoint) + `],"bbox":[1,2,3,4],"type":"FeatureCollection"}`, want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "members in any order", content: `{"type":"FeatureCollection","features":[{"geometry":{"coordinates":[1,2],"type":"Point"},"properties":{"a":1},"type":"Feature"}]}`, want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "foreign members", content: `{"x":{"y":[1,"]}",{}]},"type":"FeatureCollection","features":[{"type":"Feature","z":[[]],"properties":{"a":1},"geometry":` + onePoint + `}],"n":1.5e3}`, want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "properties null", content: collection(feat("null", onePoint)), want: "POINT\n1: POINT(1 2)"},
		{name: "no properties, no geometry", content: `{"type":"Feature"}`, want: "1:"},
		{name: "{}", content: "{}", want: "fault 1002"},
		{name: "[]", content: "[]", want: "fault 1002"},
		{name: "non-JSON", content: "a,b\n1,2\n", want: "fault 1002"},
		{name: "empty file", content: "", want: "fault 1002"},
		{name: "only white space", content: " \n", want: "fault 1002"},
		{name: "truncated", content: collection(feat(`{"a":1}`, onePoint))[:80], want: "fault 1002"},
		{name: "truncated behind the features", content: strings.TrimSuffix(collection(feat(`{"a":1}`, onePoint)), "}"), want: "fault 1002"},
		{name: "trailing comma", content: `{"type":"FeatureCollection","features":[],}`, want: "fault 1002"},
		{name: "something behind the collection", content: collection() + collection(), want: "fault 1002"},
		{name: "features without a type", content: `{"features":[]}`, want: "fault 1002"},
		{name: "features that are no array", content: `{"type":"FeatureCollection","features":{}}`, want: "fault 1002"},
		{name: "something that is no feature", content: collection("1"), want: "fault 2001"},
		{name: "geometry among the features", content: collection(onePoint), want: "fault 2001"},
		{name: "malformed number", content: values("01"), want: "fault 1002"},
		{name: "malformed word", content: values("nil"), want: "fault 1002"},
		{name: "malformed escape", content: values(`"\x"`), want: "fault 1002"},
		{name: "Latin-1 bytes", content: values("\"ni\xf1o\""), want: "fault 2001"},
		{name: "Latin-1 bytes in a lonely feature", content: feat("{\"v\":\"ni\xf1o\"}", "null"), want: "fault 2001"},
		{name: "nested too deeply", content: values(strings.Repeat("[", 100_000)), want: "fault 1002"},
		{name: "collections nested too deeply", content: collection(feat("{}", strings.Repeat(`{"type":"GeometryCollection","geometries":[`, 50)+strings.Repeat("]}", 50))), want: "fault 1002"},
	})
}

func TestGeoJSONTypes(t *testing.T) {
	run(t, "t.geojson", []vector{
		{name: "int", content: values("1", "2"), want: "v integer\n1: 1\n2: 2"},
		{name: "big int", content: values("1", "3000000000"), want: "v bigint\n1: 1\n2: 3000000000"},
		{name: "int beyond 64 bits", content: values("9223372036854775808"), want: "v bigint\n1: 9223372036854775807\n! big_numbers v"},
		{name: "int and real", content: values("1", "1.5"), want: "v double precision\n1: 1\n2: 1.5"},
		{name: "bool", content: values("true", "false"), want: "v boolean\n1: true\n2: false"},
		{name: "bool and int", content: values("true", "5"), want: "v integer\n1: 1\n2: 5\n! mixed_types v"},
		{name: "bool and real", content: values("1.5", "true"), want: "v double precision\n1: 1.5\n2: 1\n! mixed_types v"},
		{name: `"01234" keeps its zero`, content: values(`"01234"`), want: "v text\n1: '01234'"},
		{name: "dates in every feature", content: values(`"2020-01-01"`, `"2020-01-02"`), want: "v date\n1: '2020-01-01'\n2: '2020-01-02'"},
		{name: "times", content: values(`"10:20:30"`), want: "v time without time zone\n1: '10:20:30'"},
		{name: "ISO datetimes", content: values(`"2020-01-01T10:20:30+02:00"`), want: "v timestamp with time zone\n1: '2020-01-01T08:20:30Z'"},
		{name: "date and datetime", content: values(`"2020-01-01"`, `"2020-01-01T10:20:30Z"`), want: "v timestamp with time zone\n1: '2020-01-01T00:00:00Z'\n2: '2020-01-01T10:20:30Z'"},
		{name: "one non-date", content: values(`"2020-01-01"`, `"soon"`), want: "v text\n1: '2020-01-01'\n2: 'soon'\n! mixed_types v"},
		{name: "date and time", content: values(`"2020-01-01"`, `"10:20"`), want: "v text\n1: '2020-01-01'\n2: '10:20'\n! mixed_types v"},
		{name: "date and null", content: values(`"2020-01-01"`, "null"), want: "v date\n1: '2020-01-01'\n2: NULL"},
		{name: "date and empty string", content: values(`"2020-01-01"`, `""`), want: "v text\n1: '2020-01-01'\n2: ''\n! mixed_types v"},
		{name: "impossible date", content: values(`"2020-02-31"`), want: "fault 2001"},
		{name: "31/01/2020", content: values(`"31/01/2020"`), want: "v text\n1: '31/01/2020'"},
		{name: "yes", content: values(`"yes"`), want: "v text\n1: 'yes'"},
		{name: "URL", content: values(`"http://example.org/"`), want: "v text\n1: 'http://example.org/'"},
		{name: "null everywhere", content: values("null", "null"), want: "v text\n1: NULL\n2: NULL"},
		{name: "empty string", content: values(`""`), want: "v text\n1: ''"},
		{name: "object", content: values(`{ "k" : 1 }`), want: `v json` + "\n" + `1: '{"k":1}'`},
		{name: "mixed array", content: values(`[1, "a"]`), want: `v json` + "\n" + `1: '[1,"a"]'`},
		{name: "empty array", content: values("[]"), want: "v json\n1: '[]'"},
		{name: "empty object", content: values("{}"), want: "v json\n1: '{}'"},
		{name: "[1,2]", content: values("[1,2]"), want: "v integer[]\n1: '{1,2}'"},
		{name: "[1,3000000000]", content: values("[1,3000000000]"), want: "v bigint[]\n1: '{1,3000000000}'"},
		{name: "[1,2.5]", content: values("[1,2.5]", "[3]"), want: "v double precision[]\n1: '{1,2.5}'\n2: '{3}'"},
		{name: `["a","b"]`, content: values(`["a","b"]`), want: "v text\n1: '{a,b}'"},
		{name: "array of strings with commas", content: values(`["a,b","\"","", "null"]`), want: `v text` + "\n" + `1: '{"a,b","\"","","null"}'`},
		{name: "[true]", content: values(`[true]`), want: "v boolean[]\n1: '{true}'"},
		{name: "number and array of numbers", content: values("7", "[1,2]"), want: "v integer[]\n1: '{7}'\n2: '{1,2}'"},
		{name: "int in one feature, string in another", content: values("1", `"a"`), want: "fault 2001"},
		{name: "object and string", content: values(`{}`, `"a"`), want: "fault 2001"},
		{name: "bool and string", content: values(`"a"`, "true"), want: "fault 2001"},
		{name: "object and number", content: values(`{}`, "1"), want: "v json\n1: '{}'\n2: '1'\n! mixed_types v"},
		{name: "escapes", content: values(`"a\n\u00f1\ud83d\ude00\"\/"`), want: `v text` + "\n" + `1: 'a\nñ😀"/'`},
		{name: "lonely surrogate", content: values(`"\ud83dx"`), want: "v text\n1: '\uFFFDx'"},
		{name: "NUL in a string", content: values(`"a\u0000b"`), want: "v text\n1: 'a'"},
		{name: "exponent", content: values("1e3", "-2.5E-1"), want: "v double precision\n1: 1000\n2: -0.25"},
		{name: "guessing options are ignored", content: values("1"), options: noGuessing, want: "v integer\n1: 1"},
	})
}

func TestGeoJSONProperties(t *testing.T) {
	withID := func(id, properties string) string {
		return `{"type":"Feature","id":` + id + `,"properties":` + properties + `,"geometry":null}`
	}
	run(t, "p.geojson", []vector{
		{name: "property that first appears late", content: collection(feat(`{"a":1}`, "null"), feat(`{"b":2,"a":3}`, "null")), want: "a integer, b integer\n1: 1 NULL\n2: 3 2"},
		{name: "other order, missing ones", content: collection(feat(`{"a":1,"b":2,"c":3}`, "null"), feat(`{"c":3,"a":1}`, "null")), want: "a integer, b integer, c integer\n1: 1 2 3\n2: 1 NULL 3"},
		{name: "the same property twice: the last wins", content: collection(feat(`{"a":1,"a":2}`, "null")), want: "a integer\n1: 2"},
		{name: "First Name", content: collection(feat(`{"First Name":"x"}`, "null")), want: "first_name text\n1: 'x'"},
		{name: "a and A", content: collection(feat(`{"a":1,"A":2}`, "null")), want: "a integer, a2 integer\n1: 1 2"},
		{name: "escaped name", content: collection(feat(`{"\u0061b":1}`, "null"), feat(`{"ab":2}`, "null")), want: "ab integer\n1: 1\n2: 2"},
		{name: "integer feature id, even duplicated: dropped", content: collection(withID("7", `{"a":1}`), withID("7", `{"a":2}`)), want: "a integer\n1: 1\n2: 2"},
		{name: "string feature id: column id", content: collection(withID(`"x"`, `{"a":1}`), withID(`"y"`, `{"a":2}`)), want: "id text, a integer\n1: 'x' 1\n2: 'y' 2"},
		{name: "string feature id behind integers", content: collection(withID(`1`, `{"a":1}`), withID(`"y"`, `{"b":2}`)), want: "a integer, id text, b integer\n1: 1 '1' NULL\n2: NULL 'y' 2"},
		{name: "property id integer, unique", content: collection(feat(`{"id":7}`, "null"), feat(`{"id":9}`, "null")), want: "id integer bigid\n1: 7\n2: 9"},
		{name: "property id integer, duplicated", content: collection(feat(`{"id":7}`, "null"), feat(`{"id":7}`, "null")), want: "fault 2001"},
		{name: "property id string, duplicated", content: collection(feat(`{"id":"q"}`, "null"), feat(`{"id":"q"}`, "null")), want: "id text\n1: 'q'\n2: 'q'"},
		{name: "both feature id and property id", content: collection(withID(`"x"`, `{"id":1}`)), want: "id integer\n1: 1"},
		{name: "cartodb_id property", content: collection(feat(`{"cartodb_id":5,"a":1}`, "null")), want: "a integer by cartodb_id\n5: 1"},
		{name: "cartodb_id as strings", content: collection(feat(`{"cartodb_id":"5","a":1}`, "null")), want: "a integer by cartodb_id\n5: 1"},
		{name: "cartodb_id duplicated", content: collection(feat(`{"cartodb_id":5}`, "null"), feat(`{"cartodb_id":5}`, "null")), want: "fault 2011"},
		{name: "cartodb_id missing in a feature", content: collection(feat(`{"cartodb_id":5}`, "null"), feat(`{"a":5}`, "null")), want: "fault 2011"},
		{name: "ogc_fid property", content: collection(feat(`{"ogc_fid":5,"a":1}`, "null")), want: "a integer by ogc_fid\n5: 1"},
		{name: "geom, geometry, wkt texts are kept", content: collection(feat(`{"geom":"a","geometry":"b","wkt":"c"}`, onePoint)), want: "geom text, geometry text, wkt text POINT\n1: 'a' 'b' 'c' POINT(1 2)"},
		{name: "the_geom property", content: collection(feat(`{"the_geom":"a"}`, onePoint)), want: "invalid_the_geom text POINT\n1: 'a' POINT(1 2)\n! invalid_geometry invalid_the_geom"},
		{name: "lat/lon properties with null geometry", content: collection(feat(`{"lat":1,"lon":2}`, "null")), want: "lat integer, lon integer\n1: 1 2"},
		{name: "xmin", content: collection(feat(`{"xmin":1}`, "null")), want: "fault 2001"},
		{name: "wkb_geometry", content: collection(feat(`{"wkb_geometry":1}`, "null")), want: "fault 2005"},
	})
}

func TestGeoJSONGeometries(t *testing.T) {
	geometries := func(gs ...string) string {
		var features []string
		for _, g := range gs {
			features = append(features, feat(`{"k":"a"}`, g))
		}
		return collection(features...)
	}
	coordinates := func(kind, c string) string { return `{"type":"` + kind + `","coordinates":` + c + `}` }
	crs := func(name string) string {
		return `"crs":{"type":"name","properties":{"name":"` + name + `"}},`
	}
	mercator := coordinates("Point", "[111319.49079327358,0]")
	run(t, "m.geojson", []vector{
		{name: "Point", content: geometries(onePoint), want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "LineString", content: geometries(oneLine), want: "k text MULTILINESTRING\n1: 'a' MULTILINESTRING((0 0,1 1))"},
		{name: "Polygon", content: geometries(onePoly), want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
		{name: "MultiPoint with two points", content: geometries(coordinates("MultiPoint", "[[1,2],[3,4]]")), want: "k text POINT\n1: 'a' POINT(1 2)\n! lost_parts"},
		{name: "MultiLineString", content: geometries(coordinates("MultiLineString", "[[[1,2],[3,4]],[[5,6],[7,8]]]")), want: "k text MULTILINESTRING\n1: 'a' MULTILINESTRING((1 2,3 4),(5 6,7 8))"},
		{name: "polygon and multipolygon", content: geometries(onePoly, coordinates("MultiPolygon", "[[[[0,0],[1,0],[1,1],[0,0]]]]")), want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))\n2: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
		{name: "mixed, point first", content: geometries(onePoint, onePoly, oneLine), want: "k text GEOMETRY\n1: 'a' POINT(1 2)\n2: 'a' POLYGON((0 0,1 0,1 1,0 0))\n3: 'a' LINESTRING(0 0,1 1)\n! mixed_geometries"},
		{name: "mixed, line first", content: geometries(oneLine, onePoint), want: "k text GEOMETRY\n1: 'a' MULTILINESTRING((0 0,1 1))\n2: 'a' MULTIPOINT((1 2))\n! mixed_geometries"},
		{name: "geometry collection in the first row", content: geometries(`{"type":"GeometryCollection","geometries":[` + onePoint + `]}`), want: "fault 1012"},
		{name: "geometry collection later, point first: its first member", content: geometries(onePoint, `{"type":"GeometryCollection","geometries":[`+onePoint+`,`+oneLine+`]}`), want: "k text POINT\n1: 'a' POINT(1 2)\n2: 'a' POINT(1 2)\n! lost_parts"},
		{name: "Z and M", content: geometries(coordinates("Point", "[1,2,3,4]")), want: "k text POINT\n1: 'a' POINT(1 2)"},
		{name: "null geometry first", content: geometries("null", onePoint), want: "k text POINT\n1: 'a'\n2: 'a' POINT(1 2)"},
		{name: "null geometries only", content: geometries("null"), want: "k text\n1: 'a'"},
		{name: "coordinates []", content: geometries(onePoint, coordinates("Point", "[]"), coordinates("Polygon", "[]"), coordinates("Polygon", "[[]]")), want: "k text POINT\n1: 'a' POINT(1 2)\n2: 'a'\n3: 'a'\n4: 'a'"},
		{name: "unclosed ring is closed", content: geometries(coordinates("Polygon", "[[[0,0],[1,0],[1,1]]]")), want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"},
		{name: "ring of 3 positions is stored", content: geometries(coordinates("Polygon", "[[[0,0],[1,0],[0,0]]]")), want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 0,0 0)))"},
		{name: "self-intersection is stored", content: geometries(coordinates("Polygon", "[[[0,0],[1,1],[1,0],[0,1],[0,0]]]")), want: "k text MULTIPOLYGON\n1: 'a' MULTIPOLYGON(((0 0,1 1,1 0,0 1,0 0)))"},
		{name: "coordinates that are strings", content: geometries(coordinates("Point", `["1","2"]`)), want: "fault 2001"},
		{name: "position of one number", content: geometries(coordinates("Point", `[1]`)), want: "fault 2001"},
		{name: "unknown type", content: geometries(coordinates("Circle", "[1,2]")), want: "fault 2001"},
		{name: "no coordinates", content: geometries(`{"type":"Point"}`), want: "fault 2001"},
		{name: "no type", content: geometries(`{"coordinates":[1,2]}`), want: "fault 2001"},
		{name: "crs CRS84", content: `{` + crs("urn:ogc:def:crs:OGC:1.3:CRS84") + collection(feat("{}", onePoint))[1:], want: "POINT\n1: POINT(1 2)"},
		{name: "crs null", content: `{"crs":null,` + collection(feat("{}", onePoint))[1:], want: "POINT\n1: POINT(1 2)"},
		{name: "crs EPSG:3857", content: `{` + crs("urn:ogc:def:crs:EPSG::3857") + collection(feat("{}", mercator))[1:], want: "POINT\n1: POINT(1 0)"},
		{name: "crs EPSG:3857 behind the features", content: strings.TrimSuffix(collection(feat("{}", mercator)), "}") + "," + strings.TrimSuffix(crs("EPSG:3857"), ",") + "}", want: "POINT\n1: POINT(1 0)"},
		{name: "crs by code", content: `{"crs":{"type":"EPSG","properties":{"code":4326}},` + collection(feat("{}", onePoint))[1:], want: "POINT\n1: POINT(1 2)"},
		{name: "crs that needs more than a formula", content: `{` + crs("EPSG:27700") + collection(feat("{}", onePoint))[1:], want: "opaque"},
	})
}

func TestJSONFiles(t *testing.T) {
	run(t, "j.json", []vector{
		{name: "FeatureCollection object", content: collection(feat(`{"a":1}`, onePoint)), want: "a integer POINT\n1: 1 POINT(1 2)"},
		{name: "array of objects", content: `[{"a":1,"b":"x,y"},{"b":2.50,"a":null}]`, want: "a double precision, b text\n1: 1 'xy'\n2: 2.5 ''"}, // by position
		{name: "array of objects with points", content: `[{"lat":40.5,"lon":-3.5}]`, want: "lat double precision, lon double precision POINT\n1: 40.5 -3.5 POINT(-3.5 40.5)"},
		{name: "array of nested objects", content: `[{"a":{"c":1,"d":[1,"q",null,true]},"b":[1,2.0]}]`, want: "a text, b text\n1: '{c=>1 d=>[1 q nil true]}' '[1 2.0]'"},
		{name: "numbers as Ruby prints them", content: `[{"a":1e5,"b":1E-7,"c":100000000000000000000,"d":1.0,"e":"x"},{"a":"x","b":"x","c":"x","d":"x","e":"y"}]`, want: "a text, b text, c text, d text, e text\n1: '100000.0' '1.0e-07' '100000000000000000000' '1.0' 'x'\n2: 'x' 'x' 'x' 'x' 'y'"},
		{name: "a line break breaks the row", content: `[{"a":"x","b":"l1\nl2"}]`, want: "a text, b text\n1: 'x' 'l1'\n2: 'l2' NULL"},
		{name: "a key twice", content: `[{"a":1,"b":3,"a":2}]`, want: "a integer, b integer\n1: 2 3"},
		{name: "zip codes", content: `[{"a":"01234","b":"x"}]`, want: "a integer, b text\n1: 1234 'x'\n! leading_zeros a"},
		{name: "objects of one key", content: `[{"a":1}]`, want: "fault 1002"},
		{name: "a number among the objects", content: `[{"a":1,"b":2},5]`, want: "fault 3007"},
		{name: "an array of objects that is cut", content: `[{"a":1,"b":2}`, want: "fault 3007"},
		{name: "something behind the array", content: `[{"a":1,"b":2}] x`, want: "fault 3007"},
		{name: "plain object", content: `{"a":1}`, want: "fault 1002"},
		{name: "array of arrays", content: `[[1,2]]`, want: "fault 1002"},
		{name: "empty array", content: ` [ ] `, want: "fault 3007"},
		{name: "scalar", content: `5`, want: "fault 3007"},
		{name: "empty file", content: ``, want: "fault 3007"},
		{name: "unparsable", content: `{"type":`, want: "fault 3007"},
		{name: "not JSON", content: `<html>`, want: "fault 3007"},
	})
}
