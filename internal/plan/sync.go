package plan

import (
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/spec"
)

// maxRetries is how many failed runs in a row CARTO lets a synchronization have
// before it stops running it.
// Source: CartoDB/cartodb, services/synchronizer/lib/synchronizer/collection.rb.
const maxRetries = 10

// RefreshInterval is that of a synchronization that lives for one run only: the
// shortest that CARTO accepts.
const RefreshInterval = spec.MinInterval

// stuckAfter is how long a synchronization may stay in a state that only a
// worker leaves. CARTO's own worker counts are given up after two hours.
const stuckAfter = 2 * time.Hour

// Stuck reports whether a synchronization has been in a state that only a worker
// leaves for longer than any worker works.
func Stuck(s Synchronization, now time.Time) bool {
	waiting := s.State == "syncing" || s.State == "created" || s.State == "queued"
	return waiting && now.Sub(s.UpdatedAt) > stuckAfter
}

// sync is the synchronization that counts for a dataset: of several the one that
// gets its data as w wants it, then the one that writes to the dataset by name,
// then the healthiest. What w wants may be nothing.
func (l *liveDataset) sync(w *wanted) *Synchronization {
	if len(l.syncs) == 0 {
		return nil
	}
	best := slices.MinFunc(l.syncs, func(a, b Synchronization) int {
		return rank(a, l.Name, w) - rank(b, l.Name, w)
	})
	return &best
}

func rank(s Synchronization, dataset string, w *wanted) int {
	r := 0
	if w != nil && w.d.Sync != nil && otherKind(w, s) {
		r += 8
	}
	if s.Name != dataset {
		r += 4
	}
	if s.State != "success" {
		r++
	}
	if s.Retried >= maxRetries {
		r += 2
	}
	return r
}

// synchronization plans how the dataset is kept fresh.
func (c *computer) synchronization(a *Action, w *wanted, l *liveDataset) {
	s := l.sync(w)
	switch {
	case w.d.Source.Kind == spec.SourceNone:
		c.followName(a, w, s) // somebody else's, but a rename of ours must not break it
		if len(l.syncs) > 1 {
			c.note(w, "warning", "duplicate_synchronizations",
				quoted("%d synchronizations are attached to dataset %q", len(l.syncs), l.Name),
				"delete those that are not needed")
		}
		return
	case w.ignores("sync"):
		c.followName(a, w, s)
		return
	case w.d.Sync == nil && s != nil:
		a.does(Update)
		a.because(SyncUndeclared, "it is synchronized and the manifest declares no sync")
		a.change("sync.interval", spec.Interval(s.Interval), nil)
		a.take(StepDetach)
	case w.d.Sync != nil && s == nil:
		a.does(Update)
		a.because(SyncMissing, "its synchronization is missing")
		a.change("sync.interval", nil, spec.Interval(w.d.Sync.Interval))
		a.take(StepAttach)
		c.doubtful(a, w, l)
	case w.d.Sync != nil:
		c.compareSync(a, w, l, *s)
	}
	c.surplus(a, w, l, s)
}

// doubtful lets the marker say that the first run of an attached synchronization
// brings other contents than those it names.
func (c *computer) doubtful(a *Action, w *wanted, l *liveDataset) {
	if f := l.marker.Fingerprint; f != "" && f != w.fingerprint && !w.ignores("source") {
		a.DoubtTags = w.doubt(*a, l).Tags()
	}
}

// surplus plans the end of synchronizations that the dataset has besides the one
// that counts: those attached to it, which would overwrite each other's rows,
// and those that an interrupted run of ours left and nothing will use. A step
// that attaches or detaches one clears up by itself.
func (c *computer) surplus(a *Action, w *wanted, l *liveDataset, keep *Synchronization) {
	for _, s := range []Step{StepAttach, StepDetach, StepRefresh} {
		if slices.Contains(a.Steps, s) {
			return
		}
	}
	var gone []string
	drop := func(s Synchronization) {
		c.cleared[s.ID] = true
		a.Surplus = append(a.Surplus, s.ID)
		gone = append(gone, or(describeLive(c.index, s), "no source"))
	}
	for _, s := range l.syncs {
		if keep != nil && s.ID != keep.ID {
			drop(s)
		}
	}
	for _, s := range c.marked[SyncMarker(w.project, w.d.Name)] {
		if s.DatasetID != l.ID && c.abandoned(w, *s) {
			drop(*s)
		}
	}
	if len(gone) == 0 {
		return
	}
	a.does(Heal)
	a.because(SyncDuplicate, "it has %s too many", Counted(int64(len(gone)), "synchronization"))
	a.change("sync.duplicates", gone, nil)
	a.take(StepClear)
}

