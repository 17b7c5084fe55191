package sandbox

import (
	"slices"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// An account is all that listing and showing visualizations needs, read at one moment.
type account struct {
	visualizations []store.Visualization
	byID           map[string]*store.Visualization
	tables         map[string]store.Table // by visualization
	tableIDs       map[string]store.Table // by their own id
	syncs          map[string]store.Synchronization
	principals     map[string]store.Principal
	usage          usage
	layers         []store.Layer
}

func (c *call) account(t *store.Tx) (*account, error) {
	a := &account{byID: map[string]*store.Visualization{}, tables: map[string]store.Table{}, tableIDs: map[string]store.Table{},
		syncs: map[string]store.Synchronization{}, principals: map[string]store.Principal{}}
	var err error
	if a.visualizations, err = t.Visualizations(c.ctx()); err != nil {
		return nil, err
	}
	for i := range a.visualizations {
		a.byID[a.visualizations[i].ID] = &a.visualizations[i]
	}
	tables, err := t.Tables(c.ctx())
	if err != nil {
		return nil, err
	}
	for _, r := range tables {
		a.tables[r.VisualizationID], a.tableIDs[r.ID] = r, r
	}
	syncs, err := t.Synchronizations(c.ctx())
	if err != nil {
		return nil, err
	}
	for _, y := range slices.Backward(syncs) { // of several the oldest counts
		if y.VisualizationID != nil {
			a.syncs[*y.VisualizationID] = y
		}
	}
	principals, err := t.Principals(c.ctx())
	if err != nil {
		return nil, err
	}
	for _, p := range principals {
		a.principals[p.ID] = p
	}
	if a.layers, err = t.Layers(c.ctx()); err != nil {
		return nil, err
	}
	a.usage = c.countUsage(a)
	return a, nil
}

func (c *call) countUsage(a *account) (u usage) {
	for _, v := range a.visualizations {
		if v.UserID != c.target.ID {
			continue
		}
		u.all++
		switch v.Type {
		case store.Dataset:
			u.tables++
		case store.Map:
			u.maps++
		}
		if v.Privacy == "public" {
			u.public++
		}
	}
	return u
}

// grant is the access that a user has to a visualization: rw to his own, else what was granted, "" for none.
func (a *account) grant(v store.Visualization, userID string) string {
	if v.UserID == userID {
		return "rw"
	}
	access := ""
	for _, g := range v.Permission.ACL {
		reaches := g.ID == userID || g.Kind != store.User // every user of a sandbox is in its organization and groups
		if reaches && g.Access > access && g.Access != "n" {
			access = g.Access
		}
	}
	return access
}

// dependents lists the maps that show a dataset's table, newest first; full tells whether they show nothing else.
func (a *account) dependents(tableID string) (all []dependent) {
	total, using := map[string]int{}, map[string]int{}
	for _, l := range a.layers {
		total[l.VisualizationID]++
		if l.TableID == tableID {
			using[l.VisualizationID]++
		}
	}
	for i := len(a.visualizations) - 1; i >= 0; i-- {
		v := a.visualizations[i]
		if using[v.ID] > 0 {
			all = append(all, dependent{v, using[v.ID] == total[v.ID]})
		}
	}
	slices.SortStableFunc(all, func(x, y dependent) int { return y.UpdatedAt.Compare(x.UpdatedAt) })
	return all
}

type dependent struct {
	store.Visualization
	full bool
}

// dependentsOf is dependents of a visualization, which has none unless it is a dataset.
func (a *account) dependentsOf(v store.Visualization) []dependent {
	r, isDataset := a.tables[v.ID]
	if !isDataset {
		return nil
	}
	return a.dependents(r.ID)
}

// relatedTables are the tables of a map's layers.
func (a *account) relatedTables(v store.Visualization) []store.Table {
	var all []store.Table
	for _, l := range a.layers {
		if r, known := a.tableIDs[l.TableID]; known && l.VisualizationID == v.ID {
			all = append(all, r)
		}
	}
	return all
}
