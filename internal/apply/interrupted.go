package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// sweepLimit is how long an action waits for the end of an import that nothing
// needs, to delete what it makes.
const sweepLimit = 15 * time.Minute

// A followed import job is one of an interrupted run, as it ended.
type followed struct {
	imp carto.Import
	err error
}

// follow waits for the end of an import job that an interrupted run began. It
// takes an import slot, as the job does.
func (j *job) follow(ctx context.Context, p plan.Pending, limit time.Duration) (carto.Import, error) {
	if known, ok := j.followed.Load(p.ID); ok {
		return known.(followed).imp, known.(followed).err
	}
	waiting, over := patience(ctx)
	defer over()
	id, end, err := j.slots.begin(waiting, func(context.Context) (string, error) { return p.ImportID, nil }, func() {})
	if err != nil {
		return carto.Import{}, err
	}
	defer end()
	j.event("", "waiting", "import job "+id+" of an interrupted run")
	imp, err := j.watch(waiting, p, carto.Poll{Started: p.Since, Limit: limit})
	if err != nil && stopping(ctx) {
		return imp, fmt.Errorf("%w while CARTO runs import job %s", errStopped, id)
	}
	if err == nil || failedImport(err) || gone(err) {
		j.followed.Store(p.ID, followed{imp, err})
	}
	return imp, err
}

// failedImport reports whether an import job ended badly, so that it made nothing.
func failedImport(err error) bool {
	var failed *carto.ImportError
	return errors.As(err, &failed)
}

