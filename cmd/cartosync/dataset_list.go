package main

import (
	"context"
)

// datasetListCmd lists datasets; it never writes to the account.
type datasetListCmd struct{ handFlags }

// Help is the rest of the help page.
func (datasetListCmd) Help() string {
	return `Lists all of them, by name. Datasets that others share with the account are left out. Rows are the server's estimate, and maps how many maps use the dataset.

Examples:

    cartosync dataset list
    cartosync dataset list --format csv > datasets.csv
    cartosync dataset list --format json | jq '.items[] | select(.maps == 0).name'
`
}

// Run lists the datasets.
func (c *datasetListCmd) Run(ctx context.Context, a *app) error {
	return a.byHand(ctx, c.handFlags, reads, datasetTable(), func(ctx context.Context, h *hand) error {
		all, err := h.client.Datasets(ctx)
		for _, d := range all {
			addDataset(h.Table, d, d.Rows)
		}
		return err
	})
}
