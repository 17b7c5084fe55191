package store

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// maxAttached is how many files SQLite lets one connection attach. A query of more tables reads copies of the smaller ones.
const maxAttached = 10

// attachAll brings in the tables that the statements name, directly or by a view. Those that are only dropped are not
// needed. Without the master key all must be public.
func (ses *session) attachAll(ctx context.Context, statements []statement, master bool) error {
	ses.s.gate.RLock()
	defer ses.s.gate.RUnlock()
	var wanted []*relation
	for _, st := range statements {
		for _, name := range st.names() {
			r, err := ses.lookup(ctx, name)
			if err != nil {
				return err
			}
			if r == nil {
				continue
			}
			if !master {
				if err := ses.mayRead(ctx, *r); err != nil {
					return err
				}
			}
			if st.definition == nil || st.definition.verb != dropTable {
				wanted = append(wanted, r)
			}
		}
	}
	tables, err := ses.tablesOf(ctx, wanted)
	if err != nil {
		return err
	}
	return ses.attachTables(ctx, tables)
}

// mayRead refuses, for a request without the master key, all but tables whose dataset is public.
func (ses *session) mayRead(ctx context.Context, r relation) error {
	var open bool
	err := ses.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM main."sandbox$table" WHERE oid = ? AND privacy IN ('public', 'link'))`, r.oid).Scan(&open)
	if err == nil && !open {
		err = &SQLError{Message: "permission denied for relation " + r.name}
	}
	return err
}

// use brings in a relation that the statements do not name.
func (ses *session) use(ctx context.Context, name string) error {
	ses.s.gate.RLock()
	defer ses.s.gate.RUnlock()
	r, err := ses.lookup(ctx, name)
	if err != nil || r == nil {
		return err
	}
	tables, err := ses.tablesOf(ctx, []*relation{r})
	if err != nil {
		return err
	}
	return ses.attachTables(ctx, tables)
}

// lookup finds a relation by name, nil if there is none. What the request itself did counts.
func (ses *session) lookup(ctx context.Context, name string) (*relation, error) {
	if r, known := ses.names[name]; known {
		return r, nil
	}
	rows, err := ses.conn.QueryContext(ctx, relationQuery+` WHERE name = ? AND NOT pending`, name)
	r, err := scanOne(rows, err, scanRelation)
	switch {
	case IsNotFound(err):
		ses.names[name] = nil
		return nil, nil
	case err != nil:
		return nil, err
	}
	ses.names[name] = &r
	return &r, nil
}

func dropTemporaryView(name string) string { return `DROP VIEW IF EXISTS temp.` + quote(name) }

// tablesOf lists the tables behind relations. Views are made on the way.
func (ses *session) tablesOf(ctx context.Context, all []*relation) (tables []*relation, err error) {
	for _, r := range all {
		if !r.isView() {
			tables = append(tables, r)
			continue
		}
		remove := dropTemporaryView(r.name)
		if slices.Contains(ses.temporary, remove) {
			continue
		}
		ses.temporary = append(ses.temporary, remove)
		if _, err := ses.conn.ExecContext(ctx, `CREATE TEMP VIEW `+quote(r.name)+` AS `+r.definition); err != nil {
			return nil, err
		}
		behind, err := ses.namedIn(ctx, r)
		if err != nil {
			return nil, err
		}
		more, err := ses.tablesOf(ctx, behind)
		if err != nil {
			return nil, err
		}
		tables = append(tables, more...)
	}
	return tables, nil
}

// namedIn lists the relations that a view's query names.
func (ses *session) namedIn(ctx context.Context, view *relation) ([]*relation, error) {
	tokens, err := tokenize(view.definition)
	if err != nil {
		return nil, err
	}
	var all []*relation
	for _, name := range namesIn(tokens) {
		r, err := ses.lookup(ctx, name)
		if err != nil {
			return nil, err
		}
		if r != nil && r != view {
			all = append(all, r)
		}
	}
	return all, nil
}

// attachTables makes tables known to the connection. When there are too many, the biggest are attached and the others
// copied.
func (ses *session) attachTables(ctx context.Context, tables []*relation) error {
	slices.SortFunc(tables, func(a, b *relation) int { return int(a.oid - b.oid) })
	tables = slices.CompactFunc(tables, func(a, b *relation) bool { return a.oid == b.oid })
	tables = slices.DeleteFunc(tables, func(r *relation) bool { return slices.Contains(ses.schemas, r.schema()) })
	room := maxAttached - len(ses.schemas)
	if len(tables) > room {
		if ses.writes || room < 2 {
			return &SQLError{Message: fmt.Sprintf("the sandbox changes tables in requests that name at most %d of them", maxAttached)}
		}
		room-- // for the one that is being copied
		slices.SortStableFunc(tables, func(a, b *relation) int { return int(ses.s.fileSize(b.file) - ses.s.fileSize(a.file)) })
	}
	for i, r := range tables {
		bring := ses.attach
		if i >= room {
			bring = ses.copy
		}
		if err := bring(ctx, *r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) fileSize(file string) int64 {
	info, err := os.Stat(s.tablePath(file))
	if err != nil {
		return 0
	}
	return info.Size()
}

// attach makes one table known, under its name in the state.
func (ses *session) attach(ctx context.Context, r relation) error {
	mode := "ro"
	if ses.writes {
		mode = "rw"
	}
	if err := attach(ctx, ses.conn, ses.s.tablePath(r.file), mode, r.schema()); err != nil {
		return err
	}
	ses.schemas = append(ses.schemas, r.schema())
	inner, err := innerName(ctx, ses.conn, r.schema())
	if err != nil || inner == r.name {
		return err
	}
	return ses.s.renameInner(ctx, r.file, r.name)
}

// copy makes a table known by copying it.
func (ses *session) copy(ctx context.Context, r relation) error {
	if err := ses.attach(ctx, r); err != nil {
		return err
	}
	var create string
	err := ses.conn.QueryRowContext(ctx, `SELECT replace(sql, 'CREATE TABLE', 'CREATE TEMP TABLE') FROM `+quote(r.schema())+
		`.sqlite_master WHERE type = 'table' AND name = ?`, r.name).Scan(&create)
	if err != nil {
		return err
	}
	columns, err := scanStrings(ses.conn.QueryContext(ctx, `SELECT name FROM pragma_table_xinfo(?, ?) WHERE hidden = 0`, r.name, r.schema()))
	if err != nil {
		return err
	}
	if _, err := ses.conn.ExecContext(ctx, create); err != nil {
		return err
	}
	ses.temporary = append(ses.temporary, `DROP TABLE IF EXISTS temp.`+quote(r.name))
	list := quoteAll(columns)
	if _, err = ses.conn.ExecContext(ctx, `INSERT INTO temp.`+quote(r.name)+` (`+list+`) SELECT `+list+` FROM `+r.table()); err != nil {
		return err
	}
	ses.schemas = ses.schemas[:len(ses.schemas)-1]
	return detach(ses.conn, r.schema())
}
