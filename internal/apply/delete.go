package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// deleteDataset deletes the dataset by its id. CARTO waits one second for the
// table's lock and then refuses, so a refusal that may pass is tried again.
// Source: CartoDB/cartodb, app/models/table.rb.
func (j *job) deleteDataset(ctx context.Context) error {
	err := poll(ctx, 20*time.Second, func(ctx context.Context) (bool, error) {
		err := j.Client.DeleteDataset(ctx, j.a.ID)
		switch {
		case err == nil || errors.Is(err, carto.ErrNotFound):
			return true, nil
		case carto.Temporary(err):
			j.event("", "waiting", err.Error())
			return false, nil
		}
		return false, err
	})
	if errors.Is(err, errTimeout) {
		return errors.New("CARTO keeps refusing to delete it: a view depends on it or something locks it; remove that and apply again")
	}
	return err
}

// gone checks that the dataset is no longer there.
func (j *job) gone(ctx context.Context) error {
	_, err := j.Client.Dataset(ctx, j.a.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("CARTO answered that dataset %q is deleted, and still has it", j.a.Dataset)
}
