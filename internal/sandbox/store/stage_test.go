package store

import (
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A table gets its webmercator column once it is filled: the file is sound then, and everything is where it belongs.
func TestStageIsCompleted(t *testing.T) {
	ctx := t.Context()
	s, err := Open(ctx, Options{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, rows := range []int{0, 1, 3000} {
		t.Run(fmt.Sprint(rows, " rows"), func(t *testing.T) {
			st, err := s.Stage(ctx, fmt.Sprint("job", rows), []Column{{Name: "name", Type: "text"}, {Name: "docks", Type: "integer"}})
			if err != nil {
				t.Fatal(err)
			}
			defer st.Discard()
			for i := range rows {
				geometry := point(1, 2, 4326)
				if i%2 == 1 {
					geometry = nil
				}
				if err := st.Append(ctx, 0, geometry, []any{fmt.Sprint("station ", i), int64(i)}); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time there is nothing to do
				if err := st.Flush(ctx); err != nil {
					t.Fatal(err)
				}
			}
			columns, err := s.fileColumns(ctx, st.file)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range columns {
				names = append(names, c.Name)
			}
			if diff := cmp.Diff([]string{"cartodb_id", "the_geom", "the_geom_webmercator", "name", "docks"}, names); diff != "" {
				t.Errorf("columns: wanted -, got +:\n%s", diff)
			}
			err = s.withFile(ctx, st.file, "rw", func(conn *sql.Conn) error {
				var sound string
				if err := conn.QueryRowContext(ctx, `PRAGMA "f".integrity_check`).Scan(&sound); err != nil {
					return err
				}
				var all, projected, docks int
				q := `SELECT count(*), count(*) FILTER (WHERE the_geom_webmercator = CDB_TransformToWebmercator(the_geom)), COALESCE(sum(docks), 0) FROM "f"."rows"`
				if err := conn.QueryRowContext(ctx, q).Scan(&all, &projected, &docks); err != nil {
					return err
				}
				got, want := []any{sound, all, projected, docks}, []any{"ok", rows, (rows + 1) / 2, rows * (rows - 1) / 2}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				_, err := conn.ExecContext(ctx, `UPDATE "f".sqlite_master SET sql = ''`)
				if err == nil {
					t.Error("a definition can be rewritten elsewhere too")
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}
