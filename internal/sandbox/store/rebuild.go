package store

import (
	"context"
	"slices"
	"strings"
)

// rebuild makes a table anew with other column definitions, and copies its rows, some columns by an expression.
func (ses *session) rebuild(ctx context.Context, r *relation, columns []Column, expressions map[string]string, edit func([][]token) [][]token) error {
	var create string
	if err := ses.conn.QueryRowContext(ctx, `SELECT sql FROM `+quote(r.schema())+`.sqlite_master WHERE type = 'table' AND name = ?`, r.name).Scan(&create); err != nil {
		return err
	}
	tokens, err := tokenize(create)
	if err != nil {
		return err
	}
	open := slices.IndexFunc(tokens, func(t token) bool { return t.is("(") })
	var body []string
	for _, part := range edit(split(tokens[open+1:closing(tokens, open)], ",")) {
		body = append(body, sqlText(part))
	}
	generated, err := scanStrings(ses.conn.QueryContext(ctx, `SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden > 1`, r.name, r.schema()))
	if err != nil {
		return err
	}
	var names, values []string
	for _, c := range columns {
		if slices.Contains(generated, c.Name) {
			continue
		}
		value := quote(c.Name)
		if e, ok := expressions[c.Name]; ok {
			value = e
		}
		names, values = append(names, quote(c.Name)), append(values, value)
	}
	return ses.replaceTable(ctx, r, strings.Join(body, ", "), strings.Join(names, ", "), strings.Join(values, ", "))
}

// replaceTable puts a table of other columns in the place of one, and makes its indexes again.
func (ses *session) replaceTable(ctx context.Context, r *relation, body, names, values string) error {
	indexes, err := scanStrings(ses.conn.QueryContext(ctx, `SELECT sql FROM `+quote(r.schema())+`.sqlite_master WHERE type = 'index' AND sql IS NOT NULL`))
	if err != nil {
		return err
	}
	anew := quote(r.schema()) + `."made anew"`
	for _, q := range []string{
		`CREATE TABLE ` + anew + ` (` + body + `)`,
		`INSERT INTO ` + anew + ` (` + names + `) SELECT ` + values + ` FROM ` + r.table(),
		`DROP TABLE ` + r.table(),
		`ALTER TABLE ` + anew + ` RENAME TO ` + quote(r.name),
	} {
		if _, err := ses.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	for _, q := range indexes {
		if _, err := ses.conn.ExecContext(ctx, strings.Replace(q, "INDEX ", "INDEX "+quote(r.schema())+".", 1)); err != nil {
			return err
		}
	}
	return nil
}

// cartodbfy gives a table the columns that every dataset has. It becomes a dataset when tables are next linked.
// Source: CartoDB/cartodb-postgresql: scripts-available/CDB_CartodbfyTable.sql.
func (ses *session) cartodbfy(ctx context.Context, r *relation, each func([]Field, []any) error) (Result, error) {
	columns, err := schemaColumns(ctx, ses.conn, r.schema(), r.name)
	if err != nil {
		return Result{}, err
	}
	ses.altered = append(ses.altered, r.file)
	var names, values []string
	var others []Column
	for _, c := range columns {
		value := quote(c.Name)
		switch {
		case c.Name == "the_geom_webmercator":
			continue
		case c.Name == "cartodb_id" && CartoType(c.Type) == "number":
		case c.Name == "the_geom" && c.Type == "geometry":
			value = `carto_degrees("the_geom")`
		case c.Name == "cartodb_id", c.Name == "the_geom":
			c.Name += "_0"
			others = append(others, c)
		default:
			others = append(others, c)
		}
		names, values = append(names, quote(c.Name)), append(values, value)
	}
	body := baseColumns
	if len(others) > 0 {
		body += ", " + plainColumns(others)
	}
	if len(names) == 0 {
		names, values = []string{`"cartodb_id"`}, []string{"NULL"}
	}
	if err := ses.replaceTable(ctx, r, body, strings.Join(names, ", "), strings.Join(values, ", ")); err != nil {
		return Result{}, err
	}
	ses.changes = append(ses.changes, func(ctx context.Context, t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$relation" SET cartodbfied = 1 WHERE oid = ?`, r.oid)
		return err
	})
	fields := []Field{{Name: "cdb_cartodbfytable", Type: "regclass"}}
	return Result{Fields: fields, Rows: 1}, each(fields, []any{r.name})
}

// plainColumns writes columns with their types, defaults and NOT NULL.
func plainColumns(columns []Column) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = quote(c.Name) + " " + quote(c.Type)
		if c.byDefault != "" {
			all[i] += " DEFAULT (" + c.byDefault + ")"
		}
		if c.notNull {
			all[i] += " NOT NULL"
		}
	}
	return strings.Join(all, ", ")
}
