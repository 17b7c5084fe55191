package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// showTable answers with a dataset as the tables endpoint sees it: it finds the synchronization by the table's name, not
// by the dataset, and stumbles over an interval that is too short.
// Source: CartoDB/cartodb: app/controllers/carto/api/tables_controller.rb, app/models/table/relator.rb.
func (c *call) showTable() (answer reply, err error) {
	return answer, c.view(func(t *store.Tx) error {
		r, err := c.lookupTable(t)
		if store.IsNotFound(err) {
			answer = empty(http.StatusNotFound)
			return nil
		}
		if err != nil {
			return err
		}
		a, err := c.account(t)
		if err != nil {
			return err
		}
		v := *a.byID[r.VisualizationID]
		if a.grant(v, c.target.ID) == "" {
			answer = empty(http.StatusForbidden)
			return nil
		}
		columns, err := t.Columns(c.ctx(), r.Name)
		if err != nil && !store.IsNotFound(err) {
			return err
		}
		y, err := c.synchronizationNamed(t, r.Name)
		if err != nil {
			return err
		}
		if y != nil && y.Interval < minInterval {
			answer = failed()
			return nil
		}
		answer = ok(c.tableShape(a, v, r, columns, y))
		return nil
	})
}

func (c *call) lookupTable(t *store.Tx) (store.Table, error) {
	if isUUID(c.id) {
		return t.Table(c.ctx(), c.id)
	}
	name := strings.ReplaceAll(c.id, `"`, "")
	if _, rest, qualified := strings.Cut(name, "."); qualified {
		name = rest
	}
	return t.TableByName(c.ctx(), c.target.ID, name)
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

func (c *call) tableShape(a *account, v store.Visualization, r store.Table, columns []store.Column, y *store.Synchronization) fields {
	p := presenter{c, a, fullOptions()}
	name := r.Name
	if v.UserID != c.target.ID {
		name = `"` + a.principals[v.UserID].Name + `".` + name
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
		{"id", r.ID}, {"name", name}, {"privacy", strings.ToUpper(v.Privacy)}, {"schema", schemaShape(columns, r)}, {"updated_at", when(r.UpdatedAt)},
		{"rows_counted", r.RowEstimate}, {"table_size", r.Size}, {"map_id", v.MapID}, {"description", v.Description}, {"geometry_types", r.GeometryTypes},
		{"table_visualization", p.shape(v)}, {"dependent_visualizations", full}, {"non_dependent_visualizations", partial}, {"synchronization", synchronization},
	}
}

// schemaShape lists columns with their CARTO types: cartodb_id, the_geom, the others by name, created_at and updated_at
// last. The webmercator column is hidden.
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
