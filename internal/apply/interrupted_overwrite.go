package apply

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
)

// awaitOverwrite waits for the end of an import into the dataset: one that is sent
// meanwhile could be overtaken by it.
func (j *job) awaitOverwrite(ctx context.Context, p plan.Pending) error {
	if p.ImportID == "" {
		return j.awaitLost(ctx, p)
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

// leastGrace is how long a request that was not answered is waited for at least: the
// run that sent it may have been killed a moment ago, at the end of a long upload.
const leastGrace = time.Minute

// awaitLost waits until a request for an overwrite, whose answer an interrupted run
// never got, can begin no import any more, and for the end of one that it has begun.
// CARTO stores the job before it answers, and lists it until it has ended.
// Source: CartoDB/cartodb, app/controllers/api/json/imports_controller.rb, app/services/carto/data_imports_service.rb.
func (j *job) awaitLost(ctx context.Context, p plan.Pending) error {
	if p.Fingerprint != "" && p.Fingerprint == j.a.Fingerprint {
		return nil // the same contents twice
	}
	waiting, over := patience(ctx)
	defer over()
	j.event("", "waiting", "the request of an interrupted run may still begin an import")
	if err := sleep(waiting, max(leastGrace, time.Until(p.Until()))); err != nil {
		return err
	}
	for {
		imp, err := j.importInto(waiting, p.Dataset)
		switch {
		case err != nil:
			return fmt.Errorf("looking for the import that an interrupted run asked for: %w", err)
		case imp.ID == "":
			return nil
		}
		j.event("", "waiting", "import job "+imp.ID+", which an interrupted run may have asked for")
		_, err = j.Client.WaitImport(waiting, imp.ID, carto.Poll{Started: p.Since})
		switch {
		case err != nil && stopping(ctx):
			return fmt.Errorf("%w while CARTO runs import job %s", errStopped, imp.ID)
		case err != nil && !failedImport(err):
			return unfinished(err, "since it may still replace what the dataset holds")
		}
	}
}

// awaitBefore waits for imports into datasets that are renamed: one that ends later
// would write to the old name. It waits for all of them side by side, and while one
// does not end no dataset is renamed, so not for long.
func (r *run) awaitBefore(ctx context.Context, actions []plan.Action) {
	var all sync.WaitGroup
	for _, a := range actions {
		for _, p := range a.Interrupted {
			if p.Kind == plan.PendingOverwrite && p.ImportID != "" {
				all.Go(func() { _, _ = r.passing(a).await(ctx, p, sweepLimit) }) // its step sees how it ended
			}
		}
	}
	all.Wait()
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
