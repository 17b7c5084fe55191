package main

import (
	"context"
)

// connectionListCmd lists stored connections; it never writes to the account.
type connectionListCmd struct{ handFlags }

// Help is the rest of the help page.
func (connectionListCmd) Help() string {
	return `Secrets are not shown: CARTO itself does not give them away, and what it does not recognise as a secret is masked here.

Examples:

    cartosync connection list
    cartosync connection list --quiet
`
}

// Run lists the connections.
func (c *connectionListCmd) Run(ctx context.Context, a *app) error {
	return a.byHand(ctx, c.handFlags, reads, connectionTable(), func(ctx context.Context, h *hand) error {
		all, err := h.connections(ctx)
		for _, conn := range all {
			addConnection(h.Table, conn)
		}
		return err
	})
}
