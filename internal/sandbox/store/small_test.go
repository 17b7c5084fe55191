package store

import (
	"database/sql"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An empty separator splits nothing, as in PostgreSQL.
func TestSplitPart(t *testing.T) {
	s, _ := openPlaces(t)
	var got []any
	sql := `SELECT split_part('a-b', '', 1), split_part('a-b', '', 2), split_part('a-b', '-', 2), split_part('a-b', '-', 3)`
	_, err := s.Run(t.Context(), Request{SQL: sql}, func(_ []Field, row []any) error { got = append(got, row...); return nil })
	if diff := cmp.Diff([]any{"a-b", "", "b", ""}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// Only connections that run what clients send have catalogues, since making them takes longer than to connect.
func TestWhoHasCatalogues(t *testing.T) {
	s, _ := openPlaces(t)
	var got []bool
	for _, pool := range []*sql.DB{s.write, s.read, s.touch, s.query, s.change} {
		var has bool
		if err := pool.QueryRowContext(t.Context(), `SELECT EXISTS (SELECT 1 FROM sqlite_temp_master WHERE name = 'pg_class')`).Scan(&has); err != nil {
			t.Fatal(err)
		}
		got = append(got, has)
	}
	if diff := cmp.Diff([]bool{false, false, false, true, true}, got); diff != "" {
		t.Error(diff)
	}
}
