package plan

import (
	"cmp"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/spec"
)

// What interrupted runs began is of use if it is what is declared now: then the
// action goes on with it. The rest is waited for where it could still write to a
// dataset of ours, and cleared away.

// sortPending keeps by dataset what may still matter. Connections are found by
// their names.
func (x *index) sortPending() {
	x.pending, x.replacing = map[string][]Pending{}, map[string][]Pending{}
	for _, p := range x.in.Pending {
		old := x.in.Account.ReadAt.Sub(p.Since) > pendingFor
		if p.Kind == PendingConnection || p.State == JobFailed || old && p.open() {
			x.settled = append(x.settled, p)
			continue
		}
		if p.Kind == PendingOverwrite {
			x.replacing[p.DatasetID] = append(x.replacing[p.DatasetID], p)
			continue
		}
		key := p.Project + " " + p.Dataset
		x.pending[key] = append(x.pending[key], p)
	}
}

func (x *index) pendingOf(w *wanted) []Pending { return x.pending[w.project+" "+w.d.Name] }

// importKind is what the import of a new dataset asks for.
func importKind(w *wanted) PendingKind {
	switch {
	case w.d.Sync != nil || w.passing:
		return PendingSync
	case w.d.Source.Kind == spec.SourceConnector:
		return PendingConnector
	case w.d.Source.Fetch == spec.FetchServer:
		return PendingURL
	}
	return PendingUpload
}

// madeBy is the live dataset that a complete job made.
func (x *index) madeBy(p Pending) *liveDataset {
	if p.State != JobComplete || p.TableID == "" {
		return nil
	}
	return x.byTable[p.TableID]
}

// stagedByJob finds the dataset that a job of an interrupted run made, whatever
// CARTO called it.
func (m *matcher) stagedByJob(w *wanted) match {
	for _, p := range m.pendingOf(w) {
		l := m.madeBy(p)
		if l == nil || !p.fits(w) || !m.nobodys(l) || len(l.Tags) > 0 || l.MapCount > 0 {
			continue
		}
		if p.Kind != PendingSync {
			return match{relation: staged, live: l}
		}
		for i, s := range m.in.Account.Synchronizations {
			if s.ID == p.SyncID && s.DatasetID == l.ID && !otherKind(w, s) {
				return match{relation: staged, live: l, sync: &m.in.Account.Synchronizations[i]}
			}
		}
	}
	return match{}
}

// goOn lets an action that stages contents go on with the job that an interrupted
// run began for them, and clears away the others.
func (c *computer) goOn(a *Action, w *wanted) {
	for _, p := range c.pendingOf(w) {
		made := c.madeBy(p)
		switch {
		case p.ImportID == "" && p.fits(w): // looked for by its name before anything is sent
			a.Interrupted = append(a.Interrupted, p)
		case p.ImportID == "": // nobody can tell what became of it
			c.settled = append(c.settled, p)
		case p.fits(w) && a.Resumes == "" && (p.open() || made != nil && made.ID == a.ID):
			c.resumes(a, p)
		default:
			c.clear(a, p)
		}
	}
}

func (c *computer) resumes(a *Action, p Pending) {
	a.Resumes = p.ID
	a.Interrupted = append(a.Interrupted, p)
	c.cleared[p.SyncID] = true // it is no leftover
}

// Resumed is the request that the action goes on with.
func (a Action) Resumed() (Pending, bool) {
	for _, p := range a.Interrupted {
		if p.ID == a.Resumes {
			return p, true
		}
	}
	return Pending{}, false
}

// clear lets an action delete what a job made, or is about to make, that nothing
// needs.
func (c *computer) clear(a *Action, p Pending) {
	made := c.madeBy(p)
	if !p.open() && (made == nil || made.ID == a.ID || c.claimed[made.ID] || made.marker.Owners > 0) {
		c.settled = append(c.settled, p)
		return
	}
	a.Interrupted = append(a.Interrupted, p)
	a.take(StepAwait)
	c.cleared[p.SyncID] = true
	if made != nil {
		c.cleared[made.ID] = true
	}
}

// overwrites are the jobs that replace what a live dataset holds, or have done so
// without its marker saying it.
func (c *computer) overwrites(w *wanted, l *liveDataset) []Pending {
	var all []Pending
	for _, p := range c.replacing[l.ID] {
		switch {
		case !p.open() && p.Fingerprint == l.marker.Fingerprint && w.owns(l): // its end was seen, and the journal's was not
			c.settled = append(c.settled, p)
		default:
			all = append(all, p)
		}
	}
	return all
}

