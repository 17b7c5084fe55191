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
	if err := j.judge(ctx, surplus); err != nil {
		return err
	}
	if len(j.a.DoubtTags) > 0 {
		if err := j.stillThere(ctx); err != nil {
			return err
		}
		if err := j.doubt(ctx); err != nil {
			return err
		}
	}
	j.due = past()
	name, id := j.a.Dataset, j.a.ID
	u := carto.SyncUpdate{Name: &name, DatasetID: &id, Refetch: true, RunAt: &j.due}
	err = j.changeSync(ctx, u, func(s carto.Synchronization) bool { return s.Name == name && s.DatasetID == id })
	if err != nil {
		return err
	}
	if err := j.remove(ctx, surplus, nil); err != nil {
		return err
	}
	err = j.rereadSync(ctx)
	if errors.Is(err, carto.ErrNotFound) {
		return again(fmt.Errorf("the synchronization went with its surplus dataset: %w", err), "")
	}
	return err
}

// surplus creates the synchronization and returns the dataset that its first
// import made, under its staging name; or what an earlier attempt left of them.
func (j *job) surplus(ctx context.Context) (carto.Dataset, error) {
	staging := j.stagingName()
	req, err := j.syncRequest(staging)
	if err != nil {
		return carto.Dataset{}, err
	}
	if found, err := j.resumedSurplus(ctx); err != nil || found.ID != "" {
		return found, err
	}
	if found, err := j.earlierSurplus(ctx, req); err != nil || found.ID != "" {
		return found, err
	}
	if err := j.clearSync(ctx); err != nil {
		return carto.Dataset{}, err
	}
	if req.Connector == nil {
		defer j.unnamed.begin()()
	}
	imp, err := j.firstImport(ctx, req)
	if err != nil {
		return carto.Dataset{}, err
	}
	return j.hidden(ctx, imp)
}

// resumedSurplus is what the import made that an interrupted run began.
func (j *job) resumedSurplus(ctx context.Context) (carto.Dataset, error) {
	p, ok := j.a.Resumed()
	if !ok || p.Kind != plan.PendingSync {
		return carto.Dataset{}, nil
	}
	defer j.unnamed.begin()()
	imp, found, err := j.finished(ctx, p)
	if err != nil || !found {
		return carto.Dataset{}, err
	}
	return j.hidden(ctx, imp)
}

// hidden gives the dataset that a first import made its staging name, so that a
// crash leaves nothing unknown.
func (j *job) hidden(ctx context.Context, imp carto.Import) (carto.Dataset, error) {
	staging := j.stagingName()
	made, err := j.imported(ctx, imp)
	if err != nil {
		return carto.Dataset{}, err
	}
	if made.ID == j.a.ID {
		return carto.Dataset{}, fmt.Errorf("import job %s wrote to %q itself; apply again", imp.ID, made.Name)
	}
	if made.Name != staging {
		id := made.ID
		_, err = j.bearStaging(ctx, func() (_ string, err error) {
			made, err = j.Client.UpdateDataset(ctx, id, carto.DatasetUpdate{Name: &staging})
			return "", err
		})
		if err != nil {
			return carto.Dataset{}, err
		}
	}
	return made, nil
}

// earlierSurplus finds a synchronization with our marker that an interrupted
// run made and did not yet turn to the dataset. One that imports something else
// than is declared now is deleted with its dataset.
func (j *job) earlierSurplus(ctx context.Context, req carto.SyncRequest) (carto.Dataset, error) {
	mark := plan.SyncMarker(j.a.Project, j.a.Dataset)
	for _, s := range j.Account.Synchronizations {
		if s.Checksum != mark || s.DatasetID == j.a.ID {
			continue
		}
		if s.DatasetID == "" {
			now, err := j.firstRun(ctx, s.ID)
			if err != nil {
				return carto.Dataset{}, err
			}
			s.DatasetID = now.DatasetID
		}
		if s.DatasetID == "" {
			continue
		}
		d, live, err := j.pair(ctx, s)
		switch {
		case errors.Is(err, carto.ErrNotFound):
			continue
		case err != nil:
			return carto.Dataset{}, err
		case live.DatasetID != d.ID || used(d):
			continue // somebody has taken it over
		case sameSource(live, req):
			j.sync = &live
			return d, nil
		case !j.bearsStagingName(d):
			j.note("dataset %q (id %s) seems to be left by an interrupted run; delete it if nobody needs it", d.Name, d.ID)
			continue
		}
		if err := j.abandoned(ctx, d); err != nil {
			return carto.Dataset{}, err
		}
		if err := j.remove(ctx, d, &live); err != nil {
			return carto.Dataset{}, err
		}
		j.cleared("dataset %q, which an interrupted run imported from another source", d.Name)
	}
	return carto.Dataset{}, nil
}

// pair reads a synchronization and its dataset.
func (j *job) pair(ctx context.Context, s plan.Synchronization) (d carto.Dataset, live carto.Synchronization, err error) {
	if d, err = j.Client.Dataset(ctx, s.DatasetID); err != nil {
		return d, live, err
	}
	live, err = j.Client.Synchronization(ctx, s.ID)
	return d, live, err
}

// sameSource reports whether a synchronization imports what a request asks for.
func sameSource(s carto.Synchronization, req carto.SyncRequest) bool {
	if req.Connector == nil {
		return s.Item.Connector == nil && s.URL.Equal(req.URL)
	}
	return sameItem(s, *req.Connector) && len(s.Item.Connector.Params) == len(req.Connector.Params)
}

// judge holds what a first import brought against what the dataset holds,
// before a run replaces that: nobody could look into the source earlier.
func (j *job) judge(ctx context.Context, made carto.Dataset) error {
	if j.a.Before == nil {
		return nil
	}
	look, err := j.lookInto(ctx, made.ID, made.Name)
	if err != nil {
		return fmt.Errorf("looking into %q, which was imported to be judged: %w", made.Name, err)
	}
	judged := plan.Judge(j.a, j.dataset, look, j.Options.Allow)
	if judged.Verb != plan.Blocked {
		return nil
	}
	return also(blockedError{judged}, j.remove(ctx, made, j.sync))
}

// refresh fills the dataset from its connector by a synchronization that lives
// for one run: CARTO ignores collision_strategy for connectors, so an import
// could not overwrite.
// Source: CartoDB/cartodb, app/models/data_import.rb.
func (j *job) refresh(ctx context.Context) error {
	if err := j.attach(ctx); err != nil {
		return err
	}
	if err := j.awaitRun(ctx, j.due); err != nil {
		return also(err, j.detach(ctx))
	}
	if err := j.detach(ctx); err != nil {
		return err
	}
	return j.countRows(ctx)
}
