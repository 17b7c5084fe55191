package store

import (
	"context"
	"slices"
)

// typingRows is how many rows of a query are looked at to tell the types of columns that are expressions.
const typingRows = 1000

// StageQuery fills a new stage with what a query returns: the way of imports by sql and table_copy. Columns keep the
// types that SQLite can tell; cartodb_id and the_geom become what they are in every dataset. It is a *SQLError if the
// request is anything but one query: the server puts it behind CREATE TABLE ... AS, where nothing else can stand.
// Source: CartoDB/cartodb: app/models/data_import.rb.
func (s *Store) StageQuery(ctx context.Context, job string, q Request) (filled *Stage, _ error) {
	if err := onlyQuery(q); err != nil {
		return nil, err
	}
	c := queryCopy{store: s, job: job}
	defer func() {
		if filled == nil && c.stage != nil {
			c.stage.Discard()
		}
	}()
	result, err := s.Run(ctx, q, func(fields []Field, row []any) error { return c.add(ctx, fields, row) })
	if err != nil {
		return nil, err
	}
	if err := c.begin(ctx, result.Fields); err != nil {
		return nil, err
	}
	if err := c.stage.Flush(ctx); err != nil {
		return nil, err
	}
	return c.stage, nil
}

func onlyQuery(q Request) error {
	statements, err := translate(q.SQL, q.User)
	if err != nil {
		return err
	}
	for i, st := range statements {
		if i > 0 || st.none || st.writes || st.definition != nil {
			return &SQLError{Message: "a dataset is made of one query, and of no other statement"}
		}
	}
	return nil
}

// A queryCopy is a stage that the rows of a query fill. The first rows wait until the types are known.
type queryCopy struct {
	store   *Store
	job     string
	waiting [][]any
	at      queryColumns
	stage   *Stage
}

func (c *queryCopy) add(ctx context.Context, fields []Field, row []any) error {
	if c.stage == nil {
		if c.waiting = append(c.waiting, slices.Clone(row)); len(c.waiting) < typingRows {
			return nil
		}
		return c.begin(ctx, fields)
	}
	id, geometry, values := c.at.split(row)
	return c.stage.Append(ctx, id, geometry, values)
}

// begin creates the stage, if that is still to be done, and brings in the rows that wait.
func (c *queryCopy) begin(ctx context.Context, fields []Field) (err error) {
	if c.stage != nil {
		return nil
	}
	var columns []Column
	if columns, c.at, err = columnsOf(fields); err != nil {
		return err
	}
	if c.stage, err = c.store.Stage(ctx, c.job, columns); err != nil {
		return err
	}
	for _, row := range c.waiting {
		if err := c.add(ctx, fields, row); err != nil {
			return err
		}
	}
	c.waiting = nil
	return nil
}

// queryColumns says where in a row of a query the columns are that every dataset has.
type queryColumns struct{ id, geometry, webmercator int }

func columnsOf(fields []Field) ([]Column, queryColumns, error) {
	at := queryColumns{id: -1, geometry: -1, webmercator: -1}
	var columns []Column
	seen := map[string]bool{}
	for i, f := range fields {
		if seen[f.Name] {
			return nil, at, &SQLError{Message: `column "` + f.Name + `" specified more than once`}
		}
		seen[f.Name] = true
		typ := f.Type
		if typ == "" {
			typ = "text"
		}
		switch {
		case f.Name == "cartodb_id" && CartoType(typ) == "number":
			at.id = i
		case f.Name == "the_geom" && typ == "geometry":
			at.geometry = i
		case f.Name == "the_geom_webmercator":
			at.webmercator = i
		default:
			columns = append(columns, Column{Name: f.Name, Type: typ})
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
