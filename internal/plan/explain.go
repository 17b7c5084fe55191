package plan

import (
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/spec"
)

// An Explanation is everything that decided what one declared dataset needs.
type Explanation struct {
	Plan   Plan     `json:"-"`      // of this dataset alone, with the notes on it
	Action Action   `json:"-"`      // that plan's only action on a dataset
	Match  string   `json:"match"`  // how its live dataset was found, in words
	Live   string   `json:"live"`   // the live dataset's name; "" if there is none
	Marker []string `json:"marker"` // the tags that mark the live dataset as ours

	Fields      []Compared       `json:"fields"` // those of the table first, by name
	Fingerprint FingerprintParts `json:"fingerprint"`
	Sync        *SyncExplanation `json:"synchronization,omitempty"`
	Guards      []GuardValue     `json:"guards"`
}

// A Compared is one field with what became of it.
type Compared struct {
	Field    string  `json:"field"`
	Declared any     `json:"declared"`
	Live     any     `json:"live"`
	Verdict  Verdict `json:"verdict"`
}

// A Verdict says how a field compares.
type Verdict string

// The verdicts.
const (
	Same        Verdict = "same"
	Differs     Verdict = "differs"
	NotManaged  Verdict = "not_managed"  // the manifest does not say it
	Ignored     Verdict = "ignored"      // lifecycle.ignore_changes names it
	NotCompared Verdict = "not_compared" // there is nothing to compare with, or it cannot be
)

// FingerprintParts say what a source's fingerprint is made of.
type FingerprintParts struct {
	Source   string   `json:"source"`   // of the source as it is now; "" without one
	Imported string   `json:"imported"` // as the marker has it; "" if nothing says
	Inputs   []string `json:"inputs"`   // what the source's is computed of, secrets out
}

// A SyncExplanation is the live synchronization that counts for the dataset.
type SyncExplanation struct {
	ID       string `json:"id"`
	Name     string `json:"name"` // the dataset that its runs write to
	Source   string `json:"source"`
	Interval string `json:"interval"`
	State    string `json:"state"`
	Retried  int    `json:"retried"` // failed runs in a row
	Error    int    `json:"error"`   // CARTO's code; 0 = none
	RanAt    string `json:"ran_at"`
	RunAt    string `json:"run_at"`
}

// A GuardValue is a guard with what it judged.
type GuardValue struct {
	Guard Guard  `json:"guard"`
	State string `json:"state"` // holds, trips, lifted, off, or idle: nothing to judge
	Value string `json:"value"`
	Limit string `json:"limit"`
}

// Explain says of one declared dataset what was compared and what came of it, by
// computing its plan. ok is false if no manifest declares it.
func Explain(in Input, name string) (x Explanation, ok bool) {
	in.Options.Targets, in.Options.Excludes = nil, nil // names that are exchanged go together
	c := newComputer(in)
	w := c.declared[name]
	if w == nil {
		return Explanation{}, false
	}
	c.compute()
	for _, a := range c.plan.Actions {
		if a.Kind == KindDataset && a.Dataset == name && a.Project == w.project && !a.lets() {
			x.Action = a
		}
	}
	x.Plan = c.plan
	x.Plan.Actions = []Action{x.Action}
	x.Plan.Quota = c.takes(x.Plan.Actions)
	x.Plan.Notes = slices.DeleteFunc(slices.Clone(c.plan.Notes), func(n Note) bool { return n.Dataset != name })
	m := c.matched[name]
	x.Match = matchWords(w, m)
	x.Marker = []string{}
	x.Fingerprint = FingerprintParts{Source: w.fingerprint, Inputs: fingerprintInputs(w)}
	if m.live != nil {
		x.Live, x.Fingerprint.Imported = m.live.Name, m.live.marker.Fingerprint
		x.Marker = listed(m.live.markerTags())
		x.Sync = c.explainSync(x.Action.Seen.Synchronization)
	}
	x.Fields = c.compared(x.Action, w, m)
	x.Guards = c.guardValues(x.Action, w)
	return x, true
}

// lets reports whether the action lets go of a dataset that no entry declares,
// which may have the name of one that an entry declares.
func (a Action) lets() bool {
	return a.Does(Delete) || a.Does(Forget) || a.Intended == Delete || a.Intended == Forget
}

