package plan

import (
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// simulate is what an account looks like once every action of p was carried
// out by the letter: it reads the actions, not the manifest, wherever an action
// says what is to be done.
func simulate(in Input, p Plan) Input {
	after, _ := simulateSteps(in, p, -1)
	return after
}

// simulateSteps is the same for a run that is killed after some steps, and says
// how many it took; a negative limit is none.
func simulateSteps(in Input, p Plan, limit int) (after Input, taken int) {
	more := func() bool { taken++; return limit < 0 || taken <= limit }
	s := simulation{in: in, x: newIndex(in)}
	s.in.Account.Datasets = slices.Clone(in.Account.Datasets)
	s.in.Account.Synchronizations = slices.Clone(in.Account.Synchronizations)
	s.in.Account.Connections = slices.Clone(in.Account.Connections)
	s.in.Details = Details{}
	for id, d := range in.Details {
		s.in.Details[id] = d
	}
	for _, a := range p.Actions {
		if a.Parking != "" && more() {
			s.park(a)
		}
	}
	for _, a := range p.Actions {
		if a.Verb == None || a.Verb == Blocked {
			continue
		}
		if a.Kind == KindConnection {
			if more() {
				s.connection(a)
			}
			continue
		}
		for _, step := range a.Steps {
			if step == StepRename && slices.Contains(a.Steps, StepSyncName) && more() {
				s.sync(a, a.ID, StepSyncName)
			}
			if s.doubts(a, step) && more() {
				s.tag(s.live(a.ID), a.DoubtTags)
			}
			if more() {
				s.step(a, &a.ID, step)
			}
		}
	}
	s.in.Options.Reimport = nil
	if left := in.Account.Limits.RemainingTables; left != nil {
		n := *left + len(in.Account.Datasets) - len(s.in.Account.Datasets)
		s.in.Account.Limits.RemainingTables = &n
	}
	return s.in, taken
}

type simulation struct {
	in   Input
	x    *index
	next int
}

// id is one that nothing in the account has.
func (s *simulation) id(kind string) string {
	taken := map[string]bool{}
	for _, d := range s.in.Account.Datasets {
		taken[d.ID] = true
	}
	for _, y := range s.in.Account.Synchronizations {
		taken[y.ID] = true
	}
	for _, c := range s.in.Account.Connections {
		taken[c.ID] = true
	}
	for ; ; s.next++ {
		if id := fmt.Sprintf("new-%s-%d", kind, s.next); !taken[id] {
			return id
		}
	}
}

// park takes a dataset aside with the marker that it is to have.
func (s *simulation) park(a Action) {
	d := s.live(a.ID)
	d.Name = a.Parking
	s.marked(a, d)
	if a.Seen.Synchronization != nil && slices.Contains(a.Steps, StepSyncName) {
		for i := range s.in.Account.Synchronizations {
			if y := &s.in.Account.Synchronizations[i]; y.ID == a.Seen.Synchronization.ID {
				y.Name = a.Parking
			}
		}
	}
}

func (s *simulation) marked(a Action, d *Dataset) { s.tag(d, a.NameTags) }

// tag replaces the markers of a dataset.
func (s *simulation) tag(d *Dataset, markers []string) {
	_, rest := ParseMarker(d.Tags)
	d.Tags = append(slices.Clone(rest), markers...)
}

// doubts reports whether a step replaces contents of which the marker is to say
// before that they are in doubt.
func (s *simulation) doubts(a Action, step Step) bool {
	replaces := step == StepAlter || step == StepOverwrite || step == StepAttach || step == StepRefresh
	return replaces && len(a.DoubtTags) > 0
}

// step takes one step of an action; a step that makes the dataset says its id.
func (s *simulation) step(a Action, made *string, step Step) {
	id := *made
	switch step {
	case StepStage:
		if id == "" {
			id = s.id("dataset")
			*made = id
			s.in.Account.Datasets = append(s.in.Account.Datasets, Dataset{ID: id, Name: a.Staging, Privacy: s.defaultPrivacy()})
			s.attach(a, id)
		} else if a.Seen.Synchronization == nil { // staged, and its synchronization gone: staged anew
			s.attach(a, id)
		}
		s.fill(a, id)
	case StepTry:
	case StepAlter:
		d := s.in.Details[id]
		d.Columns = slices.DeleteFunc(slices.Clone(d.Columns), func(c data.Column) bool { return slices.Contains(a.Drops, c.Name) })
		s.in.Details[id] = d
	case StepOverwrite, StepRefresh:
		s.fill(a, id)
	case StepPublish:
		s.free(a, id)
		d := s.live(id)
		d.Name = a.Dataset
		s.metadata(a, d)
	case StepRename:
		s.free(a, id)
		s.live(id).Name = a.Dataset
		s.marked(a, s.live(id))
	case StepMetadata:
		s.metadata(a, s.live(id))
	case StepRestrict, StepPrivacy:
		s.live(id).Privacy = after(a, "privacy").(string)
	case StepShare:
		s.live(id).Shares = after(a, "share").([]Share)
	case StepAttach:
		s.attach(a, id)
	case StepDetach:
		s.in.Account.Synchronizations = slices.DeleteFunc(s.in.Account.Synchronizations, func(y Synchronization) bool { return y.DatasetID == id })
	case StepClear:
		for _, id := range a.Surplus {
			for _, y := range s.in.Account.Synchronizations {
				if y.ID == id && y.DatasetID != a.ID {
					s.in.Account.Datasets = slices.DeleteFunc(s.in.Account.Datasets, func(d Dataset) bool { return d.ID == y.DatasetID })
				}
			}
			s.in.Account.Synchronizations = slices.DeleteFunc(s.in.Account.Synchronizations, func(y Synchronization) bool { return y.ID == id })
		}
	case StepSyncName, StepSync, StepRevive:
		s.sync(a, id, step)
	case StepDelete, StepDeleteStaging:
		s.in.Account.Datasets = slices.DeleteFunc(s.in.Account.Datasets, func(d Dataset) bool { return d.ID == id })
		s.in.Account.Synchronizations = slices.DeleteFunc(s.in.Account.Synchronizations, func(y Synchronization) bool { return y.DatasetID == id })
	}
}

func (s *simulation) defaultPrivacy() string {
	if s.in.Account.Limits.PrivateDatasets {
		return "private"
	}
	return "public"
}

func (s *simulation) live(id string) *Dataset {
	for i := range s.in.Account.Datasets {
		if s.in.Account.Datasets[i].ID == id {
			return &s.in.Account.Datasets[i]
		}
	}
	panic("no dataset " + id)
}

// fill gives a dataset the contents of its source.
func (s *simulation) fill(a Action, id string) {
	look := s.in.Looks[a.Dataset]
	s.in.Details[id] = Detail{Rows: look.Rows, Columns: look.Columns, Geometry: look.Geometry}
	s.live(id).Geometry = look.Geometry
}

func (s *simulation) metadata(a Action, d *Dataset) {
	_, rest := ParseMarker(d.Tags)
	for _, ch := range a.Changes {
		switch ch.Field {
		case "title":
			d.Title = ch.After.(string)
		case "description":
			d.Description = ch.After.(string)
		case "license":
			d.License = ch.After.(string)
		case "attributions":
			d.Attributions = ch.After.(string)
		case "tags":
			rest = ch.After.([]string)
		}
	}
	d.Tags = append(slices.Clone(rest), a.Tags...)
}

// attach makes the synchronization that the manifest declares, as a request
// built from it would.
func (s *simulation) attach(a Action, id string) {
	w := s.x.declared[a.Dataset]
	if w == nil || w.d.Sync == nil {
		return
	}
	y := Synchronization{
		ID: s.id("sync"), DatasetID: id, Name: s.live(id).Name, State: "success", Interval: w.d.Sync.Interval,
		TypeGuessing: w.d.Import.TypeGuessing, QuotedFieldsGuessing: w.d.Import.QuotedFieldsGuessing,
		ContentGuessing: w.d.Import.ContentGuessing,
		UpdatedAt:       s.in.Account.ReadAt, RanAt: s.in.Account.ReadAt,
	}
	s.source(&y, w)
	s.in.Account.Synchronizations = append(s.in.Account.Synchronizations, y)
}

func (s *simulation) source(y *Synchronization, w *wanted) {
	switch w.d.Source.Kind {
	case spec.SourceURL:
		y.URL, _ = s.x.resolved(w.d.Source.URL)
	case spec.SourceConnector:
		c := w.d.Source.Connector
		y.Connector = &LiveConnector{Params: map[string]string{}}
		for _, l := range s.in.Account.Connections {
			if p, key, _, ok := parseConnectionName(l.Name); ok && p == w.project && key == c.Connection {
				y.Connector.ConnectionID = l.ID
			}
		}
		for _, p := range c.Params {
			v, _ := s.x.resolved(p.Value)
			y.Connector.Params[p.Key] = v.Reveal()
		}
	}
}

func (s *simulation) sync(a Action, id string, step Step) {
	var y *Synchronization
	seen := a.Seen.Synchronization
	for i := range s.in.Account.Synchronizations {
		c := &s.in.Account.Synchronizations[i]
		if c.DatasetID == id && (seen == nil || c.ID == seen.ID) {
			y = c
		}
	}
	switch step {
	case StepSyncName:
		y.Name = a.Dataset
	case StepRevive:
		y.State, y.Retried, y.UpdatedAt = "success", 0, s.in.Account.ReadAt
	case StepSync:
		w := s.x.declared[a.Dataset]
		s.source(y, w)
		for _, ch := range a.Changes {
			switch ch.Field {
			case "sync.interval":
				y.Interval = w.d.Sync.Interval
			case "import.type_guessing":
				y.TypeGuessing = ch.After.(bool)
			case "import.quoted_fields_guessing":
				y.QuotedFieldsGuessing = ch.After.(bool)
			case "import.content_guessing":
				y.ContentGuessing = ch.After.(bool)
			}
		}
	}
}

func (s *simulation) connection(a Action) {
	var want spec.Connection
	for _, m := range s.in.Desired {
		for _, c := range m.Connections {
			if m.Project == a.Project && c.Key == a.Connection {
				want = c
			}
		}
	}
	params := map[string]string{}
	for _, p := range want.Params {
		if v, ok := s.x.resolved(p.Value); ok && !p.Secret {
			params[p.Key] = v.Reveal()
		}
	}
	switch a.Verb {
	case Delete:
		s.in.Account.Connections = slices.DeleteFunc(s.in.Account.Connections, func(c Connection) bool { return c.ID == a.ID })
	case Create:
		s.in.Account.Connections = append(s.in.Account.Connections, Connection{
			ID: s.id("connection"), Name: ConnectionName(a.Project, want.Key, want.SecretVersion), Provider: want.Provider, Params: params,
		})
	case Update:
		for i := range s.in.Account.Connections {
			c := &s.in.Account.Connections[i]
			if c.ID != a.ID {
				continue
			}
			c.Name = ConnectionName(a.Project, want.Key, want.SecretVersion)
			for _, ch := range a.Changes {
				if text, ok := ch.After.(string); ok && ch.Field != "secret_version" && !ch.Sensitive {
					c.Params = setParam(c.Params, ch.Field, text)
				} else if ch.After == nil {
					c.Params = setParam(c.Params, ch.Field, "")
				}
			}
		}
	}
}

// free fails where an action takes a name before its holder has given it up.
func (s *simulation) free(a Action, id string) {
	for _, d := range s.in.Account.Datasets {
		if d.ID != id && d.Name == a.Dataset {
			panic(fmt.Sprintf("%s of %q comes while %s still has the name", a.Verb, a.Dataset, d.ID))
		}
	}
}

func setParam(params map[string]string, key, value string) map[string]string {
	next := map[string]string{}
	for k, v := range params {
		next[k] = v
	}
	next[key] = value
	return next
}

func after(a Action, field string) any {
	for _, ch := range a.Changes {
		if ch.Field == field {
			return ch.After
		}
	}
	panic("no change of " + field + " in " + a.Dataset)
}
