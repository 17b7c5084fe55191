package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// connectionDeleteCmd deletes stored connections.
type connectionDeleteCmd struct {
	deleteFlags
	Force bool `help:"Delete connections that synchronizations use, too. Those fail from then on."`
}

// Help is the rest of the help page.
func (connectionDeleteCmd) Help() string {
	return `CARTO would delete a connection that synchronizations use without a word, and they would fail at their next run, without a reason. So it is refused here, unless --force is given. Deleting the connection of an online service also withdraws the consent.

Examples:

    cartosync connection delete postgres_2
`
}

// Run looks what uses them, asks, and deletes.
func (c *connectionDeleteCmd) Run(ctx context.Context, a *app) error {
	return deleteNamed(ctx, a, c.deleteFlags, deletion[carto.Connection]{
		kind: "connection", doomed: c.doomed, name: func(conn carto.Connection) string { return conn.Name }, delete: c.delete,
	})
}

func (c *connectionDeleteCmd) delete(ctx context.Context, h *hand, conn carto.Connection) error {
	err := h.client.DeleteConnection(ctx, conn.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		h.Add(conn.Name, "gone already", conn.ID)
	case err != nil:
		return err
	default:
		h.Add(conn.Name, "deleted", conn.ID)
	}
	return nil
}

// doomed are the connections of those names or ids, unless synchronizations forbid it.
func (c *connectionDeleteCmd) doomed(ctx context.Context, h *hand, names []string) ([]carto.Connection, error) {
	all, err := h.connections(ctx)
	if err != nil {
		return nil, err
	}
	syncs, err := h.client.Synchronizations(ctx)
	if err != nil {
		return nil, err
	}
	var doomed []carto.Connection
	var faults []error
	twice := map[string]bool{}
	for _, name := range names {
		conn, err := matchConnection(all, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		if twice[conn.ID] {
			continue
		}
		twice[conn.ID] = true
		doomed = append(doomed, conn)
		var using []string
		for _, s := range users(syncs, conn.ID) {
			using = append(using, syncText(s))
		}
		problem := fmt.Sprintf("connection %q is used by %s, which would fail from then on: %s", conn.Name, plural(len(using), "synchronization"), several(using))
		switch {
		case len(using) > 0 && !c.Force:
			faults = append(faults, fmt.Errorf("%s; pass --force if that is meant", problem))
		case len(using) > 0:
			h.warn(render.Notice{Code: "synchronizations_fail", Problem: problem})
		}
		if conn.Type == carto.ConnectionOAuth {
			h.warn(render.Notice{Code: "consent_withdrawn", Problem: fmt.Sprintf("with connection %q the consent to use %s is withdrawn", conn.Name, conn.Provider)})
		}
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return doomed, nil
}
