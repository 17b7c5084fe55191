package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// createVisualization makes a map: over datasets, {"tables":[names or ids]}; as a copy of another or over one dataset,
// {"source_visualization_id":id}; or an empty one. Its name, which does not come from the body as such but from the request's
// parameters, is made unique among all of the user's datasets and maps. What fails without a model to blame answers null.
// Unlike CARTO's, the sandbox's makes nothing but maps.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb, app/models/visualization/table_blender.rb.
func (c *call) createVisualization() (answer reply, err error) {
	if c.s.isViewer(c.viewer()) {
		return empty(http.StatusForbidden), nil
	}
	body, bad := c.rawObject()
	if bad != nil || body == nil {
		return errorsOf(http.StatusBadRequest, nil), nil
	}
	err = c.update(func(t *store.Tx) error {
		a, err := c.account(t)
		if err != nil {
			return err
		}
		m, tables, refusal := c.newMap(t, a, body)
		if refusal != nil {
			answer = *refusal
			return nil
		}
		if err := saveMap(c.ctx(), t, m, tables); err != nil {
			return err
		}
		if a, err = c.account(t); err == nil {
			answer = ok(presenter{c, a, fullOptions()}.shape(m))
		}
		return err
	})
	return answer, err
}

// newMap is the map that a request describes and the tables that it shows.
func (c *call) newMap(t *store.Tx, a *account, body map[string]json.RawMessage) (store.Visualization, []store.Table, *reply) {
	refuse := func(r reply) (store.Visualization, []store.Table, *reply) { return store.Visualization{}, nil, &r }
	m := t.NewVisualization(store.Map, c.freeTitle(a), c.target.ID, "")
	if kind := body["type"]; kind != nil && string(kind) != "null" && string(kind) != `"derived"` {
		return refuse(errorsOf(http.StatusBadRequest, []string{"Type is none that the sandbox makes: it makes maps, of type derived"}))
	}
	title := m.Name
	if assignVisualization(&m, without(body, "active_layer_id", "version", "updated_at")) != nil {
		return refuse(errorsOf(http.StatusBadRequest, nil))
	}
	m.Name = title
	var tables []store.Table
	switch source, names := body["source_visualization_id"], body["tables"]; {
	case source != nil && string(source) != "null":
		id, _ := plainText(source)
		v, known := a.byID[id]
		if !known || !a.viewable(*v, c.target.ID) || v.Kind == "raster" {
			return refuse(empty(http.StatusForbidden))
		}
		if tables = a.relatedTables(*v); v.Type == store.Dataset {
			tables = []store.Table{a.tables[v.ID]}
		}
		m.Privacy = blend(tables)
	case names != nil && string(names) != "null":
		for _, raw := range decodeList(names) {
			text, _ := plainText(raw)
			r, known := c.findTable(a, text)
			if !known {
				return refuse(errorsOf(http.StatusBadRequest, nil))
			}
			tables = append(tables, r)
		}
		if len(tables) == 0 {
			return refuse(errorsOf(http.StatusBadRequest, nil))
		}
		m.Privacy = blend(tables)
	case m.Privacy == "":
		m.Privacy = "link"
	}
	if c.s.config.PublicOnly {
		m.Privacy = "public"
	}
	if err := c.validate(a, m, m, body); err != nil {
		return refuse(errorsOf(http.StatusBadRequest, err.(invalid).messages()))
	}
	return m, tables, nil
}

func without(body map[string]json.RawMessage, keys ...string) map[string]json.RawMessage {
	rest := map[string]json.RawMessage{}
	for key, v := range body {
		if !slices.Contains(keys, key) {
			rest[key] = v
		}
	}
	return rest
}

// blend is the privacy of a map: the strictest of its tables'.
func blend(tables []store.Table) string {
	for _, privacy := range []string{"private", "link"} {
		if slices.ContainsFunc(tables, func(r store.Table) bool { return r.Privacy == privacy }) {
			return privacy
		}
	}
	return "public"
}

// freeTitle is the name of a new map: the request's, with a number behind it while somebody else of the user's has it.
// Source: CartoDB/cartodb: app/models/visualization/name_generator.rb.
func (c *call) freeTitle(a *account) string {
	title := "Untitled map"
	if given := c.maybeText("name"); given != nil {
		title = strings.TrimSpace(*given)
	}
	taken := func(name string) bool {
		return slices.ContainsFunc(a.visualizations, func(v store.Visualization) bool { return v.UserID == c.target.ID && v.Name == name })
	}
	free := title
	for n := 1; taken(free); n++ {
		free = fmt.Sprint(title, " ", n)
	}
	return free
}

func saveMap(ctx context.Context, t *store.Tx, m store.Visualization, tables []store.Table) error {
	if err := t.SaveVisualization(ctx, m); err != nil {
		return err
	}
	for _, r := range tables {
		if err := t.AddLayer(ctx, m.ID, r.ID); err != nil {
			return err
		}
	}
	return nil
}

// AddMap makes a map of a user, the account's own if user is empty, over datasets of the account or shared with it, and
// returns its id. It is for tests of what depends on datasets.
func (s *Sandbox) AddMap(ctx context.Context, user, title string, datasets ...string) (id string, err error) {
	return id, s.store.Update(ctx, func(t *store.Tx) error {
		owner := s.owner
		if user != "" {
			if owner, err = t.EnsurePrincipal(ctx, store.User, user); err != nil {
				return err
			}
		}
		a, err := readAccount(ctx, t)
		if err != nil {
			return err
		}
		var tables []store.Table
		for _, dataset := range datasets {
			r, known := a.anyTable(owner.ID, dataset)
			if !known {
				return fmt.Errorf("add the map %q: there is no dataset %q", title, dataset)
			}
			tables = append(tables, r)
		}
		m := t.NewVisualization(store.Map, title, owner.ID, "private")
		id = m.ID
		return saveMap(ctx, t, m, tables)
	})
}

// anyTable finds a table by its name, first among a user's own.
func (a *account) anyTable(userID, name string) (found store.Table, known bool) {
	for _, v := range a.visualizations {
		r, isDataset := a.tables[v.ID]
		if isDataset && r.Name == name && (!known || r.UserID == userID) {
			found, known = r, true
		}
	}
	return found, known
}

// AddSharedDataset makes a dataset of another user that is shared with the account, and returns its id. It is listed and
// shown, but it has no rows.
func (s *Sandbox) AddSharedDataset(ctx context.Context, owner, name, access string) (id string, err error) {
	return id, s.store.Update(ctx, func(t *store.Tx) error {
		p, err := t.EnsurePrincipal(ctx, store.User, owner)
		if err != nil {
			return err
		}
		v, r := t.NewDataset(name, p.ID, "private")
		if access != "" {
			v.Permission.ACL = []store.Grant{{Kind: store.User, ID: s.owner.ID, Access: access}}
		}
		id = v.ID
		if err := t.SaveVisualization(ctx, v); err != nil {
			return err
		}
		return t.SaveTable(ctx, r)
	})
}
