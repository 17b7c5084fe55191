package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// findTable finds a dataset's table for a user: by its name among his own, as SCHEMA.NAME among all that the user of that
// name owns or was given, or by its own id, then only if the user may see it.
// Source: CartoDB/cartodb: app/controllers/carto/helpers/table_locator.rb.
func (c *call) findTable(a *account, idOrName string) (store.Table, bool) {
	name, whose := strings.ReplaceAll(idOrName, `"`, ""), c.target.ID
	schema, rest, qualified := strings.Cut(name, ".")
	if qualified {
		name = rest
		for _, p := range a.principals {
			if p.Kind == store.User && p.Name == schema {
				whose = p.ID
			}
		}
	}
	for _, v := range a.visualizations {
		r, isDataset := a.tables[v.ID]
		if isDataset && v.Name == name && (v.UserID == whose || qualified && a.grant(v, whose) != "") {
			return r, true
		}
	}
	r, known := a.tableIDs[idOrName]
	return r, known && a.viewable(*a.byID[r.VisualizationID], c.target.ID)
}

// showTable answers with a dataset as the tables endpoint sees it: it finds the synchronization by the table's name, not
// by the dataset, and stumbles over an interval that is too short.
// Source: CartoDB/cartodb: app/controllers/carto/api/tables_controller.rb, app/models/table/relator.rb.
func (c *call) showTable() (answer reply, err error) {
	return answer, c.view(func(t *store.Tx) error {
		a, err := c.account(t)
		if err != nil {
			return err
		}
		r, known := c.findTable(a, c.id)
		switch {
		case !known:
			answer = empty(http.StatusNotFound)
			return nil
		case !a.viewable(*a.byID[r.VisualizationID], c.target.ID):
			answer = empty(http.StatusForbidden)
			return nil
		}
		answer, err = c.tableReply(t, a, r)
		return err
	})
}

// tableReply is the answer with a table, and the fields behind it.
func (c *call) tableReply(t *store.Tx, a *account, r store.Table, more ...field) (reply, error) {
	columns, err := t.Columns(c.ctx(), r.Name)
	if err != nil && !store.IsNotFound(err) {
		return reply{}, err
	}
	y, err := c.synchronizationNamed(t, r.Name)
	if err != nil {
		return reply{}, err
	}
	if y != nil && y.Interval < minInterval {
		return failed(), nil
	}
	return ok(append(c.tableShape(a, r, columns, y), more...)), nil
}

func (c *call) synchronizationNamed(t *store.Tx, name string) (*store.Synchronization, error) {
	all, err := t.Synchronizations(c.ctx())
	for _, y := range all {
		if c.owns(y) && y.Name != nil && *y.Name == name {
			return &y, err
		}
	}
	return nil, err
}

// tableShape is a table for itself. The sandbox keeps one description for it and its dataset, where CARTO has two.
// Source: CartoDB/cartodb: app/controllers/carto/api/table_presenter.rb.
func (c *call) tableShape(a *account, r store.Table, columns []store.Column, y *store.Synchronization) fields {
	p, v := presenter{c, a, fullOptions()}, *a.byID[r.VisualizationID]
	name := r.Name
	if v.UserID != c.target.ID {
		name = c.qualified(a.principals[v.UserID], name)
	}
	full, partial := []fields{}, []fields{}
	for _, d := range a.dependents(r.ID) {
		if d.full {
			full = append(full, p.dependentEntry(d.Visualization))
		} else {
			partial = append(partial, p.dependentEntry(d.Visualization))
		}
	}
	var synchronization any
	if y != nil {
		synchronization = synchronizationShape(*y)
	}
	return fields{
		{"id", r.ID}, {"name", name}, {"privacy", strings.ToUpper(r.Privacy)}, {"schema", schemaShape(columns, r)}, {"updated_at", when(r.UpdatedAt)},
		{"rows_counted", r.RowEstimate}, {"table_size", r.Size}, {"map_id", v.MapID}, {"description", v.Description}, {"geometry_types", r.GeometryTypes},
		{"table_visualization", p.shape(v)}, {"dependent_visualizations", full}, {"non_dependent_visualizations", partial}, {"synchronization", synchronization},
	}
}

// schemaShape lists columns with their CARTO types: cartodb_id, the_geom, the others by name, created_at and updated_at
// last. The webmercator column is hidden.
// Source: CartoDB/cartodb: app/models/table.rb.
func schemaShape(columns []store.Column, r store.Table) [][]string {
	rank := map[string]int{"cartodb_id": -2, "the_geom": -1, "created_at": 1, "updated_at": 2}
	sorted := slices.Clone(columns)
	slices.SortStableFunc(sorted, func(x, y store.Column) int {
		return cmp.Or(cmp.Compare(rank[x.Name], rank[y.Name]), cmp.Compare(x.Name, y.Name))
	})
	list := [][]string{}
	for _, column := range sorted {
		kind := store.CartoType(column.Type)
		switch {
		case column.Name == "the_geom_webmercator":
		case kind == "geometry":
			geometry := "geometry"
			if len(r.GeometryTypes) > 0 {
				geometry = strings.ToLower(strings.TrimPrefix(r.GeometryTypes[0], "ST_"))
			}
			list = append(list, []string{column.Name, "geometry", "geometry", geometry})
		default:
			list = append(list, []string{column.Name, kind})
		}
	}
	return list
}