// gone reports whether the account knows nothing of an import job. CARTO answers
// 500 to an id that it does not know.
// Source: CartoDB/cartodb, app/services/carto/data_imports_service.rb.
func gone(err error) bool {
	var api *carto.APIError
	return errors.Is(err, carto.ErrNotFound) || errors.As(err, &api) && api.Status == http.StatusInternalServerError
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

// awaitOverwrite waits for the end of an import into the dataset: one that is sent
// meanwhile could be overtaken by it.
func (j *job) awaitOverwrite(ctx context.Context, p plan.Pending) error {
	if p.ImportID == "" {
		if p.Fingerprint == j.a.Fingerprint {
			return nil // the same contents twice
		}
		j.event("", "waiting", "the request of an interrupted run may still begin an import")
		waiting, over := patience(ctx)
		defer over()
		return sleep(waiting, time.Until(p.Until()))
	}
	_, err := j.follow(ctx, p, 0)
	switch {
	case failedImport(err):
		j.journal().done(p.ID)
		return nil
	case err == nil || gone(err):
		return nil
	}
	return unfinished(err, "since it may still replace what the dataset holds")
}

// unfinished explains why an action does not go on with a job.
func unfinished(err error, more string) error {
	if errors.Is(err, carto.ErrUnfinished) {
		return fmt.Errorf("an interrupted run began it, and %w; apply again when it has, %s", err, more)
	}
	return fmt.Errorf("an interrupted run began it: %w", err)
}

// awaitBefore waits for imports into datasets that are renamed: one that ends later
// would write to the old name.
func (r *run) awaitBefore(ctx context.Context, actions []plan.Action) {
	for _, a := range actions {
		for _, p := range a.Interrupted {
			if p.Kind == plan.PendingOverwrite && p.ImportID != "" {
				_, _ = r.passing(a).follow(ctx, p, 0) // its step sees how it ended
			}
		}
	}
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
			err = j.sweepSync(ctx, p.SyncID)
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

// sweepSync deletes a synchronization of ours that has no dataset.
func (j *job) sweepSync(ctx context.Context, id string) error {
	s, err := j.Client.Synchronization(ctx, id)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
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

// resumed goes on with the import that an interrupted run began, as if this run
// had. It says false where nothing came of that one, or where nobody knows what,
// so that the contents are imported anew.
func (j *job) resumed(ctx context.Context) (bool, error) {
	p, ok := j.a.Resumed()
	if !ok || p.Kind == plan.PendingOverwrite {
		return false, nil
	}
	expected := j.stagingName()
	if p.Staging == "" {
		expected = ""
		defer j.unnamed.begin()()
	}
	imp, found, err := j.finished(ctx, p)
	if err != nil || !found {
		return false, err
	}
	if j.live.ID != "" && j.live.TableID != imp.TableID {
		return false, j.sweep(ctx, p) // what is staged comes from elsewhere
	}
	j.begun = append(j.begun, p.ID)
	if err := j.take(ctx, imp, expected); err != nil {
		return false, err
	}
	if err := j.hide(ctx); err != nil {
		return false, err
	}
	if j.sync != nil {
		if err := j.rereadSync(ctx); err != nil {
			return false, err
		}
	}
	j.note("went on with import job %s of an interrupted run", p.ImportID)
	return true, j.checkStaged(ctx)
}

// finished waits for the end of a job that the action goes on with, and reads the
// synchronization that it belongs to. Found is false where nothing came of it.
func (j *job) finished(ctx context.Context, p plan.Pending) (imp carto.Import, found bool, err error) {
	imp, err = j.follow(ctx, p, 0)
	if failedImport(err) || gone(err) {
		j.note("import job %s of an interrupted run came to nothing, so this run imports anew: %v", p.ImportID, err)
		if p.SyncID != "" {
			err = j.sweepSync(ctx, p.SyncID)
			return imp, false, err
		}
		return imp, false, nil
	}
	if err != nil {
		return imp, false, unfinished(err, "or delete "+j.journal().path()+" to import anew")
	}
	if p.Kind != plan.PendingSync {
		return imp, true, nil
	}
	s, err := j.Client.Synchronization(ctx, p.SyncID)
	if errors.Is(err, carto.ErrNotFound) {
		return imp, false, nil
	}
	j.sync = &s
	return imp, err == nil, err
}

// remembered takes the place of the look at a URL's contents that an interrupted
// run sent.
func (j *job) remembered() {
	if j.dataset.Source.Kind != spec.SourceURL || j.fetched != nil {
		return
	}
	for _, p := range j.a.Interrupted {
		if e := p.Expect; e != nil && p.Fingerprint == j.a.Fingerprint {
			j.fetched = &data.Look{Recognised: true, Layers: 1, Rows: e.Rows, Geometry: e.Geometry}
			return
		}
	}
}

// arrived looks for what a request made whose answer an interrupted run never got:
// it may have come to an end since the plan was made.
func (j *job) arrived(ctx context.Context) (bool, error) {
	lost := func(p plan.Pending) bool {
		return p.ImportID == "" && (p.Kind == plan.PendingUpload || p.Kind == plan.PendingConnector)
	}
	if j.live.ID != "" || !slices.ContainsFunc(j.a.Interrupted, lost) {
		return false, nil
	}
	d, err := j.Client.Dataset(ctx, j.stagingName())
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return false, nil
	case err != nil:
		return false, err
	case used(d):
		return false, &MovedError{Description: fmt.Sprintf("somebody uses dataset %q, which an interrupted run imported", d.Name)}
	}
	j.live = d
	whole, err := j.whole(ctx)
	if err != nil || whole {
		return whole, err
	}
	if err := j.discard(ctx); err != nil {
		return false, err
	}
	j.cleared("what an interrupted run imported as %q, since nobody can tell whether it is complete", d.Name)
	return false, nil
}

// overwrittenBefore checks whether the import that an interrupted run began over the
// dataset brought what it should. Else it is imported again.
func (j *job) overwrittenBefore(ctx context.Context) (bool, error) {
	p, ok := j.a.Resumed()
	if !ok || p.Kind != plan.PendingOverwrite {
		return false, nil
	}
	imp, err := j.follow(ctx, p, 0) // known by now
	if err == nil {
		j.remembered()
		if err = j.overwritten(ctx, imp); err == nil {
			err = j.checkColumns(ctx, p)
		}
	}
	switch {
	case err == nil:
		j.note("went on with import job %s of an interrupted run", p.ImportID)
		return true, nil
	case stopping(ctx):
		return false, err
	}
	j.fetched = nil
	j.note("import job %s of an interrupted run came to nothing, so this run imports anew: %v", p.ImportID, err)
	return false, nil
}

// checkColumns compares the dataset's columns with those of what was sent.
func (j *job) checkColumns(ctx context.Context, p plan.Pending) error {
	if p.Expect == nil || len(p.Expect.Columns) == 0 {
		return nil
	}
	look, err := j.lookInto(ctx, j.live.ID, j.live.Name)
	if err != nil {
		return err
	}
	for _, name := range p.Expect.Columns {
		if !slices.ContainsFunc(look.Columns, func(c data.Column) bool { return c.Name == name }) {
			return fmt.Errorf("%q has no column %q, which its source has", j.live.Name, name)
		}
	}
	return nil
}
