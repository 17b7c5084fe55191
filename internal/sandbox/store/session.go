package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A session is one request's SQL on a connection of its own, with the files of the tables that it names.
type session struct {
	s      *Store
	conn   *sql.Conn
	writes bool
	began  bool

	names     map[string]*relation // what is known of names; nil: no such relation
	schemas   []string             // attached
	temporary []string             // statements that remove what was made in temp
	locked    []string             // files, in the order of their names
	reserved  map[string]*relation // new relations whose statement is still to come, by name
	created   []*relation          // those whose statement has begun
	dropped   []string             // files
	altered   []string             // files whose columns may be others now

	changes []func(context.Context, *Tx) error // of the state, once the files are changed
}

// maxValue is how many bytes a value may have that is read. SQLite's own bound, a thousand million, is more than a sandbox
// should hold because a stranger asks for it.
const maxValue = 64 << 20

func (s *Store) session(ctx context.Context, writes bool) (*session, error) {
	pool := s.query
	switch {
	case s.dir == "":
		pool = s.write
	case writes:
		pool = s.change
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if pool == s.query {
		if _, err := sqlite.Limit(conn, sqlite3.SQLITE_LIMIT_LENGTH, maxValue); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return &session{s: s, conn: conn, writes: writes, names: map[string]*relation{}, reserved: map[string]*relation{}}, nil
}

// prepare brings in what the statements name, and takes the names of what they will create.
func (ses *session) prepare(ctx context.Context, statements []statement, master bool) error {
	if ses.s.dir == "" {
		return nil
	}
	if err := ses.attachAll(ctx, statements, master); err != nil {
		return err
	}
	if err := ses.reserve(ctx, statements); err != nil {
		return err
	}
	if !ses.writes {
		return nil
	}
	var files []string
	for _, r := range ses.names {
		if r != nil && r.file != "" && slices.Contains(ses.schemas, r.schema()) {
			files = append(files, r.file)
		}
	}
	slices.Sort(files)
	for _, file := range files {
		if err := ses.s.files.lock(ctx, file); err != nil {
			return err
		}
		ses.locked = append(ses.locked, file)
	}
	return nil
}

// reserve takes the names of the relations that the statements create or rename to. A name that is still borne by another
// relation, which the request may drop first, is taken when the request ends.
func (ses *session) reserve(ctx context.Context, statements []statement) error {
	var all []*relation
	for _, st := range statements {
		d := st.definition
		if d == nil || d.creates() == "" || ses.reserved[d.creates()] != nil {
			continue
		}
		r := &relation{name: d.creates(), definition: "-"}
		if d.verb == createTable || d.verb == createTableAs {
			r.file, r.definition = uuid.NewString()+".db", ""
		}
		ses.reserved[r.name] = r
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil
	}
	return ses.s.Update(ctx, func(t *Tx) error {
		for _, r := range all {
			if err := t.Try(ctx, func() error { return t.addRelation(ctx, r, true) }); err == nil {
				continue
			}
			name := r.name // is taken: the statement itself will tell
			r.name = uuid.NewString()
			err := t.addRelation(ctx, r, true)
			if r.name = name; err != nil {
				return err
			}
		}
		return nil
	})
}

func (ses *session) begin(ctx context.Context) error {
	_, err := ses.conn.ExecContext(ctx, `BEGIN`)
	ses.began = err == nil
	return err
}

// commit keeps what the statements did: in the files first, then in the state, which is what counts.
func (ses *session) commit(ctx context.Context) error {
	if _, err := ses.conn.ExecContext(ctx, `COMMIT`); err != nil {
		return err
	}
	ses.began = false
	for _, file := range ses.altered {
		ses.s.columns.forget(file)
	}
	if len(ses.changes) == 0 {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	err := ses.s.Update(ctx, func(t *Tx) error {
		for _, change := range ses.changes {
			if err := change(ctx, t); err != nil {
				return err
			}
		}
		_, err := t.tx.ExecContext(ctx, `INSERT INTO "sandbox$unlinked" VALUES (?)`, millis(t.now))
		return err
	})
	if err == nil {
		ses.created = nil
		ses.s.removeFiles(ses.dropped...)
	}
	return err
}

// close undoes what was not committed and leaves the connection as it was.
func (ses *session) close() {
	ctx := context.Background()
	var errs []error
	if ses.began {
		_, err := ses.conn.ExecContext(ctx, `ROLLBACK`)
		errs = append(errs, err)
	}
	for _, remove := range ses.temporary {
		_, err := ses.conn.ExecContext(ctx, remove)
		errs = append(errs, err)
	}
	for _, schema := range ses.schemas {
		errs = append(errs, detach(ses.conn, schema))
	}
	giveBack(ses.conn, errors.Join(errs...) == nil)
	for _, file := range ses.locked {
		ses.s.files.unlock(file)
	}
	ses.free(ctx)
}

// free gives back the names that were reserved for what did not come to be.
func (ses *session) free(ctx context.Context) {
	var files []string
	for _, r := range slices.AppendSeq(ses.created, maps.Values(ses.reserved)) {
		if r.file != "" {
			files = append(files, r.file)
		}
		_ = ses.s.Update(ctx, func(t *Tx) error { return t.deleteRelation(ctx, r.oid) })
	}
	ses.s.removeFiles(files...)
}
