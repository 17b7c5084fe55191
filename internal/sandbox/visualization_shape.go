package sandbox

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

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
	stats, table, liked, permission, synchronization, sizes, builder, related, owner bool
	newest                                                                           int // how many of the maps that depend on it
	groups                                                                           bool
}

// listOptions are those of the list: all that the query does not turn off.
func (c *call) listOptions() options {
	return options{
		stats: c.shows("show_stats"), table: c.shows("show_table"), liked: c.shows("show_liked"), permission: c.shows("show_permission"),
		synchronization: c.shows("show_synchronization"), sizes: c.shows("show_table_size_and_row_count"), builder: c.shows("show_uses_builder_features"),
		newest: int(toInteger(c.query.Get("with_dependent_visualizations"))),
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

// fullOptions are everything, as after a change.
func fullOptions() options {
	return options{stats: true, table: true, liked: true, permission: true, synchronization: true, sizes: true, builder: true, related: true}
}

// viewer is who asks: the account's user with the master key, else nobody.
func (c *call) viewer() store.Principal {
	if c.master {
		return c.target
	}
	return store.Principal{}
}

// readable tells whether the viewer was granted a visualization. Others see it in its short form, if at all.
func (p presenter) readable(v store.Visualization) bool { return p.grant(v, p.viewer().ID) != "" }

// shape is a visualization as the API shows it.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualization_presenter.rb.
func (p presenter) shape(v store.Visualization) fields {
	f := p.publicPart(v)
	if p.readable(v) {
		f = p.privatePart(v)
	}
	if p.owner {
		f = append(f, field{"user", p.userShape(p.principals[v.UserID])})
	}
	f = append(f, p.dependentShape(v)...)
	if p.liked {
		f = append(f, field{"liked", false})
	}
	if p.permission {
		f = append(f, field{"permission", p.permissionShape(v)})
	}
	f = append(f, field{"stats", p.statsShape()}, field{"auth_tokens", p.authTokens(v)})
	if p.table {
		f = append(f, field{"table", p.tableOf(v)})
	}
	return f
}

func (p presenter) privatePart(v store.Visualization) fields {
	f := fields{
		{"id", v.ID}, {"name", v.Name}, {"display_name", v.DisplayName}, {"map_id", v.MapID}, {"active_layer_id", v.ActiveLayerID}, {"type", v.Type},
		{"tags", v.Tags}, {"description", v.Description}, {"privacy", strings.ToUpper(v.Privacy)}, {"created_at", when(v.CreatedAt)},
		{"updated_at", when(v.UpdatedAt)}, {"locked", v.Locked}, {"source", v.Source}, {"title", v.Title}, {"license", v.License},
		{"attributions", v.Attributions}, {"kind", v.Kind}, {"external_source", fields{}}, {"url", p.address(v)}, {"version", v.Version},
		{"prev_id", nil}, {"next_id", nil}, {"parent_id", nil}, {"transition_options", fields{}}, {"active_child", nil}, {"children", []any{}},
	}
	if p.related {
		f = append(f, field{"related_tables", p.relatedShape(v)})
	}
	if p.synchronization {
		f = append(f, field{"synchronization", p.syncShape(v)})
	}
	if p.builder {
		f = append(f, field{"uses_builder_features", v.Version == 3})
	}
	return f
}

// publicPart is what an anonymous visitor sees.
func (p presenter) publicPart(v store.Visualization) fields {
	return fields{
		{"id", v.ID}, {"name", v.Name}, {"display_name", v.DisplayName}, {"attributions", v.Attributions}, {"source", v.Source}, {"license", v.License},
		{"type", v.Type}, {"tags", v.Tags}, {"description", v.Description}, {"created_at", when(v.CreatedAt)}, {"updated_at", when(v.UpdatedAt)},
		{"title", v.Title}, {"kind", v.Kind}, {"privacy", strings.ToUpper(v.Privacy)},
	}
}

// schemaOf is the schema that a user's tables are in: public, unless he shares a database with an organization.
// Source: CartoDB/cartodb: app/models/user/db_service.rb.
func (c *call) schemaOf(p store.Principal) string {
	if p.ID == c.s.owner.ID && c.s.config.Organization == "" {
		return "public"
	}
	return p.Name
}

// qualified is a name behind its owner's schema, quoted only where SQL demands it.
// Source: CartoDB/cartodb: app/models/carto/helpers/user_commons.rb.
func (c *call) qualified(owner store.Principal, name string) string {
	schema := c.schemaOf(owner)
	if strings.Contains(schema, "-") {
		schema = `"` + schema + `"`
	}
	return schema + "." + name
}

// address is where people look at a visualization: among the viewer's pages, whoever owns it.
func (p presenter) address(v store.Visualization) string {
	if v.Type != store.Dataset {
		return p.base() + "/viz/" + v.ID + "/map"
	}
	name := v.Name
	if v.UserID != p.viewer().ID {
		name = strings.ReplaceAll(p.qualified(p.principals[v.UserID], name), `"`, "")
	}
	return p.base() + "/tables/" + name
}

func (p presenter) syncShape(v store.Visualization) any {
	if y, synced := p.syncs[v.ID]; synced {
		return synchronizationShape(y)
	}
	return nil
}

// statsShape is how often a map was viewed on each of the last thirty days; nobody views anything in a sandbox.
// Source: CartoDB/cartodb: app/models/visualization/stats.rb, lib/cartodb/stats/api_calls.rb.
func (p presenter) statsShape() fields {
	days := fields{}
	if !p.stats {
		return days
	}
	today := p.s.clock.Now().UTC()
	for n := 29; n >= 0; n-- {
		days = append(days, field{today.AddDate(0, 0, -n).Format(time.DateOnly), 0})
	}
	return days
}

// authTokens are secrets that give access to what is not public: the viewer's own for private visualizations, the
// visualization's for those with a password.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualization_presenter.rb.
func (p presenter) authTokens(v store.Visualization) []string {
	switch {
	case v.Privacy == "private" && p.master:
		return []string{authToken(p.viewer().ID)}
	case v.Privacy == "password" && p.viewer().ID == v.UserID:
		return []string{authToken(v.ID)}
	}
	return []string{}
}

func authToken(id string) string {
	digest := sha256.Sum256([]byte("auth token of " + id))
	return base64.RawURLEncoding.EncodeToString(digest[:16])
}

func (p presenter) tableOf(v store.Visualization) fields {
	r, isDataset := p.tables[v.ID]
	if !isDataset {
		return fields{}
	}
	return p.tableShape(v, r)
}

// tableShape is a dataset's table within a visualization. A link makes its privacy PUBLIC, and only its owner sees the
// synchronization.
// Source: CartoDB/cartodb: app/controllers/carto/api/user_table_presenter.rb, app/models/carto/user_table.rb.
func (p presenter) tableShape(v store.Visualization, r store.Table) fields {
	name, mine := r.Name, v.UserID == p.viewer().ID
	if !mine {
		name = `"` + p.schemaOf(p.principals[v.UserID]) + `".` + r.Name
	}
	privacy := strings.ToUpper(r.Privacy)
	if r.Privacy == "link" {
		privacy = "PUBLIC"
	}
	f := fields{{"id", r.ID}, {"name", name}, {"geometry_types", r.GeometryTypes}, {"privacy", privacy}, {"updated_at", when(r.UpdatedAt)}}
	if mine {
		f = append(f, field{"synchronization", p.syncShape(v)})
	}
	if p.sizes {
		f = append(f, field{"size", r.Size}, field{"row_count", r.RowEstimate})
	}
	if p.permission {
		f = append(f, field{"permission", p.permissionShape(v)})
	}
	return f
}

// relatedShape is the tables that a map shows. A dataset has none besides its own, which is left out.
func (p presenter) relatedShape(v store.Visualization) []fields {
	all := []fields{}
	for _, r := range p.relatedTables(v) {
		full := p
		full.options = fullOptions()
		all = append(all, full.tableShape(*p.byID[r.VisualizationID], r))
	}
	return all
}

// permissionShape is the permission of a visualization: its owner and, for those who may read it, whom it is shared with.
// Source: CartoDB/cartodb: app/controllers/carto/api/permission_presenter.rb.
func (p presenter) permissionShape(v store.Visualization) fields {
	f := fields{{"id", v.Permission.ID}, {"owner", p.userShape(p.principals[v.UserID])}}
	if !p.readable(v) {
		return f
	}
	acl := []fields{}
	for _, g := range v.Permission.ACL {
		if entity, known := p.principals[g.ID]; known {
			acl = append(acl, fields{{"type", g.Kind}, {"entity", p.entityShape(entity)}, {"access", g.Access}})
		}
	}
	return append(f, field{"entity", fields{{"id", v.ID}, {"type", "vis"}}}, field{"acl", acl},
		field{"created_at", when(v.Permission.CreatedAt)}, field{"updated_at", when(v.Permission.UpdatedAt)})
}

func (p presenter) entityShape(entity store.Principal) fields {
	switch entity.Kind {
	case store.User:
		return p.publicUser(entity)
	case store.Organization:
		return fields{{"id", entity.ID}, {"name", entity.Name}, {"avatar_url", nil}}
	}
	return fields{{"id", entity.ID}, {"name", entity.Name}}
}

// dependentShape is the maps that show a dataset, everybody's, if they were asked for: how many, and the newest.
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
	return fields{{"id", v.ID}, {"name", v.Name}, {"updated_at", when(v.UpdatedAt)}, {"permission", p.permissionShape(v)[:2]}, {"auth_tokens", p.authTokens(v)}}
}

// unrenderable tells whether showing a visualization breaks on the server: an anonymous visitor has no token for the
// private maps that he asked for.
func (p presenter) unrenderable(v store.Visualization) bool {
	if p.master || p.newest <= 0 {
		return false
	}
	all := p.dependentsOf(v)
	for _, d := range all[:min(len(all), p.newest)] {
		if d.Privacy == "private" {
			return true
		}
	}
	return false
}