// markerTags are the tags that the marker was read from.
func (l *liveDataset) markerTags() []string {
	var tags []string
	for _, t := range l.Tags {
		if !slices.Contains(l.tags, t) {
			tags = append(tags, t)
		}
	}
	return tags
}

func matchWords(w *wanted, m match) string {
	switch m.relation {
	case ours:
		if m.live.marker.NameHash == NameHash(w.d.Name) {
			return "by its marker and its name"
		}
		return "by its project's tag and its name; the tag that says which entry it is is missing, or another entry's"
	case renamedFrom:
		return "by the name that renamed_from gives"
	case moved:
		return "by its marker; its name is another"
	case parked:
		return "by its marker and the name under which an interrupted run took it aside"
	case staged:
		return "by what an interrupted run imported"
	case foreign:
		return "by its name alone"
	case ambiguous:
		return "several live datasets may be it"
	}
	return "nothing in the account belongs to it"
}

func fingerprintInputs(w *wanted) []string {
	switch w.d.Source.Kind {
	case spec.SourceFile:
		return []string{"file " + w.d.Source.File, "sha256 " + w.look.SHA256, options(w.d.Import)}
	case spec.SourceURL:
		return []string{"url " + redacted(w.d.Source.URL), options(w.d.Import)}
	case spec.SourceConnector:
		return []string{"connector " + connectorText(*w.d.Source.Connector)}
	}
	return []string{}
}

func (c *computer) explainSync(s *Synchronization) *SyncExplanation {
	if s == nil {
		return nil
	}
	return &SyncExplanation{
		ID: s.ID, Name: s.Name, Source: describeLive(c.index, *s), Interval: spec.Interval(s.Interval), State: s.State,
		Retried: s.Retried, Error: s.ErrorCode, RanAt: instant(s.RanAt), RunAt: instant(s.RunAt),
	}
}

// compared lists the fields that a plan compares, with those that this one
// changes besides.
func (c *computer) compared(a Action, w *wanted, m match) []Compared {
	var all []Compared
	if cameToCompare(a, m) {
		all = append(all, Compared{"name", w.d.Name, m.live.Name, verdict(w.d.Name == m.live.Name)})
		all = append(all, comparedMetadata(w, m.live)...)
		all = append(all, comparedSync(a, w, m.live)...)
	}
	for _, ch := range a.Changes {
		if !slices.ContainsFunc(all, func(f Compared) bool { return f.Field == ch.Field }) {
			all = append(all, Compared{ch.Field, ch.After, ch.Before, Differs})
		}
	}
	return slices.Clip(all)
}

// cameToCompare reports whether the plan came to comparing a live dataset.
func cameToCompare(a Action, m match) bool {
	switch m.relation {
	case absent, staged, ambiguous:
		return false
	}
	return a.Code != ConflictUnmanaged && a.Code != ConflictOtherProject && a.Code != ConflictAmbiguous
}

func verdict(same bool) Verdict {
	if same {
		return Same
	}
	return Differs
}

// judged is the verdict on a field that may be unmanaged or ignored.
func (w *wanted) judged(field string, managed, same bool) Verdict {
	switch {
	case !managed:
		return NotManaged
	case w.ignores(field):
		return Ignored
	}
	return verdict(same)
}

func comparedMetadata(w *wanted, l *liveDataset) []Compared {
	var all []Compared
	for _, f := range liveTexts(textFields(w.d), l) {
		row := Compared{Field: f.name, Live: f.live, Verdict: w.judged(f.name, f.want != nil, f.want != nil && *f.want == f.live)}
		if f.want != nil {
			row.Declared = *f.want
		}
		all = append(all, row)
	}
	tags := Compared{Field: "tags", Live: listed(l.tags), Verdict: w.judged("tags", w.d.Tags != nil, w.d.Tags != nil && sameTags(*w.d.Tags, l.tags))}
	if w.d.Tags != nil {
		tags.Declared = listed(*w.d.Tags)
	}
	privacy := Compared{Field: "privacy", Live: l.Privacy, Verdict: w.judged("privacy", w.d.Privacy != nil, w.d.Privacy != nil && string(*w.d.Privacy) == l.Privacy)}
	if w.d.Privacy != nil {
		privacy.Declared = string(*w.d.Privacy)
	}
	share := Compared{Field: "share", Live: bare(l.Shares), Verdict: NotManaged}
	if w.d.Share != nil {
		want := declaredShares(*w.d.Share)
		share.Declared, share.Verdict = want, w.judged("share", true, slices.Equal(want, bare(l.Shares)))
	}
	guarded := Compared{Field: protection, Live: l.marker.Protected, Verdict: NotManaged}
	if p := w.d.Lifecycle.PreventDestroy; p != nil {
		guarded.Declared, guarded.Verdict = *p, verdict(*p == l.marker.Protected)
	}
	return append(all, privacy, share, tags, guarded)
}

