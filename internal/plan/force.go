package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/spec"
)

// ForceRuns plans to run the synchronizations of declared datasets now: of those
// that are named, or with stale of all whose last run failed or that have not run
// for longer than their interval. What no run can help, or would harm, is blocked
// with what to do instead. Whether CARTO permits a run just now is not decided
// here: its clock counts.
func ForceRuns(in Input, names []string, stale bool) Plan {
	c := newComputer(in)
	for _, w := range c.wants {
		if stale && c.isStale(w) || slices.Contains(names, w.d.Name) {
			c.plan.Actions = append(c.plan.Actions, c.force(w))
		}
	}
	order(c.plan.Actions, false)
	c.plan.Task = ToSync
	return c.plan
}

// isStale judges a synchronization that the manifest declares and that is there.
func (c *computer) isStale(w *wanted) bool {
	m := c.matched[w.d.Name]
	if w.d.Sync == nil || m.live == nil || m.relation == staged || m.relation == foreign {
		return false
	}
	s := m.live.sync(w)
	return s != nil && c.staleness(*s) != ""
}

// staleness says why a synchronization is stale, "" if it is not. The last run may
// have ended a tenth of the interval earlier than that, and 15 minutes at least:
// CARTO begins runs when it gets round to them, and they take their time.
func (c *computer) staleness(s Synchronization) string {
	late := s.Interval + max(s.Interval/10, 15*time.Minute)
	switch {
	case s.State == "failure":
		return strings.TrimSpace(quoted("its last run failed with CARTO's error %d %s", s.ErrorCode, s.ErrorMessage))
	case Stuck(s, c.in.Account.ReadAt):
		return stuckSince(s)
	case !s.RanAt.IsZero() && c.in.Account.ReadAt.Sub(s.RanAt) > late:
		return quoted("its last run ended at %s, and it is to run every %s", instant(s.RanAt), spec.Interval(s.Interval))
	}
	return ""
}

func stuckSince(s Synchronization) string {
	return quoted("its synchronization has been %s since %s", s.State, instant(s.UpdatedAt))
}

// force plans one run now.
func (c *computer) force(w *wanted) Action {
	m := c.matched[w.d.Name]
	a := c.action(w, m.live)
	a.After, a.Fingerprint = nil, "" // a run imports what CARTO knows of
	a.does(Force)
	switch m.relation {
	case absent:
		return c.forceAbsent(a, w)
	case ambiguous:
		return a.blocked(ConflictAmbiguous, quoted("datasets %q and %q may both be %q", m.live.Name, m.other.Name, w.d.Name), "see cartosync why "+w.d.Name)
	case staged:
		return a.blocked(StagingFound, "an interrupted run imported it and did not publish it", "cartosync apply finishes it")
	case foreign:
		return c.forceForeign(a, m.live)
	}
	return c.forceOurs(a, w, m.live)
}

// forceAbsent says what has become of the first import of a dataset that is not there.
func (c *computer) forceAbsent(a Action, w *wanted) Action {
	for _, s := range c.marked[SyncMarker(w.project, w.d.Name)] {
		switch {
		case s.DatasetID != "":
		case c.abandoned(w, *s):
			reason := quoted("it never ran successfully: its first import failed with CARTO's error %d %s", s.ErrorCode, s.ErrorMessage)
			return a.blocked(NotInAccount, strings.TrimSpace(reason), "mend the source; cartosync apply imports it anew, which no run can")
		default:
			return a.blocked(SyncRunning, "its first import is under way", "cartosync apply waits for it")
		}
	}
	return a.blocked(NotInAccount, "it is not in the account", "cartosync apply creates it")
}

func (c *computer) forceForeign(a Action, l *liveDataset) Action {
	hint := "adopt it, or run it by hand with cartosync synchronization force " + l.Name
	if l.marker.Owners > 0 {
		return a.blocked(ConflictOtherProject, quoted("it belongs to project %q", l.marker.Project), hint)
	}
	return a.blocked(ConflictUnmanaged, "a dataset of this name is there and nobody manages it", hint)
}

// forceOurs plans the run, unless it would fail, write to another dataset, or there
// is nothing to run.
func (c *computer) forceOurs(a Action, w *wanted, l *liveDataset) Action {
	s := l.sync(w)
	switch {
	case s == nil && w.d.Sync != nil:
		return a.blocked(SyncMissing, "its synchronization is missing", "cartosync apply attaches one, which imports it")
	case s == nil && w.d.Source.Kind == spec.SourceNone:
		return a.blocked(NotSynchronized, "it has no synchronization, and the manifest gives it no source", "declare a source and sync, and apply")
	case s == nil:
		return a.blocked(NotSynchronized, "it has no synchronization", "cartosync apply --reimport "+w.d.Name+" imports it again")
	case w.d.Sync == nil:
		return a.blocked(SyncUndeclared, "it is synchronized and the manifest declares no sync", "declare sync; cartosync synchronization force "+l.Name+" runs it all the same")
	case s.Name == "":
		return a.blocked(SyncNameless, "its synchronization knows no dataset's name, so that the run would fail", "cartosync apply mends it")
	case s.Name != l.Name:
		return a.blocked(SyncNameDiffers, quoted("its synchronization writes to %q", s.Name), "cartosync apply mends it")
	case Stuck(*s, c.in.Account.ReadAt):
		return a.blocked(SyncStuck, stuckSince(*s)+", and no run gets past that", "cartosync apply ends that run")
	}
	if why := c.staleness(*s); why != "" {
		a.because(RunStale, "%s", why)
	} else {
		a.because(RunRequested, "asked for")
	}
	if s.State == "failure" && s.Retried >= maxRetries {
		a.because("", "CARTO has stopped running it by itself, until a run succeeds")
	}
	a.take(StepForce)
	c.noteOtherSource(w, *s)
	return a.finished()
}

// noteOtherSource tells that the run imports something else than the manifest says.
func (c *computer) noteOtherSource(w *wanted, s Synchronization) {
	if w.ignores("source") {
		return
	}
	other := otherKind(w, s)
	if !other {
		var a Action
		c.compareSource(&a, w, s)
		other = len(a.Changes) > 0
	}
	if other {
		c.note(w, "warning", string(SyncDiffers), quoted("the synchronization of dataset %q has another source than the manifest, and that is what the run imports", w.d.Name),
			"cartosync apply changes it")
	}
}
