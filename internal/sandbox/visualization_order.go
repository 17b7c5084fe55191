package sandbox

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// order is one thing that a list is sorted by.
type order struct {
	by   string
	desc bool
}

// orders are what a list can be sorted by, combinable those that can be combined.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb, app/queries/carto/visualization_query_orderer.rb.
var (
	orders     = []string{"name", "updated_at", "size", "mapviews", "favorited", "estimated_row_count", "privacy", "dependent_visualizations"}
	combinable = []string{"name", "updated_at", "favorited", "privacy", "dependent_visualizations"}
	directions = []string{"asc", "desc"}
)

// parseOrder reads order and order_direction. An order without a direction of its own has the first one.
func parseOrder(by, direction string) ([]order, error) {
	names, err := choices("order", by, "updated_at", orders, combinable)
	if err != nil {
		return nil, err
	}
	ways, err := choices("order_direction", direction, "desc", directions, directions)
	if err != nil {
		return nil, err
	}
	var all []order
	for i, name := range names {
		way := ways[0]
		if i < len(ways) {
			way = ways[i]
		}
		all = append(all, order{name, way == "desc"})
	}
	return all, nil
}

// choices reads a list of names.
// Source: CartoDB/cartodb: app/controllers/carto/api/paged_searcher.rb, lib/carto/errors.rb.
func choices(parameter, text, byDefault string, allowed, combinable []string) ([]string, error) {
	if strings.TrimSpace(text) == "" {
		text = byDefault
	}
	names := strings.Split(strings.TrimRight(text, ","), ",")
	if len(names) == 1 {
		if !slices.Contains(allowed, text) {
			return nil, wrongValue(parameter, allowed)
		}
		return names, nil
	}
	for _, name := range names {
		if !slices.Contains(combinable, name) {
			return nil, &wrongParameter{"Wrong '" + parameter + "' parameter combination. Valid values to combine: " + symbols(combinable)}
		}
	}
	return names, nil
}

// sort orders a list. A search orders by relevance and date first; but what is not in the database's own table, such as the
// size, is sorted by at last and so wins. There is no tie-breaker; names are compared byte by byte.
// Source: CartoDB/cartodb: app/queries/carto/visualization_query_searcher.rb, offdatabase_query_adapter.rb.
func (c *call) sort(a *account, l listing, all []store.Visualization) {
	search := strings.TrimSpace(c.query.Get("q"))
	scores := map[string]float64{}
	if search != "" && slices.Contains(combinable, l.order[0].by) {
		for _, v := range all {
			scores[v.ID] = relevance(v, search)
		}
	}
	counts := map[string]int{}
	if slices.ContainsFunc(l.order, func(o order) bool { return o.by == "dependent_visualizations" }) {
		for _, v := range all {
			counts[v.ID] = len(a.dependentsOf(v))
		}
	}
	slices.SortStableFunc(all, func(x, y store.Visualization) int {
		if len(scores) > 0 {
			if d := cmp.Or(cmp.Compare(scores[y.ID], scores[x.ID]), y.UpdatedAt.Compare(x.UpdatedAt)); d != 0 {
				return d
			}
		}
		for _, o := range l.order {
			d := a.compare(x, y, o.by, counts)
			if o.desc {
				d = -d
			}
			if d != 0 {
				return d
			}
		}
		return 0
	})
}

func (a *account) compare(x, y store.Visualization, by string, dependents map[string]int) int {
	number := func(v store.Visualization, pick func(store.Table) *int64) int64 {
		if n := pick(a.tables[v.ID]); n != nil {
			return *n
		}
		return 0
	}
	switch by {
	case "name":
		return cmp.Compare(x.Name, y.Name)
	case "updated_at":
		return x.UpdatedAt.Compare(y.UpdatedAt)
	case "privacy":
		return cmp.Compare(x.Privacy, y.Privacy)
	case "dependent_visualizations":
		return cmp.Compare(dependents[x.ID], dependents[y.ID])
	case "size":
		size := func(r store.Table) *int64 { return r.Size }
		return cmp.Compare(number(x, size), number(y, size))
	case "estimated_row_count":
		rows := func(r store.Table) *int64 { return r.RowEstimate }
		return cmp.Compare(number(x, rows), number(y, rows))
	}
	return 0 // nobody views or likes anything in a sandbox
}
