package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// synchronizationCreateCmd creates a synchronization, and with it a dataset.
type synchronizationCreateCmd struct {
	URL string `arg:"" optional:"" help:"A URL that CARTO fetches; it may refer to a variable as $${env:NAME}."`
	sourceFlags
	Interval interval `group:"result" required:"" placeholder:"INTERVAL" help:"How often CARTO imports it: 15m or more, 1h, 1d, 1w."`
	guessFlags
	handFlags
}

// Help is the rest of the help page.
func (synchronizationCreateCmd) Help() string {
	return `Waits for the first import, which makes the dataset. If that fails, the code, its meaning and what to do are printed, and the synchronization is deleted, since it would never get a dataset.

Examples:

    cartosync synchronization create https://example.org/air.csv --interval 1h
    cartosync synchronization create https://example.org/air.csv --interval 1d --name air_quality --privacy public
    cartosync synchronization create --connector warehouse --schema default --table order_items --name orders --interval 6h
`
}

// Run creates the synchronization.
func (c *synchronizationCreateCmd) Run(ctx context.Context, a *app) error {
	a.listing.Table = shownSynchronization()
	if err := c.sourceFlags.check(c.URL); err != nil {
		return err
	}
	if c.URL != "" && !isURL(c.URL) {
		return usage("give a URL; a file is imported with cartosync dataset import", "CARTO cannot fetch %s again", quoteSource(c.URL))
	}
	if err := c.Interval.check("--interval"); err != nil {
		return err
	}
	i := &importing{sourceFlags: c.sourceFlags, interval: time.Duration(c.Interval), guess: c.guessing()}
	if err := i.open(a, c.URL); err != nil {
		return err
	}
	return a.byHand(ctx, c.handFlags, writes, shownSynchronization(), func(ctx context.Context, h *hand) error {
		i.hand = h
		if err := i.run(ctx); err != nil {
			return err
		}
		return h.showSynchronization(ctx, *i.sync)
	})
}

// createSync creates the synchronization and returns the job of its first import. It
// is never given a name: if that import fails, CARTO would later replace whatever
// dataset has it. Source: CartoDB/cartodb: app/models/data_import.rb.
func (i *importing) createSync(ctx context.Context) (string, error) {
	before, err := i.client.Synchronizations(ctx)
	if err != nil {
		return "", err
	}
	req := carto.SyncRequest{Interval: i.interval, URL: i.url, Guessing: i.guess}
	if i.database != nil {
		req.Connector, req.Guessing = &i.database.connector, carto.Guessing{}
	}
	s, job, err := i.client.CreateSynchronization(ctx, req)
	if err != nil {
		return "", i.leftBehind(ctx, before, err)
	}
	i.sync = &s
	return job, nil
}

// leftBehind looks what a refused or lost request has left: CARTO stores the row of a
// bad URL before it refuses it. One that an answer was lost of may be alive.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func (i *importing) leftBehind(ctx context.Context, before []carto.Synchronization, cause error) error {
	after, err := i.client.Synchronizations(ctx)
	if err != nil {
		return fmt.Errorf("%w; look with cartosync synchronization list whether one was created", cause)
	}
	old := map[string]bool{}
	for _, s := range before {
		old[s.ID] = true
	}
	var transport *carto.TransportError
	lost := errors.As(cause, &transport)
	for _, s := range after {
		if old[s.ID] || s.DatasetID != "" || !i.ours(s) {
			continue
		}
		if lost || s.State != carto.SyncCreated {
			cause = fmt.Errorf("%w; synchronization %s was created all the same: look how it fares with cartosync synchronization show, and do not create it again", cause, s.ID)
			continue
		}
		if _, err := i.deleteSynchronization(ctx, s.ID); err != nil {
			cause = fmt.Errorf("%w; it left synchronization %s behind, which could not be deleted: %w", cause, s.ID, err)
		}
	}
	return cause
}

// ours reports whether a synchronization imports what this run does.
func (i *importing) ours(s carto.Synchronization) bool {
	if i.database == nil {
		return s.URL.Equal(i.url)
	}
	return s.Item.Connector != nil && s.Item.Connector.ImportAs == i.database.connector.ImportAs
}

// dropSync deletes the synchronization whose first import failed: it would be tried
// ten times more, and never get a dataset.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb.
func (i *importing) dropSync(ctx context.Context, cause error) error {
	id := i.sync.ID
	if _, err := i.deleteSynchronization(ctx, id); err != nil {
		return fmt.Errorf("%w; synchronization %s, which will never get a dataset, could not be deleted: %w", cause, id, err)
	}
	i.sync = nil
	return fmt.Errorf("%w (its synchronization was deleted, since it would never get a dataset)", cause)
}

// nameSync tells the synchronization how its dataset is called by now, which CARTO
// does not, and waits until it has stored the end of its first import.
func (i *importing) nameSync(ctx context.Context) error {
	s, err := i.settledSync(ctx, i.sync.ID, time.Minute)
	if err != nil {
		return fmt.Errorf("synchronization %s: %w", i.sync.ID, err)
	}
	name := i.datasets[0].Name
	if s.Name != name {
		if _, err := i.client.UpdateSynchronization(ctx, s.ID, carto.SyncUpdate{Name: &name}); err != nil {
			return fmt.Errorf("the dataset is called %q, but synchronization %s could not be told: %w", name, s.ID, err)
		}
		if s, err = i.client.Synchronization(ctx, s.ID); err != nil {
			return err
		}
		if s.Name != name {
			return fmt.Errorf("the dataset is called %q, but synchronization %s still replaces %q; look at it with cartosync synchronization show", name, s.ID, s.Name)
		}
	}
	i.sync = &s
	return nil
}
