package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// An Exported is a manifest of what is live.
type Exported struct {
	Manifest spec.Manifest
	Comments map[string]string // by dataset name: what the manifest cannot say of it; "" for the whole
	Secrets  Secrets           // the values behind the references that the manifest has in place of secrets
	LeftOut  []Omission        // datasets that no manifest can declare
}

// An Omission is a dataset that an export leaves out, and why.
type Omission struct {
	Dataset string
	Problem string
	Hint    string // what to do about it, "" if nothing
}

// Export writes down what is live as a manifest of a project: the datasets that carry its marker, and with unmarked those
// that nobody manages, to be adopted. Sources are known of synchronizations only; other datasets keep what they hold, and
// only their metadata is declared.
func Export(a Account, project string, unmarked bool) Exported {
	x := exporter{index: newIndex(Input{Account: a}), project: project, keys: map[string]Connection{}}
	x.out = Exported{Manifest: spec.Manifest{Project: project}, Comments: map[string]string{}, Secrets: Secrets{}}
	for _, l := range x.live {
		ours := l.marker.Owners == 1 && l.marker.Project == project
		if !ours && (!unmarked || l.marker.Owners > 0) {
			continue
		}
		x.dataset(l, ours)
	}
	x.connections()
	x.settle()
	return x.out
}

// settle takes back what a plan would not leave as it is: first the source of a dataset, then the dataset.
func (x *exporter) settle() {
	for {
		p := Compute(Input{Desired: []spec.Manifest{x.out.Manifest}, Account: x.in.Account, Secrets: x.out.Secrets})
		wrong := p.BesidesAdoption()
		if len(wrong) == 0 {
			return
		}
		if !x.takeBack(wrong) {
			return // whoever writes the manifest plans it again, and finds out
		}
		x.out.Manifest.Connections = nil
		x.connections()
	}
}

// takeBack reports whether there was anything to take back.
func (x *exporter) takeBack(wrong []Action) (taken bool) {
	reasons := map[string]string{}
	for _, a := range wrong {
		reasons[a.Name()] = a.Reason
	}
	kept := x.out.Manifest.Datasets[:0]
	for _, d := range x.out.Manifest.Datasets {
		reason, found := reasons[d.Name]
		if c := d.Source.Connector; c != nil && !found {
			reason, found = reasons[c.Connection]
		}
		taken = taken || found
		switch {
		case !found:
		case d.Source.Kind != spec.SourceNone:
			x.out.Comments[d.Name] = "its source is left out, for it would not be taken as it is: " + reason
			d.Source, d.Sync = spec.Source{}, nil
		default:
			x.out.LeftOut = append(x.out.LeftOut, Omission{
				Dataset: d.Name,
				Problem: quoted("dataset %q is left out: it would not be taken as it is: %s", d.Name, reason),
			})
			continue
		}
		kept = append(kept, d)
	}
	x.out.Manifest.Datasets = kept
	used := map[string]Connection{}
	for _, d := range kept {
		if c := d.Source.Connector; c != nil {
			used[c.Connection] = x.keys[c.Connection]
		}
	}
	x.keys = used
	return taken
}

// BesidesAdoption are the actions that do anything else than taking what is there under management as it is.
func (p Plan) BesidesAdoption() []Action {
	var all []Action
	for _, a := range p.Actions {
		onlyMarkers := !slices.ContainsFunc(a.Changes, func(c Change) bool { return c.Field != "marker" })
		switch {
		case a.Kind == KindStaging: // what an interrupted run left is no matter of the manifest
		case a.Verb == None, a.Verb == Adopt && len(a.Also) == 0, a.Verb == Update && onlyMarkers && len(a.Changes) > 0:
		default:
			all = append(all, a)
		}
	}
	return all
}

