package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// synchronizationShowCmd shows one synchronization; it never writes to the account.
type synchronizationShowCmd struct {
	Name string `arg:"" help:"Id of the synchronization, or name or id of its dataset."`
	handFlags
}

// Help is the rest of the help page.
func (synchronizationShowCmd) Help() string {
	return `Shows state and retries, the last and the next run, and of a failure its code, what that means and what to do. Warns of a dataset that was renamed: CARTO does not tell the synchronization, and its next run would fail or replace another dataset.

Examples:

    cartosync synchronization show air_quality
    cartosync synchronization show air_quality --format json | jq -r '.items[0].remedy'
`
}

// Run shows the synchronization.
func (c *synchronizationShowCmd) Run(ctx context.Context, a *app) error {
	return a.byHand(ctx, c.handFlags, reads, shownSynchronization(), func(ctx context.Context, h *hand) error {
		s, err := h.findSynchronization(ctx, c.Name)
		if err != nil {
			return err
		}
		return h.showSynchronization(ctx, s)
	})
}

// shownSynchronization is the table of one synchronization.
func shownSynchronization() render.Table {
	table := synchronizationTable()
	table.Columns = append(table.Columns, render.Column{Key: "dataset"})
	return single(table)
}

// showSynchronization adds a synchronization and the name that its dataset has.
func (h *hand) showSynchronization(ctx context.Context, s carto.Synchronization) error {
	dataset := ""
	if s.DatasetID != "" {
		d, err := h.client.Dataset(ctx, s.DatasetID)
		if err != nil && !errors.Is(err, carto.ErrNotFound) {
			return err
		}
		dataset = d.Name
	}
	addSynchronization(h.Table, s, dataset)
	switch {
	case dataset != "" && dataset != s.Name:
		h.warn(render.Notice{Code: "dataset_renamed", Dataset: dataset,
			Problem: fmt.Sprintf("its dataset is called %q by now, and the next run that finds changes replaces %q instead, or fails if there is none", dataset, s.Name),
			Hint:    "name the dataset as it was, or let a manifest manage it: apply heals this"})
	case s.DatasetID != "" && dataset == "":
		h.warn(render.Notice{Code: "dataset_gone", Problem: "its dataset is gone, and runs do not make it again", Hint: "delete the synchronization"})
	}
	if advice := adviceFor(healthOf(s, time.Now()), s); advice != "" {
		h.warn(render.Notice{Code: string(healthOf(s, time.Now())), Problem: advice, Dataset: s.Name})
	}
	return nil
}

// adviceFor explains a synchronization that nothing will move any more; "" for others.
func adviceFor(is health, s carto.Synchronization) string {
	switch is {
	case stuck:
		return fmt.Sprintf("it has been %s since %s: the worker that ran it is gone, and neither CARTO's scheduler nor force gets it going; "+
			"delete it and create it anew, or let a manifest manage it: apply revives it in place", s.State, render.Time(s.UpdatedAt))
	case neverImported:
		return "its first import failed, so there is no dataset, and runs do not make one; delete it and create it anew"
	case givenUp:
		return fmt.Sprintf("CARTO gave it up after %d failed runs; mend the cause, then force it", s.Retried)
	}
	return ""
}
