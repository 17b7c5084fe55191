package plan

// A relation says what a declared dataset has to do with a live one.
type relation int

const (
	absent      relation = iota // nothing live belongs to it
	ours                        // ours, under its name
	renamedFrom                 // known under the name that renamed_from gives
	moved                       // ours by its name's hash, but renamed outside
	parked                      // ours, on its way to its name
	staged                      // its staging dataset, imported and not yet published
	foreign                     // somebody's, under its name
	ambiguous                   // several live datasets claim to be it
)

// A match is the live dataset that belongs to a declared one.
type match struct {
	relation relation
	live     *liveDataset
	other    *liveDataset     // ambiguous: the second claimant
	sync     *Synchronization // staged: the marked synchronization that made it
}

// matches finds for every declared dataset its live one. Stronger evidence is
// used up first, over all datasets, so that no weak claim takes what belongs to
// another: a renaming under way, then one that entries agree on, then marker and
// name, then renamed_from, then the marker's name hash, then the owner and the
// name, then our staging, then the name alone.
func (x *index) matches() map[string]match {
	m := matcher{index: x, found: map[string]match{}, taken: map[string]bool{}}
	m.pass(m.parked)
	m.pass(m.exchanged())
	m.pass(m.exact)
	m.pass(m.renamed)
	m.pass(m.moved)
	m.pass(m.owned)
	m.pass(m.staged)
	m.pass(m.named)
	return m.found
}

type matcher struct {
	*index
	found  map[string]match // by declared name
	taken  map[string]bool  // by live id
	hashes map[string][]*liveDataset
}

// pass offers every dataset that has no match yet to find.
func (m *matcher) pass(find func(*wanted) match) {
	for _, w := range m.wants {
		if _, done := m.found[w.d.Name]; done {
			continue
		}
		got := find(w)
		if got.relation == absent {
			continue
		}
		m.found[w.d.Name] = got
		m.taken[got.live.ID] = true
	}
}

// claims are the live datasets whose marker says that they are w's.
func (m *matcher) claims(w *wanted) []*liveDataset {
	if m.hashes == nil {
		m.hashes = map[string][]*liveDataset{}
		for _, l := range m.live {
			if l.marker.Owners == 1 && l.marker.NameHash != "" {
				key := l.marker.Project + " " + l.marker.NameHash
				m.hashes[key] = append(m.hashes[key], l)
			}
		}
	}
	return m.hashes[w.project+" "+NameHash(w.d.Name)]
}

// owns reports whether l is marked as the project's and nobody else's.
func (w *wanted) owns(l *liveDataset) bool {
	return l != nil && l.marker.Owners == 1 && l.marker.Project == w.project
}

func (m *matcher) exact(w *wanted) match {
	claims := m.free(m.claims(w))
	for i, l := range claims {
		if l.Name != w.d.Name {
			continue
		}
		if len(claims) > 1 { // a copy that kept its tags: which one is meant?
			return match{relation: ambiguous, live: l, other: claims[(i+1)%len(claims)]}
		}
		return match{relation: ours, live: l}
	}
	return match{}
}

func (m *matcher) renamed(w *wanted) match {
	if w.d.RenamedFrom == "" {
		return match{}
	}
	l := m.byName[w.d.RenamedFrom]
	if l == nil || m.taken[l.ID] {
		return match{}
	}
	if h := l.marker.NameHash; h != "" && h != NameHash(w.d.RenamedFrom) {
		return match{} // another entry's, which somebody renamed to this
	}
	if l.marker.Owners > 0 && !w.owns(l) && w.d.Adopt.From != l.marker.Project {
		return match{}
	}
	for _, claim := range m.claims(w) {
		if claim.ID != l.ID {
			return match{relation: ambiguous, live: l, other: claim}
		}
	}
	return match{relation: renamedFrom, live: l}
}

func (m *matcher) moved(w *wanted) match {
	free := m.free(m.claims(w))
	switch len(free) {
	case 0:
		return match{}
	case 1:
		return match{relation: moved, live: free[0]}
	}
	return match{relation: ambiguous, live: free[0], other: free[1]}
}

// owned finds a dataset of the project under w's name whose second tag is
// missing, damaged or left from another entry.
func (m *matcher) owned(w *wanted) match {
	l := m.byName[w.d.Name]
	if !w.owns(l) || m.taken[l.ID] {
		return match{}
	}
	return match{relation: ours, live: l}
}

// staged finds what an earlier run imported and could not publish: a dataset
// that a synchronization with our marker made, or one under our staging name.
func (m *matcher) staged(w *wanted) match {
	if w.fingerprint == "" {
		return match{}
	}
	if w.d.Sync != nil || w.passing {
		for _, s := range m.marked[SyncMarker(w.project, w.d.Name)] {
			if l := m.byID[s.DatasetID]; l != nil && !otherKind(w, *s) && m.nobodys(l) && (!w.passing || m.imports(*s, w)) {
				return match{relation: staged, live: l, sync: s}
			}
		}
	}
	if l := m.byName[w.staging]; l != nil && m.nobodys(l) {
		return match{relation: staged, live: l}
	}
	return m.stagedByJob(w)
}

// imports reports whether a synchronization imported exactly what w declares.
func (x *index) imports(s Synchronization, w *wanted) bool {
	url, ok := x.resolved(w.d.Source.URL)
	i := w.d.Import
	return ok && s.URL.Equal(url) && s.TypeGuessing == i.TypeGuessing &&
		s.QuotedFieldsGuessing == i.QuotedFieldsGuessing && s.ContentGuessing == i.ContentGuessing
}

// free are those that nobody has claimed.
func (m *matcher) free(all []*liveDataset) []*liveDataset {
	var free []*liveDataset
	for _, l := range all {
		if !m.taken[l.ID] {
			free = append(free, l)
		}
	}
	return free
}

// nobodys reports whether no entry and no project has claimed a live dataset.
func (m *matcher) nobodys(l *liveDataset) bool { return !m.taken[l.ID] && l.marker.Owners == 0 }

func (m *matcher) named(w *wanted) match {
	l := m.byName[w.d.Name]
	if l == nil || m.taken[l.ID] {
		return match{}
	}
	return match{relation: foreign, live: l}
}
