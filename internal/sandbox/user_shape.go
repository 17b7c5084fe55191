package sandbox

import (
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// userShape is a user as the viewer sees him: in full himself, and to the organization's owner everybody; others as
// anybody sees him.
// Source: CartoDB/cartodb: app/controllers/carto/api/user_presenter.rb, app/models/carto/helpers/user_commons.rb.
func (p presenter) userShape(who store.Principal) fields {
	if viewer := p.viewer(); viewer.ID == "" || viewer.ID != who.ID && !p.s.isAdmin(viewer) {
		return p.publicUser(who)
	}
	u := p.usages[who.ID]
	f := fields{
		{"id", who.ID}, {"name", nil}, {"last_name", nil}, {"username", who.Name}, {"email", who.Name + "@example.com"}, {"avatar_url", nil},
		{"website", nil}, {"description", nil}, {"location", nil}, {"twitter_username", nil}, {"disqus_shortname", nil}, {"available_for_hire", nil},
		{"base_url", p.baseOf(who)}, {"google_maps_query_string", nil}, {"quota_in_bytes", p.s.config.StorageQuota}, {"table_count", u.tables},
		{"viewer", p.s.isViewer(who)}, {"role_display", p.s.role(who)}, {"org_admin", p.s.isAdmin(who)},
		{"public_visualization_count", u.publicMaps}, {"all_visualization_count", u.maps},
		{"org_user", p.s.config.Organization != ""}, {"remove_logo", false},
	}
	if p.groups {
		f = append(f, field{"groups", p.groupShapes()})
	}
	return f
}

// publicUser is a user as anybody may see him.
func (p presenter) publicUser(who store.Principal) fields {
	f := fields{{"id", who.ID}, {"username", who.Name}, {"name", nil}, {"last_name", nil}, {"avatar_url", nil}, {"base_url", p.baseOf(who)},
		{"google_maps_query_string", nil}, {"disqus_shortname", nil}, {"viewer", p.s.isViewer(who)}, {"org_admin", p.s.isAdmin(who)},
		{"org_user", p.s.config.Organization != ""}, {"remove_logo", false}}
	if p.groups {
		f = append(f, field{"groups", p.groupShapes()})
	}
	return f
}

// groupShapes are the groups that every user of a sandbox is in.
func (p presenter) groupShapes() []fields {
	list := []fields{}
	organization := ""
	for _, o := range p.principals {
		if o.Kind == store.Organization {
			organization = o.ID
		}
	}
	for _, name := range p.s.config.Groups {
		for _, g := range p.principals {
			if g.Kind == store.Group && g.Name == name {
				list = append(list, groupShape(g, organization))
			}
		}
	}
	return list
}

// groupShape is a group as lists show it.
// Source: CartoDB/cartodb: app/controllers/carto/api/group_presenter.rb.
func groupShape(g store.Principal, organizationID string) fields {
	return fields{{"id", g.ID}, {"organization_id", organizationID}, {"name", g.Name}, {"display_name", g.Name}}
}

// isAdmin tells whether a user administrates the organization: the account's own user owns it.
func (s *Sandbox) isAdmin(p store.Principal) bool {
	return s.config.Organization != "" && p.ID == s.owner.ID
}

// role is what a user may do, as the API spells it.
func (s *Sandbox) role(p store.Principal) string {
	if s.isViewer(p) {
		return "viewer"
	}
	return "builder"
}

// baseOf is a user's address, as the client reached the account.
func (c *call) baseOf(p store.Principal) string {
	scheme := "http"
	if c.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + c.Host + "/user/" + p.Name
}

// base is the address of the account that a request names.
func (c *call) base() string { return c.baseOf(c.target) }
