package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// attached looks whether an earlier attempt got so far that the dataset has its
// synchronization.
func (j *job) attached(ctx context.Context) (bool, error) {
	live, err := j.Client.Dataset(ctx, j.a.ID)
	if err != nil {
		return false, err
	}
	if s := live.Synchronization; s != nil && s.Name == j.a.Dataset {
		j.sync = s
		return true, nil
	}
	return false, nil
}

// attach gives an existing dataset a synchronization. CARTO has no request for
// that: a new synchronization makes a dataset of its own. So it is made, turned
// to the existing dataset, and its surplus dataset deleted, in an order in which
// the existing one keeps its id and its maps whatever happens.
//
// The reset of etag, checksum and time makes the next run, which is due at once,
// fetch the source; otherwise it would count as unchanged and never fill the
// dataset.
func (j *job) attach(ctx context.Context) error {
	surplus, err := j.surplus(ctx)
	if err != nil {
		return err
	}
	j.attachedAfter = j.sync.RanAt
	name, id, soon := j.a.Dataset, j.a.ID, past()
	u := carto.SyncUpdate{Name: &name, DatasetID: &id, Refetch: true, RunAt: &soon}
	err = j.changeSync(ctx, u, func(s carto.Synchronization) bool { return s.Name == name && s.DatasetID == id })
	if err != nil {
		return err
	}
	if err := j.deleteSurplus(ctx, surplus); err != nil {
		return err
	}
	if err := j.rereadSync(ctx); err != nil {
		return fmt.Errorf("the synchronization went with its surplus dataset; apply again: %w", err)
	}
	return nil
}

// surplus creates the synchronization and returns the dataset that its first
// import made, under its staging name; or what an earlier attempt left of them.
func (j *job) surplus(ctx context.Context) (carto.Dataset, error) {
	if found, err := j.earlierSurplus(ctx); err != nil || found.ID != "" {
		return found, err
	}
	if err := j.clearSync(ctx); err != nil {
		return carto.Dataset{}, err
	}
	staging := plan.StagingName(j.a.Project, j.a.Dataset, j.a.Fingerprint)
	req, err := j.syncRequest(staging)
	if err != nil {
		return carto.Dataset{}, err
	}
	if req.Connector == nil {
		defer j.unnamed.begin()()
	}
	imp, err := j.firstImport(ctx, req)
	if err != nil {
		return carto.Dataset{}, errors.Join(err, j.dropSync(ctx))
	}
	made, err := j.imported(ctx, imp)
	if err != nil {
		return carto.Dataset{}, err
	}
	if made.ID == j.a.ID {
		return carto.Dataset{}, fmt.Errorf("import job %s wrote to %q itself; apply again", imp.ID, made.Name)
	}
	if made.Name != staging { // under our name, so that a crash leaves nothing unknown
		if made, err = j.Client.UpdateDataset(ctx, made.ID, carto.DatasetUpdate{Name: &staging}); err != nil {
			return carto.Dataset{}, err
		}
	}
	return made, nil
}

// earlierSurplus finds a synchronization with our marker that an interrupted
// run made and did not yet turn to the dataset.
func (j *job) earlierSurplus(ctx context.Context) (carto.Dataset, error) {
	mark := plan.SyncMarker(j.a.Project, j.a.Dataset)
	for _, s := range j.Account.Synchronizations {
		if s.Checksum != mark || s.DatasetID == "" || s.DatasetID == j.a.ID {
			continue
		}
		d, err := j.Client.Dataset(ctx, s.DatasetID)
		if errors.Is(err, carto.ErrNotFound) {
			continue
		}
		if err != nil {
			return carto.Dataset{}, err
		}
		live, err := j.Client.Synchronization(ctx, s.ID)
		if err != nil {
			return carto.Dataset{}, err
		}
		j.sync = &live
		return d, nil
	}
	return carto.Dataset{}, nil
}

// deleteSurplus deletes the dataset that only the first import needed, if it
// still is one that nobody uses.
func (j *job) deleteSurplus(ctx context.Context, d carto.Dataset) error {
	now, err := j.Client.Dataset(ctx, d.ID)
	if errors.Is(err, carto.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if now.ID == j.a.ID || len(now.Tags) > 0 || now.MapCount > 0 {
		return fmt.Errorf("dataset %q (id %s) is left over; somebody uses it already", now.Name, now.ID)
	}
	if err := j.Client.DeleteDataset(ctx, now.ID); err != nil && !errors.Is(err, carto.ErrNotFound) {
		return fmt.Errorf("dataset %q (id %s) is left over: %w", now.Name, now.ID, err)
	}
	return nil
}

// refresh fills the dataset from its connector by a synchronization that lives
// for one run: CARTO ignores collision_strategy for connectors, so an import
// could not overwrite.
// Source: CartoDB/cartodb, app/models/data_import.rb.
func (j *job) refresh(ctx context.Context) error {
	if err := j.attach(ctx); err != nil {
		return err
	}
	if err := j.awaitRun(ctx, j.attachedAfter); err != nil {
		return errors.Join(err, j.detach(ctx))
	}
	if err := j.detach(ctx); err != nil {
		return err
	}
	return j.checkRows(ctx, -1)
}
