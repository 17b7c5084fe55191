package live

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// Read reads the account: its owner first, which proves the key, then datasets,
// synchronizations and stored connections side by side. The account URL is the
// one that the run was meant for; a client for another one is refused.
func Read(ctx context.Context, c *carto.Client, accountURL string) (plan.Account, error) {
	account, err := carto.ParseAccount(accountURL)
	if err != nil {
		return plan.Account{}, err
	}
	if !account.Same(c.Account()) {
		return plan.Account{}, fmt.Errorf("the run is for %s, but the API key is for %s; name one account", account, c.Account())
	}
	begin := time.Now()
	user, err := c.Me(ctx)
	if err != nil {
		return plan.Account{}, fmt.Errorf("identity check of %s: %w", account, err)
	}
	r := reading{client: c}
	if err := r.all(ctx); err != nil {
		return plan.Account{}, err
	}
	return plan.Account{
		URL: account.URL, User: user.Username, ReadAt: begin,
		Limits:            limits(user, len(r.datasets)),
		Datasets:          datasets(r.datasets),
		Synchronizations:  synchronizations(r.synchronizations),
		Connections:       connections(r.connections),
		StoredConnections: r.supported,
	}, nil
}

// A reading collects what the account's lists answer.
type reading struct {
	client           *carto.Client
	datasets         []carto.Dataset
	synchronizations []carto.Synchronization
	connections      []carto.Connection
	supported        bool
}

// all reads the three lists at once; the first failure ends the others.
func (r *reading) all(ctx context.Context) error {
	return together(ctx, 3, []task{
		{"list the datasets", func(ctx context.Context) (err error) {
			r.datasets, err = r.client.Datasets(ctx)
			return err
		}},
		{"list the synchronizations", func(ctx context.Context) (err error) {
			r.synchronizations, err = r.client.Synchronizations(ctx)
			return err
		}},
		{"list the stored connections", func(ctx context.Context) (err error) {
			r.connections, r.supported, err = r.client.Connections(ctx)
			return err
		}},
	})
}

// A task is a step of reading, named for errors.
type task struct {
	name string
	run  func(context.Context) error
}

// together runs tasks, at most width at a time. The first failure cancels the
// rest and is returned; what failed because of that is not.
func together(ctx context.Context, width int, tasks []task) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, width)
	var wg sync.WaitGroup
	for _, t := range tasks {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			if err := t.run(ctx); err != nil {
				cancel(fmt.Errorf("%s: %w", t.name, err))
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
