package store

import (
	"database/sql/driver"
	"fmt"
	"time"
)

// timeFunctions tell the account's own time, which may run faster than the machine's.
func timeFunctions(now func() time.Time) []function {
	instantNow := func(values) (driver.Value, error) { return formatInstant(now()), nil }
	return []function{
		{name: "now", call: instantNow},
		{name: "clock_timestamp", call: instantNow},
		{name: "statement_timestamp", call: instantNow},
		{name: "transaction_timestamp", call: instantNow},
		{name: "current_date", call: func(values) (driver.Value, error) { return now().UTC().Format(time.DateOnly), nil }},
		{name: "carto_instant", args: 1, pure: true, call: strict(func(a values) (driver.Value, error) {
			ms, _ := a[0].(int64)
			return formatInstant(time.UnixMilli(ms)), nil
		})},
		{name: "date_part", args: 2, pure: true, call: strict(datePart)},
		{name: "date_trunc", args: 2, pure: true, call: strict(dateTrunc)},
	}
}

// formatInstant writes an instant as timestamps with time zone are stored: in UTC, with a T and a Z.
func formatInstant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999999Z") }

func parseInstant(s string) (time.Time, error) {
	for _, layout := range []string{"2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999-07", "2006-01-02 15:04:05.999999999",
		time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("invalid input syntax for type timestamp: %q", s)
}

func datePart(a values) (driver.Value, error) {
	t, err := parseInstant(asText(a[1]))
	if err != nil {
		return nil, err
	}
	switch field := asText(a[0]); field {
	case "epoch":
		return float64(t.UnixMicro()) / 1e6, nil
	case "year":
		return int64(t.Year()), nil
	case "month":
		return int64(t.Month()), nil
	case "day":
		return int64(t.Day()), nil
	case "hour":
		return int64(t.Hour()), nil
	case "minute":
		return int64(t.Minute()), nil
	case "second":
		return float64(t.Second()) + float64(t.Nanosecond())/1e9, nil
	case "dow":
		return int64(t.Weekday()), nil
	case "doy":
		return int64(t.YearDay()), nil
	default:
		return nil, fmt.Errorf("unit \"%s\" not recognized for type timestamp with time zone", field)
	}
}

func dateTrunc(a values) (driver.Value, error) {
	t, err := parseInstant(asText(a[1]))
	if err != nil {
		return nil, err
	}
	year, month, day := t.Date()
	switch field := asText(a[0]); field {
	case "year":
		t = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	case "month":
		t = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	case "week":
		t = time.Date(year, month, day-(int(t.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	case "day":
		t = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	case "hour":
		t = t.Truncate(time.Hour)
	case "minute":
		t = t.Truncate(time.Minute)
	case "second":
		t = t.Truncate(time.Second)
	default:
		return nil, fmt.Errorf("unit \"%s\" not recognized for type timestamp with time zone", field)
	}
	return formatInstant(t), nil
}
