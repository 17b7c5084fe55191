package sandbox

import (
	"net/http"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// listMembers lists the users of the organization.
func (c *call) listMembers() (reply, error) {
	all, found, err := c.everybody()
	if err != nil || !found {
		return empty(http.StatusNotFound), err
	}
	list, total := []fields{}, 0
	for _, p := range all {
		if p.Kind != store.User {
			continue
		}
		if total++; strings.Contains(p.Name, c.query.Get("q")) {
			list = append(list, c.publicOwner(p))
		}
	}
	return ok(fields{{"users", list}, {"total_user_entries", total}, {"total_entries", len(list)}}), nil
}

// listGrantables lists everybody with whom a dataset can be shared.
// Source: CartoDB/cartodb: app/controllers/carto/api/grantables_controller.rb.
func (c *call) listGrantables() (reply, error) {
	all, found, err := c.everybody()
	if err != nil || !found {
		return empty(http.StatusNotFound), err
	}
	list := []fields{}
	for _, p := range all {
		if p.Kind == store.Organization || !strings.Contains(p.Name, c.query.Get("q")) {
			continue
		}
		model := fields{{"id", p.ID}, {"name", p.Name}}
		if p.Kind == store.User {
			model = c.publicOwner(p)
		}
		list = append(list, fields{{"id", p.ID}, {"type", p.Kind}, {"name", p.Name}, {"avatar_url", nil}, {"model", model}})
	}
	return ok(fields{{"grantables", list}, {"total_entries", len(list)}}), nil
}

// everybody lists all principals, if the path names the account's organization.
func (c *call) everybody() (all []store.Principal, found bool, err error) {
	err = c.view(func(t *store.Tx) error {
		all, err = t.Principals(c.ctx())
		return err
	})
	for _, p := range all {
		found = found || p.Kind == store.Organization && p.ID == c.id
	}
	return all, found, err
}
