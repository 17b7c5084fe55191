package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/spec"
)

// savedFormat is the version of saved plans: one with another first number is not understood.
const savedFormat = "1.0"

// A Saved is a plan as it was reviewed, and what it takes to make it again. It holds no secrets: they are resolved anew.
type Saved struct {
	FormatVersion string            `json:"format_version"`
	Account       string            `json:"account"`
	Manifests     []SavedManifest   `json:"manifests"`
	Vars          map[string]string `json:"vars,omitempty"`
	Options       Options           `json:"options"`
	Actions       []SavedAction     `json:"actions"` // without those that do nothing
}

// A SavedManifest is a manifest that the plan was made for.
type SavedManifest struct {
	Path   string `json:"path"`   // as typed
	SHA256 string `json:"sha256"` // over it and the files that it includes
}

// A SavedAction is an action with what the planner saw of its dataset.
type SavedAction struct {
	Action
	Saw *Saw `json:"saw,omitempty"`
}

// Saw is what the planner saw of a dataset that it changes.
type Saw struct {
	Name         string   `json:"name"`
	Privacy      string   `json:"privacy"`
	Title        string   `json:"title"`
	Description  string   `json:"description"`
	License      string   `json:"license"`
	Attributions string   `json:"attributions"`
	Tags         []string `json:"tags"`
	Maps         int      `json:"maps"`
}

// Save keeps a plan for later.
func Save(in Input, p Plan, vars map[string]string) Saved {
	s := Saved{FormatVersion: savedFormat, Account: p.Account, Vars: vars, Options: in.Options, Actions: []SavedAction{}}
	for _, m := range in.Desired {
		s.Manifests = append(s.Manifests, SavedManifest{Path: m.Path, SHA256: m.SHA256})
	}
	for _, a := range p.Actions {
		if a.Verb != None {
			s.Actions = append(s.Actions, saved(a))
		}
	}
	return s
}

func saved(a Action) SavedAction {
	a.Changes = slices.Clone(a.Changes)
	for i, c := range a.Changes {
		a.Changes[i] = c.Redacted()
	}
	return SavedAction{Action: a, Saw: saw(a.Seen.Dataset)}
}

func saw(d *Dataset) *Saw {
	if d == nil {
		return nil
	}
	tags := slices.Clone(d.Tags)
	slices.Sort(tags)
	return &Saw{
		Name: d.Name, Privacy: d.Privacy, Title: d.Title, Description: d.Description, License: d.License,
		Attributions: d.Attributions, Tags: slices.Compact(tags), Maps: d.MapCount,
	}
}

// ParseSaved reads a saved plan.
func ParseSaved(text []byte) (Saved, error) {
	var s Saved
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&s); err != nil || s.FormatVersion == "" {
		return Saved{}, fmt.Errorf("it is no saved plan; make one with cartosync plan --out")
	}
	major, _, _ := strings.Cut(s.FormatVersion, ".")
	ours, _, _ := strings.Cut(savedFormat, ".")
	if major != ours {
		return Saved{}, fmt.Errorf("its format is %s and this program understands %s; plan again with this program", s.FormatVersion, savedFormat)
	}
	return s, nil
}

// CheckManifests makes sure that the manifests are those that the plan was made for.
func (s Saved) CheckManifests(desired []spec.Manifest) error {
	for i, m := range desired {
		if i >= len(s.Manifests) || s.Manifests[i].SHA256 != m.SHA256 {
			return spec.Errors{{Pos: spec.Position{File: m.Path, Line: 1, Column: 1}, Problem: "the manifest changed since the plan was saved", Hint: "plan again and review"}}
		}
	}
	return nil
}

// A Moved is an action that is not carried out: it is no longer what was reviewed.
type Moved struct {
	Action  Action // as it would be now
	Field   string
	Planned string
	Now     string
}

// Restrict keeps of a plan that was made now what was reviewed, and returns what is different by now. What was not reviewed
// at all becomes a note. What was reviewed and needs nothing any more is left alone.
func (s Saved) Restrict(now Plan) (Plan, []Moved) {
	reviewed := map[string][]SavedAction{}
	for _, a := range s.Actions {
		reviewed[a.key()] = append(reviewed[a.key()], a)
	}
	var moved []Moved
	kept := make([]Action, 0, len(now.Actions))
	for _, a := range now.Actions {
		then := reviewed[a.key()]
		switch {
		case a.Verb == None, a.Verb == Blocked:
			kept = append(kept, a)
		case !slices.ContainsFunc(then, func(t SavedAction) bool { return t.Verb != Blocked }):
			now.Notes = append(now.Notes, Note{
				Severity: "warning", Code: "not_reviewed", Dataset: a.Dataset, Pos: a.Pos,
				Problem: quoted("%s %q would now be changed too (%s), which the saved plan does not have", a.Kind, a.Name(), a.Reason),
				Hint:    "plan again and review",
			})
		default:
			if m, same := compareSaved(then, a); !same {
				moved = append(moved, m)
				continue
			}
			kept = append(kept, a)
		}
	}
	now.Actions = kept
	return now, moved
}

func (a Action) key() string { return string(a.Kind) + " " + a.Project + " " + a.Name() }

