package plan

import (
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/spec"
)

// leftStaging plans the end of the staging datasets that interrupted runs left for
// entries of the manifest, and that no action goes on with. They are known by
// their name, which only an import of ours gives, and nobody has used them. Apply
// clears them away only while it holds the lease: else they may be those of a run
// under way.
func (c *computer) leftStaging(m spec.Manifest, actions []Action) []Action {
	prefixes := map[string]*wanted{}
	for _, w := range c.wants {
		if w.project == m.Project {
			prefixes[stagingPrefix(w)] = w
		}
	}
	var left []Action
	for _, l := range c.live {
		w := prefixes[l.Name[:min(len(l.Name), len("cs_01234567_01234567_"))]]
		if w == nil || !stagingName.MatchString(l.Name) || !c.unused(l) || c.takenUp(w, l, actions) {
			continue
		}
		c.cleared[l.ID] = true
		for _, s := range l.syncs {
			c.cleared[s.ID] = true
		}
		a := Action{Verb: None, Kind: KindStaging, Project: w.project, Dataset: l.Name, ID: l.ID, Pos: w.d.Pos}
		a.does(Heal)
		a.because(Leftover, "an interrupted run imported it for %q and did not publish it, and nothing needs it", w.d.Name)
		a.take(StepDeleteStaging)
		left = append(left, a)
	}
	return left
}

// stagingPrefix is how all staging names of an entry begin, whatever its source was.
func stagingPrefix(w *wanted) string {
	return strings.TrimSuffix(StagingName(w.project, w.d.Name, ""), strings.Repeat("0", 16))
}

// unused reports whether a live dataset is nobody's, and no action deletes it or
// goes on with it.
func (c *computer) unused(l *liveDataset) bool {
	gone := slices.ContainsFunc(l.syncs, func(s Synchronization) bool { return c.cleared[s.ID] })
	return !c.claimed[l.ID] && !c.cleared[l.ID] && !gone && len(l.Tags) == 0 && l.MapCount == 0
}

// takenUp reports whether an action attaches the synchronization that made a
// staging dataset, or deletes both.
func (c *computer) takenUp(w *wanted, l *liveDataset, actions []Action) bool {
	marked := slices.ContainsFunc(l.syncs, func(s Synchronization) bool { return s.Checksum == SyncMarker(w.project, w.d.Name) })
	return marked && slices.ContainsFunc(actions, func(a Action) bool {
		return a.Kind == KindDataset && a.Dataset == w.d.Name && (slices.Contains(a.Steps, StepAttach) || slices.Contains(a.Steps, StepRefresh))
	})
}
