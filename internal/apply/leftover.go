package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// stagingName is the temporary name of the dataset's contents.
func (j *job) stagingName() string {
	return plan.StagingName(j.a.Project, j.a.Dataset, j.a.Fingerprint)
}

// bearsStagingName reports whether a dataset is named as staged for this entry,
// from whatever source.
func (j *job) bearsStagingName(d carto.Dataset) bool {
	staging := j.stagingName()
	return strings.HasPrefix(d.Name, staging[:strings.LastIndexByte(staging, '_')+1])
}

// used reports whether somebody uses a dataset that should be nobody's.
func used(d carto.Dataset) bool { return len(d.Tags) > 0 || d.MapCount > 0 }

// discard deletes what this run imported and nobody wants.
func (j *job) discard(ctx context.Context) error {
	if err := j.remove(ctx, j.live, j.sync); err != nil {
		return err
	}
	j.live, j.sync = carto.Dataset{}, nil
	j.undone()
	return nil
}

// remove deletes a dataset that an import of ours made, by its own id and only
// while it is unused, and the synchronization that made it. The dataset goes
// first, and CARTO deletes its synchronization with it; the other way round, an
// interruption would leave a dataset that nothing marks as ours.
func (j *job) remove(ctx context.Context, d carto.Dataset, s *carto.Synchronization) error {
	now, err := j.Client.Dataset(ctx, d.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
	case err != nil:
		return fmt.Errorf("dataset %q (id %s) is left over: %w", d.Name, d.ID, err)
	case used(now) || now.ID == j.a.ID:
		return fmt.Errorf("dataset %q (id %s) is left over; somebody uses it already", now.Name, now.ID)
	default:
		if err := j.deleteByID(ctx, now.ID); err != nil {
			return fmt.Errorf("dataset %q (id %s) is left over: %w", now.Name, now.ID, err)
		}
	}
	if s == nil {
		return nil
	}
	return j.dropRow(ctx, s.ID)
}

// dropRow deletes a synchronization that this run made.
func (j *job) dropRow(ctx context.Context, id string) error {
	if err := j.deleteRow(ctx, id); err != nil {
		return fmt.Errorf("synchronization %s is left over: %w", id, err)
	}
	return nil
}

// deleteRow deletes a synchronization; that it is gone already is no error.
func (j *job) deleteRow(ctx context.Context, id string) error {
	err := j.Client.DeleteSynchronization(ctx, id)
	if errors.Is(err, carto.ErrNotFound) {
		return nil
	}
	return err
}

// dropSync deletes a synchronization whose first import failed. It would fail
// ten more times and never make a dataset.
func (j *job) dropSync(ctx context.Context) error {
	if j.sync == nil || ctx.Err() != nil {
		return nil
	}
	if err := j.dropRow(ctx, j.sync.ID); err != nil {
		return err
	}
	j.sync = nil
	return nil
}

// dropOrphans deletes what a refused request for a synchronization left: CARTO
// stores the row before it checks the URL. After an answer that was lost, or
// that a proxy gave, the request may still be under way.
// Source: CartoDB/cartodb, app/controllers/api/json/synchronizations_controller.rb.
func (j *job) dropOrphans(ctx context.Context, refusal error) error {
	var api *carto.APIError
	if !errors.As(refusal, &api) || api.Status < http.StatusBadRequest || api.Status > http.StatusInternalServerError {
		return nil
	}
	all, err := j.Client.Synchronizations(ctx)
	if err != nil {
		return fmt.Errorf("a synchronization may be left over: %w", err)
	}
	for _, s := range all {
		known := func(k plan.Synchronization) bool { return k.ID == s.ID }
		if !j.orphan(s) || s.State != carto.SyncCreated || slices.ContainsFunc(j.Account.Synchronizations, known) {
			continue
		}
		if err := j.dropRow(ctx, s.ID); err != nil {
			return err
		}
	}
	return nil
}

// orphan reports whether a synchronization without a dataset is ours.
func (j *job) orphan(s carto.Synchronization) bool {
	return s.Checksum == plan.SyncMarker(j.a.Project, j.a.Dataset) && s.DatasetID == ""
}

// firstImportLimit is how long the first import of an earlier run's synchronization
// is waited for. What it makes is marked as ours, so a later run can go on with it.
const firstImportLimit = 5 * time.Minute

// earlierSync goes on with the synchronization whose first import an interrupted run
// began: it was under way when the plan was made, or ended while the account was read.
func (j *job) earlierSync(ctx context.Context) (bool, error) {
	if j.live.ID != "" || j.dataset.Sync == nil && !slices.Contains(j.a.Steps, plan.StepRelease) {
		return false, nil
	}
	mark := plan.SyncMarker(j.a.Project, j.a.Dataset)
	for _, seen := range j.Account.Synchronizations {
		known := func(d plan.Dataset) bool { return d.ID == seen.DatasetID }
		if seen.Checksum != mark || slices.ContainsFunc(j.Account.Datasets, known) {
			continue
		}
		s, err := j.firstRun(ctx, seen.ID)
		switch {
		case err != nil:
			return false, err
		case s.DatasetID == "" || s.Checksum != mark:
			continue
		}
		if done, err := j.adoptFirst(ctx, s); err != nil || done {
			return done, err
		}
	}
	return false, nil
}

