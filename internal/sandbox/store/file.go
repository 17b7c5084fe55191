package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Every table is the only table of a database file of its own, below tables/. The database of the account's state says
// which file bears which name: so an import fills its file without a lock that others wait for, publishing it is one row
// of the state, and what a statement costs does not grow with the number of datasets, as it would if SQLite had to read
// the definitions of all of them after each change of one.
//
// The state is what counts. A file that it does not name is a leftover; a table that is not called in its file as the
// state calls it is renamed when it is next attached.
const tablesDir = "tables"

func (s *Store) tablePath(file string) string { return filepath.Join(s.dir, tablesDir, file) }

func schemaOf(oid int64) string { return fmt.Sprintf("r%d", oid) }

// fileURI names a database file for SQLite; mode is ro, rw or rwc.
func fileURI(path, mode string) string {
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: "mode=" + mode}
	return u.String()
}

// attach makes a file's table known to a connection. A new file is for its owner's eyes, as is its journal, to which
// SQLite gives the same permissions.
func attach(ctx context.Context, conn *sql.Conn, path, mode, schema string) error {
	if mode == "rwc" {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, `ATTACH ? AS `+quote(schema), fileURI(path, mode))
	return err
}

// detach undoes attach. It must work also when the request has ended.
func detach(conn *sql.Conn, schema string) error {
	_, err := conn.ExecContext(context.Background(), `DETACH `+quote(schema))
	return err
}

