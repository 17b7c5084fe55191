package plan

import (
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// existing plans what a dataset of ours needs.
func (c *computer) existing(w *wanted, m match) Action {
	a := c.action(w, m.live)
	switch {
	case m.relation == moved:
		a.because(RenamedOutside, "it was renamed to %q outside the manifest", m.live.Name)
		c.rename(&a, w, m.live)
	case m.relation == parked:
		a.because(RenameUnfinished, "an earlier run began to rename it and left it as %q", m.live.Name)
		c.rename(&a, w, m.live)
	case w.d.RenamedFrom != "":
		c.note(w, "info", "renamed_from_done", quoted("dataset %q has its name, so renamed_from: %s does nothing", w.d.Name, w.d.RenamedFrom),
			"remove renamed_from once it is applied everywhere")
	}
	return c.converge(a, w, m.live)
}

// takeOver plans a live dataset that is not marked as this entry: one under its
// name that somebody else made, or one under the name that renamed_from gives.
func (c *computer) takeOver(w *wanted, m match) Action {
	l := m.live
	a := c.action(w, l)
	owned := w.owns(l)
	if !owned {
		a.does(Adopt)
		if b := c.mayAdopt(a, w, l); b.Verb == Blocked {
			return b
		}
		if l.marker.Owners == 1 && l.marker.Project != w.project {
			a.because(AdoptRequested, "it is taken over from project %q", l.marker.Project)
		} else {
			a.because(AdoptRequested, "an existing dataset is taken under management")
		}
	}
	if m.relation == renamedFrom {
		a.because(RenamedFrom, "renamed_from says that it was called %q", l.Name)
		c.rename(&a, w, l)
	}
	return c.converge(a, w, l)
}

// mayAdopt checks that the manifest asks for the dataset of somebody else.
func (c *computer) mayAdopt(a Action, w *wanted, l *liveDataset) Action {
	switch {
	case l.marker.Owners > 1:
		return a.blocked(ConflictAmbiguous, "several projects have put their tag on the dataset",
			"remove the tags that begin \"cartosync:\" of all but one")
	case l.marker.Owners == 1 && l.marker.Project != w.project && w.d.Adopt.From != l.marker.Project:
		return a.blocked(ConflictOtherProject, quoted("the dataset belongs to project %q", l.marker.Project),
			quoted("let that project forget it, or write adopt: {from: %s}", l.marker.Project))
	case l.marker.Owners == 0 && !w.d.Adopt.Any && !c.in.Options.Adopt:
		return a.blocked(ConflictUnmanaged, "a dataset of this name exists and is not managed by cartosync",
			"write adopt: true or pass --adopt to take it under management (also if it was, and somebody removed its tags), or choose another name")
	}
	return a
}

// rename plans the name and, with it, the synchronization's.
func (c *computer) rename(a *Action, w *wanted, l *liveDataset) {
	a.does(Rename)
	a.change("name", l.Name, w.d.Name)
	a.take(StepRename)
	a.NameTags = w.marker(l.marker, l.marker.Fingerprint).Tags()
}

// converge plans everything in which a live dataset differs from its entry.
func (c *computer) converge(a Action, w *wanted, l *liveDataset) Action {
	doubtful := c.overwritten(&a, w, l)
	c.metadata(&a, w, l)
	c.publication(&a, w, l)
	imported := c.contents(&a, w, l, doubtful)
	c.synchronization(&a, w, l)
	c.leftImports(&a, w)
	c.markers(&a, w, l)
	if b := c.canRename(a, w, l); b.Verb == Blocked {
		return b
	}
	if b := c.canPublish(a, w); b.Verb == Blocked {
		return b
	}
	a = c.canSynchronize(a.finished(), w)
	if imported {
		a = c.canImport(a, w)
		a = c.canConnect(a, w)
		a = c.canReplace(a, w)
	}
	return a
}

// contents plans a reimport where the source is not the one whose fingerprint
// the dataset carries. Contents that a synchronization or somebody else brings
// are not its matter. It is doubtful what a dataset holds that an interrupted run
// began to overwrite.
func (c *computer) contents(a *Action, w *wanted, l *liveDataset, doubtful bool) (imported bool) {
	requested := slices.Contains(c.in.Options.Reimport, w.d.Name)
	if w.d.Source.Kind == spec.SourceNone || w.d.Sync != nil {
		if requested {
			hint := "it has no source: its contents belong to somebody else"
			if w.d.Sync != nil {
				hint = "it is synchronized: cartosync sync " + w.d.Name + " runs it now"
			}
			c.note(w, "warning", "reimport_not_ours", quoted("dataset %q is not imported by cartosync, so it is not imported again", w.d.Name), hint)
		}
		return false
	}
	same := l.marker.Fingerprint == w.fingerprint
	switch {
	case w.ignores("source") && !requested:
		return false
	case requested:
		a.because(ReimportRequested, "a reimport was asked for")
	case doubtful && w.owns(l): // the reason is given
	case l.marker.InDoubt():
		a.because(ReimportUnfinished, "an interrupted run began to replace what it holds, and nobody knows whether it has")
	case same && w.owns(l) && !c.drifted(a, w, l):
		return false
	case same && w.owns(l):
		a.because(ContentsDrifted, "it no longer holds what its file holds: %s", strings.Join(lost(*a.Before, w.look), ", "))
	case l.marker.Fingerprint != "" && w.owns(l):
		a.because(SourceChanged, "the source changed since it was imported")
	case w.d.Source.Kind != spec.SourceFile:
		c.note(w, "warning", "contents_not_compared",
			quoted("what dataset %q holds is not compared with its source", w.d.Name),
			quoted("pass --reimport %s to import it again", w.d.Name))
		return false
	case c.holdsTheFile(a, w, l):
		return false
	default:
		a.because(SourceUnknown, "its contents differ from the file")
	}
	a.does(Reimport)
	a.DoubtTags = w.doubt(*a, l).Tags()
	if a.Resumes != "" {
		a.does(Resume)
	}
	c.question(a, l)
	if w.d.Source.Kind == spec.SourceFile && w.look.Fault == nil && !seenInto(w.look) {
		c.note(w, "warning", "contents_unknown",
			quoted("%s cannot be looked into, so no guard judges what replaces dataset %q", w.d.Source.File, w.d.Name), "")
	}
	if w.d.Source.Kind == spec.SourceConnector {
		a.take(StepRefresh)
	} else {
		a.take(StepOverwrite)
	}
	return true
}

// drifted reports whether a dataset that was imported from this very file is to
// be imported again, because somebody changed what it holds. Only where the
// manifest asks is anybody asked: counting reads the whole table. That a value
// was edited is not seen.
func (c *computer) drifted(a *Action, w *wanted, l *liveDataset) bool {
	if w.d.Lifecycle.OnDrift == "" || w.d.Source.Kind != spec.SourceFile || !seenInto(w.look) {
		return false
	}
	if live := c.question(a, l); live == nil || live.Unknown != "" {
		return false
	}
	changed := lost(*a.Before, w.look)
	if len(changed) == 0 {
		a.Before = nil // there is nothing to show side by side
		return false
	}
	if w.d.Lifecycle.OnDrift == "reimport" {
		return true
	}
	c.note(w, "warning", string(ContentsDrifted),
		quoted("dataset %q no longer holds what its file holds: %s", w.d.Name, strings.Join(changed, ", ")),
		quoted("pass --reimport %s, or write on_drift: reimport", w.d.Name))
	return false
}

// lost says in what a live dataset differs from the file that it was imported
// from. Columns that somebody added are their matter.
func lost(live Contents, look data.Look) []string {
	var all []string
	if live.Rows != look.Rows {
		all = append(all, quoted("%s instead of %s", Counted(live.Rows, "row"), Grouped(look.Rows)))
	}
	for _, col := range look.Columns {
		if !slices.ContainsFunc(live.Columns, func(l data.Column) bool { return l.Name == col.Name }) {
			all = append(all, quoted("column %q is gone", col.Name))
		}
	}
	return all
}

// holdsTheFile compares a dataset of unknown origin with its file, so that
// adopting what is already right imports nothing.
func (c *computer) holdsTheFile(a *Action, w *wanted, l *liveDataset) bool {
	live := c.question(a, l)
	return live != nil && live.Unknown == "" && seenInto(w.look) &&
		live.Rows == w.look.Rows && live.Geometry == w.look.Geometry &&
		slices.Equal(columnKinds(live.Columns), columnKinds(w.look.Columns))
}

// question asks for the live contents and returns the answer if there is one.
func (c *computer) question(a *Action, l *liveDataset) *Detail {
	c.questions = append(c.questions, Question{ID: l.ID, Name: l.Name})
	d, ok := c.in.Details[l.ID]
	if !ok {
		return nil
	}
	a.Before = &Contents{Rows: d.Rows, Size: l.Size, Columns: d.Columns, Geometry: d.Geometry, Extent: d.Extent, Unknown: d.Unknown}
	return &d
}

// protection is the field that says whether the dataset may be deleted.
const protection = "lifecycle.prevent_destroy"

// markers plans the tags that say whose the dataset is. A difference in them
// alone is an update; beside anything else it goes without saying, but for the
// protection that they carry.
func (c *computer) markers(a *Action, w *wanted, l *liveDataset) {
	fingerprint := w.fingerprint
	if w.d.Source.Kind == spec.SourceNone || w.ignores("source") && !a.Does(Reimport) {
		fingerprint = l.marker.Fingerprint // nobody looked whether it still holds what was imported
	}
	want := w.marker(l.marker, fingerprint)
	a.Tags = want.Tags()
	if l.marker.Protected != want.Protected {
		a.change(protection, l.marker.Protected, want.Protected)
	}
	have := l.marker
	if a.Does(Rename) { // its marker comes with its name
		have = w.marker(l.marker, l.marker.Fingerprint)
		have.Owners = 1
	}
	if len(a.DoubtTags) > 0 {
		have.Fingerprint = inDoubt // by then
	}
	want.Owners = 1
	if have == want {
		return
	}
	a.take(StepMetadata)
	if a.Verb != None {
		return
	}
	a.does(Update)
	if have.Protected = want.Protected; have == want {
		a.because(MarkerDiffers, "prevent_destroy differs")
		return
	}
	a.because(MarkerDiffers, "the tags that mark it as ours differ")
	a.change("marker", listed(l.markerTags()), want.Tags())
}

// canRename checks that CARTO would give the new name and no other.
func (c *computer) canRename(a Action, w *wanted, l *liveDataset) Action {
	if !a.Does(Rename) {
		return a
	}
	if other := c.heads()[head(w.d.Name)]; other != nil && other.ID != l.ID && other.Name != w.d.Name {
		return a.blocked(ConflictNameTaken, quoted("CARTO would give another name, since %q begins alike", other.Name),
			"choose a name whose first 62 characters are its own")
	}
	return a
}

// guardNames blocks what needs a name that a live dataset keeps: because
// nothing renames that one, or because its own renaming is blocked.
func (c *computer) guardNames(actions []Action) {
	leaving := map[string]bool{}
	for _, a := range actions {
		if a.Does(Rename) {
			leaving[a.ID] = true
		}
	}
	for changed := true; changed; {
		changed = false
		for i, a := range actions {
			if a.Kind != KindDataset || !slices.Contains(a.Steps, StepPublish) && !a.Does(Rename) {
				continue
			}
			holder := c.byName[a.Dataset]
			if holder == nil || holder.ID == a.ID || leaving[holder.ID] {
				continue
			}
			actions[i] = a.blocked(ConflictNameTaken, quoted("the name is taken by another dataset (id %s)", holder.ID),
				"rename or delete the other dataset, or choose another name")
			delete(leaving, a.ID)
			changed = true
		}
	}
}

// note adds a note on w.
func (c *computer) note(w *wanted, severity, code, problem, hint string) {
	c.plan.Notes = append(c.plan.Notes, Note{
		Severity: severity, Code: code, Dataset: w.d.Name, Problem: problem, Hint: hint, Pos: w.d.Pos,
	})
}
