package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
)

// synchronizationListCmd lists synchronizations; it never writes to the account.
type synchronizationListCmd struct{ handFlags }

// Help is the rest of the help page.
func (synchronizationListCmd) Help() string {
	return `The health says what becomes of it if nobody does anything: ok; running; failing, CARTO tries again; given_up after ten failed runs; stuck, the server's worker is gone; never_imported, it has no dataset and will not get one.

Examples:

    cartosync synchronization list
    cartosync synchronization list --format json | jq '.items[] | select(.health != "ok")'
`
}

// Run lists the synchronizations, by name.
func (c *synchronizationListCmd) Run(ctx context.Context, a *app) error {
	return a.byHand(ctx, c.handFlags, reads, synchronizationTable(), func(ctx context.Context, h *hand) error {
		all, err := h.client.Synchronizations(ctx)
		slices.SortFunc(all, func(x, y carto.Synchronization) int {
			return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
		})
		for _, s := range all {
			addSynchronization(h.Table, s)
		}
		return err
	})
}