// Projects are those whose markers are found on an account's datasets, sorted.
func (a Account) Projects() []string {
	var all []string
	for _, d := range a.Datasets {
		if m, _ := ParseMarker(d.Tags); m.Project != "" {
			all = append(all, m.Project)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

type exporter struct {
	*index
	project string
	keys    map[string]Connection // stored connections that are referred to, by key
	out     Exported
}

func (x *exporter) dataset(l *liveDataset, ours bool) {
	if !name.IsDataset(l.Name) || strings.Contains(l.Name, "|") {
		x.out.LeftOut = append(x.out.LeftOut, Omission{
			Dataset: l.Name,
			Problem: quoted("dataset %q is left out: no manifest can declare this name", l.Name), Hint: "rename it in CARTO",
		})
		return
	}
	d := spec.Dataset{
		Name: l.Name, Adopt: spec.Adopt{Any: !ours},
		Import:    spec.Import{TypeGuessing: true, QuotedFieldsGuessing: true},
		Lifecycle: spec.Lifecycle{OnSchemaChange: "fail"},
	}
	if ours && l.marker.Protected {
		d.Lifecycle.PreventDestroy = &l.marker.Protected
	}
	x.metadata(&d, l)
	if problem := x.source(&d, l); problem != "" {
		x.out.Comments[l.Name] = problem
	}
	x.out.Manifest.Datasets = append(x.out.Manifest.Datasets, d)
}

func (x *exporter) metadata(d *spec.Dataset, l *liveDataset) {
	for _, f := range []struct {
		to   **string
		live string
	}{{&d.Title, l.Title}, {&d.Description, l.Description}, {&d.License, l.License}, {&d.Attributions, l.Attributions}} {
		if f.live != "" && !strings.Contains(f.live, "\x00") {
			*f.to = &f.live
		}
	}
	tags := slices.Clone(l.tags)
	slices.Sort(tags)
	blank := slices.ContainsFunc(tags, func(t string) bool { return strings.TrimSpace(t) == "" })
	if tags = slices.Compact(tags); len(tags) > 0 && !blank { // no manifest can declare blank ones
		d.Tags = &tags
	}
	switch p := spec.Privacy(l.Privacy); p {
	case spec.Public, spec.Link, spec.Private:
		d.Privacy = &p
	}
	if len(l.Shares) > 0 {
		var shares []spec.Share
		for _, s := range bare(l.Shares) {
			shares = append(shares, spec.Share{Kind: s.Kind, Name: s.Name, Access: s.Access})
		}
		d.Share = &shares
	}
}

// source declares where a dataset's contents come from, if a synchronization says so. Otherwise it says why not, where that
// is not plain.
func (x *exporter) source(d *spec.Dataset, l *liveDataset) (problem string) {
	s := l.sync(nil)
	switch {
	case s == nil && l.marker.Fingerprint != "":
		return "imported by cartosync; the account does not know from where: add its source"
	case s == nil:
		return ""
	case len(l.syncs) > 1:
		return "several synchronizations write to it: delete those that are not needed, and add its source and sync"
	case s.Name != l.Name:
		return "its synchronization writes to another dataset: add its source and sync to put that right"
	case s.Interval < spec.MinInterval:
		return fmt.Sprintf("its synchronization runs every %s, which is below CARTO's minimum: add its source and sync", s.Interval)
	case Stuck(*s, x.in.Account.ReadAt), s.State == "failure" && s.Retried >= maxRetries:
		return "its synchronization has stopped working: add its source and sync to put that right"
	}
	if s.Connector != nil {
		problem = x.connector(d, *s.Connector)
	} else {
		problem = x.url(d, *s)
	}
	if problem == "" {
		d.Sync = &spec.Sync{Interval: s.Interval}
	}
	return problem
}

func (x *exporter) url(d *spec.Dataset, s Synchronization) string {
	raw := s.URL.Reveal()
	switch {
	case s.Service != "":
		return fmt.Sprintf("its synchronization uses CARTO's service %q, which no manifest can declare", s.Service)
	case raw == "":
		return "its synchronization has no URL"
	}
	d.Source = spec.Source{Kind: spec.SourceURL, URL: secret.Literal(raw), Fetch: spec.FetchClient}
	d.Import = spec.Import{TypeGuessing: s.TypeGuessing, QuotedFieldsGuessing: s.QuotedFieldsGuessing, ContentGuessing: s.ContentGuessing}
	if secret.RedactURL(raw) == raw {
		return ""
	}
	d.Source.URL = reference(d.Name, "url")
	x.out.Secrets[d.Source.URL.String()] = s.URL
	return ""
}

// reference stands in a manifest for a secret that is to be set where cartosync runs.
func reference(whose, what string) secret.Text {
	text, err := secret.Parse("${env:CARTOSYNC_SECRET_" + strings.ToUpper(whose+"_"+what) + "}")
	if err != nil {
		panic("plan: a name of letters, digits and underscores makes no reference: " + err.Error())
	}
	return text
}

// connector declares an import through a stored connection of the project. A connection of anybody else would be stored once
// more under a name of ours, with a secret that the account does not give away.
func (x *exporter) connector(d *spec.Dataset, l LiveConnector) string {
	stored, ok := x.stored[l.ConnectionID]
	project, key, _, ours := parseConnectionName(stored.Name)
	switch {
	case l.Foreign:
		return "its synchronization uses a connector that no manifest can declare"
	case !ok || !ours || project != x.project || strings.HasPrefix(key, "inline_"):
		who := or(stored.Name, "none that is stored")
		return fmt.Sprintf("its synchronization imports from %s through a connection that is not this project's (%q): declare the connection, its source and sync to manage it",
			or(l.Provider, or(stored.Provider, "a database")), who)
	}
	c := &spec.Connector{Connection: key, Provider: stored.Provider}
	for _, k := range connectorKeys {
		if v := l.Params[k]; v != "" {
			c.Params = append(c.Params, spec.Param{Key: k, Value: secret.Literal(v)})
		}
	}
	d.Source = spec.Source{Kind: spec.SourceConnector, Connector: c}
	x.keys[key] = stored
	return ""
}

// connections declares the stored connections that sources refer to, with references in place of what CARTO does not show.
func (x *exporter) connections() {
	for _, key := range slices.Sorted(maps.Keys(x.keys)) {
		live := x.keys[key]
		c := spec.Connection{Key: key, Provider: live.Provider, SecretVersion: version(live.Name)}
		plain, secrets := spec.ConnectionParams(live.Provider)
		for _, k := range plain {
			if v := live.Params[k]; v != "" {
				c.Params = append(c.Params, spec.Param{Key: k, Value: secret.Literal(v)})
			}
		}
		for _, k := range secrets {
			c.Params = append(c.Params, spec.Param{Key: k, Value: reference(key, k), Secret: true})
		}
		slices.SortFunc(c.Params, func(a, b spec.Param) int { return strings.Compare(a.Key, b.Key) })
		x.out.Manifest.Connections = append(x.out.Manifest.Connections, c)
	}
}
