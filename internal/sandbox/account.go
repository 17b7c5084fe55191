package sandbox

import (
	"context"
	"slices"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// An account is all that listing and showing visualizations needs, read at one moment: of the whole account, of one
// visualization and what is around it, or of its people alone.
type account struct {
	visualizations []store.Visualization
	byID           map[string]*store.Visualization
	tables         map[string]store.Table // by visualization
	tableIDs       map[string]store.Table // by their own id
	syncs          map[string]store.Synchronization
	principals     map[string]store.Principal
	usages         map[string]usage // by user, of everything
	layers         []store.Layer
}

// usage counts what a user has.
type usage struct {
	tables, maps, all int
	publicMaps        int
	publicDatasets    int // those with a link too
}

func (c *call) account(t *store.Tx) (*account, error) { return readAccount(c.ctx(), t) }

func readAccount(ctx context.Context, t *store.Tx) (*account, error) {
	all, err := t.Everything(ctx)
	if err != nil {
		return nil, err
	}
	return newAccount(ctx, t, all)
}

// around is what showing one visualization needs, which does not grow with the account.
func (c *call) around(t *store.Tx, id string) (*account, error) {
	some, err := t.Around(c.ctx(), id)
	if err != nil {
		return nil, err
	}
	return newAccount(c.ctx(), t, some)
}

// people are the account without visualizations.
func (c *call) people(t *store.Tx) (*account, error) {
	return newAccount(c.ctx(), t, store.Surroundings{})
}

func newAccount(ctx context.Context, t *store.Tx, s store.Surroundings) (*account, error) {
	a := &account{visualizations: s.Visualizations, layers: s.Layers, byID: map[string]*store.Visualization{}, tables: map[string]store.Table{},
		tableIDs: map[string]store.Table{}, syncs: map[string]store.Synchronization{}, principals: map[string]store.Principal{}, usages: map[string]usage{}}
	for i := range a.visualizations {
		a.byID[a.visualizations[i].ID] = &a.visualizations[i]
	}
	for _, r := range s.Tables {
		a.tables[r.VisualizationID], a.tableIDs[r.ID] = r, r
	}
	for _, y := range slices.Backward(s.Synchronizations) { // of several the oldest counts
		if y.VisualizationID != nil {
			a.syncs[*y.VisualizationID] = y
		}
	}
	principals, err := t.Principals(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range principals {
		a.principals[p.ID] = p
	}
	tallies, err := t.Tallies(ctx)
	for _, n := range tallies {
		a.usages[n.UserID] = a.usages[n.UserID].with(n)
	}
	return a, err
}

// with is the usage with some more visualizations.
func (u usage) with(n store.Tally) usage {
	u.all += n.Count
	switch {
	case n.Type == store.Dataset:
		u.tables += n.Count
		if n.Privacy != "private" {
			u.publicDatasets += n.Count
		}
	case n.Type == store.Map:
		u.maps += n.Count
		if n.Privacy == "public" {
			u.publicMaps += n.Count
		}
	}
	return u
}

// grant is the access that a user has to a visualization: rw to his own, else what was granted, "" for none. That a
// dataset is public grants nothing.
// Source: CartoDB/cartodb: app/models/carto/permission.rb.
func (a *account) grant(v store.Visualization, userID string) string {
	if userID == "" {
		return ""
	}
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

// published tells whether anybody may see a visualization: it is public or has a link, and is no map of version 3, which
// would have to be published.
// Source: CartoDB/cartodb: app/models/carto/visualization.rb.
func published(v store.Visualization) bool {
	return v.Privacy != "private" && (v.Version != 3 || v.Type != store.Map)
}

// viewable tells whether a user, or with "" anybody, may see a visualization.
func (a *account) viewable(v store.Visualization, userID string) bool {
	open := v.Privacy == "public" || v.Privacy == "link"
	return open && published(v) || a.grant(v, userID) != ""
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

// relatedTables are the tables of a map's layers, each once.
func (a *account) relatedTables(v store.Visualization) []store.Table {
	var all []store.Table
	seen := map[string]bool{}
	for _, l := range a.layers {
		if r, known := a.tableIDs[l.TableID]; known && l.VisualizationID == v.ID && !seen[r.ID] {
			seen[r.ID] = true
			all = append(all, r)
		}
	}
	return all
}
