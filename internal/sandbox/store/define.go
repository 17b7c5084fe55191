package store

import (
	"context"
	"fmt"
	"slices"
)

// define does what a definition asks. The files change at once, inside of the session's transaction; the state changes
// when it is committed.
func (ses *session) define(ctx context.Context, d *definition, each func([]Field, []any) error) (Result, error) {
	if ses.s.dir == "" {
		return Result{}, &SQLError{Message: "permission denied for schema public"}
	}
	switch d.verb {
	case createTable, createTableAs, createView:
		return ses.create(ctx, d)
	case createIndex:
		return Result{}, ses.createIndex(ctx, d)
	case dropIndex:
		return Result{}, ses.dropIndex(ctx, d)
	}
	r, err := ses.lookup(ctx, d.name)
	switch {
	case err != nil:
		return Result{}, err
	case r == nil && d.optional:
		return Result{}, nil
	case r == nil:
		return Result{}, missing(d)
	case d.verb == dropView && !r.isView():
		return Result{}, &SQLError{Message: fmt.Sprintf("%q is not a view", r.name)}
	case d.verb != dropView && d.verb != renameTable && r.isView():
		return Result{}, &SQLError{Message: fmt.Sprintf("%q is not a table", r.name)}
	}
	switch d.verb {
	case dropTable, dropView:
		return Result{}, ses.drop(ctx, r, d.cascade)
	case renameTable:
		return Result{}, ses.rename(ctx, r, d.to)
	case cartodbfy:
		return ses.cartodbfy(ctx, r, each)
	}
	return Result{}, ses.alter(ctx, r, d.tokens)
}

// missing is what PostgreSQL says of a relation that does not exist.
func missing(d *definition) error {
	kind := "relation"
	switch d.verb {
	case dropTable:
		kind = "table"
	case dropView:
		kind = "view"
	}
	return &SQLError{Message: fmt.Sprintf(`%s "%s" does not exist`, kind, d.name)}
}

// take gives the relation that was reserved for a name.
func (ses *session) take(ctx context.Context, name string) (*relation, error) {
	known, err := ses.lookup(ctx, name)
	if err != nil {
		return nil, err
	}
	r := ses.reserved[name]
	if known != nil || r == nil {
		return nil, &SQLError{Message: `relation "` + name + `" already exists`}
	}
	delete(ses.reserved, name)
	ses.created = append(ses.created, r)
	ses.names[name] = r
	return r, nil
}

// publish makes a new relation seen when the session is committed.
func (ses *session) publish(r *relation) {
	ses.changes = append(ses.changes, func(ctx context.Context, t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$relation" SET name = ?, definition = ?, pending = 0 WHERE oid = ?`, r.name, r.definition, r.oid)
		return err
	})
}

func (ses *session) create(ctx context.Context, d *definition) (Result, error) {
	known, err := ses.lookup(ctx, d.name)
	switch {
	case err != nil:
		return Result{}, err
	case known != nil && d.optional:
		return Result{}, nil
	case known != nil && d.replace && known.isView():
		return Result{}, ses.replaceView(ctx, known, d.tokens)
	}
	r, err := ses.take(ctx, d.name)
	if err != nil {
		return Result{}, err
	}
	if d.verb == createView {
		r.definition = sqlText(d.tokens)
		ses.publish(r)
		return Result{}, ses.makeView(ctx, r)
	}
	ses.publish(r)
	if err := attach(ctx, ses.conn, ses.s.tablePath(r.file), "rwc", r.schema()); err != nil {
		return Result{}, err
	}
	ses.schemas = append(ses.schemas, r.schema())
	if d.verb == createTable {
		_, err := ses.conn.ExecContext(ctx, `CREATE TABLE `+r.table()+` (`+sqlText(d.tokens)+`)`)
		return Result{}, err
	}
	return ses.fill(ctx, r, sqlText(d.tokens))
}

// fill creates a table with the rows of a query.
func (ses *session) fill(ctx context.Context, r *relation, query string) (Result, error) {
	columns, err := ses.columnsOfQuery(ctx, query)
	if err != nil {
		return Result{}, err
	}
	if _, err := ses.conn.ExecContext(ctx, `CREATE TABLE `+r.table()+` (`+plainColumns(columns)+`)`); err != nil {
		return Result{}, err
	}
	result, err := ses.conn.ExecContext(ctx, `INSERT INTO `+r.table()+` `+query)
	if err != nil {
		return Result{}, err
	}
	n, err := result.RowsAffected()
	return Result{Rows: n}, err
}

