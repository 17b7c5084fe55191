package store

import (
	"database/sql"
	"testing"
)

// A connection whose file cannot be detached is not used again: the next one to attach a file by that name would fail.
func TestConnectionsThatCannotDetachAreClosed(t *testing.T) {
	s, file := openPlaces(t)
	read := func(conn *sql.Conn) error { _, err := innerName(t.Context(), conn, "f"); return err }
	spoil := func(conn *sql.Conn) error {
		_, err := conn.ExecContext(t.Context(), `BEGIN; SELECT * FROM f.sqlite_master`)
		return err
	}
	for range 2 { // as many as the pool has
		if err := s.withFile(t.Context(), file, "ro", spoil); err == nil {
			t.Error("a file was detached within a transaction")
		}
	}
	for range 2 {
		if err := s.withFile(t.Context(), file, "ro", read); err != nil {
			t.Error(err)
		}
	}

	s.change.SetMaxOpenConns(1)
	stage, err := s.Stage(t.Context(), "spoiled", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := spoilStage(t, stage); err == nil {
		t.Error("a stage was detached within a transaction")
	}
	if _, err := s.Stage(t.Context(), "next", nil); err != nil {
		t.Error(err)
	}
}

func spoilStage(t *testing.T, stage *Stage) error {
	t.Helper()
	if err := stage.connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.conn.ExecContext(t.Context(), `BEGIN; SELECT * FROM stage.sqlite_master`); err != nil {
		t.Fatal(err)
	}
	return stage.rest()
}