// overwritten plans the end of interrupted overwrites: the action waits for them,
// and goes on with one that brings what is declared. It reports whether they leave
// it open what the dataset holds.
func (c *computer) overwritten(a *Action, w *wanted, l *liveDataset) (doubtful bool) {
	all := c.overwrites(w, l)
	for _, p := range all {
		a.Interrupted = append(a.Interrupted, p)
		a.take(StepAwait)
		a.Resumes = ""
		if p.ImportID != "" && p.Fingerprint == w.fingerprint && w.fingerprint != "" && uploads(w) {
			a.Resumes = p.ID
		}
	}
	if len(all) == 0 {
		return false
	}
	if last := all[len(all)-1]; last.Fingerprint == w.fingerprint {
		a.because(ImportUnfinished, "an interrupted run began to import it at %s", instant(last.Since))
	} else {
		a.because(ImportAbandoned, "an interrupted run began to import something else into it at %s", instant(last.Since))
	}
	return true
}

// uploads reports whether a reimport is an upload.
func uploads(w *wanted) bool { return w.d.Sync == nil && w.d.Source.Kind != spec.SourceConnector }

// leftImports plans the end of imports that an interrupted run began beside a
// dataset that is there: those of a synchronization to be attached are gone on
// with, the others cleared away.
func (c *computer) leftImports(a *Action, w *wanted) {
	attaches := slices.Contains(a.Steps, StepAttach) || slices.Contains(a.Steps, StepRefresh)
	for _, p := range c.pendingOf(w) {
		switch {
		case p.ImportID == "": // its name or its marker tells what became of it
			c.settled = append(c.settled, p)
		case attaches && p.Kind == PendingSync && p.Fingerprint == w.fingerprint && a.Resumes == "" && (p.open() || c.madeBy(p) != nil):
			c.resumes(a, p)
			a.because(ImportUnfinished, "an interrupted run began its import at %s", instant(p.Since))
			a.does(Resume)
		default:
			c.clear(a, p)
		}
	}
	if len(a.Interrupted) > 0 && a.Verb == None {
		a.does(Resume)
		a.because(ImportAbandoned, "an interrupted run began an import that nothing needs any more")
	}
}

// abandonedImports plans the end of imports of datasets that are not to be: those
// that a project no longer declares, or all.
func (c *computer) abandonedImports(m spec.Manifest, all bool) []Action {
	found := map[string]*Action{}
	for _, p := range c.in.Pending {
		kept := slices.ContainsFunc(c.pending[p.Project+" "+p.Dataset], func(k Pending) bool { return k.ID == p.ID })
		switch {
		case p.Project != m.Project || !kept || c.declared[p.Dataset] != nil && !all:
			continue
		case p.ImportID == "":
			c.settled = append(c.settled, p)
			continue
		}
		a := found[p.Dataset]
		if a == nil {
			a = &Action{Verb: Resume, Kind: KindDataset, Project: m.Project, Dataset: p.Dataset, Pos: m.ProjectPos}
			a.because(ImportAbandoned, "an interrupted run began to import it at %s, and it is not to be", instant(p.Since))
			found[p.Dataset] = a
		}
		c.clear(a, p)
	}
	var actions []Action
	for _, a := range found {
		if len(a.Interrupted) > 0 {
			actions = append(actions, a.finished())
		}
	}
	slices.SortFunc(actions, func(a, b Action) int { return cmp.Compare(a.Dataset, b.Dataset) })
	return actions
}

// awaitDoomed lets deletions wait for imports into the dataset, which would bring
// it back.
func (c *computer) awaitDoomed(actions []Action) {
	for i := range actions {
		a := &actions[i]
		if a.Verb != Delete || a.Kind != KindDataset {
			continue
		}
		for _, p := range c.replacing[a.ID] {
			if p.open() {
				a.Interrupted = append(a.Interrupted, p)
				a.take(StepAwait)
			}
		}
		*a = a.finished()
	}
}

// settleReplaced settles overwrites that have ended of datasets whose contents are
// nobody's matter any more.
func (c *computer) settleReplaced() {
	for _, p := range c.in.Pending {
		if p.Kind == PendingOverwrite && p.State == JobComplete && !c.claimed[p.DatasetID] {
			c.settled = append(c.settled, p)
		}
	}
}

// graceOf is how long the account may take to store an import that was asked for by a
// request that was not answered: as long as the answer to an upload is waited for.
// What it has stored it lists.
const graceOf = 10 * time.Minute

// Until is when a request that was not answered can be taken to have had no effect,
// unless the account lists what it began.
func (p Pending) Until() time.Time { return p.Since.Add(graceOf) }
