package store

import (
	"context"
	"database/sql"
	"strings"
	"time"
)

// A Field is a column of a query's result.
type Field struct {
	Name string
	Type string // PostgreSQL's name of the type, as far as SQLite can tell it
}

// A Request is a text for the SQL API, of one or more statements.
type Request struct {
	SQL    string
	User   string // whose schema may qualify names
	Master bool   // sent with the master key: may write, and read private datasets
}

// A Result is what the last statement answered.
type Result struct {
	Fields []Field
	Rows   int64 // returned, or changed by a statement that returns none
}

// Run runs the statements of a request in one transaction and hands the rows of the last one to each, which must not
// keep them. An error about the statements is an *SQLError.
func (s *Store) Run(ctx context.Context, q Request, each func(fields []Field, row []any) error) (Result, error) {
	statements, err := translate(q.SQL, q.User)
	if err != nil {
		return Result{}, err
	}
	if len(statements) == 0 {
		return Result{}, &SQLError{Message: "You must indicate a sql query"}
	}
	run := s.View
	for _, st := range statements {
		if st.writes {
			run = s.Update
		}
	}
	var result Result
	err = run(ctx, func(t *Tx) error {
		if !q.Master {
			if err := t.mayRead(ctx, statements); err != nil {
				return err
			}
		}
		for i, st := range statements {
			to := each
			if i < len(statements)-1 {
				to = func([]Field, []any) error { return nil }
			}
			if result, err = t.runStatement(ctx, st, to); err != nil {
				return sqlError(err)
			}
		}
		return nil
	})
	return result, err
}

// mayRead refuses, for a request without the master key, all that writes and all tables that are not public.
func (t *Tx) mayRead(ctx context.Context, statements []statement) error {
	tables, err := t.Tables(ctx)
	if err != nil {
		return err
	}
	public := map[string]bool{}
	for _, r := range tables {
		public[r.Name] = r.Privacy == "public" || r.Privacy == "link"
	}
	physical, err := t.PhysicalTables(ctx)
	if err != nil {
		return err
	}
	exists := map[string]bool{}
	for _, p := range physical {
		exists[p.Name] = true
	}
	for _, st := range statements {
		if st.ddl {
			return &SQLError{Message: "permission denied for schema public"}
		}
		for _, tok := range st.tokens {
			if tok.isName() && exists[tok.text] && (!public[tok.text] || st.writes) {
				return &SQLError{Message: "permission denied for relation " + tok.text}
			}
		}
	}
	return nil
}

func (t *Tx) runStatement(ctx context.Context, st statement, each func([]Field, []any) error) (Result, error) {
	if st.none {
		return Result{}, nil
	}
	if st.ddl {
		return Result{}, t.runDDL(ctx, st.tokens)
	}
	rows, err := t.tx.QueryContext(ctx, sqlText(st.tokens))
	if err != nil {
		return Result{}, err
	}
	defer rows.Close()
	r, err := readRows(rows, each)
	if err == nil && len(r.Fields) == 0 {
		err = t.tx.QueryRowContext(ctx, `SELECT changes()`).Scan(&r.Rows)
	}
	return r, err
}

func readRows(rows *sql.Rows, each func([]Field, []any) error) (Result, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return Result{}, err
	}
	r := Result{Fields: make([]Field, len(types))}
	for i, c := range types {
		r.Fields[i] = Field{Name: c.Name()}
		if declared := c.DatabaseTypeName(); declared != "" {
			r.Fields[i].Type = pgTypeName(declared)
		}
	}
	row, into := make([]any, len(types)), make([]any, len(types))
	for i := range row {
		into[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return r, err
		}
		for i := range row {
			row[i] = plain(row[i], &r.Fields[i])
		}
		r.Rows++
		if err := each(r.Fields, row); err != nil {
			return r, err
		}
	}
	for i := range r.Fields {
		if r.Fields[i].Type == "" {
			r.Fields[i].Type = "text"
		}
	}
	return r, rows.Err()
}

// plain brings a value into the form of its column's type, and tells the type of a column of which SQLite knows none.
func plain(v any, f *Field) any {
	switch x := v.(type) {
	case time.Time: // the driver makes these of columns declared DATE and TIMESTAMP
		if f.Type == "date" {
			return x.Format(time.DateOnly)
		}
		return formatInstant(x)
	case int64:
		if f.Type == "boolean" {
			return x != 0
		}
		note(f, "bigint")
	case float64:
		note(f, "double precision")
	case string:
		note(f, "text")
	case []byte:
		if kind := geometryKind(x); kind != "" {
			note(f, "geometry")
		}
		note(f, "bytea")
	}
	return v
}

func note(f *Field, typ string) {
	if f.Type == "" {
		f.Type = typ
	}
}

// runDDL runs a statement that changes tables. Views that depend on a table keep it from being dropped.
func (t *Tx) runDDL(ctx context.Context, tokens []token) error {
	if last := tokens[len(tokens)-1]; strings.HasPrefix(last.text, "--") {
		tokens = tokens[:len(tokens)-1]
		columns, err := t.Columns(ctx, tokens[2].text)
		if err != nil && !IsNotFound(err) {
			return err
		}
		has := false
		for _, c := range columns {
			has = has || c.Name == tokens[5].text
		}
		if has != (last.text == ifColumnExists) {
			return nil
		}
	}
	if tokens[0].is("drop") && len(tokens) > 2 && tokens[1].is("table") {
		name := tokens[len(tokens)-1].text
		if view, err := t.viewOn(ctx, name); err != nil {
			return err
		} else if view != "" {
			return &SQLError{Message: (&DependentViewError{Table: name, View: view}).Error()}
		}
	}
	_, err := t.tx.ExecContext(ctx, sqlText(tokens))
	return err
}
