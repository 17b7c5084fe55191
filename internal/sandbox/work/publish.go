package work

import (
	"context"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// publish makes the loaded tables datasets and ends the job, all in one transaction: nobody sees one without the other.
// The first table that cannot be published ends the job as a failure; those before it stay, as at CARTO.
func (w *Worker) publish(ctx context.Context, a *attempt) error {
	return w.Store.Update(ctx, func(t *store.Tx) error {
		p := &publication{w: w, t: t, a: a, job: a.job}
		err := p.run(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return w.endFailed(ctx, t, a, failureOf(err))
		case a.crashes:
			return t.AbandonJob(ctx, a.job.ID, store.Importing)
		}
		return w.complete(ctx, t, a, p.job)
	})
}

// results are the tables that were not skipped.
func (a *attempt) results() []*table {
	var results []*table
	for _, t := range a.tables {
		if !t.skipped {
			results = append(results, t)
		}
	}
	return results
}

// allFailed is the first table's error if no table was loaded or skipped.
func (a *attempt) allFailed() error {
	var first error
	for _, t := range a.tables {
		if t.err == nil {
			return nil
		}
		if first == nil {
			first = t.err
		}
	}
	if first == nil {
		return fail(codeUnsupported, "the archive holds no file that can be imported")
	}
	return first
}

// forgives tells whether an import counts as a success although nothing could be loaded: with collision_strategy=skip
// everything does that an importer was made for, and only the code tells.
// Source: CartoDB/cartodb: services/importer/lib/importer/runner_helper.rb (success?).
func (a *attempt) forgives(err error) bool {
	f := failureOf(err)
	return a.job.CollisionStrategy == "skip" && a.job.DataType != dataTypeQuery && !f.Early && f.Code != codeNoFile
}

// complete ends a job that went well, together with the synchronization whose first import it was.
func (w *Worker) complete(ctx context.Context, t *store.Tx, a *attempt, j store.Job) error {
	success, created := true, len(a.results())
	if j.DataType == dataTypeQuery {
		created = 0
	}
	if len(a.results()) == 0 && a.lost == nil {
		code := codeSkipped
		j.ErrorCode = &code
	}
	j.State, j.Success, j.TablesCreated, j.Warnings = store.Complete, &success, &created, a.warnings
	if j.SynchronizationID != nil {
		err := w.firstImportDone(ctx, t, a, j)
		if store.IsNotFound(err) {
			// Its row was deleted meanwhile: the import fails although its table exists, as at CARTO.
			success, code := false, codeUnknown
			j.State, j.Success, j.ErrorCode, j.TableID, j.TablesCreated = store.Failure, &success, &code, nil, nil
			j.Problem = "the synchronization was deleted during its first import"
		} else if err != nil {
			return err
		}
	}
	if err := t.SaveJob(ctx, j); err != nil {
		return err
	}
	return t.AddCount(ctx, SlotCounter, -1, SlotTTL)
}

// giveUp ends a job that failed before anything of it was published.
func (w *Worker) giveUp(ctx context.Context, a *attempt, cause error) {
	err := w.Store.Update(ctx, func(t *store.Tx) error { return w.endFailed(ctx, t, a, failureOf(cause)) })
	if err != nil {
		w.Log.Error("end a failed job", "job", a.job.ID, "error", err)
	}
}

// endFailed ends a job as a failure. It shows no table, not even one that was published before the failure.
func (w *Worker) endFailed(ctx context.Context, t *store.Tx, a *attempt, f *Failure) error {
	w.Log.Info("import failed", "job", a.job.ID, "code", f.Code, "problem", f.Problem)
	j := a.job
	success := false
	j.State, j.Success, j.ErrorCode, j.Problem, j.Warnings = store.Failure, &success, &f.Code, f.Problem, a.warnings
	j.TableID, j.TablesCreated = nil, nil
	if f.HTTP != 0 {
		j.HTTPCode = &f.HTTP
	}
	if err := t.SaveJob(ctx, j); err != nil {
		return err
	}
	if err := t.AddCount(ctx, SlotCounter, -1, SlotTTL); err != nil {
		return err
	}
	if j.SynchronizationID == nil {
		return nil
	}
	return w.firstImportFailed(ctx, t, j, f)
}