// firstRun reads a synchronization until its first import has ended. One that is
// gone has none.
func (j *job) firstRun(ctx context.Context, id string) (s carto.Synchronization, err error) {
	waiting, over := patience(ctx)
	defer over()
	err = Poll(waiting, firstImportLimit, func(ctx context.Context) (bool, error) {
		if s, err = j.Client.Synchronization(ctx, id); err != nil {
			return false, err
		}
		if !running(s) {
			return true, nil
		}
		j.event("", "waiting", "the first import of a synchronization that an interrupted run made")
		return false, nil
	})
	if errors.Is(err, carto.ErrNotFound) {
		return carto.Synchronization{}, nil
	}
	if errors.Is(err, ErrTimeout) {
		err = firstUnderWay(id)
	}
	return s, err
}

func firstUnderWay(id string) error {
	return again(fmt.Errorf("the first import of synchronization %s, which an earlier run began, is still under way", id), "when it has ended")
}

// adoptFirst makes what a first import brought the staged dataset, if it is what
// this run would import.
func (j *job) adoptFirst(ctx context.Context, s carto.Synchronization) (bool, error) {
	req, err := j.syncRequest(j.a.Staging)
	if err != nil {
		return false, err
	}
	d, err := j.Client.Dataset(ctx, s.DatasetID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case used(d) || !sameSource(s, req):
		return false, nil
	}
	j.live, j.sync = d, &s
	if err := j.hide(ctx); err != nil {
		return false, err
	}
	return true, j.checkStaged(ctx)
}

// running reports whether a first import may be under way. One that was refused
// leaves its synchronization created, and some that fail leave it queued for ever.
// Source: CartoDB/cartodb, app/models/data_import.rb.
func running(s carto.Synchronization) bool {
	return (s.State == carto.SyncQueued || s.State == carto.SyncSyncing) && time.Since(s.UpdatedAt) < time.Hour
}

// clearSync deletes what an earlier run's failed first import left: a
// synchronization with our marker and no dataset.
func (j *job) clearSync(ctx context.Context) error {
	mark := plan.SyncMarker(j.a.Project, j.a.Dataset)
	for _, seen := range j.Account.Synchronizations {
		if seen.Checksum != mark || seen.DatasetID != "" {
			continue
		}
		s, err := j.Client.Synchronization(ctx, seen.ID)
		if errors.Is(err, carto.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		switch {
		case !j.orphan(s):
			return &MovedError{Description: fmt.Sprintf("the first import of synchronization %s ended since the plan was made", s.ID)}
		case running(s):
			return firstUnderWay(s.ID)
		}
		if err := j.deleteBarren(ctx, s); err != nil {
			return err
		}
		j.cleared("synchronization %s, whose first import failed in an earlier run", s.ID)
	}
	return nil
}

// clearSurplus deletes the synchronizations that are too many for one dataset,
// as far as they still are what the plan saw.
func (j *job) clearSurplus(ctx context.Context) error {
	keep := j.sync
	defer func() { j.sync = keep }()
	for _, id := range j.a.Surplus {
		s, err := j.Client.Synchronization(ctx, id)
		switch {
		case errors.Is(err, carto.ErrNotFound):
			continue
		case err != nil:
			return err
		}
		j.sync = &s
		switch s.DatasetID {
		case j.a.ID:
			err = j.deleteSync(ctx)
		case "":
			err = j.deleteSettled(ctx, s)
		default:
			err = j.deletePair(ctx, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// deleteSettled deletes a synchronization that never made a dataset, unless it may
// be about to: nothing would mark that one as ours.
func (j *job) deleteSettled(ctx context.Context, s carto.Synchronization) error {
	if j.orphan(s) && running(s) {
		return firstUnderWay(s.ID)
	}
	return j.deleteOrphan(ctx, s)
}

// deleteOrphan deletes a synchronization that never made a dataset, and whose first
// import has ended.
func (j *job) deleteOrphan(ctx context.Context, s carto.Synchronization) error {
	if !j.orphan(s) {
		return nil
	}
	if err := j.deleteBarren(ctx, s); err != nil {
		return err
	}
	j.cleared("synchronization %s, which an earlier run left", s.ID)
	return nil
}

// deleteBarren deletes a synchronization without a dataset. Where its first import
// never ended the worker died, maybe with the dataset registered and not yet tied to
// the synchronization: nothing marks that one as ours.
func (j *job) deleteBarren(ctx context.Context, s carto.Synchronization) error {
	if err := j.deleteRow(ctx, s.ID); err != nil {
		return err
	}
	if !s.State.Settled() {
		j.note("the first import of synchronization %s never came to its end; look whether the dataset appeared all the same, and delete it if nobody needs it", s.ID)
	}
	return nil
}

// deletePair deletes a synchronization with the staging dataset that it made.
func (j *job) deletePair(ctx context.Context, s carto.Synchronization) error {
	d, err := j.Client.Dataset(ctx, s.DatasetID)
	switch {
	case err != nil && !errors.Is(err, carto.ErrNotFound):
		return err
	case err == nil && (used(d) || !j.bearsStagingName(d)):
		return nil // somebody has taken it over
	case err == nil:
		if err := j.abandoned(ctx, d); err != nil {
			return err
		}
	}
	if err := j.remove(ctx, d, &s); err != nil {
		return err
	}
	j.cleared("dataset %q, which an interrupted run left, with its synchronization", d.Name)
	return nil
}