// abandoned reports whether a synchronization with our marker is one that no run
// works on: its first import has failed or nobody knows of it any more, or what
// it made is a staging dataset that nobody uses.
func (c *computer) abandoned(w *wanted, s Synchronization) bool {
	if s.DatasetID == "" {
		return s.State == "failure" || Stuck(s, c.in.Account.ReadAt)
	}
	made := c.byID[s.DatasetID]
	return made != nil && !c.claimed[made.ID] && made.MapCount == 0 && len(made.Tags) == 0 &&
		strings.HasPrefix(made.Name, strings.TrimSuffix(StagingName(w.project, w.d.Name, ""), strings.Repeat("0", 16)))
}

// followName keeps the name under which a synchronization finds its dataset in
// step: CARTO does not rename it, and would fail or overwrite another dataset.
func (c *computer) followName(a *Action, w *wanted, s *Synchronization) {
	if s == nil || s.Name == w.d.Name {
		return
	}
	if a.Does(Rename) {
		a.take(StepSyncName)
		return
	}
	if w.d.Source.Kind == spec.SourceNone {
		return
	}
	a.does(Heal)
	if s.Name == "" {
		a.because(SyncNameless, "its synchronization knows no dataset's name, so that its next run would fail")
	} else {
		a.because(SyncNameDiffers, "its synchronization writes to %q", s.Name)
	}
	a.change("sync.name", orNil(s.Name), w.d.Name)
	a.take(StepSyncName)
}

func (c *computer) compareSync(a *Action, w *wanted, l *liveDataset, s Synchronization) {
	if otherKind(w, s) && !w.ignores("source") {
		// A source of another kind cannot be changed in place.
		a.does(Update)
		a.because(SyncDiffers, "its synchronization has a source of another kind and is replaced")
		a.change("source", describeLive(c.index, s), describeSource(w))
		a.take(StepDetach, StepAttach)
		c.doubtful(a, w, l)
		return
	}
	c.followName(a, w, &s)
	c.health(a, w, s)
	c.noteAge(w, s)
	if c.compareRuns(a, w, s) {
		a.does(Update)
		a.because(SyncDiffers, "its synchronization differs")
		a.take(StepSync)
	}
}

// compareRuns compares what a synchronization does at each run, and when.
func (c *computer) compareRuns(a *Action, w *wanted, s Synchronization) (differs bool) {
	var runs Action // gathers the changes apart, to tell whether there are any
	if s.Interval != w.d.Sync.Interval && !w.ignores("sync.interval") {
		runs.change("sync.interval", spec.Interval(s.Interval), spec.Interval(w.d.Sync.Interval))
	}
	c.compareFlags(&runs, w, s)
	if !w.ignores("source") {
		c.compareSource(&runs, w, s)
	}
	for _, ch := range runs.Changes {
		a.change(ch.Field, ch.Before, ch.After)
	}
	return len(runs.Changes) > 0
}

// otherKind reports whether a live synchronization gets its data in another way
// than the manifest wants.
func otherKind(w *wanted, s Synchronization) bool {
	if w.d.Source.Kind == spec.SourceURL {
		return s.Connector != nil || s.Service != ""
	}
	return s.Connector == nil || s.Connector.Foreign
}

// compareFlags compares the guessing options; connectors have none.
func (c *computer) compareFlags(a *Action, w *wanted, s Synchronization) {
	if w.d.Source.Kind != spec.SourceURL {
		return
	}
	i := w.d.Import
	for _, f := range []struct {
		name       string
		live, want bool
	}{
		{"import.content_guessing", s.ContentGuessing, i.ContentGuessing},
		{"import.quoted_fields_guessing", s.QuotedFieldsGuessing, i.QuotedFieldsGuessing},
		{"import.type_guessing", s.TypeGuessing, i.TypeGuessing},
	} {
		if f.live != f.want && !w.ignores(f.name) {
			a.change(f.name, f.live, f.want)
		}
	}
}

