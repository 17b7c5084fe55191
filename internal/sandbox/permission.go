package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// changePermission replaces the whole access control list; without one, nothing is shared any more. An entity with a key
// that the server does not expect refuses the request, so that what GET shows cannot be sent back.
// Source: CartoDB/cartodb: app/controllers/carto/api/permissions_controller.rb, app/models/carto/permission.rb.
func (c *call) changePermission() (answer reply, err error) {
	acl, good := parseACL(c.params["acl"].json)
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
		case !good:
			answer = empty(http.StatusBadRequest)
			return nil
		case v.Type != store.Dataset && slices.ContainsFunc(acl, func(g store.Grant) bool { return g.Access == "rw" }):
			answer = unprocessable()
			return nil
		}
		v.Permission.ACL, v.Permission.UpdatedAt = acl, t.Now()
		if err := t.SaveVisualization(c.ctx(), v); err != nil {
			return err
		}
		a, err := c.account(t)
		if err != nil {
			return err
		}
		answer = ok(presenter{c, a, fullOptions()}.permissionShape(v))
		if r, isDataset := a.tables[v.ID]; isDataset {
			return t.RevokeMaps(c.ctx(), r.ID, func(userID string) bool { return a.grant(v, userID) == "" })
		}
		return nil
	})
	return answer, err
}

// parseACL reads a list of grants. Entries without an id are left out.
func parseACL(raw json.RawMessage) ([]store.Grant, bool) {
	acl := []store.Grant{}
	if raw == nil || string(raw) == "null" {
		return acl, true
	}
	var entries []struct {
		Type   string                     `json:"type"`
		Entity map[string]json.RawMessage `json:"entity"`
		Access string                     `json:"access"`
	}
	if json.Unmarshal(raw, &entries) != nil {
		return nil, false
	}
	for _, e := range entries {
		for key := range e.Entity {
			if !slices.Contains([]string{"id", "username", "name", "avatar_url"}, key) {
				return nil, false
			}
		}
		if !slices.Contains([]string{store.User, store.Organization, store.Group}, e.Type) || !slices.Contains([]string{"r", "rw", "n"}, e.Access) {
			return nil, false
		}
		if id, isNull := plainText(e.Entity["id"]); e.Entity["id"] != nil && !isNull {
			acl = append(acl, store.Grant{Kind: e.Type, ID: id, Access: e.Access})
		}
	}
	return acl, true
}

// decodeList reads a JSON array, nil if it is none.
func decodeList(raw json.RawMessage) (list []json.RawMessage) {
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	return list
}