// innerName is what the table of a file is called in it.
func innerName(ctx context.Context, conn *sql.Conn, schema string) (string, error) {
	rows, err := conn.QueryContext(ctx, `SELECT name FROM `+quote(schema)+`.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	return scanOne(rows, err, func(s scanner) (name string, err error) { return name, s.Scan(&name) })
}

// withFile runs f on a connection that has a file attached as "f". It is for what takes no time: others may wait.
func (s *Store) withFile(ctx context.Context, file, mode string, f func(*sql.Conn) error) error {
	return s.withFileOf(ctx, s.touch, file, mode, f)
}

// changeFile is withFile for a change that may take long. It waits for other writers of the file, who may be waiting to
// change the state: whoever changes the state must not call it.
func (s *Store) changeFile(ctx context.Context, file string, f func(*sql.Conn) error) error {
	if err := s.files.lock(ctx, file); err != nil {
		return err
	}
	defer s.files.unlock(file)
	return s.withFileOf(ctx, s.change, file, "rw", f)
}

func (s *Store) withFileOf(ctx context.Context, pool *sql.DB, file, mode string, f func(*sql.Conn) error) error {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	if err := attach(ctx, conn, s.tablePath(file), mode, "f"); err != nil {
		return errors.Join(err, conn.Close())
	}
	detached := false
	defer func() { giveBack(conn, detached) }()
	failed := f(conn)
	left := detach(conn, "f")
	detached = left == nil
	return errors.Join(failed, left)
}

// giveBack returns a connection to its pool, or closes it if it is not as it was: the next to use it would meet what is
// still attached. Its rows and transactions must have ended.
func giveBack(conn *sql.Conn, clean bool) {
	if !clean {
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = conn.Close()
}

// renameInner makes the table of a file bear the name that the state gives it.
func (s *Store) renameInner(ctx context.Context, file, name string) error {
	s.renaming.Lock()
	defer s.renaming.Unlock()
	return s.withFile(ctx, file, "rw", func(conn *sql.Conn) error {
		inner, err := innerName(ctx, conn, "f")
		if err != nil || inner == name {
			return err
		}
		_, err = conn.ExecContext(ctx, `ALTER TABLE "f".`+quote(inner)+` RENAME TO `+quote(name))
		return err
	})
}

// columnCache remembers the columns of files. Only a change of a table's definition makes an entry wrong.
type columnCache struct {
	mu      sync.Mutex
	all     map[string][]Column
	changes int // how often entries were forgotten
}

func (c *columnCache) get(file string) (columns []Column, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.all[file]), c.changes
}

// set keeps the columns of a file that were read after get, unless some may have changed since.
func (c *columnCache) set(file string, columns []Column, changes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all == nil {
		c.all = map[string][]Column{}
	}
	if changes == c.changes {
		c.all[file] = slices.Clone(columns)
	}
}

func (c *columnCache) forget(file string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.all, file)
	c.changes++
}

// fileColumns lists the columns of the table in a file.
func (s *Store) fileColumns(ctx context.Context, file string) ([]Column, error) {
	known, changes := s.columns.get(file)
	if known != nil {
		return known, nil
	}
	var columns []Column
	err := s.withFile(ctx, file, "ro", func(conn *sql.Conn) error {
		inner, err := innerName(ctx, conn, "f")
		if err == nil {
			columns, err = schemaColumns(ctx, conn, "f", inner)
		}
		return err
	})
	if err == nil {
		s.columns.set(file, columns, changes)
	}
	return columns, err
}

// schemaColumns lists the columns of a table that a connection knows, ErrNotFound if there is no such table.
func schemaColumns(ctx context.Context, conn *sql.Conn, schema, table string) ([]Column, error) {
	rows, err := conn.QueryContext(ctx, `SELECT name, type, COALESCE(dflt_value, ''), "notnull" OR pk FROM pragma_table_xinfo(?, ?) WHERE hidden <> 1 ORDER BY cid`, table, schema)
	all, err := scanAll(rows, err, func(s scanner) (c Column, err error) {
		return c, s.Scan(&c.Name, &c.Type, &c.byDefault, &c.notNull)
	})
	if err == nil && len(all) == 0 {
		return nil, ErrNotFound
	}
	for i := range all {
		all[i].Type = pgTypeName(all[i].Type)
	}
	return all, err
}

// removeFiles deletes the files of tables that are gone. One that cannot be deleted is left to sweepFiles.
func (s *Store) removeFiles(files ...string) {
	if len(files) == 0 {
		return
	}
	s.gate.Lock() // nobody is between reading the state and attaching
	defer s.gate.Unlock()
	for _, file := range files {
		s.columns.forget(file)
		_ = os.Remove(s.tablePath(file))
	}
}

// sweepFiles ends what a crash cut short: half-written changes of tables are rolled back, and files that bear no name,
// those of unfinished imports among them, are removed.
func (s *Store) sweepFiles(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Join(s.dir, tablesDir), 0o700); err != nil {
		return err
	}
	named := map[string]bool{}
	err := s.Update(ctx, func(t *Tx) error {
		if _, err := t.tx.ExecContext(ctx, `DELETE FROM "sandbox$relation" WHERE pending`); err != nil {
			return err
		}
		files, err := scanStrings(t.tx.QueryContext(ctx, `SELECT file FROM "sandbox$relation" WHERE file <> ''`))
		for _, file := range files {
			named[file] = true
		}
		return err
	})
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Join(s.dir, tablesDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		file, isJournal := strings.CutSuffix(e.Name(), "-journal")
		switch {
		case !named[file]:
			err = os.Remove(s.tablePath(e.Name()))
		case isJournal:
			err = s.withFile(ctx, file, "rw", func(conn *sql.Conn) error { _, err := innerName(ctx, conn, "f"); return err })
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// fileLocks let one writer at a time change a file, so that SQLite never has to refuse one.
type fileLocks struct {
	mu   sync.Mutex
	held map[string]chan struct{} // closed when the file is free again
}

// lock waits for a file. Several are to be locked in their order.
func (l *fileLocks) lock(ctx context.Context, file string) error {
	for {
		l.mu.Lock()
		busy, taken := l.held[file]
		if !taken {
			if l.held == nil {
				l.held = map[string]chan struct{}{}
			}
			l.held[file] = make(chan struct{})
			l.mu.Unlock()
			return nil
		}
		l.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (l *fileLocks) unlock(file string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.held[file])
	delete(l.held, file)
}
