package live

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// Maps completes the maps of those of the account's datasets that wanted picks: the
// list of datasets names a few of each only. A dataset that is gone meanwhile keeps
// what the list named.
func Maps(ctx context.Context, c *carto.Client, a *plan.Account, wanted func(plan.Dataset) bool) error {
	var tasks []task
	for i := range a.Datasets {
		d := &a.Datasets[i]
		if d.MapCount <= len(d.Maps) || !wanted(*d) {
			continue
		}
		tasks = append(tasks, task{fmt.Sprintf("list the maps of dataset %q", d.Name), func(ctx context.Context) error {
			all, err := c.DependentMaps(ctx, d.ID)
			switch {
			case errors.Is(err, carto.ErrNotFound):
				return nil
			case err != nil:
				return err
			}
			d.Maps = maps(all)
			return nil
		}})
	}
	return together(ctx, answersAtOnce, tasks)
}
