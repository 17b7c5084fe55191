package store

import (
	"context"
	"strings"
)

// A relation is a name in the account's database: a table, whose rows are in a file of its own, or a view.
type relation struct {
	oid         int64 // stays when it is renamed, differs when it is created anew
	name        string
	file        string // of a table: its name below tables/
	definition  string // of a view: its query, in SQLite's form; "" for a table
	cartodbfied bool   // has what makes a table a dataset; see Tx.LinkTables
}

func (r relation) isView() bool { return r.definition != "" }

// schema is what the table's file is called on a connection that it is attached to.
func (r relation) schema() string { return schemaOf(r.oid) }

// table is how statements name the table on a connection that its file is attached to.
func (r relation) table() string { return quote(r.schema()) + "." + quote(r.name) }

const relationQuery = `SELECT oid, name, file, definition, cartodbfied FROM "sandbox$relation"`

func scanRelation(s scanner) (r relation, err error) {
	return r, s.Scan(&r.oid, &r.name, &r.file, &r.definition, &r.cartodbfied)
}

// relation finds a table or a view by its exact name.
func (t *Tx) relation(ctx context.Context, name string) (relation, error) {
	rows, err := t.tx.QueryContext(ctx, relationQuery+` WHERE name = ? AND NOT pending`, name)
	return scanOne(rows, err, scanRelation)
}

// views lists all views, by name.
func (t *Tx) views(ctx context.Context) ([]relation, error) {
	rows, err := t.tx.QueryContext(ctx, relationQuery+` WHERE definition <> '' AND NOT pending ORDER BY name`)
	return scanAll(rows, err, scanRelation)
}

// addRelation stores a new one and fills in its identity. A pending one occupies its name and is not seen until its
// transaction ends well.
func (t *Tx) addRelation(ctx context.Context, r *relation, pending bool) error {
	return t.tx.QueryRowContext(ctx, `INSERT INTO "sandbox$relation" (name, file, definition, cartodbfied, pending)
		VALUES (?, ?, ?, ?, ?) RETURNING oid`, r.name, r.file, r.definition, r.cartodbfied, pending).Scan(&r.oid)
}

func (t *Tx) deleteRelation(ctx context.Context, oid int64) error {
	_, err := t.tx.ExecContext(ctx, `DELETE FROM "sandbox$relation" WHERE oid = ?`, oid)
	if err == nil {
		_, err = t.tx.ExecContext(ctx, `DELETE FROM "sandbox$index" WHERE oid = ?`, oid)
	}
	return err
}

// renameRelation changes a name, also where views mention it. The table in the file follows when it is next attached.
func (t *Tx) renameRelation(ctx context.Context, r relation, to string) error {
	if _, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$relation" SET name = ?, pending = 0 WHERE oid = ?`, to, r.oid); err != nil {
		return err
	}
	views, err := t.views(ctx)
	for _, v := range views {
		if err == nil && mentions(v.definition, r.name) {
			_, err = t.tx.ExecContext(ctx, `UPDATE "sandbox$relation" SET definition = ? WHERE oid = ?`, replaceName(v.definition, r.name, to), v.oid)
		}
	}
	return err
}

// replaceName renames a table in the text of a query. A column of the same name is renamed too; the query then fails.
func replaceName(query, from, to string) string {
	tokens, err := tokenize(query)
	if err != nil {
		return query
	}
	for i, tok := range tokens {
		if tok.isName() && tok.text == from {
			tokens[i] = token{quoted, to}
		}
	}
	return sqlText(tokens)
}

// A Physical is a table of the database, registered as a dataset or not.
type Physical struct {
	Name string
	OID  int64 // stays when it is renamed, differs when it is created anew

	cartodbfied bool
}

// PhysicalTables lists what tables there are, by name, without the account's own.
func (t *Tx) PhysicalTables(ctx context.Context) ([]Physical, error) {
	rows, err := t.tx.QueryContext(ctx, `SELECT name, oid, cartodbfied FROM "sandbox$relation" WHERE definition = '' AND NOT pending ORDER BY name`)
	return scanAll(rows, err, func(s scanner) (p Physical, err error) { return p, s.Scan(&p.Name, &p.OID, &p.cartodbfied) })
}

// TakenNames lists the names that a new dataset may not get: those of physical tables, of views and of registered
// datasets. One that SQL is just making is among them.
func (t *Tx) TakenNames(ctx context.Context, userID string) ([]string, error) {
	return scanStrings(t.tx.QueryContext(ctx, `SELECT name FROM "sandbox$relation"
		UNION SELECT name FROM "sandbox$table" WHERE user_id = ? ORDER BY 1`, userID))
}

// viewOn is the first view whose definition names a table, or "".
func (t *Tx) viewOn(ctx context.Context, table string) (string, error) {
	views, err := t.views(ctx)
	if err != nil {
		return "", err
	}
	for _, v := range views {
		if mentions(v.definition, table) {
			return v.name, nil
		}
	}
	return "", nil
}

// relname is the name that a text means where PostgreSQL expects a relation: maybe qualified, maybe quoted.
func relname(text string) string {
	tokens, err := tokenize(text)
	if err != nil || len(tokens) == 0 {
		return text
	}
	if last := tokens[len(tokens)-1]; last.isName() {
		return last.text
	}
	return strings.TrimSpace(text)
}
