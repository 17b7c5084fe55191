package main

import (
	"context"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// connectionShowCmd shows one stored connection; it never writes to the account.
type connectionShowCmd struct {
	Name string `arg:"" help:"Name or id of the connection."`
	handFlags
}

// Help is the rest of the help page.
func (connectionShowCmd) Help() string {
	return `Shows its parameters without the secrets, and the synchronizations that use it. Whether the database answers is what cartosync connector check says.

Examples:

    cartosync connection show warehouse
`
}

// Run shows the connection.
func (c *connectionShowCmd) Run(ctx context.Context, a *app) error {
	table := connectionTable()
	table.Columns = append(table.Columns, render.Column{Key: "used_by"})
	return a.byHand(ctx, c.handFlags, reads, single(table), func(ctx context.Context, h *hand) error {
		all, err := h.connections(ctx)
		if err != nil {
			return err
		}
		conn, err := matchConnection(all, c.Name)
		if err != nil {
			return err
		}
		syncs, err := h.client.Synchronizations(ctx)
		if err != nil {
			return err
		}
		addConnection(h.Table, conn, syncObjects(users(syncs, conn.ID)))
		return nil
	})
}

func syncObjects(all []carto.Synchronization) []render.Object {
	objects := []render.Object{}
	for _, s := range all {
		objects = append(objects, render.Object{
			Text:   syncText(s),
			Fields: []render.Field{{Key: "id", Value: s.ID}, {Key: "name", Value: s.Name}},
		})
	}
	return objects
}
