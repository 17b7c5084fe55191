package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// A move declares that the dataset of one name is to have another.
type move struct{ from, to string }

// renaming is an account whose datasets are as an earlier run left them under
// their old names, and a manifest that says their new ones. An entry without an
// old name is new. Every dataset is called by the name it begins with, for an id.
func renaming(moves ...move) Input {
	in := roads()
	in.Account.Datasets, in.Desired[0].Datasets = nil, nil
	for _, m := range moves {
		d := spec.Dataset{Name: m.to}
		if m.from != m.to {
			d.RenamedFrom = m.from
		}
		in.Desired[0].Datasets = append(in.Desired[0].Datasets, d)
		if m.from == "" {
			continue
		}
		in.Account.Datasets = append(in.Account.Datasets, Dataset{
			ID: m.from, Name: m.from, Privacy: "private", Tags: Marker{Project: "city", NameHash: NameHash(m.from)}.Tags(),
		})
		in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{
			ID: "sync-" + m.from, DatasetID: m.from, Name: m.from, State: "success", UpdatedAt: readAt,
		})
	}
	return in
}

// standing says which dataset has which name, and which its synchronization
// writes to.
func standing(in Input) map[string]string {
	out := map[string]string{}
	for _, d := range in.Account.Datasets {
		out[d.ID] = d.Name
	}
	for _, s := range in.Account.Synchronizations {
		out[s.ID] = s.Name
	}
	return out
}

// TestDatasetsExchangeTheirNames: whoever takes whose name, and wherever a run
// is killed, the next one brings every dataset to its name, and the one after
// that has nothing to do although renamed_from still stands there.
func TestDatasetsExchangeTheirNames(t *testing.T) {
	for _, c := range []struct {
		name  string
		moves []move
	}{
		{"a swap", []move{{"a", "b"}, {"b", "a"}}},
		{"a circle of three", []move{{"a", "b"}, {"b", "c"}, {"c", "a"}}},
		{"a circle of three the other way", []move{{"b", "a"}, {"c", "b"}, {"a", "c"}}},
		{"two swaps", []move{{"a", "d"}, {"d", "a"}, {"b", "c"}, {"c", "b"}}},
		{"moving up by one", []move{{"a", "b"}, {"b", "c"}, {"c", "d"}}},
		{"moving down by one", []move{{"b", "a"}, {"c", "b"}, {"d", "c"}}},
		{"a swap beside a rename", []move{{"a", "b"}, {"b", "a"}, {"c", "d"}, {"e", "e"}}},
	} {
		t.Run(c.name, func(t *testing.T) { exchanged(t, c.moves) })
	}
}

func TestDatasetsExchangeTheirNamesAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []string{"a", "b", "c", "d", "e", "f", "g"}
	for range 200 {
		froms := slices.Clone(letters[:1+r.IntN(5)])
		tos := slices.Clone(letters)
		r.Shuffle(len(tos), func(i, j int) { tos[i], tos[j] = tos[j], tos[i] })
		var moves []move
		for i, from := range froms {
			moves = append(moves, move{from, tos[i]})
		}
		t.Run(fmt.Sprint(moves), func(t *testing.T) { exchanged(t, moves) })
	}
}

func exchanged(t *testing.T, moves []move) {
	t.Helper()
	want := map[string]string{}
	for _, m := range moves {
		want[m.from], want["sync-"+m.from] = m.to, m.to
	}
	begin := renaming(moves...)
	_, steps := simulateSteps(begin, Compute(begin), -1)
	for cut := range steps + 1 {
		in, _ := simulateSteps(begin, Compute(begin), cut)
		in = simulate(in, Compute(in))
		if diff := cmp.Diff(want, standing(in)); diff != "" {
			t.Fatalf("killed after %d of %d steps: wanted -, got +:\n%s", cut, steps, diff)
		}
		if p := Compute(in); !p.Empty() {
			t.Fatalf("killed after %d of %d steps there is still %+v", cut, steps, outcomes(p))
		}
	}
}

// TestRenamedFromIsFollowedOnce: an entry that has its name keeps its dataset,
// whatever has the old name by now.
func TestRenamedFromIsFollowedOnce(t *testing.T) {
	for _, c := range []struct {
		name  string
		moves []move
		edit  func(*Input)
		want  map[string]string
		notes []string
	}{
		{"stale, and the old name free", []move{{"a", "a"}}, func(in *Input) { in.Desired[0].Datasets[0].RenamedFrom = "z" },
			map[string]string{"a": "a"}, []string{"renamed_from_done"}},
		{"stale, and another entry has the old name", []move{{"a", "a"}, {"b", "b"}}, func(in *Input) { in.Desired[0].Datasets[0].RenamedFrom = "b" },
			map[string]string{"a": "a", "b": "b"}, []string{"renamed_from_done"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := renaming(c.moves...)
			c.edit(&in)
			in.Account.Synchronizations = nil
			in = simulate(in, Compute(in))
			if diff := cmp.Diff(c.want, standing(in)); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
			p := Compute(in)
			var notes []string
			for _, n := range p.Notes {
				notes = append(notes, n.Code)
			}
			if diff := cmp.Diff(c.notes, notes); diff != "" || !p.Empty() {
				t.Errorf("then %+v with notes, wanted -, got +:\n%s", outcomes(p), diff)
			}
		})
	}
}

// TestHalfOfACircleIsBlocked: where one entry of an exchange is left out, the
// others find their names taken.
func TestHalfOfACircleIsBlocked(t *testing.T) {
	in := renaming(move{"a", "b"}, move{"b", "a"})
	in.Options.Targets = []string{"a"}
	want := []outcome{{Verb: Blocked, Name: "a", Code: ConflictNameTaken, Changes: []string{"name"}}}
	if diff := cmp.Diff(want, outcomes(Compute(in))); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
}

// TestARenameSaysNothingOfContents: a run that is killed between a rename and the
// import that comes with it leaves the import to do.
func TestARenameSaysNothingOfContents(t *testing.T) {
	in := roads()
	in.Desired[0].Datasets[0].Name, in.Desired[0].Datasets[0].RenamedFrom = "streets", "roads"
	look := in.Looks["roads"]
	look.SHA256 = "bb"
	in.Looks["streets"] = look
	in, _ = simulateSteps(in, Compute(in), 1)
	want := []outcome{{Verb: Reimport, Name: "streets", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}
	if diff := cmp.Diff(want, outcomes(Compute(in))); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
}
