package apply

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// deleteDataset deletes the dataset with its synchronizations and checks that they
// are gone. Their runs are put off before: the end of one would bring its row back.
func (j *job) deleteDataset(ctx context.Context) error {
	var syncs []string
	for _, id := range j.attachedSyncs() {
		there, err := j.putOff(ctx, id)
		if err != nil {
			return err
		}
		if there {
			syncs = append(syncs, id)
		}
	}
	if err := j.deleteByID(ctx, j.a.ID); err != nil {
		return err
	}
	_, err := j.Client.Dataset(ctx, j.a.ID)
	if err == nil {
		return fmt.Errorf("CARTO answered that dataset %q is deleted, and still has it", j.a.Dataset)
	}
	if !errors.Is(err, carto.ErrNotFound) {
		return err
	}
	for _, id := range syncs {
		if err := j.deleteRowForGood(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// deleteStray deletes a synchronization that an earlier run left, if it still has no
// dataset and no run makes one.
func (j *job) deleteStray(ctx context.Context) error {
	s, err := j.Client.Synchronization(ctx, j.a.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	case s.DatasetID != j.a.Seen.Synchronization.DatasetID || s.Checksum != j.a.Seen.Synchronization.Checksum:
		return &MovedError{Description: fmt.Sprintf("synchronization %s has made a dataset since the plan was made", s.ID)}
	}
	return j.deleteRowForGood(ctx, s.ID)
}

// deleteRowForGood deletes a synchronization, and checks that it is gone: a run's end
// would bring it back.
func (j *job) deleteRowForGood(ctx context.Context, id string) error {
	if err := j.deleteRow(ctx, id); err != nil {
		return err
	}
	_, err := j.Client.Synchronization(ctx, id)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	return again(fmt.Errorf("synchronization %s is still there after it was deleted", id), "")
}

// deleteByID deletes a dataset, also one that this run imported, unless another run
// may count on it by now.
func (j *job) deleteByID(ctx context.Context, id string) error {
	if lost := j.Lease.Lost(); lost != nil {
		return lost
	}
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
		return fmt.Errorf("CARTO keeps refusing to delete it: a view depends on it or something locks it; remove that (%w)", last)
	case errors.Is(err, ErrTimeout):
		return last
	}
	return err
}
