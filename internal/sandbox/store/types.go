package store

import "strings"

// typeNames maps spellings of PostgreSQL types, and the few that SQLite gives to columns of its own making, to the
// name that PostgreSQL's catalogues use.
var typeNames = map[string]string{
	"int": "integer", "int4": "integer", "serial": "integer", "num": "numeric", "decimal": "numeric",
	"int8": "bigint", "bigserial": "bigint", "int2": "smallint", "smallserial": "smallint",
	"float8": "double precision", "float": "double precision", "double": "double precision", "real": "real", "float4": "real",
	"varchar": "character varying", "char": "character", "bpchar": "character", "bool": "boolean",
	"timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone", "time": "time without time zone",
	"": "text", "blob": "bytea",
}

// udtNames are PostgreSQL's short names of its types.
var udtNames = map[string]string{
	"integer": "int4", "bigint": "int8", "smallint": "int2", "double precision": "float8", "real": "float4",
	"boolean": "bool", "timestamp with time zone": "timestamptz", "timestamp without time zone": "timestamp",
	"time without time zone": "time", "character varying": "varchar", "character": "bpchar",
}

// pgTypeName is the catalogue's name of a declared type: without length or precision, in lower case.
func pgTypeName(declared string) string {
	name := strings.ToLower(strings.TrimSpace(declared))
	if open := strings.IndexByte(name, '('); open >= 0 {
		rest := ""
		if end := strings.IndexByte(name, ')'); end > open {
			rest = name[end+1:]
		}
		name = strings.TrimSpace(name[:open]) + rest
	}
	if full, ok := typeNames[name]; ok {
		return full
	}
	return name
}

// ShortType is the short name of a declared type; arrays begin with an underscore.
func ShortType(declared string) string {
	name := pgTypeName(declared)
	prefix := ""
	if element, ok := strings.CutSuffix(name, "[]"); ok {
		name, prefix = element, "_"
	}
	if short, ok := udtNames[name]; ok {
		name = short
	}
	return prefix + name
}

// CartoType is the family that CARTO shows for a PostgreSQL type: number, string, boolean, date, geometry, or the type
// itself when it belongs to none.
// Source: CartoDB/cartodb: config/initializers/string.rb.
func CartoType(declared string) string {
	switch name := pgTypeName(declared); name {
	case "smallint", "integer", "bigint", "numeric", "real", "double precision":
		return "number"
	case "text", "character varying", "character":
		return "string"
	case "timestamp with time zone", "timestamp without time zone", "date":
		return "date"
	default:
		return name
	}
}

// typeOIDs are PostgreSQL's own numbers of its types. An extension's type has another in every database.
// Source: postgres/postgres: src/include/catalog/pg_type.dat.
var typeOIDs = map[string]int64{
	"bool": 16, "bytea": 17, "int8": 20, "int2": 21, "int4": 23, "text": 25, "json": 114, "float4": 700, "float8": 701,
	"varchar": 1043, "bpchar": 1042, "date": 1082, "time": 1083, "timestamp": 1114, "timestamptz": 1184, "numeric": 1700,
	"uuid": 2950, "jsonb": 3802, "geometry": 18006,
}

// typeOID is the number of a declared type, 0 if it is not known.
func typeOID(declared string) int64 { return typeOIDs[ShortType(declared)] }
