package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// deleteDataset deletes the dataset and checks that it is gone.
func (j *job) deleteDataset(ctx context.Context) error {
	if err := j.deleteByID(ctx, j.a.ID); err != nil {
		return err
	}
	_, err := j.Client.Dataset(ctx, j.a.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("CARTO answered that dataset %q is deleted, and still has it", j.a.Dataset)
}

func (j *job) deleteByID(ctx context.Context, id string) error {
	return DeleteDataset(ctx, j.Client, id, func(refused error) { j.event("", "waiting", refused.Error()) })
}

// DeleteDataset deletes a dataset with its maps; that it is gone already is no
// error. CARTO waits one second for the table's lock and then refuses, so a refusal
// that may pass is tried again for 20 seconds; waiting is told of each.
// Source: CartoDB/cartodb, app/models/table.rb.
func DeleteDataset(ctx context.Context, c *carto.Client, id string, waiting func(refused error)) error {
	var last error
	err := Poll(ctx, 20*time.Second, func(ctx context.Context) (bool, error) {
		last = c.DeleteDataset(ctx, id)
		switch {
		case last == nil || errors.Is(last, carto.ErrNotFound):
			return true, nil
		case carto.Temporary(last):
			waiting(last)
			return false, nil
		}
		return false, last
	})
	var api *carto.APIError
	switch {
	case errors.Is(err, ErrTimeout) && errors.As(last, &api):
		return fmt.Errorf("CARTO keeps refusing to delete it: a view depends on it or something locks it; remove that and try again (%w)", last)
	case errors.Is(err, ErrTimeout):
		return last
	}
	return err
}
