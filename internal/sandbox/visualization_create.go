package sandbox

import (
	"context"
	"net/http"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// createVisualization makes a map over datasets: {"type":"derived","name":...,"tables":[names]}. It takes as much of the
// server's request as is needed to make something that depends on datasets.
// Source: CartoDB/cartodb: app/controllers/carto/api/visualizations_controller.rb.
func (c *call) createVisualization() (answer reply, err error) {
	body, bad := c.rawObject()
	if bad != nil {
		return errorsOf(http.StatusBadRequest, []string{"Error updating"}), nil
	}
	var tables []string
	names, _ := body["tables"]
	for _, raw := range decodeList(names) {
		text, _ := plainText(raw)
		tables = append(tables, text)
	}
	title, _ := plainText(body["name"])
	if len(tables) == 0 {
		return errorsOf(http.StatusBadRequest, []string{"a map of the sandbox needs tables"}), nil
	}
	err = c.update(func(t *store.Tx) error {
		m, err := addMap(c.ctx(), t, c.target.ID, title, tables)
		if store.IsNotFound(err) {
			answer = errorsOf(http.StatusBadRequest, []string{"a table of the map does not exist"})
			return nil
		}
		if err != nil {
			return err
		}
		a, err := c.account(t)
		if err == nil {
			answer = ok(presenter{c, a, fullOptions()}.shape(m))
		}
		return err
	})
	return answer, err
}

// addMap makes a map with one layer for each of the user's datasets.
func addMap(ctx context.Context, t *store.Tx, userID, title string, datasets []string) (store.Visualization, error) {
	if title == "" {
		title = "Untitled Map"
	}
	m := t.NewVisualization(store.Map, title, userID, "private")
	if err := t.SaveVisualization(ctx, m); err != nil {
		return m, err
	}
	for _, dataset := range datasets {
		r, err := t.TableByName(ctx, userID, dataset)
		if store.IsNotFound(err) {
			// The map may show what another user shared.
			r, err = sharedTable(ctx, t, dataset)
		}
		if err != nil {
			return m, err
		}
		if err := t.AddLayer(ctx, m.ID, r.ID); err != nil {
			return m, err
		}
	}
	return m, nil
}

func sharedTable(ctx context.Context, t *store.Tx, name string) (store.Table, error) {
	all, err := t.Tables(ctx)
	for _, r := range all {
		if r.Name == name {
			return r, err
		}
	}
	return store.Table{}, store.ErrNotFound
}

// AddMap makes a map of a user, the account's own if user is empty, over datasets of the account, and returns its id.
// It is for tests of what depends on datasets.
func (s *Sandbox) AddMap(ctx context.Context, user, title string, datasets ...string) (id string, err error) {
	return id, s.store.Update(ctx, func(t *store.Tx) error {
		owner := s.owner
		if user != "" {
			if owner, err = t.EnsurePrincipal(ctx, store.User, user); err != nil {
				return err
			}
		}
		m, err := addMap(ctx, t, owner.ID, title, datasets)
		id = m.ID
		return err
	})
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
		v.Permission.ACL = []store.Grant{{Kind: store.User, ID: s.owner.ID, Access: access}}
		id = v.ID
		if err := t.SaveVisualization(ctx, v); err != nil {
			return err
		}
		return t.SaveTable(ctx, r)
	})
}
