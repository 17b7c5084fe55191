package store

import (
	"crypto/md5"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"
)

type (
	values = []driver.Value
	scalar = func(args values) (driver.Value, error)
)

// registerFunctions gives connections of d the functions of PostgreSQL, PostGIS and CARTO that clients use and SQLite
// lacks or spells in another way.
func registerFunctions(d *sqlite.Driver, now func() time.Time, database string) {
	add := func(name string, args int32, pure bool, f scalar) {
		d.MustRegisterFunction(name, &sqlite.FunctionImpl{NArgs: args, Deterministic: pure,
			Scalar: func(_ *sqlite.FunctionContext, v values) (driver.Value, error) { return f(v) }})
	}
	for _, f := range textFunctions() {
		add(f.name, f.args, true, f.call)
	}
	for _, f := range slices.Concat(geometryFunctions(), boxFunctions(), catalogFunctions()) {
		add(f.name, f.args, true, f.call)
	}
	for _, f := range timeFunctions(now) {
		add(f.name, f.args, f.pure, f.call)
	}
	add("carto_file_size", 1, false, func(a values) (driver.Value, error) {
		info, err := os.Stat(filepath.Join(filepath.Dir(database), tablesDir, asText(a[0])))
		if err != nil || info.IsDir() {
			return int64(0), nil // a view, or a table that is just being replaced
		}
		return info.Size(), nil
	})
	d.MustRegisterFunction("st_extent", &sqlite.FunctionImpl{NArgs: 1, Deterministic: true,
		MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return &extent{}, nil }})
}

type function struct {
	name string
	args int32
	pure bool
	call scalar
}

// strict is the rule of most functions of PostgreSQL: NULL in, NULL out.
func strict(f scalar) scalar {
	return func(args values) (driver.Value, error) {
		for _, v := range args {
			if v == nil {
				return nil, nil
			}
		}
		return f(args)
	}
}

func textFunctions() []function {
	ofText := func(f func(string) driver.Value) scalar {
		return strict(func(a values) (driver.Value, error) { return f(asText(a[0])), nil })
	}
	constant := func(v string) scalar { return func(values) (driver.Value, error) { return v, nil } }
	length := ofText(func(s string) driver.Value { return int64(utf8.RuneCountInString(s)) })
	return []function{
		{name: "like", args: 2, call: strict(func(a values) (driver.Value, error) { return Like(asText(a[1]), asText(a[0])), nil })},
		{name: "match", args: 2, call: strict(func(a values) (driver.Value, error) {
			return Like(strings.ToLower(asText(a[1])), strings.ToLower(asText(a[0]))), nil
		})},
		{name: "regexp", args: 2, call: strict(new(regexps).match)},
		{name: "lower", args: 1, call: ofText(func(s string) driver.Value { return strings.ToLower(s) })},
		{name: "upper", args: 1, call: ofText(func(s string) driver.Value { return strings.ToUpper(s) })},
		{name: "md5", args: 1, call: ofText(func(s string) driver.Value { sum := md5.Sum([]byte(s)); return hex.EncodeToString(sum[:]) })},
		{name: "char_length", args: 1, call: length},
		{name: "character_length", args: 1, call: length},
		{name: "left", args: 2, call: strict(func(a values) (driver.Value, error) { return sliceText(a[0], a[1], false), nil })},
		{name: "right", args: 2, call: strict(func(a values) (driver.Value, error) { return sliceText(a[0], a[1], true), nil })},
		{name: "split_part", args: 3, call: strict(splitPart)},
		{name: "greatest", args: -1, call: extreme(1)},
		{name: "least", args: -1, call: extreme(-1)},
		{name: "carto_cast", args: 2, call: cast},
		{name: "pg_type_name", args: 1, call: ofText(func(s string) driver.Value { return pgTypeName(s) })},
		{name: "pg_udt_name", args: 1, call: ofText(func(s string) driver.Value { return ShortType(s) })},
		{name: "pg_type_oid", args: 1, call: ofText(func(s string) driver.Value { return typeOID(s) })},
		{name: "carto_relname", args: 1, call: ofText(func(s string) driver.Value { return relname(s) })},
		{name: "carto_no_relation", args: 1, call: func(a values) (driver.Value, error) {
			return nil, fmt.Errorf("relation \"%s\" does not exist", asText(a[0]))
		}},
		{name: "current_schema", args: 0, call: constant("public")},
		{name: "current_user", args: 0, call: constant("publicuser")},
		{name: "session_user", args: 0, call: constant("publicuser")},
		{name: "current_database", args: 0, call: constant("sandbox")},
		{name: "version", args: 0, call: constant("PostgreSQL 12 as imitated by the cartosync sandbox, on SQLite")},
		{name: "cdb_usertables", args: -1, call: func(values) (driver.Value, error) {
			return nil, fmt.Errorf("CDB_UserTables() is supported as the whole of a select list or after FROM")
		}},
	}
}

func asText(v driver.Value) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		if geometryKind(v) != "" {
			return hexEWKB(v)
		}
		return `\x` + hex.EncodeToString(v)
	case float64:
		return formatFloat(v)
	}
	return fmt.Sprint(v)
}

// sliceText gives the first or last n characters; a negative n takes that many off the other end.
func sliceText(v, count driver.Value, fromEnd bool) string {
	r := []rune(asText(v))
	n, _ := count.(int64)
	if n < 0 {
		n = max(0, int64(len(r))+n)
	}
	n = min(n, int64(len(r)))
	if fromEnd {
		return string(r[int64(len(r))-n:])
	}
	return string(r[:n])
}

func splitPart(a values) (driver.Value, error) {
	parts := []string{asText(a[0])}
	if separator := asText(a[1]); separator != "" {
		parts = strings.Split(parts[0], separator)
	}
	n, _ := a[2].(int64)
	if n < 1 {
		return nil, fmt.Errorf("field position must be greater than zero")
	}
	if int(n) > len(parts) {
		return "", nil
	}
	return parts[n-1], nil
}

// extreme is GREATEST or LEAST, which pass over NULLs.
func extreme(sign int) scalar {
	return func(args values) (driver.Value, error) {
		var best driver.Value
		for _, v := range args {
			if v != nil && (best == nil || compare(v, best)*sign > 0) {
				best = v
			}
		}
		return best, nil
	}
}

func compare(a, b driver.Value) int {
	x, okX := asFloat(a)
	y, okY := asFloat(b)
	if okX && okY {
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}
	return strings.Compare(asText(a), asText(b))
}

func asFloat(v driver.Value) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}
