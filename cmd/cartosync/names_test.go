package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

func TestCheckNames(t *testing.T) {
	desired := []spec.Manifest{
		{Datasets: []spec.Dataset{{Name: "roads"}, {Name: "rivers"}}},
		{Datasets: []spec.Dataset{{Name: "parcels"}}, Forget: []spec.Forget{{Name: "old_trees"}}},
	}
	tests := []struct {
		name string
		f    choiceFlags
		want string
	}{
		{"none", choiceFlags{}, ""},
		{"all known", choiceFlags{
			Target: []string{"roads", "old_trees"}, Exclude: []string{"rivers"}, Reimport: []string{"parcels"},
			Allow: []allowance{{plan.GuardShrink, "roads"}},
		}, ""},
		{"target", choiceFlags{Target: []string{"roads", "raods"}}, `--target raods: no manifest declares a dataset of that name; did you mean "roads"?`},
		{"exclude", choiceFlags{Exclude: []string{"river"}}, `--exclude river: no manifest declares a dataset of that name; did you mean "rivers"?`},
		{"reimport, like nothing", choiceFlags{Reimport: []string{"zebra"}}, `--reimport zebra: no manifest declares a dataset of that name; check the name`},
		{"allow", choiceFlags{Allow: []allowance{{plan.GuardShrink, "parcel"}}}, `--allow parcel: no manifest declares a dataset of that name; did you mean "parcels"?`},
		{"allow, of what --prune deletes", choiceFlags{Prune: true, Allow: []allowance{{plan.GuardMaps, "gone"}}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, message(test.f.checkNames(desired))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckPruned(t *testing.T) {
	in := plan.Input{
		Desired: []spec.Manifest{{Datasets: []spec.Dataset{{Name: "roads"}}}},
		Account: plan.Account{Datasets: []plan.Dataset{{Name: "trees"}}},
	}
	tests := []struct{ name, dataset, want string }{
		{"declared", "roads", ""},
		{"live", "trees", ""},
		{"neither", "tree", `--allow tree: no manifest declares a dataset of that name; did you mean "trees"?`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := choiceFlags{Prune: true, Allow: []allowance{{plan.GuardMaps, test.dataset}}}
			if diff := cmp.Diff(test.want, message(f.checkPruned(in))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllowance(t *testing.T) {
	for _, wrong := range []string{"shrink", "shrink:", ":roads", "shrnk:roads", ""} {
		t.Run(wrong, func(t *testing.T) {
			var a allowance
			if err := a.UnmarshalText([]byte(wrong)); err == nil {
				t.Errorf("read as %+v", a)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	names := []string{"bike_stations", "metro", "roads"}
	for s, want := range map[string]string{
		"bike_station": "bike_stations", "metor": "metro", "meter": "metro", "roads": "roads", "straße": "", "": "",
	} {
		t.Run(s, func(t *testing.T) {
			if got := nearest(s, names); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
