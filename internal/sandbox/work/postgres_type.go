package work

import (
	"fmt"
	"strconv"
	"time"
)

// postgresType gives the column type of an import and the reader of its text, "" for a type that is not supported.
func postgresType(typ string) (string, func(string) (any, error)) {
	switch typ {
	case "int2":
		return "smallint", asInteger
	case "int4":
		return "integer", asInteger
	case "int8":
		return "bigint", asInteger
	case "float4":
		return "real", asFloat
	case "float8":
		return "double precision", asFloat
	case "numeric":
		return "numeric", asNumeric
	case "bool":
		return "boolean", func(s string) (any, error) { return s == "t", nil }
	case "text", "varchar", "bpchar", "name":
		return "text", asIs
	case "date":
		return "date", asIs
	case "time":
		return "time without time zone", asIs
	case "timestamp":
		return "timestamp without time zone", asInstant("2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999")
	case "timestamptz":
		return "timestamp with time zone", asInstant("2006-01-02 15:04:05.999999-07", "2006-01-02T15:04:05.999999Z")
	}
	return "", nil
}

func asIs(s string) (any, error) { return s, nil }

func asInteger(s string) (any, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the server sent %q for an integer", s)
	}
	return n, nil
}

func asFloat(s string) (any, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, fmt.Errorf("the server sent %q for a number", s)
	}
	return f, nil
}

// asNumeric keeps whole numbers whole; others lose what a float cannot hold.
func asNumeric(s string) (any, error) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	return asFloat(s)
}

// asInstant rewrites an instant from PostgreSQL's form to the store's. What does not parse, such as infinity, stays.
func asInstant(from, to string) func(string) (any, error) {
	return func(s string) (any, error) {
		t, err := time.Parse(from, s)
		if err != nil {
			return s, nil
		}
		return t.UTC().Format(to), nil
	}
}
