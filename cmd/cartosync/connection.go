package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/secret"
)

// connectionCmd holds what can be done to stored connections by hand.
type connectionCmd struct {
	List   connectionListCmd   `cmd:"" help:"List the stored connections, without their secrets."`
	Show   connectionShowCmd   `cmd:"" help:"Show one stored connection and what uses it."`
	Create connectionCreateCmd `cmd:"" help:"Store a connection to a database."`
	Delete connectionDeleteCmd `cmd:"" help:"Delete stored connections, unless synchronizations use them."`
}

func connectionTable() render.Table {
	return render.Table{Kind: "connection", Columns: []render.Column{
		{Key: "name"}, {Key: "provider"}, {Key: "type"}, {Key: "complete"}, {Key: "parameters"}, {Key: "id"},
	}}
}

func addConnection(t *render.Table, c carto.Connection, more ...any) {
	params := []render.Object{}
	for _, p := range c.Params {
		value, ok := p.Plain()
		if !ok {
			value = secret.Placeholder
		}
		params = append(params, render.Object{Text: p.Key + "=" + value, Fields: []render.Field{{Key: "key", Value: p.Key}, {Key: "value", Value: value}}})
	}
	t.Add(append([]any{c.Name, c.Provider, c.Type, c.Complete, params, c.ID}, more...)...)
}

// connections lists the stored connections, and says so where a server has none.
func (h *hand) connections(ctx context.Context) ([]carto.Connection, error) {
	all, supported, err := h.client.Connections(ctx)
	if err == nil && !supported {
		err = fmt.Errorf("%s has no stored connections: its server is older than CARTO 4.45; give credentials with --connection at each import", h.account)
	}
	return all, err
}

// matchConnection finds a connection by its name or id.
func matchConnection(all []carto.Connection, nameOrID string) (carto.Connection, error) {
	i := slices.IndexFunc(all, func(c carto.Connection) bool { return c.Name == nameOrID || c.ID == nameOrID })
	if i >= 0 {
		return all[i], nil
	}
	var names []string
	for _, c := range all {
		names = append(names, c.Name)
	}
	return carto.Connection{}, fmt.Errorf("there is no stored connection %q; %s", nameOrID,
		didYouMean(nameOrID, names, "cartosync connection list shows what there is"))
}

// users are the synchronizations that a connection feeds.
func users(all []carto.Synchronization, id string) []carto.Synchronization {
	var using []carto.Synchronization
	for _, s := range all {
		if s.Item.Connector != nil && s.Item.Connector.ConnectionID == id {
			using = append(using, s)
		}
	}
	return using
}
