package plan

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// A wanted is one declared dataset with what follows from its declaration.
type wanted struct {
	project     string
	d           spec.Dataset
	look        data.Look
	fingerprint string
	staging     string
	linked      bool // takes its name from another entry, or gives it to one
	passing     bool // a synchronization that is deleted afterwards imports it, since a plain import bears no mark of ours
}

// A liveDataset is one live dataset with its marker read.
type liveDataset struct {
	Dataset
	marker Marker
	tags   []string          // without markers
	syncs  []Synchronization // that the account shows with it
}

// An index is the input arranged for looking things up.
type index struct {
	in        Input
	wants     []*wanted // in the manifests' order
	declared  map[string]*wanted
	live      []*liveDataset // by name
	byName    map[string]*liveDataset
	byID      map[string]*liveDataset
	byTable   map[string]*liveDataset       // by the id that import jobs report
	marked    map[string][]*Synchronization // those with a marker, by it
	stored    map[string]Connection         // by id
	params    map[string][]spec.Param       // of declared connections, by project and key
	pending   map[string][]Pending          // what interrupted runs began, by project and dataset
	replacing map[string][]Pending          // overwrites that interrupted runs began, by the dataset's id
	settled   []Pending                     // what of that needs nothing any more
}

func newIndex(in Input) *index {
	x := &index{
		in:       in,
		declared: map[string]*wanted{},
		byName:   map[string]*liveDataset{},
		byID:     map[string]*liveDataset{},
		byTable:  map[string]*liveDataset{},
		marked:   map[string][]*Synchronization{},
		stored:   map[string]Connection{},
		params:   map[string][]spec.Param{},
	}
	for _, m := range in.Desired {
		for _, d := range m.Datasets {
			x.want(m.Project, d)
		}
		for _, c := range m.Connections {
			x.params[m.Project+" "+c.Key] = c.Params
		}
	}
	x.link()
	for _, d := range in.Account.Datasets {
		l := &liveDataset{Dataset: d}
		l.marker, l.tags = ParseMarker(d.Tags)
		x.live = append(x.live, l)
		x.byName[d.Name] = l
		x.byID[d.ID] = l
		if d.TableID != "" {
			x.byTable[d.TableID] = l
		}
	}
	slices.SortFunc(x.live, func(a, b *liveDataset) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	for i, s := range in.Account.Synchronizations {
		if l := x.byID[s.DatasetID]; l != nil {
			l.syncs = append(l.syncs, s)
		}
		if strings.HasPrefix(s.Checksum, tagPrefix) {
			x.marked[s.Checksum] = append(x.marked[s.Checksum], &in.Account.Synchronizations[i])
		}
	}
	for _, c := range in.Account.Connections {
		x.stored[c.ID] = c
	}
	x.sortPending()
	return x
}

func (x *index) want(project string, d spec.Dataset) {
	w := &wanted{project: project, d: d, look: x.in.Looks[d.Name]}
	w.fingerprint = Fingerprint(d, w.look)
	w.staging = StagingName(project, d.Name, w.fingerprint)
	w.passing = d.Sync == nil && d.Source.Kind == spec.SourceURL && d.Source.Fetch == spec.FetchServer && x.in.Account.Limits.Synchronizations
	x.wants = append(x.wants, w)
	x.declared[d.Name] = w
}

// marker is what w's dataset is to carry. Protection that the manifest does not
// mention stays as it is: removing the entry must not remove it, and neither
// must removing the line.
func (w *wanted) marker(live Marker, fingerprint string) Marker {
	m := Marker{Project: w.project, NameHash: NameHash(w.d.Name), Fingerprint: fingerprint, Protected: live.Protected}
	if p := w.d.Lifecycle.PreventDestroy; p != nil {
		m.Protected = *p
	}
	if w.linked && w.d.RenamedFrom != "" {
		m.Former = NameHash(w.d.RenamedFrom)
	}
	return m
}

// doubt is the marker of a live dataset while its contents are replaced. What it
// says of protection is as it was, unless a new name has brought what is declared.
func (w *wanted) doubt(a Action, l *liveDataset) Marker {
	m := w.marker(l.marker, inDoubt)
	if !a.Does(Rename) {
		m.Protected = l.marker.Protected
	}
	return m
}

// ignores reports whether the manifest leaves changes of field to others: by
// its name, or by the group that it is in.
func (w *wanted) ignores(field string) bool {
	return slices.ContainsFunc(w.d.Lifecycle.IgnoreChanges, func(name string) bool {
		return name == field || strings.HasPrefix(field, name+".")
	})
}
