package plan

import (
	"cmp"
	"slices"
)

// phases say in which order verbs run: what others need first, deletions last.
var phases = map[Verb]int{
	Forget: 1, Rename: 3, Adopt: 4, Update: 4, Resume: 5, Create: 5, Reimport: 5, Heal: 6, Force: 6, Delete: 7,
	Blocked: 9, None: 10,
}

// Phase is the place of an action in the order of a run: actions of the same
// phase may run side by side (renames excepted), those of a later phase wait.
func (a Action) Phase(pruneFirst bool) int {
	switch {
	case a.Verb == Delete && a.Kind == KindConnection:
		return phases[Delete] + 1 // after the datasets whose synchronizations use it
	case a.Verb == Delete && pruneFirst:
		return -1
	case a.Kind == KindConnection && (a.Verb == Create || a.Verb == Update):
		return 0 // before the datasets that need it
	case a.Does(Rename):
		return phases[Rename]
	}
	return phases[a.Verb]
}

// order sorts actions by phase, then by kind and name.
func order(actions []Action, pruneFirst bool) {
	slices.SortStableFunc(actions, func(a, b Action) int {
		return cmp.Or(
			cmp.Compare(a.Phase(pruneFirst), b.Phase(pruneFirst)),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Name(), b.Name()),
			cmp.Compare(a.Project, b.Project),
		)
	})
	orderRenames(actions)
}

// orderRenames puts the renames, which stand together, in an order in which
// each finds its new name free: who holds the name goes first. Of those that
// exchange their names in a circle, the one that [park] parks goes last.
func orderRenames(actions []Action) {
	first := slices.IndexFunc(actions, func(a Action) bool { return a.Phase(false) == phases[Rename] })
	if first < 0 {
		return
	}
	end := first
	holder := map[string]int{} // live name -> index
	for end < len(actions) && actions[end].Phase(false) == phases[Rename] {
		holder[actions[end].LiveName] = end
		end++
	}
	sorted := make([]Action, 0, end-first)
	done := map[int]bool{}
	var visit func(i int)
	visit = func(i int) {
		if done[i] {
			return
		}
		done[i] = true
		if h, ok := holder[actions[i].Dataset]; ok {
			visit(h)
		}
		sorted = append(sorted, actions[i])
	}
	for i := first; i < end; i++ {
		visit(i)
	}
	copy(actions[first:end], sorted)
}

func countVerb(actions []Action, v Verb) int {
	n := 0
	for _, a := range actions {
		if a.Verb == v && a.Kind == KindDataset {
			n++
		}
	}
	return n
}

func compareNames(a, b Action) int { return cmp.Compare(a.Name(), b.Name()) }
