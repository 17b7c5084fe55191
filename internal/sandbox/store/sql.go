package store

import (
	"context"
	"database/sql"
	"slices"
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

	// More gives further statements, which name the tables that SQL names and no others, and return nothing. Each is asked
	// for when its turn comes, so that there is never more than one at a time. Nil is none.
	More func() (sql string, err error, some bool)
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
	writes := slices.ContainsFunc(statements, func(st statement) bool { return st.writes })
	if writes && !q.Master {
		return Result{}, refuseWrite(statements)
	}
	ses, err := s.session(ctx, writes)
	if err != nil {
		return Result{}, err
	}
	defer ses.close()
	result, err := ses.run(ctx, statements, q, each)
	if ctx.Err() == nil {
		err = sqlError(err)
	}
	return result, err
}

// refuseWrite is what a role without rights is told of the first statement that changes something.
func refuseWrite(statements []statement) error {
	for _, st := range statements {
		if st.definition != nil && st.definition.creates() != "" {
			break
		}
		if st.definition != nil {
			return &SQLError{Message: "must be owner of relation " + st.definition.name}
		}
		for i, tok := range st.tokens {
			if i > 0 && st.writes && tok.isName() && st.tokens[i-1].oneOf("into", "update", "from") {
				return &SQLError{Message: "permission denied for relation " + tok.text}
			}
		}
	}
	return &SQLError{Message: "permission denied for schema public"}
}

func (ses *session) run(ctx context.Context, statements []statement, q Request, each func([]Field, []any) error) (result Result, err error) {
	if err := ses.prepare(ctx, statements, q.Master); err != nil {
		return result, err
	}
	if err := ses.begin(ctx); err != nil {
		return result, err
	}
	for i, st := range statements {
		to := each
		if i < len(statements)-1 {
			to = func([]Field, []any) error { return nil }
		}
		if result, err = ses.runStatement(ctx, st, to); err != nil {
			return result, err
		}
	}
	if err := ses.runMore(ctx, q); err != nil {
		return result, err
	}
	return result, ses.commit(ctx)
}

func (ses *session) runMore(ctx context.Context, q Request) error {
	if q.More == nil {
		return nil
	}
	for text, err, some := q.More(); some; text, err, some = q.More() {
		if err != nil {
			return err
		}
		statements, err := translate(text, q.User)
		if err != nil {
			return err
		}
		for _, st := range statements {
			if _, err := ses.runStatement(ctx, st, func([]Field, []any) error { return nil }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (ses *session) runStatement(ctx context.Context, st statement, each func([]Field, []any) error) (Result, error) {
	switch {
	case st.none:
		return Result{}, nil
	case st.definition != nil:
		return ses.define(ctx, st.definition, each)
	}
	if err := ses.fillColumnCatalog(ctx, st); err != nil {
		return Result{}, err
	}
	rows, err := ses.conn.QueryContext(ctx, sqlText(st.tokens))
	if err != nil {
		return Result{}, err
	}
	defer rows.Close()
	r, err := readRows(rows, each)
	if err == nil && len(r.Fields) == 0 {
		rows.Close()
		err = ses.conn.QueryRowContext(ctx, `SELECT changes()`).Scan(&r.Rows)
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
