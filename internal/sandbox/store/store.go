package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// A Store is an open state directory. All methods are safe for concurrent use.
type Store struct {
	dir  string // "" for a scratch store, which has no state and keeps its tables in memory
	lock *os.File
	now  func() time.Time

	// Of the state: one connection with immediate transactions, and those that cannot write.
	write, read *sql.DB
	// Of the tables' files, with the state for the catalogues: those that cannot write, those that can, and those for what
	// takes no time. Whoever changes the state waits for none but the last.
	query, change, touch *sql.DB
	// Of the files of imports that are under way. No client's statement runs there.
	fill *sql.DB

	columns  columnCache
	files    fileLocks
	gate     sync.RWMutex // held to read while files are looked up and attached, to write while they are removed
	renaming sync.Mutex   // held while a table is renamed in its file: several requests may find that it has another name
}

// Options say where the state is kept and what time it is.
type Options struct {
	Dir string           // created when missing
	Now func() time.Time // the account's clock, also behind SQL's now()
}

// ErrNotFound is returned for an id or a name that is not in the account.
var ErrNotFound = errors.New("not found")

// Open opens the state directory, creates its tables when they are missing and drops what a crashed import left
// half loaded. It fails when another process holds the directory, and says which.
func Open(ctx context.Context, o Options) (*Store, error) {
	// The directory holds the credentials of stored connections.
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the sandbox directory: %w", err)
	}
	lock, err := lockDir(o.Dir, o.Now())
	if err != nil {
		return nil, err
	}
	s := &Store{dir: o.Dir, lock: lock, now: o.Now}
	if err := s.connect(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the sandbox database in %s: %w", o.Dir, err), s.Close())
	}
	return s, nil
}

func (s *Store) connect(ctx context.Context) error {
	path := filepath.Join(s.dir, "sandbox.db")
	// SQLite gives its log and its journals the permissions of the database.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return err
	}
	open := func(c connector, most int) *sql.DB {
		db := sql.OpenDB(c)
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
		return db
	}
	parallel := max(4, runtime.GOMAXPROCS(0))
	s.write = open(newConnector(path, "&_txlock=immediate&_journal_mode=WAL&_synchronous=NORMAL", s.now), 1)
	if err := s.migrate(ctx); err != nil {
		return err
	}
	s.read, s.touch = open(newConnector(path, "&mode=ro", s.now), parallel), open(newConnector(path, "", s.now), 2)
	s.query = open(newConnector(path, "&mode=ro", s.now).withCatalog(), parallel)
	s.change = open(newConnector(path, "", s.now).withCatalog(), 4*parallel)
	s.fill = open(newConnector(path, "", s.now).trusted(), 4*parallel)
	return s.sweepFiles(ctx)
}

// Close ends all connections and gives the directory free.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.query, s.change, s.fill, s.touch, s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, unlockDir(s.lock))
	}
	return errors.Join(errs...)
}

// Path is where a file of the state directory is. Paths below it are what is stored, for the directory may be moved.
func (s *Store) Path(below string) string { return filepath.Join(s.dir, below) }

// A Tx is a view of the account at one moment, or a change to it.
type Tx struct {
	store *Store
	tx    *sql.Tx
	now   time.Time
	after []func() // to be done once the changes are kept
}

// Now is the time at which the transaction began.
func (t *Tx) Now() time.Time { return t.now }

// View runs f on a consistent snapshot. It never waits for a writer.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.read, f)
}

// Update runs f alone and keeps its changes if it returns nil.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	return s.run(ctx, s.write, f)
}

func (s *Store) run(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	t := &Tx{store: s, tx: tx, now: s.now()}
	if err := f(t); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	for _, do := range t.after {
		do()
	}
	return nil
}

// Try runs f, of which nothing is left behind when it fails.
func (t *Tx) Try(ctx context.Context, f func() error) error {
	if _, err := t.tx.ExecContext(ctx, `SAVEPOINT attempt`); err != nil {
		return err
	}
	after := len(t.after)
	failed := f()
	if failed != nil {
		t.after = t.after[:after]
		if _, err := t.tx.ExecContext(ctx, `ROLLBACK TO attempt`); err != nil {
			return err
		}
	}
	_, err := t.tx.ExecContext(ctx, `RELEASE attempt`)
	return errors.Join(failed, err)
}
