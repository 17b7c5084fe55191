package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// instant reads and writes a time.Time as milliseconds.
type instant struct{ t *time.Time }

func (i instant) Scan(v any) error {
	ms, ok := v.(int64)
	if !ok {
		return fmt.Errorf("an instant is stored as %T", v)
	}
	*i.t = time.UnixMilli(ms).UTC()
	return nil
}

// maybeInstant is an instant that may be NULL.
type maybeInstant struct{ t **time.Time }

func (i maybeInstant) Scan(v any) error {
	*i.t = nil
	if v == nil {
		return nil
	}
	t := new(time.Time)
	*i.t = t
	return instant{t}.Scan(v)
}

func millis(t time.Time) int64 { return t.UnixMilli() }

func maybeMillis(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMilli()
}

// document reads a value from the JSON it is stored as.
type document struct{ to any }

func (d document) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), d.to)
	}
	return fmt.Errorf("a document is stored as %T", v)
}

// toJSON is for values of our own types, which always have a JSON form.
func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("store: a value of the state has no JSON form: " + err.Error())
	}
	return string(b)
}

type scanner interface{ Scan(...any) error }

// scanAll reads all rows with f, in their order.
func scanAll[T any](rows *sql.Rows, err error, f func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := f(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// scanOne reads the first row with f, or fails with ErrNotFound.
func scanOne[T any](rows *sql.Rows, err error, f func(scanner) (T, error)) (T, error) {
	var zero T
	all, err := scanAll(rows, err, f)
	if err != nil {
		return zero, err
	}
	if len(all) == 0 {
		return zero, ErrNotFound
	}
	return all[0], nil
}

func scanStrings(rows *sql.Rows, err error) ([]string, error) {
	return scanAll(rows, err, func(s scanner) (v string, err error) { return v, s.Scan(&v) })
}

// changed fails with ErrNotFound if a statement touched no row.
func changed(r sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := r.RowsAffected()
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// IsNotFound tells whether err means that the thing asked for is not there.
func IsNotFound(err error) bool { return errors.Is(err, ErrNotFound) }