// compareSaved finds the action among those that were reviewed, or says in what it differs from the first of them.
func compareSaved(then []SavedAction, now Action) (Moved, bool) {
	var first Moved
	for i, t := range then {
		m, same := t.compare(saved(now))
		if same {
			return Moved{}, true
		}
		if i == 0 {
			first = m
		}
	}
	first.Action = now
	return first, false
}

// compare finds the first thing that is not as a reviewer saw it. What became as it was meant to be is as it was reviewed: an
// earlier run of the same plan may have been interrupted.
func (t SavedAction) compare(now SavedAction) (Moved, bool) {
	if v, same := t.foresaw(now.Action); !same {
		return Moved{Field: "what is to be done", Planned: verbs(t.Action), Now: v}, false
	}
	if t.Fingerprint != now.Fingerprint {
		return Moved{Field: "the source", Planned: t.Fingerprint, Now: now.Fingerprint}, false
	}
	if t.Verb == Create && now.Verb == Resume {
		return compareChanges(t.Changes, now.Changes)
	}
	if t.ID != now.ID {
		return Moved{Field: "its id", Planned: or(t.ID, "none"), Now: or(now.ID, "none")}, false
	}
	if m, same := t.compareSaw(now.Saw); !same {
		return m, false
	}
	interrupted := now.Does(Resume) || now.Code == ReimportUnfinished // and may have replaced it
	if t.Before != nil && now.Before != nil && !interrupted {
		if then, now := contentsText(*t.Before), contentsText(*now.Before); then != now {
			return Moved{Field: "what it holds", Planned: then, Now: now}, false
		}
	}
	return compareChanges(t.Changes, now.Changes)
}

// foresaw reports whether everything that would be done now was reviewed, and else what was not.
func (t SavedAction) foresaw(now Action) (string, bool) {
	for _, v := range append([]Verb{now.Verb}, now.Also...) {
		resumed := v == Resume && (t.Verb == Create || t.Does(Reimport)) || v == Create && t.Verb == Resume
		if !t.Does(v) && !resumed {
			return verbs(now), false
		}
	}
	return "", true
}

func verbs(a Action) string {
	all := []string{string(a.Verb)}
	for _, v := range a.Also {
		all = append(all, string(v))
	}
	return strings.Join(all, " and ")
}

// contentsText is what is compared of contents: the size is an estimate.
func contentsText(c Contents) string {
	names := make([]string, 0, len(c.Columns))
	for _, col := range c.Columns {
		names = append(names, col.Name+" "+string(col.Type))
	}
	return fmt.Sprintf("%d rows, %s, columns %s", c.Rows, or(c.Geometry, "no geometry"), strings.Join(names, ", "))
}

// compareSaw compares what the planner saw of the dataset, but for what has become as it was meant to be.
func (t SavedAction) compareSaw(now *Saw) (Moved, bool) {
	if t.Saw == nil || now == nil {
		return Moved{}, true // its id says whether it is the same
	}
	s := t.Saw
	for _, f := range []struct {
		field     string
		then, now any
	}{
		{"name", s.Name, now.Name}, {"privacy", s.Privacy, now.Privacy}, {"title", s.Title, now.Title}, {"description", s.Description, now.Description},
		{"license", s.License, now.License}, {"attributions", s.Attributions, now.Attributions}, {"tags", ownTags(s.Tags), ownTags(now.Tags)},
		{"the number of maps that depend on it", s.Maps, now.Maps},
	} {
		then, now := encoded(f.then), encoded(f.now)
		if then != now && !t.meant(f.field, now) {
			return Moved{Field: f.field, Planned: then, Now: now}, false
		}
	}
	return Moved{}, true
}

// ownTags are tags without markers, in the order in which they are compared.
func ownTags(tags []string) []string {
	_, rest := ParseMarker(tags)
	rest = slices.Clone(rest)
	slices.Sort(rest)
	return listed(slices.Compact(rest))
}

// meant reports whether the action was to give a field this value.
func (t SavedAction) meant(field, value string) bool {
	for _, c := range t.Changes {
		after := encoded(c.After)
		if list, ok := c.After.([]any); ok && field == "tags" {
			after = encoded(sortedTexts(list))
		}
		if c.Field == field && after == value {
			return true
		}
	}
	return false
}

func sortedTexts(list []any) []string {
	texts := make([]string, 0, len(list))
	for _, v := range list {
		texts = append(texts, fmt.Sprint(v))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// compareChanges makes sure that every change that would be made now was reviewed. One that is not needed any more has been
// made: the manifest is the same.
func compareChanges(then, now []Change) (Moved, bool) {
	for _, c := range now {
		i := slices.IndexFunc(then, func(t Change) bool { return t.Field == c.Field })
		if i < 0 {
			return Moved{Field: c.Field, Planned: encoded(c.After), Now: encoded(c.Before)}, false // it was as it was meant to be
		}
		if t := then[i]; encoded(t.Before) != encoded(c.Before) || encoded(t.After) != encoded(c.After) {
			return Moved{Field: c.Field, Planned: encoded(t.Before), Now: encoded(c.Before)}, false
		}
	}
	return Moved{}, true
}

// encoded is a value as text that is the same whether it was saved in between or not.
func encoded(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var plain any
	if err := d.Decode(&plain); err != nil {
		return string(text)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(plain); err != nil {
		return string(text)
	}
	return strings.TrimSpace(b.String())
}