// compareSource compares where a synchronization gets its data.
func (c *computer) compareSource(a *Action, w *wanted, s Synchronization) {
	if w.d.Source.Kind == spec.SourceConnector {
		c.compareConnector(a, w, *s.Connector)
		return
	}
	want, ok := c.resolved(w.d.Source.URL)
	if !ok {
		c.note(w, "warning", string(SecretUnavailable), quoted("the source of dataset %q is not compared", w.d.Name),
			"set the secrets that source.url refers to")
		return
	}
	if !s.URL.Equal(want) {
		a.change("source.url", redactedURL(s.URL), redacted(w.d.Source.URL))
	}
}

func (c *computer) compareConnector(a *Action, w *wanted, live LiveConnector) {
	want := *w.d.Source.Connector
	if have := c.connectionKey(w.project, live); have != want.Connection {
		a.change("source.connector", have, want.Connection)
	}
	defaults := map[string]string{"schema": c.defaultSchema(w.project, want)}
	for _, key := range connectorKeys {
		value, ok := c.param(want.Params, key)
		if !ok {
			c.note(w, "warning", string(SecretUnavailable), quoted("%s of dataset %q is not compared", key, w.d.Name),
				"set what "+paramText(want.Params, key)+" refers to")
			continue
		}
		if have := live.Params[key]; or(have, defaults[key]) != or(value, defaults[key]) {
			a.change("source."+key, have, paramText(want.Params, key))
		}
	}
}

// health plans the revival of a synchronization that CARTO will not run again.
// One that failed and still has retries is left to CARTO, and noted.
func (c *computer) health(a *Action, w *wanted, s Synchronization) {
	switch {
	case Stuck(s, c.in.Account.ReadAt):
		a.does(Heal)
		a.because(SyncStuck, "its synchronization has been %s since %s", s.State, s.UpdatedAt.UTC().Format(time.RFC3339))
		a.take(StepRevive)
	case s.State == "failure" && s.Retried >= maxRetries:
		a.does(Heal)
		a.because(SyncOutOfRetries, "its synchronization failed %d times and CARTO stopped trying (%s)", s.Retried,
			strings.TrimSpace(quoted("error %d %s", s.ErrorCode, s.ErrorMessage)))
		a.take(StepRevive)
	case s.State == "failure":
		c.note(w, "warning", "synchronization_failing",
			strings.TrimSpace(quoted("the last run of dataset %q failed with CARTO's error %d %s", w.d.Name, s.ErrorCode, s.ErrorMessage)),
			quoted("CARTO tries again at %s", s.RunAt.UTC().Format(time.RFC3339)))
	}
}

// noteAge tells that no run has ended for longer than the manifest expects.
func (c *computer) noteAge(w *wanted, s Synchronization) {
	if w.d.Expect == nil || w.d.Expect.MaxAge == 0 || s.RanAt.IsZero() {
		return
	}
	if age := c.in.Account.ReadAt.Sub(s.RanAt); age > w.d.Expect.MaxAge {
		c.note(w, "warning", "synchronization_old",
			quoted("the last run of dataset %q ended at %s, which is longer ago than %s", w.d.Name, s.RanAt.UTC().Format(time.RFC3339), spec.Interval(w.d.Expect.MaxAge)),
			quoted("see whether its source can be fetched; cartosync sync %s runs it now", w.d.Name))
	}
}

// canSynchronize checks that the account has what a synchronization needs.
func (c *computer) canSynchronize(a Action, w *wanted) Action {
	needs := slices.Contains(a.Steps, StepAttach) || slices.Contains(a.Steps, StepRefresh)
	if needs && !c.in.Account.Limits.Synchronizations {
		return a.blocked(SyncUnavailable, "synchronizations are not enabled for this account, and this cannot be done without one",
			"ask CARTO to enable synchronizations")
	}
	if slices.Contains(a.Steps, StepAttach) {
		return c.canConnect(a, w)
	}
	return a
}

// instant is a time as the planner writes it, "" for none.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
