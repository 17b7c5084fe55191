package store

import (
	"database/sql/driver"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// cast converts a value to the PostgreSQL type that the second argument names, with PostgreSQL's errors.
func cast(a values) (driver.Value, error) {
	v, typ := a[0], pgTypeName(asText(a[1]))
	if v == nil {
		return nil, nil
	}
	switch typ {
	case "smallint", "integer", "bigint":
		return toInteger(v, typ)
	case "numeric", "real", "double precision":
		return toFloat(v, typ)
	case "boolean":
		return toBoolean(v)
	case "date", "timestamp with time zone", "timestamp without time zone":
		return toInstant(v, typ)
	case "geometry", "geography":
		return toGeometry(v)
	case "box2d", "box3d":
		return toBox(v, typ)
	case "text", "character varying", "character", "name", "regclass", "json", "jsonb", "uuid", "bytea":
		return asText(v), nil
	}
	return nil, fmt.Errorf("type %q does not exist", asText(a[1]))
}

func invalid(typ string, v driver.Value) error {
	return fmt.Errorf("invalid input syntax for type %s: \"%s\"", typ, asText(v))
}

func toInteger(v driver.Value, typ string) (driver.Value, error) {
	switch v := v.(type) {
	case int64:
		return v, nil
	case bool:
		if v {
			return int64(1), nil
		}
		return int64(0), nil
	case float64:
		if math.IsNaN(v) || math.Abs(v) > math.MaxInt64 {
			return nil, fmt.Errorf("%s out of range", typ)
		}
		return int64(math.RoundToEven(v)), nil
	}
	n, err := strconv.ParseInt(strings.TrimSpace(asText(v)), 10, 64)
	if err != nil {
		return nil, invalid(typ, v)
	}
	return n, nil
}

func toFloat(v driver.Value, typ string) (driver.Value, error) {
	if f, ok := asFloat(v); ok {
		if n, whole := v.(int64); whole && typ == "numeric" {
			return n, nil
		}
		return f, nil
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(asText(v)), 64)
	if err != nil {
		return nil, invalid(typ, v)
	}
	return f, nil
}

func toBoolean(v driver.Value) (driver.Value, error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case int64:
		return v != 0, nil
	}
	switch strings.ToLower(strings.TrimSpace(asText(v))) {
	case "t", "true", "y", "yes", "on", "1":
		return true, nil
	case "f", "false", "n", "no", "off", "0":
		return false, nil
	}
	return nil, invalid("boolean", v)
}

func toInstant(v driver.Value, typ string) (driver.Value, error) {
	t, err := parseInstant(asText(v))
	if err != nil {
		return nil, invalid(typ, v)
	}
	if typ == "date" {
		return t.Format(time.DateOnly), nil
	}
	return formatInstant(t), nil
}

// formatFloat writes a number as PostgreSQL does: shortest form that reads back the same.
func formatFloat(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case math.IsNaN(f):
		return "NaN"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}
