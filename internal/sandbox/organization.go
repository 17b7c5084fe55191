package sandbox

import (
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// listMembers lists the users of the organization, by name. The pattern q may hold the wildcards of SQL. The total counts
// who fits it, total_entries who is on the page.
// Source: CartoDB/cartodb: app/controllers/carto/api/organizations_controller.rb.
func (c *call) listMembers() (reply, error) {
	page, perPage, err := c.paging(50)
	if err != nil {
		return with(http.StatusBadRequest, fields{{"errors", err.Error()}, {"errors_cause", nil}}).plainly(), nil
	}
	p, found, err := c.organizationOfPath()
	if err != nil || !found {
		return unauthorized(), err
	}
	var matching []store.Principal
	for _, u := range p.members(store.User) {
		if q, given := c.query["q"]; !given || store.Like(u.Name, "%"+q[len(q)-1]+"%") {
			matching = append(matching, u)
		}
	}
	list := []fields{}
	for _, u := range pageOf(matching, page, perPage) {
		list = append(list, p.userShape(u))
	}
	return ok(fields{{"users", list}, {"total_user_entries", len(matching)}, {"total_entries", len(list)}}), nil
}

// listGrantables lists everybody with whom a dataset can be shared: users and groups, in which case does not count.
// An id that is no organization's makes CARTO stumble.
// Source: CartoDB/cartodb: app/controllers/carto/api/grantables_controller.rb, app/queries/carto/grantable_query_builder.rb.
func (c *call) listGrantables() (reply, error) {
	page, perPage, err := c.paging(20)
	if err != nil {
		return with(http.StatusBadRequest, fields{{"errors", err.Error()}}).plainly(), nil
	}
	p, found, err := c.organizationOfPath()
	if err != nil || !found {
		return failed(), err
	}
	var matching []store.Principal
	for _, g := range append(p.members(store.Group), p.members(store.User)...) {
		if strings.Contains(strings.ToLower(g.Name), strings.ToLower(c.query.Get("q"))) {
			matching = append(matching, g)
		}
	}
	list := []fields{}
	for _, g := range pageOf(matching, page, perPage) {
		model := groupShape(g, c.id)
		if g.Kind == store.User {
			model = p.userShape(g)
		}
		list = append(list, fields{{"id", g.ID}, {"type", g.Kind}, {"name", g.Name}, {"avatar_url", nil}, {"model", model}})
	}
	return ok(fields{{"grantables", list}, {"total_entries", len(matching)}}), nil
}

// organizationOfPath reads the account, if the path names its organization.
func (c *call) organizationOfPath() (p presenter, found bool, err error) {
	err = c.view(func(t *store.Tx) error {
		a, err := c.people(t)
		p = presenter{c, a, options{}}
		return err
	})
	if err == nil {
		o := p.principals[c.id]
		found = o.Kind == store.Organization && o.Name == c.s.config.Organization
	}
	return p, found, err
}

// members are the configured users or groups of the organization, by name.
func (p presenter) members(kind string) []store.Principal {
	names := append([]string{p.s.owner.Name}, p.s.config.Members...)
	if kind == store.Group {
		names = p.s.config.Groups
	}
	var all []store.Principal
	for _, m := range p.principals {
		if m.Kind == kind && slices.Contains(names, m.Name) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(x, y store.Principal) int { return strings.Compare(x.Name, y.Name) })
	return all
}

func pageOf[T any](all []T, page, perPage int) []T {
	first := min((page-1)*perPage, len(all))
	return all[first:min(first+perPage, len(all))]
}
