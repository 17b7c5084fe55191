package plan

import (
	"cmp"
	"slices"
)

// link finds the entries that take their names from each other.
func (x *index) link() {
	for _, w := range x.wants {
		if from := x.source(w); from != nil {
			w.linked, from.linked = true, true
		}
	}
}

// source is the entry that declares the name that w gives as its former one.
func (x *index) source(w *wanted) *wanted {
	from := x.declared[w.d.RenamedFrom]
	if from == nil || from == w || from.project != w.project {
		return nil
	}
	return from
}

// parked finds the dataset that an interrupted run took aside to rename it.
func (m *matcher) parked(w *wanted) match {
	l := m.byName[ParkingName(w.project, w.d.Name)]
	if !w.owns(l) || l.marker.NameHash != NameHash(w.d.Name) {
		return match{}
	}
	return match{relation: parked, live: l}
}

// exchanged finds what entries that take each other's names agree on. Before and
// after, every name has a dataset with that name's marker, so a renaming counts
// as not done only while none of them records that it is.
func (m *matcher) exchanged() func(*wanted) match {
	due := map[*wanted]bool{}
	for _, w := range m.wants {
		if !due[w] {
			m.chain(w, due)
		}
	}
	return func(w *wanted) match {
		if l := m.byName[w.d.RenamedFrom]; due[w] && !m.taken[l.ID] {
			return match{relation: renamedFrom, live: l}
		}
		return match{}
	}
}

// chain follows where w's name comes from, and marks the entries whose datasets
// have yet to move: all of a circle, or all that begin at a name which is still
// free and end at one that nobody else is to have.
func (m *matcher) chain(w *wanted, due map[*wanted]bool) {
	if m.source(w) == nil || m.isParked(w) {
		return
	}
	free := m.byName[w.d.Name] == nil && len(m.claims(w)) == 0
	if !free && !m.awaits(w) {
		return
	}
	moving := []*wanted{w}
	for at := m.source(w); ; at = m.source(at) {
		switch {
		case at == w && !free: // a circle
			mark(due, moving)
			return
		case at == nil || slices.Contains(moving, at):
			return
		case m.isParked(at):
			if free && m.ownBy(at.d.Name, at.project) {
				mark(due, moving)
			}
			return
		case !m.awaits(at):
			return
		}
		moving = append(moving, at)
		if m.declared[at.d.RenamedFrom] == nil {
			if free && m.ownBy(at.d.RenamedFrom, w.project) {
				mark(due, moving)
			}
			return
		}
	}
}

func mark(due map[*wanted]bool, all []*wanted) {
	for _, w := range all {
		due[w] = true
	}
}

// isParked reports whether w's dataset was taken aside: what has its name is then
// another's, whatever its marker says.
func (m *matcher) isParked(w *wanted) bool { return m.found[w.d.Name].relation == parked }

// awaits reports whether the dataset of w's name is marked as w's, and does not
// record that w has got its name.
func (m *matcher) awaits(w *wanted) bool {
	return m.ownBy(w.d.Name, w.project) && len(m.claims(w)) == 1 && m.byName[w.d.Name].marker.Former == ""
}

// ownBy reports whether the dataset of a name is marked as that name's.
func (m *matcher) ownBy(name, project string) bool {
	l := m.byName[name]
	return l != nil && !m.taken[l.ID] && l.marker.Owners == 1 && l.marker.Project == project && l.marker.NameHash == NameHash(name)
}

// park takes one of the datasets that exchange their names in a circle aside,
// before any of them gets its own: no order of renames would do.
func park(actions []Action) {
	byLive := map[string]int{} // live name -> the action that renames the dataset
	var renames []int
	for i, a := range actions {
		if a.Does(Rename) {
			byLive[a.LiveName] = i
			renames = append(renames, i)
		}
	}
	slices.SortFunc(renames, func(i, j int) int { return cmp.Compare(actions[i].Dataset, actions[j].Dataset) })
	seen := map[int]bool{}
	for _, first := range renames {
		at, circle := first, false
		for !seen[at] {
			seen[at] = true
			next, ok := byLive[actions[at].Dataset]
			if !ok {
				break
			}
			at, circle = next, next == first
		}
		if circle {
			a := &actions[first]
			a.Parking = ParkingName(a.Project, a.Dataset)
			a.Steps = append([]Step{StepPark}, a.Steps...)
		}
	}
}
