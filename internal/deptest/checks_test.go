package deptest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestChecks breaks every rule once, on a small graph, so that a green TestRules means something.
func TestChecks(t *testing.T) {
	g := graph{
		"cmd/x":        {Ours: true, Imports: []string{"internal/low", "internal/high", "lib.test/cli"}},
		"internal/low": {Ours: true, Imports: []string{"fmt", "lib.test/cli/sub"}, Tests: []string{"lib.test/diff"}},
		"internal/high": {
			Ours: true, Imports: []string{"internal/low", "lib.test/diff"}, Tests: []string{"internal/new"},
		},
		"internal/new":     {Ours: true, Imports: []string{"internal/high"}},
		"lib.test/cli":     {Module: "lib.test/cli", Imports: []string{"lib.test/cli/sub"}},
		"lib.test/cli/sub": {Module: "lib.test/cli", Imports: []string{"net/http", "fmt"}},
		"lib.test/diff":    {Module: "lib.test/diff"},
		"net/http":         {Imports: []string{"fmt"}},
		"fmt":              {},
	}
	tests := []struct {
		name  string
		found []string
		want  []string
	}{
		{
			name: "layers kept",
			found: g.checkLayers([]layer{
				{"cmd/x", all, "wires"},
				{"internal/low", nil, "is low"},
				{"internal/high", []string{"internal/low"}, "is high"},
				{"internal/new", []string{"internal/high"}, "is new"},
			}),
		},
		{
			name: "layers broken, missing and gone",
			found: g.checkLayers([]layer{
				{"cmd/x", []string{"internal/high"}, "should know little"},
				{"internal/low", nil, "is low"},
				{"internal/high", []string{"internal/low"}, "is high"},
				{"internal/old", nil, "is old"},
			}),
			want: []string{
				"cmd/x imports internal/low, but it should know little",
				"internal/old is in the table of layers but not in the tree; correct the table",
				"internal/new is not in the table of layers; say there what it may import and why",
			},
		},
		{
			name: "reach, through our packages and others",
			found: g.checkReach([]ban{
				{"internal/high", "net/http", "no sockets"},
				{"internal/low", "internal/high", "low knows not high"},
				{"internal/low", "testing", "no tests"},
			}),
			want: []string{"internal/high must not reach net/http: no sockets (internal/high -> internal/low -> lib.test/cli/sub -> net/http)"},
		},
		{
			name: "direct imports only",
			found: g.checkDirect([]ban{
				{"internal/high", "net/http", "no sockets"},
				{"internal/low", "fmt", "no printing"},
				{"internal/high", "internal/new", "high knows not new"},
			}, false),
			want: []string{"internal/low must not import fmt: no printing"},
		},
		{
			name:  "test files too",
			found: g.checkDirect([]ban{{"internal/high", "internal/new", "high knows not new"}}, true),
			want:  []string{"internal/high must not import internal/new: high knows not new"},
		},
		{
			name:  "bans on what is not there",
			found: g.checkReach([]ban{{"internal/gone", "fmt", ""}, {"internal/low", "internal/lost", ""}}),
			want: []string{
				"the ban of fmt from internal/gone protects nothing: there is no internal/gone",
				"the ban of internal/lost from internal/low forbids nothing: there is no internal/lost",
			},
		},
		{
			name: "libraries",
			found: g.checkLibraries([]library{
				{"lib.test/cli", "", []string{"cmd/x", "internal/new"}},
				{"lib.test/gone", "", []string{"cmd/x"}},
			}, []string{"lib.test/diff"}),
			want: []string{
				"internal/high imports lib.test/diff, which is for tests, in files that are not",
				"internal/low imports lib.test/cli; if it carries its weight there, say so in the table of libraries",
				"internal/new no longer imports lib.test/cli; take it from the table of libraries",
				"cmd/x no longer imports lib.test/gone; take it from the table of libraries",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.found); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
