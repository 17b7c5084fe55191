package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"
	"time"
)

// OpenScratch opens an empty store in memory, with the SQL functions of the others and without the tables of an account.
// It stands for a remote database.
func OpenScratch(ctx context.Context, now func() time.Time) (*Store, error) {
	db := sql.OpenDB(newConnector(":memory:", "", now).withCatalog())
	db.SetMaxOpenConns(1)
	s := &Store{now: now, write: db}
	if err := db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("open a database in memory: %w", err)
	}
	return s, nil
}

// LoadPlain creates a table with just these columns and fills it.
func (s *Store) LoadPlain(ctx context.Context, table string, columns []Column, rows iter.Seq2[[]any, error]) error {
	definitions, marks := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		definitions[i], marks[i] = quote(c.Name)+" "+quote(c.Type), "?"
	}
	return s.Update(ctx, func(t *Tx) error {
		_, err := t.tx.ExecContext(ctx, fmt.Sprintf(`CREATE TABLE %s (%s)`, quote(table), strings.Join(definitions, ", ")))
		if err != nil {
			return err
		}
		insert, err := t.tx.PrepareContext(ctx, fmt.Sprintf(`INSERT INTO %s VALUES (%s)`, quote(table), strings.Join(marks, ", ")))
		if err != nil {
			return err
		}
		defer insert.Close()
		for row, err := range rows {
			if err != nil {
				return err
			}
			if _, err := insert.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		return nil
	})
}

// Result runs a query and keeps all of its rows.
func (s *Store) Result(ctx context.Context, q Request) ([]Column, [][]any, error) {
	var rows [][]any
	r, err := s.Run(ctx, q, func(_ []Field, row []any) error {
		rows = append(rows, append([]any(nil), row...))
		return nil
	})
	columns := make([]Column, len(r.Fields))
	for i, f := range r.Fields {
		columns[i] = Column{Name: f.Name, Type: f.Type}
	}
	return columns, rows, err
}
