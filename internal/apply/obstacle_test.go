package apply_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// tables are the tables of the account's database that bear a staging name.
func (a *account) tables() []string {
	a.t.Helper()
	answer, err := a.client.Query(a.t.Context(), "SELECT tablename FROM pg_tables WHERE tablename LIKE 'cs_%' ORDER BY 1")
	if err != nil {
		a.t.Fatal(err)
	}
	var names []string
	for i := range answer.Rows {
		names = append(names, answer.Text(i, "tablename"))
	}
	return names
}

// staged is the staging name that the next plan has for its first action.
func (a *account) staged() string {
	a.t.Helper()
	return plan.Compute(a.input(a.t.Context())).Actions[0].Staging
}

var unregistered = fault.Rule{Kind: fault.Unregistered, Method: "POST", Path: "/api/v1/imports", Times: 1}

// TestTableOfAFailedImport: a table that could not be made a dataset bears the staging
// name. No list shows it, so the run that left it drops it.
func TestTableOfAFailedImport(t *testing.T) {
	each(t, func(t *testing.T) {
		a := newAccount(t)
		a.file("trees.csv", trees)
		a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
		a.box.Inject(unregistered)
		lease := a.takes(named("ann"))
		staging := a.staged()
		result := a.leased(lease, func() {}).Results[0]
		a.releases(lease)
		cleared := []string{`table "` + staging + `", which a failed import left and which is no dataset`}
		if diff := cmp.Diff(cleared, result.Cleared); diff != "" {
			t.Errorf("%v; wanted -, got +:\n%s", result.Err, diff)
		}
		if left := a.tables(); len(left) > 0 {
			t.Errorf("left over: %q", left)
		}
		a.converges("done create trees")
	})
}

// TestTableInTheWayOfStaging: one that a killed run left is dropped by the next, or
// named where that may not be.
func TestTableInTheWayOfStaging(t *testing.T) {
	for _, c := range []struct {
		name  string
		lease bool
		fault fault.Rule
		says  []string
	}{
		{"leased", true, fault.Rule{}, nil},
		{"the answer to DROP is lost", true, fault.Rule{Kind: fault.Lose, Method: "POST", Path: "/api/v2/sql", Times: 1}, nil},
		{"not leased", false, fault.Rule{}, []string{"without the lease", `DROP TABLE "`}},
		{"SQL may not write", true, fault.Rule{Kind: fault.Status, Status: http.StatusForbidden, Method: "POST", Path: "/api/v2/sql"}, []string{"403", `DROP TABLE "`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", trees)
				a.manifest("datasets: [{name: trees, source: {file: trees.csv}}]")
				staging := a.staged()
				if _, err := a.client.Exec(t.Context(), `CREATE TABLE "`+staging+`" (a text)`); err != nil {
					t.Fatal(err)
				}
				lease := a.takes(named("ann"))
				if c.fault.Kind != "" {
					a.box.Inject(c.fault)
				}
				used := lease
				if !c.lease {
					used = nil
				}
				result := a.leased(used, func() {}).Results[0]
				a.box.ClearFaults()
				a.releases(lease)
				if len(c.says) == 0 {
					if result.Err != nil || len(result.Cleared) != 1 {
						t.Fatalf("cleared %q: %v", result.Cleared, result.Err)
					}
					a.inSync()
					return
				}
				for _, s := range append(c.says, staging) {
					if result.Err == nil || !strings.Contains(result.Err.Error(), s) {
						t.Errorf("does not say %q: %v", s, result.Err)
					}
				}
				if diff := cmp.Diff([]string{staging}, a.tables()); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				if len(a.names()) > 0 {
					t.Errorf("left over: %q", a.names())
				}
			})
		})
	}
}
