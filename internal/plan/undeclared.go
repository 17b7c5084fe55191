package plan

import (
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/spec"
)

// undeclared plans what carries the project's marker and has no entry: it is
// forgotten if listed, deleted under --prune, and otherwise left alone and
// noted.
func (c *computer) undeclared(m spec.Manifest) []Action {
	entries := map[string]bool{} // by the hash of their names
	for _, d := range m.Datasets {
		entries[NameHash(d.Name)] = true
	}
	forget := map[string]spec.Forget{}
	for _, f := range m.Forget {
		forget[f.Name] = f
	}
	var actions []Action
	for _, l := range c.live {
		if l.marker.Owners != 1 || l.marker.Project != m.Project || c.claimed[l.ID] {
			continue
		}
		f, listed := forget[l.Name]
		switch {
		case listed:
			actions = append(actions, c.forget(m.Project, l, f))
		case c.declared[l.Name] != nil || entries[l.marker.NameHash]:
			c.plan.Notes = append(c.plan.Notes, Note{
				Severity: "warning", Code: string(ConflictAmbiguous), Dataset: l.Name, Pos: m.ProjectPos,
				Problem: quoted("dataset %q has the name or the marker of an entry of project %q and is not taken for it, so it is left alone", l.Name, m.Project),
				Hint:    "remove its tags that begin \"cartosync:\", or rename it",
			})
		case c.in.Options.Prune:
			actions = append(actions, c.prune(m, l))
		default:
			c.plan.Notes = append(c.plan.Notes, Note{
				Severity: "info", Code: string(NoLongerDeclared), Dataset: l.Name, Pos: m.ProjectPos,
				Problem: quoted("dataset %q belongs to project %q and is no longer declared", l.Name, m.Project),
				Hint:    "--prune deletes it; list it under forget to keep it",
			})
		}
	}
	return actions
}

// noteLeftovers names what earlier runs of these projects left in the account
// and this plan has no use for: staging datasets, and synchronizations with our
// marker that made no dataset of ours.
func (c *computer) noteLeftovers() {
	for _, m := range c.in.Desired {
		prefix := "cs_" + NameHash(m.Project) + "_"
		for _, l := range c.live {
			if strings.HasPrefix(l.Name, prefix) && !c.claimed[l.ID] && !c.cleared[l.ID] && l.marker.Owners == 0 && !slices.ContainsFunc(l.syncs, func(s Synchronization) bool { return c.cleared[s.ID] }) {
				c.leftover(m, quoted("dataset %q (id %s) is a staging dataset that an interrupted run left", l.Name, l.ID))
			}
		}
		for _, s := range c.in.Account.Synchronizations {
			if !strings.HasPrefix(s.Checksum, tagPrefix+m.Project+":") || c.cleared[s.ID] {
				continue
			}
			if l := c.byID[s.DatasetID]; l == nil || !c.claimed[l.ID] && l.marker.Owners == 0 {
				c.leftSync(m, s)
			}
		}
	}
}

func (c *computer) leftover(m spec.Manifest, problem string) {
	c.plan.Notes = append(c.plan.Notes, Note{
		Severity: "warning", Code: string(Leftover), Pos: m.ProjectPos, Problem: problem,
		Hint: "unless an apply is under way now, delete it in CARTO",
	})
}

// leftSync names a synchronization that made nothing. One of a declared dataset may
// be what the import of that dataset goes on with.
func (c *computer) leftSync(m spec.Manifest, s Synchronization) {
	c.leftover(m, quoted("synchronization %s is one that an interrupted run left", s.ID))
	for _, d := range m.Datasets {
		if s.Checksum == SyncMarker(m.Project, d.Name) && d.Sync != nil {
			c.plan.Notes[len(c.plan.Notes)-1].Hint = quoted("where dataset %q needs its import, apply waits for that and goes on with it; delete it in CARTO only if it is listed here after that", d.Name)
		}
	}
}

// forget plans the removal of the markers; the dataset stays as it is.
func (c *computer) forget(project string, l *liveDataset, f spec.Forget) Action {
	a := c.loose(project, l, f.Pos)
	a.does(Forget)
	a.because(ForgetListed, "listed under forget: it is kept and no longer managed")
	a.take(StepMetadata)
	a.change("marker", l.marker.Tags(), nil)
	return a.finished()
}

// prune plans a deletion, unless the dataset is protected or others built on
// it.
func (c *computer) prune(m spec.Manifest, l *liveDataset) Action {
	a := c.loose(m.Project, l, m.ProjectPos)
	a.because(NoLongerDeclared, "no longer declared")
	return c.guardDependents(c.protected(c.doomed(a, l), l, "remove it then"), l)
}

// protected blocks the deletion of a dataset that prevent_destroy holds for, by
// its marker; then is what to do once that is lifted.
func (c *computer) protected(a Action, l *liveDataset, then string) Action {
	switch {
	case l.marker.NameHash == "":
		return a.blocked(Protected, "its second tag is missing or unreadable, so nobody knows whether prevent_destroy holds for it",
			"declare it, apply, and "+then+"; or list it under forget")
	case l.marker.Protected && c.declared[l.Name] != nil:
		return a.blocked(Protected, "prevent_destroy holds for it", "declare it with prevent_destroy: false, apply, and "+then)
	case l.marker.Protected:
		return a.blocked(Protected, "prevent_destroy holds for it although its entry is gone",
			"declare it again with prevent_destroy: false, apply, and "+then+"; or list it under forget")
	}
	return a
}

// guardDependents blocks the deletion of a dataset that maps depend on.
func (c *computer) guardDependents(a Action, l *liveDataset) Action {
	if l.MapCount == 0 {
		return a
	}
	return c.guard(a, GuardMaps, quoted("it is used by %s, which would be deleted or lose layers", Counted(int64(l.MapCount), "map")))
}

// loose begins an action on a live dataset that no entry declares.
func (c *computer) loose(project string, l *liveDataset, pos spec.Position) Action {
	live := l.Dataset
	a := Action{
		Verb: None, Kind: KindDataset, Project: project, Dataset: l.Name, ID: l.ID, Pos: pos,
		Maps: l.Maps, MapCount: l.MapCount, Seen: Seen{Dataset: &live, Synchronization: l.sync(nil)},
	}
	return a
}

// guardMassDelete blocks a project's deletions when they would take more than
// half of what it manages.
func (c *computer) guardMassDelete(actions []Action) {
	managed, doomed := map[string]int{}, map[string]int{}
	for _, l := range c.live {
		if l.marker.Owners == 1 {
			managed[l.marker.Project]++
		}
	}
	for _, a := range actions {
		if a.Kind == KindDataset && a.Verb == Delete {
			doomed[a.Project]++
		}
	}
	for i, a := range actions {
		if a.Kind != KindDataset || a.Verb != Delete || 2*doomed[a.Project] <= managed[a.Project] {
			continue
		}
		actions[i] = c.guard(a, GuardMassDelete, quoted("%d of the project's %d datasets would be deleted in one run",
			doomed[a.Project], managed[a.Project]))
	}
}
