package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/spec"
)

// kept is what becomes of a saved plan that was written and read.
func kept(t *testing.T, s Saved) Saved {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseSaved(text)
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// A saved plan lets through all of the same plan; and of a plan for an account that people have changed since then, only what
// was reviewed: everything else is named.
func TestSavedPlansLetThroughWhatWasReviewed(t *testing.T) {
	let, refused, noted := 0, 0, 0
	for seed := range uint64(*cases / 5) {
		w := randomWorld(seed)
		w.in.Details = answers(w.in)
		first := Compute(w.in)
		s := kept(t, Save(w.in, first, nil))
		same, moved := s.Restrict(Compute(w.in))
		if diff := cmp.Diff(first, same, cmpopts.EquateEmpty()); diff != "" || len(moved) > 0 {
			t.Fatalf("seed %d: of the same plan something is left out: %+v\n%s", seed, moved, diff)
		}
		w.drift()
		now := Compute(w.in)
		restricted, moved := s.Restrict(now)
		for _, a := range restricted.Actions {
			if a.Verb == None || a.Verb == Blocked {
				continue
			}
			let++
			i := slices.IndexFunc(first.Actions, func(b Action) bool {
				return b.key() == a.key() && b.Does(a.Verb) || b.key() == a.key() && b.Verb == Create && a.Verb == Resume
			})
			if i < 0 {
				t.Fatalf("seed %d: %s %s was not reviewed", seed, a.Verb, a.Name())
			}
			for _, c := range a.Changes {
				if !slices.ContainsFunc(first.Actions[i].Changes, func(d Change) bool { return cmp.Equal(c, d) }) {
					t.Fatalf("seed %d: %s: the change %+v was not reviewed", seed, a.Name(), c)
				}
			}
		}
		refused += len(moved)
		fresh := len(restricted.Notes) - len(now.Notes)
		noted += fresh
		if len(restricted.Actions)+len(moved)+fresh != len(now.Actions) {
			t.Fatalf("seed %d: an action is neither done, nor refused, nor noted", seed)
		}
	}
	t.Logf("%d let through, %d refused, %d noted", let, refused, noted)
	if let < *cases/20 || refused < *cases/50 || noted < *cases/250 {
		t.Errorf("%d let through, %d refused, %d noted: too few to mean anything", let, refused, noted)
	}
}

func TestRestrict(t *testing.T) {
	live := Dataset{ID: "1", Name: "roads", Privacy: "private", Title: "Old", Tags: []string{"b", "a"}, MapCount: 1}
	update := Action{
		Verb: Update, Kind: KindDataset, Project: "p", Dataset: "roads", ID: "1", Seen: Seen{Dataset: &live},
		Changes: []Change{{Field: "tags", Before: []string{"b", "a"}, After: []string{"z", "c"}}, {Field: "title", Before: "Old", After: "New"}},
		Before:  &Contents{Rows: 10, Size: 5},
	}
	with := func(change func(a *Action, d *Dataset)) Action {
		a, d := update, live
		a.Changes = slices.Clone(update.Changes)
		b := *update.Before
		a.Before, a.Seen.Dataset = &b, &d
		change(&a, &d)
		return a
	}
	tests := []struct {
		name string
		now  Action
		want string // "field: planned, now", "" if it is let through
	}{
		{"the same", update, ""},
		{"estimates", with(func(a *Action, _ *Dataset) { a.Before.Size = 99 }), ""},
		{"half done", with(func(a *Action, d *Dataset) {
			a.Changes, d.Title = a.Changes[:1], "New"
			d.Tags = append(d.Tags, "cartosync:p")
		}), ""},
		{"the other half", with(func(a *Action, d *Dataset) { a.Changes, d.Tags = a.Changes[1:], []string{"c", "z"} }), ""},
		{"another value", with(func(a *Action, d *Dataset) { a.Changes[1].Before, d.Title = "Newer", "Newer" }), `title: "Old", "Newer"`},
		{"what nobody manages", with(func(_ *Action, d *Dataset) { d.Description = "x" }), `description: "", "x"`},
		{"tags", with(func(_ *Action, d *Dataset) { d.Tags = []string{"q"} }), `tags: ["a","b"], ["q"]`},
		{"maps", with(func(_ *Action, d *Dataset) { d.MapCount = 2 }), "the number of maps that depend on it: 1, 2"},
		{"one more change", with(func(a *Action, _ *Dataset) {
			a.Changes = append(a.Changes, Change{Field: "license", Before: "x", After: "y"})
		}), `license: "y", "x"`},
		{"rows", with(func(a *Action, _ *Dataset) { a.Before.Rows = 11 }),
			"what it holds: 10 rows, no geometry, columns , 11 rows, no geometry, columns "},
		{"another verb", with(func(a *Action, _ *Dataset) { a.Also = []Verb{Reimport} }), "what is to be done: update, update and reimport"},
		{"another source", with(func(a *Action, _ *Dataset) { a.Fingerprint = "f" }), "the source: , f"},
		{"another dataset", with(func(a *Action, d *Dataset) { a.ID, d.ID = "2", "2" }), "its id: 1, 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := kept(t, Save(Input{}, Plan{Actions: []Action{update}}, nil))
			p, moved := s.Restrict(Plan{Actions: []Action{tt.now}})
			got := ""
			for _, m := range moved {
				got += m.Field + ": " + m.Planned + ", " + m.Now
			}
			if got != tt.want || len(p.Actions)+len(moved) != 1 {
				t.Errorf("refused for %q, want %q; %d actions left", got, tt.want, len(p.Actions))
			}
		})
	}
	created := Action{Verb: Create, Kind: KindDataset, Project: "p", Dataset: "new", Fingerprint: "f"}
	resumed := Action{Verb: Resume, Kind: KindDataset, Project: "p", Dataset: "new", Fingerprint: "f", ID: "9", Seen: Seen{Dataset: &live}}
	s := kept(t, Save(Input{}, Plan{Actions: []Action{created}}, nil))
	if _, moved := s.Restrict(Plan{Actions: []Action{resumed}}); len(moved) > 0 {
		t.Errorf("what an interrupted run left is refused: %+v", moved)
	}
	p, _ := s.Restrict(Plan{Actions: []Action{update}})
	if len(p.Actions) != 0 || len(p.Notes) != 1 || p.Notes[0].Code != "not_reviewed" {
		t.Errorf("what was not reviewed: %+v", p)
	}
}

func TestSavedPlanHoldsNoSecret(t *testing.T) {
	a := Action{Verb: Update, Kind: KindConnection, Connection: "w", Changes: []Change{{Field: "password", Before: "hunter2", After: "hunter3", Sensitive: true}}}
	text, err := json.Marshal(Save(Input{}, Plan{Actions: []Action{a}}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hunter") || a.Changes[0].Before != "hunter2" {
		t.Errorf("%s; %v", text, a.Changes)
	}
}

func TestParseSaved(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "it is no saved plan; make one with cartosync plan --out",
		"{}":                       "it is no saved plan; make one with cartosync plan --out",
		"[]":                       "it is no saved plan; make one with cartosync plan --out",
		`{"format_version":"2.0"}`: "its format is 2.0 and this program understands 1.0; plan again with this program",
	} {
		if _, err := ParseSaved([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	s := Saved{Manifests: []SavedManifest{{Path: "a", SHA256: "1"}}}
	if err := s.CheckManifests([]spec.Manifest{{Path: "a", SHA256: "1"}}); err != nil {
		t.Error(err)
	}
	if err := s.CheckManifests([]spec.Manifest{{Path: "a", SHA256: "2"}}); err == nil {
		t.Error("another manifest is taken")
	}
}
