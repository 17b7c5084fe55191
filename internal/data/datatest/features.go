package datatest

import "strings"

// feature is a GeoJSON feature.
func feature(properties, geometry string) string {
	return `{"type":"Feature","properties":` + properties + `,"geometry":` + geometry + `}`
}

// collection is a GeoJSON feature collection; head comes before its features.
func collection(head string, features ...string) string {
	return `{"type":"FeatureCollection",` + head + `"features":[` + strings.Join(features, ",") + `]}`
}

// features are GeoJSON and JSON files.
func features() []File {
	const (
		madrid = `{"type":"Point","coordinates":[-3.7038,40.4168]}`
		lugo   = `{"type":"Point","coordinates":[-7.5568,43.0097]}`
		line   = `{"type":"LineString","coordinates":[[0,0],[1,1]]}`
		utm    = `"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::25830"}},`
	)
	return []File{
		{"null_geometries.geojson", collection("", feature(`{"name":"a"}`, madrid), feature(`{"name":"b"}`, "null"), feature("null", "null")),
			"geojson  UTF-8\n3 rows: name text\npoint, 2 null, -3.7038 40.4168 to -3.7038 40.4168"},
		{"only_null_geometries.geojson", collection("", feature(`{"name":"a"}`, "null")),
			"geojson  UTF-8\n1 rows: name text"},
		{"mixed_geometries.geojson", collection("", feature(`{"name":"a"}`, madrid), feature(`{"name":"b"}`, line)),
			"geojson  UTF-8\n2 rows: name text\ngeometry, -3.7038 0 to 1 40.4168\n! mixed_geometries"},
		{"three_dimensions.geojson", collection("", feature(`{"name":"a"}`, `{"type":"LineString","coordinates":[[0,0,5],[1,1,6]]}`)),
			"geojson  UTF-8\n1 rows: name text\nmultilinestring, 0 0 to 1 1"},
		{"many_points.geojson", collection("", feature(`{"name":"a"}`, `{"type":"MultiPoint","coordinates":[[0,0],[1,1]]}`)),
			"geojson  UTF-8\n1 rows: name text\npoint, 0 0 to 0 0\n! lost_parts"},
		{"utm.geojson", collection(utm, feature(`{"name":"Madrid"}`, `{"type":"Point","coordinates":[440000,4474000]}`)),
			"geojson  UTF-8\n1 rows: name text\npoint, -3.7072 40.4145 to -3.7072 40.4145"},
		{"utm_unsaid.geojson", collection("", feature(`{"name":"Madrid"}`, `{"type":"Point","coordinates":[440000,4474000]}`)),
			"geojson  UTF-8\n1 rows: name text\npoint, 440000 4.474e+06 to 440000 4.474e+06\n! out_of_range"},
		{"feature_ids.geojson", collection("", `{"id":"a7",`+feature(`{"v":1}`, madrid)[1:], `{"id":"a8",`+feature(`{"v":2}`, lugo)[1:]),
			"geojson  UTF-8\n2 rows: id text, v integer\npoint, -7.5568 40.4168 to -3.7038 43.0097"},
		{"bom.geojson", bom + collection("", feature(`{"v":1}`, madrid)),
			"geojson  UTF-8\n1 rows: v integer\npoint, -3.7038 40.4168 to -3.7038 40.4168"},
		{"keys_twice.geojson", collection("", feature(`{"v":1,"v":2}`, madrid)),
			"geojson  UTF-8\n1 rows: v integer\npoint, -3.7038 40.4168 to -3.7038 40.4168"},
		{"nested_properties.geojson", collection("", feature(`{"a":{"b":[1,2]},"tags":["x","y"],"counts":[1,2],"mixed":{"k":1}}`, madrid), feature(`{"mixed":5}`, lugo)),
			"geojson  UTF-8\n2 rows: a json, tags text, counts integer[], mixed json\npoint, -7.5568 40.4168 to -3.7038 43.0097\n! mixed_types mixed"},
		{"zip_codes.geojson", collection("", feature(`{"zip":"01234"}`, madrid), feature(`{"zip":"28001"}`, lugo)),
			"geojson  UTF-8\n2 rows: zip text\npoint, -7.5568 40.4168 to -3.7038 43.0097"},
		{"numbers_and_strings.geojson", collection("", feature(`{"v":1}`, madrid), feature(`{"v":"n/a"}`, lugo)),
			"geojson\nfault 2001"},
		{"latin1.geojson", collection("", feature(latin1(`{"name":"Logroño"}`), madrid)),
			"geojson\nfault 2001"},
		{"lines_of_features.geojson", feature(`{"v":1}`, madrid) + "\n" + feature(`{"v":2}`, lugo) + "\n",
			"geojson  UTF-8\n2 rows: v integer\npoint, -7.5568 40.4168 to -3.7038 43.0097"},
		{"collections.geojson", collection("", feature(`{"v":1}`, `{"type":"GeometryCollection","geometries":[`+madrid+`]}`)),
			"geojson\nfault 1012"},
		{"truncated.geojson", collection("", feature(`{"v":1}`, madrid))[:100],
			"geojson\nfault 1002"},
		{"rows.json", `[{"zip":"01234","name":"a, b"},{"zip":"28001","name":"c"}]`,
			"json , UTF-8\n2 rows: zip integer, name text\n! leading_zeros zip"},
		{"features.json", collection("", feature(`{"v":1}`, madrid)),
			"json  UTF-8\n1 rows: v integer\npoint, -3.7038 40.4168 to -3.7038 40.4168"},
		{"settings.json", `{"a":1}`,
			"json\nfault 1002"},
	}
}