// columnsOfQuery tells the columns of a query from what SQLite knows of them and from its first row.
func (ses *session) columnsOfQuery(ctx context.Context, query string) ([]Column, error) {
	rows, err := ses.conn.QueryContext(ctx, `SELECT * FROM (`+query+`) LIMIT 1`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	result, err := readRows(rows, func([]Field, []any) error { return nil })
	columns := make([]Column, len(result.Fields))
	for i, f := range result.Fields {
		columns[i] = Column{Name: f.Name, Type: f.Type}
	}
	return columns, err
}

// makeView makes a view for this session and sees whether its query can run.
func (ses *session) makeView(ctx context.Context, r *relation) error {
	tables, err := ses.tablesOf(ctx, []*relation{r})
	if err != nil {
		return err
	}
	if err := ses.attachTables(ctx, tables); err != nil {
		return err
	}
	rows, err := ses.conn.QueryContext(ctx, `SELECT * FROM temp.`+quote(r.name)+` LIMIT 0`)
	if err != nil {
		return err
	}
	return rows.Close()
}

func (ses *session) replaceView(ctx context.Context, r *relation, query []token) error {
	if _, err := ses.conn.ExecContext(ctx, dropTemporaryView(r.name)); err != nil {
		return err
	}
	ses.temporary = slices.DeleteFunc(ses.temporary, func(q string) bool { return q == dropTemporaryView(r.name) })
	r.definition = sqlText(query)
	ses.publish(r)
	return ses.makeView(ctx, r)
}

// drop makes a relation invisible to the statements that follow. Views keep what they read from being dropped.
func (ses *session) drop(ctx context.Context, r *relation, cascade bool) error {
	if err := ses.dropViewsOn(ctx, r, cascade); err != nil {
		return err
	}
	ses.names[r.name] = nil
	ses.changes = append(ses.changes, func(ctx context.Context, t *Tx) error { return t.deleteRelation(ctx, r.oid) })
	if r.isView() {
		_, err := ses.conn.ExecContext(ctx, dropTemporaryView(r.name))
		return err
	}
	ses.dropped = append(ses.dropped, r.file)
	if !slices.Contains(ses.schemas, r.schema()) {
		return nil
	}
	// A table that were missing in its file after a crash could not be brought back, one of another name can.
	_, err := ses.conn.ExecContext(ctx, `ALTER TABLE `+r.table()+` RENAME TO `+quote("dropped "+r.schema()))
	return err
}

func (ses *session) dropViewsOn(ctx context.Context, r *relation, cascade bool) error {
	views, err := ses.views(ctx)
	if err != nil {
		return err
	}
	for _, v := range views {
		if v.oid == r.oid || !mentions(v.definition, r.name) {
			continue
		}
		if !cascade {
			return &SQLError{Message: (&DependentViewError{Table: r.name, View: v.name}).Error()}
		}
		if err := ses.drop(ctx, v, true); err != nil {
			return err
		}
	}
	return nil
}

// views lists the views that there are, as the session sees it.
func (ses *session) views(ctx context.Context) (all []*relation, err error) {
	names, err := scanStrings(ses.conn.QueryContext(ctx, `SELECT name FROM main."sandbox$relation" WHERE definition <> '' AND NOT pending ORDER BY name`))
	if err != nil {
		return nil, err
	}
	for _, r := range ses.created {
		names = append(names, r.name)
	}
	for _, name := range names {
		r, err := ses.lookup(ctx, name)
		if err != nil {
			return nil, err
		}
		if r != nil && r.isView() {
			all = append(all, r)
		}
	}
	return all, nil
}

func (ses *session) rename(ctx context.Context, r *relation, to string) error {
	placeholder, err := ses.take(ctx, to)
	if err != nil {
		return err
	}
	from, renamed := *r, *r
	renamed.name = to
	ses.names[from.name], ses.names[to] = nil, &renamed
	ses.changes = append(ses.changes, func(ctx context.Context, t *Tx) error {
		if err := t.deleteRelation(ctx, placeholder.oid); err != nil {
			return err
		}
		return t.renameRelation(ctx, from, to)
	})
	if r.isView() {
		_, err := ses.conn.ExecContext(ctx, dropTemporaryView(from.name))
		return err
	}
	_, err = ses.conn.ExecContext(ctx, `ALTER TABLE `+from.table()+` RENAME TO `+quote(to))
	return err
}

func (ses *session) createIndex(ctx context.Context, d *definition) error {
	var taken bool
	if err := ses.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM main."sandbox$index" WHERE name = ?)`, d.name).Scan(&taken); err != nil {
		return err
	}
	r, err := ses.lookup(ctx, d.table)
	switch {
	case err != nil:
		return err
	case r == nil || r.isView():
		return &SQLError{Message: `relation "` + d.table + `" does not exist`}
	case taken && d.optional:
		return nil
	case taken:
		return &SQLError{Message: `relation "` + d.name + `" already exists`}
	}
	create := "CREATE INDEX "
	if d.unique {
		create = "CREATE UNIQUE INDEX "
	}
	on := " ON " + quote(d.table) + " " + sqlText(d.tokens)
	if _, err := ses.conn.ExecContext(ctx, create+quote(r.schema())+"."+quote(d.name)+on); err != nil {
		return err
	}
	ses.changes = append(ses.changes, func(ctx context.Context, t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `INSERT OR REPLACE INTO "sandbox$index" (name, oid, definition) VALUES (?, ?, ?)`, d.name, r.oid, create+quote(d.name)+on)
		return err
	})
	return nil
}

func (ses *session) dropIndex(ctx context.Context, d *definition) error {
	rows, err := ses.conn.QueryContext(ctx, relationQuery+` WHERE oid = (SELECT oid FROM main."sandbox$index" WHERE name = ?)`, d.name)
	r, err := scanOne(rows, err, scanRelation)
	switch {
	case IsNotFound(err) && d.optional:
		return nil
	case IsNotFound(err):
		return &SQLError{Message: `index "` + d.name + `" does not exist`}
	case err != nil:
		return err
	}
	if err := ses.use(ctx, r.name); err != nil {
		return err
	}
	return ses.forgetIndex(ctx, &r, d.name)
}

func (ses *session) forgetIndex(ctx context.Context, r *relation, name string) error {
	if _, err := ses.conn.ExecContext(ctx, `DROP INDEX IF EXISTS `+quote(r.schema())+`.`+quote(name)); err != nil {
		return err
	}
	ses.changes = append(ses.changes, func(ctx context.Context, t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `DELETE FROM "sandbox$index" WHERE name = ?`, name)
		return err
	})
	return nil
}
