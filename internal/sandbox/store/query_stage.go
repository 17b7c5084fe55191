package store

import (
	"context"
	"errors"
)

// StageQuery fills a new stage with what a query returns: the way of imports by sql and table_copy. Columns keep the
// types that SQLite can tell; cartodb_id and the_geom become what they are in every dataset.
func (s *Store) StageQuery(ctx context.Context, job string, q Request) (*Stage, error) {
	fields, rows, err := s.Result(ctx, q)
	if err != nil {
		return nil, err
	}
	columns, at, err := columnsOf(fields)
	if err != nil {
		return nil, err
	}
	st, err := s.Stage(ctx, job, columns)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		id, geometry, values := at.split(row)
		if err := st.Append(ctx, id, geometry, values); err != nil {
			return nil, errors.Join(err, st.Discard(ctx))
		}
	}
	if err := st.Flush(ctx); err != nil {
		return nil, errors.Join(err, st.Discard(ctx))
	}
	return st, nil
}

// queryColumns says where in a row of a query the columns are that every dataset has.
type queryColumns struct{ id, geometry, webmercator int }

func columnsOf(fields []Column) ([]Column, queryColumns, error) {
	at := queryColumns{id: -1, geometry: -1, webmercator: -1}
	var columns []Column
	seen := map[string]bool{}
	for i, f := range fields {
		if seen[f.Name] {
			return nil, at, &SQLError{Message: `column "` + f.Name + `" specified more than once`}
		}
		seen[f.Name] = true
		switch {
		case f.Name == "cartodb_id" && CartoType(f.Type) == "number":
			at.id = i
		case f.Name == "the_geom" && f.Type == "geometry":
			at.geometry = i
		case f.Name == "the_geom_webmercator":
			at.webmercator = i
		default:
			columns = append(columns, Column{Name: f.Name, Type: f.Type})
		}
	}
	return columns, at, nil
}

func (at queryColumns) split(row []any) (id int64, geometry []byte, values []any) {
	for i, v := range row {
		switch i {
		case at.id:
			id, _ = v.(int64)
		case at.geometry:
			geometry, _ = v.([]byte)
		case at.webmercator:
		default:
			values = append(values, v)
		}
	}
	return id, geometry, values
}
