package sandbox

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A grantedTable is a table that the account's user may read, registered as a dataset or not.
type grantedTable struct {
	schema, name, mode string
	dataset            *store.Visualization
}

// listDatasets lists tables by what the database grants: those that are no datasets too, and those of others. It looks for
// the key among the parameters only: with a Basic credential alone it stumbles, with a key that is not the master key it
// refuses. The links of the answer hold the key.
// Source: CartoDB/cartodb: app/controllers/carto/api/public/datasets_controller.rb, app/models/carto/user_db_service.rb.
func (c *call) listDatasets() (reply, error) {
	page, perPage, err := c.paging(20)
	var way []string
	if err == nil {
		_, err = choices("order", c.query.Get("order"), "name", []string{"name"}, []string{"name"})
	}
	if err == nil {
		way, err = choices("order_direction", c.query.Get("order_direction"), "asc", directions, directions)
	}
	if err != nil {
		return with(http.StatusBadRequest, fields{{"errors", err.Error()}, {"errors_cause", nil}}).plainly(), nil
	}
	switch c.text("api_key") {
	case c.s.config.APIKey:
	case DefaultPublicKey:
		return forbidden("You don't have permission to access that resource"), nil
	default:
		return errorsOf(http.StatusInternalServerError, "undefined method `master?' for nil:NilClass").plainly(), nil
	}
	var all []grantedTable
	err = c.view(func(t *store.Tx) (err error) {
		all, err = c.grantedTables(t)
		return err
	})
	if way[0] == "desc" {
		slices.Reverse(all)
	}
	list := []fields{}
	for _, g := range pageOf(all, page, perPage) {
		list = append(list, g.shape(c.target.ID))
	}
	answer := fields{{"total", len(all)}, {"count", len(list)}, {"result", list}, {"_links", c.pageLinks(page, perPage, len(all))}}
	return ok(answer), err
}

// grantedTables lists the tables by name.
func (c *call) grantedTables(t *store.Tx) ([]grantedTable, error) {
	a, err := c.account(t)
	if err != nil {
		return nil, err
	}
	physical, err := t.PhysicalTables(c.ctx())
	if err != nil {
		return nil, err
	}
	var all []grantedTable
	for _, p := range physical {
		all = append(all, grantedTable{schema: c.schemaOf(c.target), name: p.Name, mode: "rw"})
	}
	for i, v := range a.visualizations {
		access := a.grant(v, c.target.ID)
		at := slices.IndexFunc(all, func(g grantedTable) bool { return g.name == v.Name && v.UserID == c.target.ID })
		switch {
		case v.Type != store.Dataset || access == "":
		case at >= 0:
			all[at].dataset = &a.visualizations[i]
		case v.UserID != c.target.ID:
			all = append(all, grantedTable{c.schemaOf(a.principals[v.UserID]), v.Name, access, &a.visualizations[i]})
		}
	}
	slices.SortStableFunc(all, func(x, y grantedTable) int { return strings.Compare(x.name, y.name) })
	return all, nil
}

func (g grantedTable) shape(userID string) fields {
	f := fields{{"table_schema", g.schema}, {"name", g.name}, {"mode", g.mode}}
	if v := g.dataset; v != nil {
		return append(f, field{"privacy", v.Privacy}, field{"cartodbfied", true}, field{"updated_at", when(v.UpdatedAt)}, field{"shared", v.UserID != userID})
	}
	return append(f, field{"cartodbfied", false}, field{"shared", false}, field{"privacy", nil}, field{"updated_at", nil})
}

// pageLinks are the addresses of the first, last, previous and next page.
func (c *call) pageLinks(page, perPage, total int) fields {
	last := (total + perPage - 1) / perPage
	link := func(n int) fields {
		q := url.Values{}
		for key, values := range c.query {
			q[key] = values
		}
		q.Set("page", fmt.Sprint(n))
		q.Set("per_page", fmt.Sprint(perPage))
		q.Set("format", "json")
		return fields{{"href", c.base() + "/api/v4/datasets?" + q.Encode()}}
	}
	links := fields{{"first", link(1)}, {"last", link(last)}}
	if page > 1 {
		links = append(links, field{"prev", link(page - 1)})
	}
	if last > page {
		links = append(links, field{"next", link(page + 1)})
	}
	return links
}
