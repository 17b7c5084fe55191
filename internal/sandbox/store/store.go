package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// A Store is an open state directory. All methods are safe for concurrent use.
type Store struct {
	dir   string
	lock  *os.File
	now   func() time.Time
	write *sql.DB // one connection, immediate transactions
	read  *sql.DB // cannot write
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
	s.write = sql.OpenDB(newConnector(path, "&_txlock=immediate&_journal_mode=WAL&_synchronous=NORMAL", s.now))
	s.write.SetMaxOpenConns(1)
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.dropLeftovers(ctx); err != nil {
		return err
	}
	s.read = sql.OpenDB(newConnector(path, "&mode=ro", s.now))
	s.read.SetMaxOpenConns(max(4, runtime.GOMAXPROCS(0)))
	return s.read.PingContext(ctx)
}

// Close ends all connections and gives the directory free.
func (s *Store) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, unlockDir(s.lock))...)
}

// Path is where a file of the state directory is. Paths below it are what is stored, for the directory may be moved.
func (s *Store) Path(below string) string { return filepath.Join(s.dir, below) }

// A Tx is a view of the account at one moment, or a change to it.
type Tx struct {
	tx  *sql.Tx
	now time.Time
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
	if err := f(&Tx{tx: tx, now: s.now()}); err != nil {
		return err
	}
	return tx.Commit()
}
