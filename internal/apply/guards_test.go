package apply_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDataThatMoveAwayAreHeldBack: by the plan for a file, and by apply for what
// it fetches or has CARTO fetch.
func TestDataThatMoveAwayAreHeldBack(t *testing.T) {
	const far = "name,latitude,longitude\noak,51,2\nelm,53,4\n"
	for _, c := range []struct{ name, entry, next, outcome string }{
		{"file", "source: {file: trees.csv}", "source: {file: trees.csv}", "blocked"},
		{"url", "source: {url: \"http://files.sandbox.test/a/trees.csv\"}", "source: {url: \"http://files.sandbox.test/trees.csv\"}", "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) {
				a := newAccount(t)
				a.file("trees.csv", trees)
				a.serveBelow("a", "trees.csv", trees)
				a.serve("trees.csv", far)
				a.manifest("datasets: [{name: trees, " + c.entry + "}]")
				a.converges("done create trees")
				a.file("trees.csv", far)
				a.manifest("datasets: [{name: trees, " + c.next + "}]")
				got := results(a.apply())
				if len(got) != 1 || !strings.HasPrefix(got[0], c.outcome) || !strings.Contains(got[0], "the data move away: they were within longitudes 2 to 4, latitudes 1 to 3, and are within longitudes 2 to 4, latitudes 51 to 53") {
					t.Errorf("got %q", got)
				}
				if diff := cmp.Diff([]string{"1", "3"}, a.column("trees", "latitude")); diff != "" {
					t.Errorf("wanted -, got +:\n%s", diff)
				}
				a.manifest("datasets: [{name: trees, " + c.next + ", guards: {extent: false}}]")
				a.converges("done reimport trees")
			})
		})
	}
}
