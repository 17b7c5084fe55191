package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// changePermission replaces the whole access control list; without one, nothing is shared any more. An entity with a key
// that the server does not expect refuses the request, so that what GET shows cannot be sent back. Whoever loses access to a
// dataset loses the maps that show nothing else.
// Source: CartoDB/cartodb: app/controllers/carto/api/permissions_controller.rb, app/models/carto/permission.rb.
func (c *call) changePermission() (answer reply, err error) {
	err = c.update(func(t *store.Tx) error {
		v, err := t.VisualizationByPermission(c.ctx(), c.id)
		switch {
		case store.IsNotFound(err):
			answer = empty(http.StatusNotFound)
			return nil
		case err != nil:
			return err
		case v.UserID != c.target.ID:
			answer = empty(http.StatusUnauthorized)
			return nil
		}
		a, err := c.around(t, v.ID)
		if err != nil {
			return err
		}
		acl, refusal := c.parseACL(a, v)
		if refusal != nil {
			answer = *refusal
			return nil
		}
		v.Permission.ACL, v.Permission.UpdatedAt = acl, t.Now()
		if err := t.SaveVisualization(c.ctx(), v); err != nil {
			return err
		}
		if a, err = c.around(t, v.ID); err != nil {
			return err
		}
		answer = ok(presenter{c, a, options{groups: true}}.permissionShape(v)).plainly()
		if r, isDataset := a.tables[v.ID]; isDataset {
			return t.RevokeMaps(c.ctx(), r.ID, func(userID string) bool { return a.grant(v, userID) == "" })
		}
		return nil
	})
	return answer, err
}

// An aclEntry is one element of an access control list as a request writes it.
type aclEntry struct {
	Type   string                     `json:"type"`
	Entity map[string]json.RawMessage `json:"entity"`
	Access string                     `json:"access"`
}

// entityKeys are the keys that an entity may have.
var entityKeys = []string{"id", "username", "name", "avatar_url"}

// parseACL reads the list of a request. A list of anything but objects is a crash, an entry of another form a 400. Entries
// without an id are left out. A dataset cannot be shared with a user or a group that is not there, nor be given to viewers to
// write. A kind of entity that nobody knows would be stored and make every later answer crash; the sandbox answers the crash
// and stores nothing.
func (c *call) parseACL(a *account, v store.Visualization) ([]store.Grant, *reply) {
	refuse := func(r reply) ([]store.Grant, *reply) { return nil, &r }
	acl := []store.Grant{}
	raw := c.params["acl"]
	if raw.json == nil && raw.text != "" {
		return refuse(failed())
	}
	if raw.json == nil || string(raw.json) == "null" {
		return acl, nil
	}
	var entries []*aclEntry
	if json.Unmarshal(raw.json, &entries) != nil {
		return refuse(failed())
	}
	for _, e := range entries {
		switch {
		case e == nil: // the framework takes null out of lists
			continue
		case !e.wellFormed(v.Type == store.Dataset):
			return refuse(empty(http.StatusBadRequest))
		case !slices.Contains([]string{store.User, store.Organization, store.Group}, e.Type):
			return refuse(failed())
		}
		id, isNull := plainText(e.Entity["id"])
		if e.Entity["id"] == nil || isNull {
			continue
		}
		acl = append(acl, store.Grant{Kind: e.Type, ID: id, Access: e.Access})
	}
	for _, g := range acl {
		p := a.principals[g.ID]
		switch {
		case g.Kind == store.User && g.Access == "rw" && c.s.isViewer(p):
			return refuse(unprocessable())
		case v.Type == store.Dataset && g.Access != "n" && g.Kind != store.Organization && p.Kind != g.Kind:
			return refuse(empty(http.StatusNotFound))
		}
	}
	return acl, nil
}

// wellFormed tells whether an entry has all it needs and nothing else in its entity. Only datasets can be shared to write.
func (e aclEntry) wellFormed(dataset bool) bool {
	if len(e.Entity) == 0 || e.Type == "" {
		return false
	}
	for key := range e.Entity {
		if !slices.Contains(entityKeys, key) {
			return false
		}
	}
	return e.Access == "r" || e.Access == "n" || e.Access == "rw" && dataset
}

// decodeList reads a JSON array, nil if it is none.
func decodeList(raw json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}
