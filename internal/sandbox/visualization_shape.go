package sandbox

import (
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A presenter shows visualizations of one account to one viewer.
type presenter struct {
	*call
	*account
	options
}

// options are the parts of a visualization that an endpoint shows.
type options struct {
	stats, table, liked, permission, synchronization, sizes, builder bool
	related, tablePermission, owner                                  bool
	newest                                                           int // how many of the maps that depend on it
}

// listOptions are those of the list: all that the query does not turn off.
func (c *call) listOptions() options {
	return options{
		stats: c.shows("show_stats"), table: c.shows("show_table"), liked: c.shows("show_liked"), permission: c.shows("show_permission"),
		synchronization: c.shows("show_synchronization"), sizes: c.shows("show_table_size_and_row_count"), builder: c.shows("show_uses_builder_features"),
		tablePermission: true, newest: int(toInteger(c.query.Get("with_dependent_visualizations"))),
	}
}

// showOptions are those of one visualization: permission, liked and stats only when the query asks for them.
func (c *call) showOptions() options {
	asked := func(key string) bool { return c.query.Get(key) == "true" }
	return options{
		stats: asked("show_stats"), table: true, liked: asked("show_liked"), permission: asked("show_permission"), synchronization: true,
		sizes: true, builder: true, related: true, owner: asked("fetch_user"), newest: int(toInteger(c.query.Get("with_dependent_visualizations"))),
	}
}

// full is everything, as after a change.
func fullOptions() options {
	return options{stats: true, table: true, liked: true, permission: true, synchronization: true, sizes: true, builder: true, related: true, tablePermission: true}
}

// shape is a visualization for somebody who may read it.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualization_presenter.rb.
func (p presenter) shape(v store.Visualization) fields {
	f := fields{
		{"id", v.ID}, {"name", v.Name}, {"display_name", v.DisplayName}, {"map_id", v.MapID}, {"active_layer_id", v.ActiveLayerID}, {"type", v.Type},
		{"tags", v.Tags}, {"description", v.Description}, {"privacy", strings.ToUpper(v.Privacy)}, {"created_at", when(v.CreatedAt)},
		{"updated_at", when(v.UpdatedAt)}, {"locked", v.Locked}, {"source", v.Source}, {"title", v.Title}, {"license", v.License},
		{"attributions", v.Attributions}, {"kind", v.Kind}, {"external_source", fields{}}, {"url", p.address(v)}, {"version", v.Version},
		{"prev_id", nil}, {"next_id", nil}, {"parent_id", nil}, {"transition_options", fields{}}, {"active_child", nil}, {"children", []any{}},
	}
	if p.synchronization {
		f = append(f, field{"synchronization", p.syncShape(v)})
	}
	if p.builder {
		f = append(f, field{"uses_builder_features", false})
	}
	if p.liked {
		f = append(f, field{"liked", false})
	}
	if p.permission {
		f = append(f, field{"permission", p.permissionShape(v)})
	}
	f = append(f, field{"stats", p.statsShape()}, field{"auth_tokens", []any{}})
	if p.table {
		f = append(f, field{"table", p.tableShape(v)})
	}
	if p.related {
		f = append(f, field{"related_tables", p.relatedShape(v)})
	}
	if p.owner {
		f = append(f, field{"user", p.ownerShape(p.principals[v.UserID], p.usage)})
	}
	return append(f, p.dependentShape(v)...)
}

// publicShape is a visualization for an anonymous visitor.
func (p presenter) publicShape(v store.Visualization) fields {
	f := fields{
		{"id", v.ID}, {"name", v.Name}, {"display_name", v.DisplayName}, {"attributions", v.Attributions}, {"source", v.Source}, {"license", v.License},
		{"type", v.Type}, {"tags", v.Tags}, {"description", v.Description}, {"created_at", when(v.CreatedAt)}, {"updated_at", when(v.UpdatedAt)},
		{"title", v.Title}, {"kind", v.Kind}, {"privacy", strings.ToUpper(v.Privacy)}, {"liked", false},
		{"permission", fields{{"id", v.Permission.ID}, {"owner", p.publicOwner(p.principals[v.UserID])}}}, {"stats", p.statsShape()}, {"auth_tokens", []any{}},
	}
	if r, isDataset := p.tables[v.ID]; isDataset {
		f = append(f, field{"table", fields{{"id", r.ID}, {"name", r.Name}, {"geometry_types", r.GeometryTypes}, {"privacy", tablePrivacy(v)},
			{"updated_at", when(r.UpdatedAt)}, {"size", r.Size}, {"row_count", r.RowEstimate}}})
	}
	return f
}

func (p presenter) address(v store.Visualization) string {
	kind := "/viz/"
	name := v.ID
	if v.Type == store.Dataset {
		kind, name = "/tables/", v.Name
	}
	return p.baseOf(p.principals[v.UserID]) + kind + name
}

func (p presenter) syncShape(v store.Visualization) any {
	if y, synced := p.syncs[v.ID]; synced {
		return synchronizationShape(y)
	}
	return nil
}

func (p presenter) statsShape() fields {
	if !p.stats {
		return fields{}
	}
	return fields{{p.s.clock.Now().Format("2006-01-02"), 0}}
}

// tablePrivacy says PUBLIC for datasets with a link too.
// Source: CartoDB/cartodb: app/controllers/carto/api/user_table_presenter.rb.
func tablePrivacy(v store.Visualization) string {
	if v.Privacy == "link" {
		return "PUBLIC"
	}
	return strings.ToUpper(v.Privacy)
}

func (p presenter) tableShape(v store.Visualization) any {
	r, isDataset := p.tables[v.ID]
	if !isDataset {
		return nil
	}
	name := r.Name
	foreign := v.UserID != p.target.ID
	if foreign {
		name = `"` + p.principals[v.UserID].Name + `".` + r.Name
	}
	f := fields{{"id", r.ID}, {"name", name}, {"geometry_types", r.GeometryTypes}, {"privacy", tablePrivacy(v)}, {"updated_at", when(r.UpdatedAt)}}
	if p.synchronization {
		if foreign {
			f = append(f, field{"synchronization", nil})
		} else {
			f = append(f, field{"synchronization", p.syncShape(v)})
		}
	}
	if p.sizes {
		f = append(f, field{"size", r.Size}, field{"row_count", r.RowEstimate})
	}
	if p.permission && p.tablePermission {
		f = append(f, field{"permission", p.permissionShape(v)})
	}
	return f
}

// permissionShape is the permission of a visualization: its owner and whom it is shared with.
// Source: CartoDB/cartodb: app/controllers/carto/api/permission_presenter.rb.
func (p presenter) permissionShape(v store.Visualization) fields {
	acl := []fields{}
	for _, g := range v.Permission.ACL {
		entity, known := p.principals[g.ID]
		if !known {
			continue
		}
		shape := fields{{"id", entity.ID}, {"name", entity.Name}}
		switch g.Kind {
		case store.User:
			shape = append(p.publicOwner(entity), field{"groups", []any{}})
		case store.Organization:
			shape = append(shape, field{"avatar_url", nil})
		}
		acl = append(acl, fields{{"type", g.Kind}, {"entity", shape}, {"access", g.Access}})
	}
	return fields{
		{"id", v.Permission.ID}, {"owner", p.ownerShape(p.principals[v.UserID], p.usage)}, {"entity", fields{{"id", v.ID}, {"type", "vis"}}},
		{"acl", acl}, {"created_at", when(v.Permission.CreatedAt)}, {"updated_at", when(v.Permission.UpdatedAt)},
	}
}

func (p presenter) relatedShape(v store.Visualization) []fields {
	all := []fields{}
	for _, r := range p.relatedTables(v) {
		all = append(all, fields{{"id", r.ID}, {"name", r.Name}, {"privacy", strings.ToUpper(r.Privacy)}, {"size", r.Size}, {"row_count", r.RowEstimate}})
	}
	return all
}

// dependentShape is the maps that show a dataset, if they were asked for: how many, and the newest.
func (p presenter) dependentShape(v store.Visualization) fields {
	if p.newest <= 0 {
		return nil
	}
	all := p.dependentsOf(v)
	list := []fields{}
	for _, d := range all[:min(len(all), p.newest)] {
		list = append(list, p.dependentEntry(d.Visualization))
	}
	return fields{{"dependent_visualizations_count", len(all)}, {"dependent_visualizations", list}}
}

func (p presenter) dependentEntry(v store.Visualization) fields {
	return fields{{"id", v.ID}, {"name", v.Name}, {"updated_at", when(v.UpdatedAt)},
		{"permission", fields{{"id", v.Permission.ID}, {"owner", p.ownerShape(p.principals[v.UserID], p.usage)}}}, {"auth_tokens", []any{}}}
}
