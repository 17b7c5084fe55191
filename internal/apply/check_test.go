package apply_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// TestWhatCameOutWrongIsNotPublished: an import that is complete, and yet is not what its source is, goes again.
func TestWhatCameOutWrongIsNotPublished(t *testing.T) {
	for _, c := range []struct{ name, spoil, says string }{
		{"a row is missing", "DELETE FROM %s WHERE name = 'oak'", "has 1 rows where its source has 2"},
		{"a column is missing", "ALTER TABLE %s DROP COLUMN name", "lacks columns that its source has: name"},
		{"the geometry is another", "UPDATE %s SET the_geom = ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))', 4326)", "holds geometries of kind multipolygon where its source has point"},
		{"the geometry is missing", "UPDATE %s SET the_geom = NULL", "has no geometry where its source has point"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", trees)
				a.manifest(oneFile)
				in := a.input(t.Context())
				p := plan.Compute(in)
				spoiled := false
				a.before.set(func(r *http.Request) { // once the import is complete, and before it is looked at
					if spoiled || !strings.HasPrefix(r.URL.Path, "/user/"+user+"/api/v1/viz/cs_") {
						return
					}
					spoiled = true
					if _, err := a.client.Exec(t.Context(), strings.Replace(c.spoil, "%s", p.Actions[0].Staging, 1)); err != nil {
						t.Error(err)
					}
				})
				a.outcome(a.carryOut(t.Context(), in, p), apply.Failed, c.says)
				if diff := cmp.Diff([]string(nil), a.names()); diff != "" {
					t.Errorf("left over: %s", diff)
				}
			})
		})
	}
}
