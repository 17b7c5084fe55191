package plan

import (
	"regexp"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/spec"
)

// Destroy plans the deletion of everything that belongs to the manifests'
// projects: the datasets that carry their marker, declared or not, with their
// synchronizations; what interrupted runs left; and their stored connections. What
// is listed under forget is let go of and kept. Protection holds as ever.
//
// With confirmed, somebody has seen the maps that go along; else each dataset that
// maps depend on needs [GuardMaps] to be lifted for it.
func Destroy(in Input, confirmed bool) Plan {
	in.Options.Prune = true // of connections
	c := newComputer(in)
	d := destruction{computer: c, confirmed: confirmed, entries: map[string]*wanted{}}
	for _, w := range c.wants {
		if m := c.matched[w.d.Name]; m.live != nil {
			d.entries[m.live.ID] = w
		}
	}
	var actions []Action
	for _, m := range in.Desired {
		actions = append(actions, d.project(m)...)
		actions = append(actions, c.abandonedImports(m, true)...)
	}
	c.guardUsedConnections(actions)
	order(actions, false)
	c.awaitDoomed(actions)
	c.plan.Actions, c.plan.Task, c.plan.Settled = actions, ToDestroy, c.settled
	return c.plan
}

// A destruction is the computation of a plan that leaves nothing.
type destruction struct {
	*computer
	confirmed bool
	entries   map[string]*wanted // by the id of the live dataset that belongs to one
}

func (d destruction) project(m spec.Manifest) []Action {
	var actions []Action
	for _, l := range d.live {
		switch {
		case l.marker.Owners == 1 && l.marker.Project == m.Project:
			actions = append(actions, d.ours(m, l))
		case l.marker.Owners > 1 && claims(l, m.Project):
			d.plan.Notes = append(d.plan.Notes, Note{
				Severity: "warning", Code: string(ConflictAmbiguous), Dataset: l.Name, Pos: m.ProjectPos,
				Problem: quoted("dataset %q carries the marker of several projects and is left alone", l.Name),
				Hint:    "remove the tag \"" + tagPrefix + "...\" of those that it does not belong to",
			})
		case l.marker.Owners == 0 && d.isLeftover(m, l):
			a := d.loose(m.Project, l, m.ProjectPos)
			a.because(Leftover, "an interrupted run imported it and did not publish it")
			actions = append(actions, d.doomed(a, l))
		}
	}
	actions = append(actions, d.orphans(m)...)
	declared := m
	declared.Connections = nil
	for _, a := range d.connections(declared) {
		a.Code, a.Reason = DestroyRequested, quoted("it belongs to project %q", m.Project)
		actions = append(actions, a)
	}
	if len(actions) == 0 {
		d.plan.Notes = append(d.plan.Notes, Note{
			Severity: "info", Code: string(NotInAccount), Pos: m.ProjectPos,
			Problem: quoted("nothing in the account belongs to project %q", m.Project),
		})
	}
	return actions
}

// claims reports whether one of a dataset's tags is the project's.
func claims(l *liveDataset, project string) bool {
	return slices.ContainsFunc(l.Tags, func(tag string) bool {
		return strings.EqualFold(strings.TrimSpace(tag), tagPrefix+project)
	})
}

// ours plans the end of a dataset that carries the project's marker.
func (d destruction) ours(m spec.Manifest, l *liveDataset) Action {
	for _, f := range m.Forget {
		if f.Name == l.Name {
			return d.forget(m.Project, l, f)
		}
	}
	pos, w := m.ProjectPos, d.entries[l.ID]
	if w != nil {
		pos = w.d.Pos
	}
	a := d.loose(m.Project, l, pos)
	a.because(DestroyRequested, "it belongs to project %q", m.Project)
	a = d.doomed(a, l)
	if w != nil && w.d.Lifecycle.PreventDestroy != nil && *w.d.Lifecycle.PreventDestroy {
		return a.blocked(Protected, "the manifest says prevent_destroy", "write prevent_destroy: false, apply, and destroy again")
	}
	if a = d.protected(a, l, "destroy again"); d.confirmed {
		return a
	}
	return d.guardDependents(a, l)
}

// doomed gives an action what deletes a dataset and its synchronizations.
func (c *computer) doomed(a Action, l *liveDataset) Action {
	a.does(Delete)
	a.Destroys = true
	a.Shares = bare(l.Shares)
	a.take(StepDelete)
	if s := l.sync(nil); s != nil {
		a.change("sync.interval", spec.Interval(s.Interval), nil)
	}
	return a.finished()
}

// stagingName matches the names under which contents are staged. Where one was taken, CARTO has added a number.
var stagingName = regexp.MustCompile(`^cs_[0-9a-f]{8}_[0-9a-f]{8}_[0-9a-f]{16}(_[0-9]+)?$`)

// isLeftover reports whether an unmarked dataset is one that an interrupted run
// imported and did not publish: by its staging name, or because a synchronization
// that bears the mark of an entry made it. Apply would publish it; nobody has used
// it yet.
func (d destruction) isLeftover(m spec.Manifest, l *liveDataset) bool {
	if len(l.Tags) > 0 || l.MapCount > 0 {
		return false
	}
	if stagingName.MatchString(l.Name) && strings.HasPrefix(l.Name, "cs_"+NameHash(m.Project)+"_") {
		return true
	}
	return slices.ContainsFunc(l.syncs, func(s Synchronization) bool {
		return slices.ContainsFunc(m.Datasets, func(e spec.Dataset) bool { return s.Checksum == SyncMarker(m.Project, e.Name) })
	})
}

// orphans plans the end of synchronizations that bear the project's mark and
// belong to no dataset.
func (d destruction) orphans(m spec.Manifest) []Action {
	var actions []Action
	for _, s := range d.in.Account.Synchronizations {
		if !strings.HasPrefix(s.Checksum, tagPrefix+m.Project+":") || d.byID[s.DatasetID] != nil {
			continue
		}
		a := Action{Verb: Delete, Kind: KindSynchronization, Project: m.Project, ID: s.ID, Pos: m.ProjectPos, Destroys: true,
			Seen: Seen{Synchronization: &s}, Steps: []Step{StepDeleteSync}}
		a.because(Leftover, "an interrupted run left it without a dataset")
		if (s.State == "created" || s.State == "queued" || s.State == "syncing") && !Stuck(s, d.in.Account.ReadAt) {
			a = a.blocked(SyncRunning, "its first import is under way", "destroy again when that has ended")
		}
		actions = append(actions, a)
	}
	return actions
}
