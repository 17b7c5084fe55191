package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

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
			err = j.sweepSync(ctx, p.SyncID, err)
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
	if err := j.abandoned(ctx, d); err != nil {
		return false, err
	}
	if err := j.discard(ctx); err != nil {
		return false, err
	}
	j.cleared("what an interrupted run imported as %q, since nobody can tell whether it is complete", d.Name)
	return false, nil
}
