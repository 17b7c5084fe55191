package store

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
)

// webmercatorColumn is the one geometry of a dataset that is not in degrees.
const webmercatorColumn = "the_geom_webmercator"

// catalogFunctions explain what catalogues hold, to clients such as GDAL that ask for columns before they read them.
func catalogFunctions() []function {
	typmod := func(f func(mod int64) driver.Value) scalar {
		return strict(func(a values) (driver.Value, error) {
			if mod, ok := a[0].(int64); ok && mod >= 0 {
				return f(mod), nil
			}
			return nil, nil
		})
	}
	return []function{
		{name: "format_type", args: 2, call: func(a values) (driver.Value, error) { return formatType(a[0], a[1]), nil }},
		{name: "pg_get_expr", args: -1, call: func(a values) (driver.Value, error) {
			if len(a) == 0 {
				return nil, fmt.Errorf("function pg_get_expr() does not exist")
			}
			return a[0], nil
		}},
		{name: "pg_typmod", args: 2, call: strict(func(a values) (driver.Value, error) { return geometryTypmod(asText(a[0]), asText(a[1])), nil })},
		{name: "pg_get_serial_sequence", args: 2, call: strict(func(a values) (driver.Value, error) {
			return "public." + relname(asText(a[0])) + "_" + asText(a[1]) + "_seq", nil
		})},
		{name: "postgis_version", args: 0, call: func(values) (driver.Value, error) { return "3.0 USE_GEOS=0 USE_PROJ=0 USE_STATS=0", nil }},
		{name: "postgis_typmod_srid", args: 1, call: typmod(func(mod int64) driver.Value { return mod >> 8 })},
		{name: "postgis_typmod_dims", args: 1, call: typmod(func(int64) driver.Value { return int64(2) })},
		{name: "postgis_typmod_type", args: 1, call: typmod(func(int64) driver.Value { return "Geometry" })},
		{name: "find_srid", args: 3, call: strict(func(a values) (driver.Value, error) { return columnSRID(asText(a[2])), nil })},
	}
}

func columnSRID(column string) int64 {
	if column == webmercatorColumn {
		return 3857
	}
	return 4326
}

// geometryTypmod is what PostGIS keeps of a column: the spatial reference from the ninth bit on. The kind of geometry
// below that says that any is welcome. Source: postgis/postgis: liblwgeom/liblwgeom.h.in.
func geometryTypmod(typ, column string) int64 {
	if typ != "geometry" {
		return -1
	}
	return columnSRID(column) << 8
}

// formatType is the name of a type by its number.
func formatType(oid, typmod driver.Value) driver.Value {
	id, ok := oid.(int64)
	if !ok {
		return nil
	}
	for short, known := range typeOIDs {
		if known != id {
			continue
		}
		if mod, ok := typmod.(int64); ok && short == "geometry" && mod >= 0 {
			return fmt.Sprintf("geometry(Geometry,%d)", mod>>8)
		}
		for full, udt := range udtNames {
			if udt == short {
				return full
			}
		}
		return short
	}
	return "???" // as PostgreSQL says
}

// rewriteCatalogConditions makes "x = ANY (i.indkey)" an equality, since a key has one column here, and compares the flags
// of indexes with truth values instead of 't' and 'f'.
func rewriteCatalogConditions(tokens []token) []token {
	for i := 0; i+1 < len(tokens); i++ {
		switch {
		case tokens[i].is("=") && tokens[i+1].oneOf("any", "some") && i+2 < len(tokens) && tokens[i+2].is("("):
			if end := closing(tokens, i+2); end < len(tokens) && tokens[end-1].is("indkey") {
				tokens = slices.Replace(tokens, i+1, end+1, slices.Clone(tokens[i+3:end])...)
			}
		case i > 0 && tokens[i].is("=") && tokens[i+1].kind == text && strings.HasPrefix(tokens[i-1].text, "indis"):
			if truth, err := toBoolean(tokens[i+1].text); err == nil {
				tokens[i+1] = token{word, fmt.Sprint(truth)}
			}
		}
	}
	return tokens
}