// comparedSync is how often the dataset is synchronized. What a run gets, and
// how, is among the changes where it differs.
func comparedSync(a Action, w *wanted, l *liveDataset) []Compared {
	row := Compared{Field: "sync.interval"}
	s := l.sync(w)
	if s != nil {
		row.Live = spec.Interval(s.Interval)
	}
	if w.d.Sync != nil {
		row.Declared = spec.Interval(w.d.Sync.Interval)
	}
	replaced := slices.Contains(a.Steps, StepDetach) && slices.Contains(a.Steps, StepAttach) ||
		a.Verb == Blocked && s != nil && w.d.Sync != nil && otherKind(w, *s)
	switch {
	case row.Live == nil && row.Declared == nil:
		return nil
	case w.d.Source.Kind == spec.SourceNone:
		row.Verdict = NotManaged
	case w.ignores("sync") || row.Live != nil && row.Declared != nil && w.ignores("sync.interval"):
		row.Verdict = Ignored
	case replaced:
		row.Verdict = NotCompared
	case row.Live == nil || row.Declared == nil:
		row.Verdict = Differs
	default:
		row.Verdict = verdict(s.Interval == w.d.Sync.Interval)
	}
	return []Compared{row}
}

// guardValues says of each guard on one dataset what it judged, and how.
func (c *computer) guardValues(a Action, w *wanted) []GuardValue {
	imports := a.Does(Reimport) || a.Intended == Reimport || a.Before != nil && a.Before.Unknown == "" && a.After != nil
	both := imports && a.Before != nil && a.After != nil && a.Before.Unknown == "" && a.After.Unknown == ""
	extent, rows, empty := "", "", ""
	if both {
		rows = quoted("rows %s -> %s (%s)", Grouped(a.Before.Rows), Grouped(a.After.Rows), percent(a.Before.Rows, a.After.Rows))
		empty = rows
		if was, is := a.Before.Extent, a.After.Extent; was != nil && is != nil {
			extent = box(*was) + " -> " + box(*is)
		}
	}
	fault, maps, unread := "", "", ""
	if w.look.Fault != nil {
		fault = w.look.Fault.Error()
	}
	if a.MapCount > 0 {
		maps = "used by " + Counted(int64(a.MapCount), "map")
	}
	if a.Before != nil {
		unread = a.Before.Unknown
	}
	g := w.d.Guards
	all := []GuardValue{
		{Guard: GuardEmpty, Value: empty, Limit: "at least one row", State: onOff(on(g.Empty))},
		{Guard: GuardExtent, Value: extent, Limit: quoted("not apart by more than %g degrees", extentMargin), State: onOff(on(g.Extent))},
		{Guard: GuardFault, Value: fault, Limit: "CARTO would import the file"},
		{Guard: GuardMaps, Value: maps, Limit: "nothing that maps use is dropped or no longer shared", State: onOff(on(g.Maps))},
		{Guard: GuardShrink, Value: rows, Limit: quoted("at most %g%% of the rows go", 100*shrinkAllowed(g))},
		{Guard: GuardUnread, Value: unread, Limit: "what is replaced can be read"},
	}
	for i := range all {
		all[i].State = c.guardState(a, w, all[i])
	}
	return all
}

func onOff(on bool) string {
	if on {
		return ""
	}
	return "off"
}

func (c *computer) guardState(a Action, w *wanted, g GuardValue) string {
	lift := string(g.Guard) + "@" + w.fingerprint
	switch {
	case g.State != "":
		return g.State
	case a.Code == g.Guard.reason():
		return "trips"
	case slices.Contains(c.in.Options.Allow, Allowance{Guard: g.Guard, Dataset: w.d.Name}) || slices.Contains(w.d.Guards.Allow, lift):
		return "lifted"
	case g.Value == "":
		return "idle"
	}
	return "holds"
}

// String is a verdict in words.
func (v Verdict) String() string { return strings.ReplaceAll(string(v), "_", " ") }
