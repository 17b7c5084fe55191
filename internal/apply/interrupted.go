package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// sweepLimit is how long an action waits for the end of an import that nothing
// needs, to delete what it makes, and for how long one that is waited for keeps an
// import slot.
const sweepLimit = 15 * time.Minute

// A followed import job is one of an interrupted run, as it ended, or as it was when
// its end was no longer waited for.
type followed struct {
	imp carto.Import
	err error
}

// follow waits for the end of an import job that an interrupted run began. It
// takes an import slot, as the job does, so that nothing is uploaded in vain; one
// that takes for ever gives it up.
func (j *job) follow(ctx context.Context, p plan.Pending, limit time.Duration) (carto.Import, error) {
	if known, ok := j.followed.Load(p.ID); ok {
		return known.(followed).imp, known.(followed).err
	}
	waiting, over := patience(ctx)
	defer over()
	_, end, err := j.slots.begin(waiting, func(context.Context) (string, error) { return p.ImportID, nil }, func() {})
	if err != nil {
		return carto.Import{}, err
	}
	defer end()
	defer time.AfterFunc(sweepLimit, end).Stop()
	return j.await(ctx, p, limit)
}

// await waits for the end of an import job as [job.follow] does, and takes no slot. A
// job is waited for once in a run.
func (j *job) await(ctx context.Context, p plan.Pending, limit time.Duration) (carto.Import, error) {
	waiting, over := patience(ctx)
	defer over()
	j.event("", "waiting", "import job "+p.ImportID+" of an interrupted run")
	imp, err := j.watch(waiting, p, carto.Poll{Started: p.Since, Limit: limit})
	if err != nil && stopping(ctx) {
		return imp, fmt.Errorf("%w while CARTO runs import job %s", errStopped, p.ImportID)
	}
	if unknown(p, imp, err) {
		err = fmt.Errorf("%w: %w", errGone, err)
	}
	if err == nil || failedImport(err) || gone(err) || errors.Is(err, carto.ErrUnfinished) {
		j.followed.Store(p.ID, followed{imp, err})
	}
	return imp, err
}

// failedImport reports whether an import job ended badly, so that it made nothing.
func failedImport(err error) bool {
	var failed *carto.ImportError
	return errors.As(err, &failed)
}

// errGone says that the account knows nothing of an import job.
var errGone = errors.New("the account does not know it")

func gone(err error) bool { return errors.Is(err, errGone) }

// unknown reports whether an error says that the account knows nothing of an import
// job. CARTO answers 500 to an id that it does not know, and so it may to any other:
// a job that was read a moment ago is there.
// Source: CartoDB/cartodb, app/services/carto/data_imports_service.rb.
func unknown(p plan.Pending, seen carto.Import, err error) bool {
	var api *carto.APIError
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return true
	case p.State != plan.JobUnknown || seen.ID != "":
		return false
	}
	return errors.As(err, &api) && api.Status == http.StatusInternalServerError
}

// awaitImports waits for what interrupted runs began and could still change the
// dataset, and deletes what else they made. What the action goes on with by itself
// is left to its step.
func (j *job) awaitImports(ctx context.Context) error {
	for _, p := range j.a.Interrupted {
		var err error
		switch {
		case p.Kind == plan.PendingOverwrite:
			err = j.awaitOverwrite(ctx, p)
		case p.ImportID != "" && p.ID != j.a.Resumes:
			err = j.sweep(ctx, p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unfinished explains why an action does not go on with a job.
func unfinished(err error, more string) error {
	if errors.Is(err, carto.ErrUnfinished) {
		return again(fmt.Errorf("an interrupted run began it, and %w", err), "when it has, "+more)
	}
	return fmt.Errorf("an interrupted run began it: %w", err)
}

// sweep deletes what a job made that nothing needs. One that takes too long is left
// to the next run.
func (j *job) sweep(ctx context.Context, p plan.Pending) error {
	imp, err := j.follow(ctx, p, sweepLimit)
	switch {
	case errors.Is(err, carto.ErrUnfinished):
		j.note("import job %s, which an interrupted run began and nothing needs, has not ended; the next run deletes what it makes", p.ImportID)
		j.kept = append(j.kept, p.ID)
		return nil
	case failedImport(err) || gone(err):
		if p.SyncID != "" {
			err = j.sweepSync(ctx, p.SyncID, err)
		} else {
			err = nil
		}
	case err == nil:
		err = j.sweepDataset(ctx, p, imp)
	}
	if err == nil {
		j.journal().done(p.ID)
	}
	return err
}

// sweepSync deletes a synchronization of ours that has no dataset. How its first
// import ended may be that nobody knows that.
func (j *job) sweepSync(ctx context.Context, id string, ended error) error {
	s, err := j.Client.Synchronization(ctx, id)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if gone(ended) {
		return j.deleteSettled(ctx, s)
	}
	return j.deleteOrphan(ctx, s)
}

// sweepDataset deletes the dataset that a job made, if it is nobody's and either
// bears a staging name of this entry or hangs on a synchronization marked as its.
func (j *job) sweepDataset(ctx context.Context, p plan.Pending, imp carto.Import) error {
	if imp.TableName == "" || imp.TableID == "" {
		return nil
	}
	d, err := j.imported(ctx, imp)
	switch {
	case errors.Is(err, carto.ErrNotFound) || errors.Is(err, errOtherDataset):
		return nil
	case err != nil:
		return err
	case d.ID == j.a.ID || used(d):
		return nil
	}
	var sync *carto.Synchronization
	if p.SyncID != "" {
		s, err := j.Client.Synchronization(ctx, p.SyncID)
		if err != nil && !errors.Is(err, carto.ErrNotFound) {
			return err
		}
		if err == nil && s.Checksum == plan.SyncMarker(j.a.Project, j.a.Dataset) && s.DatasetID == d.ID {
			sync = &s
		}
	}
	if sync == nil && !j.bearsStagingName(d) {
		j.note("dataset %q (id %s) was made by an interrupted run; delete it if nobody needs it", d.Name, d.ID)
		return nil
	}
	if err := j.remove(ctx, d, sync); err != nil {
		return err
	}
	j.cleared("dataset %q, which an interrupted run imported and nothing needs", d.Name)
	return nil
}
