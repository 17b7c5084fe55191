package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// TestLeftStaging: what an interrupted run staged and nothing needs is planned to
// go, and what anybody may need stays.
func TestLeftStaging(t *testing.T) {
	const other = "fedcba9876543210"
	name := StagingName("city", "trees", other)
	for _, c := range []struct {
		name    string
		staged  Dataset
		heals   bool
		noted   bool
		options Options
	}{
		{"of another source", Dataset{Name: name}, true, false, Options{}},
		{"numbered by CARTO", Dataset{Name: name + "_1"}, true, false, Options{}},
		{"tagged", Dataset{Name: name, Tags: []string{"mine"}}, false, true, Options{}},
		{"on a map", Dataset{Name: name, MapCount: 1}, false, true, Options{}},
		{"called almost so", Dataset{Name: name + "_old"}, false, true, Options{}},
		{"of no entry", Dataset{Name: StagingName("city", "shrubs", other)}, false, true, Options{}},
		{"of another project", Dataset{Name: StagingName("town", "trees", other)}, false, false, Options{}},
		{"not targeted", Dataset{Name: name}, false, false, Options{Targets: []string{"trees"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.staged.ID = "staged"
			in := Input{
				Desired: []spec.Manifest{{Project: "city", Datasets: []spec.Dataset{{Name: "trees", Source: spec.Source{Kind: spec.SourceFile, File: "trees.csv"}}}}},
				Account: Account{Datasets: []Dataset{c.staged}, Limits: Limits{PrivateDatasets: true}},
				Options: c.options,
			}
			p := Compute(in)
			var healed, noted []string
			for _, a := range p.Actions {
				if a.Kind == KindStaging {
					healed = append(healed, string(a.Verb)+" "+a.Dataset+" "+string(a.Code))
				}
			}
			for _, n := range p.Notes {
				noted = append(noted, n.Code)
			}
			var wantHealed, wantNoted []string
			if c.heals {
				wantHealed = []string{"heal " + c.staged.Name + " leftover"}
			}
			if c.noted {
				wantNoted = []string{"leftover"}
			}
			if diff := cmp.Diff([][]string{wantHealed, wantNoted}, [][]string{healed, noted}); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}
