package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// openPlaces opens a store with a table of two rows, and tells its file.
func openPlaces(t *testing.T) (*Store, string) {
	t.Helper()
	s, err := Open(t.Context(), Options{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	sql := `CREATE TABLE places AS SELECT 1 AS cartodb_id, NULL::geometry AS the_geom, '1' AS lat, '2' AS lon UNION ALL SELECT 2, NULL, '3', '-4'`
	if _, err := s.Run(t.Context(), Request{SQL: sql, Master: true}, func([]Field, []any) error { return nil }); err != nil {
		t.Fatal(err)
	}
	r, _, err := s.look(t.Context(), "places")
	if err != nil {
		t.Fatal(err)
	}
	return s, r.file
}

func (s *Store) extentOf(ctx context.Context, table string) (box [4]float64, err error) {
	err = s.View(ctx, func(t *Tx) (err error) {
		box, _, err = t.Extent(ctx, table)
		return err
	})
	return box, err
}

// A long change of a table waits for who else changes it, and nobody who changes the state waits for either.
func TestLongChangesWaitForTheFileAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, file := openPlaces(t)
		if err := s.files.lock(t.Context(), file); err != nil {
			t.Fatal(err)
		}
		points, merged := make(chan error, 1), make(chan error, 1)
		stage, err := s.Stage(t.Context(), "job", []Column{{Name: "lat", Type: "text"}})
		if err == nil {
			err = stage.Append(t.Context(), 1, nil, []any{"9"})
		}
		if err == nil {
			err = stage.Flush(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		go func() { points <- s.SetPoints(t.Context(), "places", "lat", "lon") }()
		go func() { merged <- s.MergeStage(t.Context(), stage, "places") }()
		synctest.Wait()
		if len(points)+len(merged) > 0 {
			t.Error("the table is changed while another writer has it")
		}
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.AddCount(t.Context(), "n", 1, time.Hour) }); err != nil {
			t.Error(err)
		}
		s.files.unlock(file)
		if diff := cmp.Diff([]error{nil, nil}, []error{<-points, <-merged}); diff != "" {
			t.Error(diff)
		}
	})
}

// The extent of a big table keeps nobody from the connections for what takes no time.
func TestExtentLeavesShortWorkAlone(t *testing.T) {
	s, _ := openPlaces(t)
	if err := s.SetPoints(t.Context(), "places", "lat", "lon"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		conn, err := s.touch.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	box, err := s.extentOf(ctx, "places")
	if diff := cmp.Diff([4]float64{-4, 1, 2, 3}, box); err != nil || diff != "" {
		t.Error(err, diff)
	}
}
