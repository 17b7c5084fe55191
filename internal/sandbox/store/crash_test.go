package store

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openIn(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: dir, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func (s *Store) mustRun(t *testing.T, q string) (rows [][]any) {
	t.Helper()
	_, rows, err := s.Result(t.Context(), Request{SQL: q, Master: true})
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return rows
}

func tableFiles(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, tablesDir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// The state is what counts after a crash: what it does not name goes, and what it names otherwise is renamed.
func TestOpenAfterCrash(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	s.mustRun(t, "CREATE TABLE a AS SELECT 1 AS n")
	kept := tableFiles(t, dir)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openIn(t, dir)
	stage, err := s.Stage(t.Context(), "unfinished", []Column{{Name: "n", Type: "integer"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := stage.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A request that ended between its change of the files and that of the state: a table was renamed, a name reserved.
	if err := s.renameInner(t.Context(), kept[0], "b"); err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *Tx) error {
		return tx.addRelation(t.Context(), &relation{name: "reserved", file: "reserved.db"}, true)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	s = openIn(t, dir)
	s.mustRun(t, "CREATE TABLE reserved (n int); DROP TABLE reserved")
	got := []any{tableFiles(t, dir), s.mustRun(t, "SELECT n FROM a"), s.mustRun(t, "SELECT tablename FROM pg_tables")}
	want := []any{kept, [][]any{{int64(1)}}, [][]any{{"a"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a table holds is for the eyes of the directory's owner, and so is the state.
func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	s.mustRun(t, "CREATE TABLE a (n int)")
	for _, path := range []string{"sandbox.db", "sandbox.db-wal", tablesDir} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has %s", path, info.Mode())
		}
	}
}

// Requests that change the same tables wait for each other, in whatever order they name them, and none is lost.
func TestWritersTakeTurns(t *testing.T) {
	s := openIn(t, t.TempDir())
	s.mustRun(t, "CREATE TABLE a AS SELECT 0 AS n; CREATE TABLE b AS SELECT 0 AS n")
	queries := []string{"UPDATE a SET n = n + 1; UPDATE b SET n = n + 1", "UPDATE b SET n = n + 1; UPDATE a SET n = n + 1"}
	done := make(chan error)
	for _, q := range slices.Repeat(queries, 10) {
		go func() {
			_, err := s.Run(context.WithoutCancel(t.Context()), Request{SQL: q, Master: true}, func([]Field, []any) error { return nil })
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([][]any{{int64(20), int64(20)}}, s.mustRun(t, "SELECT a.n AS x, b.n AS y FROM a, b")); diff != "" {
		t.Error(diff)
	}
}

// Two requests may both find that a table is not called in its file as the state calls it, as after an exchange of names.
func TestRenameInnerAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	s.mustRun(t, "CREATE TABLE a AS SELECT 1 AS n")
	done := make(chan error)
	file := tableFiles(t, dir)[0]
	for _, name := range slices.Repeat([]string{"b", "b", "c", "c"}, 20) {
		go func() { done <- s.renameInner(context.WithoutCancel(t.Context()), file, name) }()
	}
	for range 80 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
