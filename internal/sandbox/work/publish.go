package work

import (
	"context"
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// publish makes the loaded tables datasets and ends the job, all in one transaction: nobody sees one without the other.
func (w *Worker) publish(ctx context.Context, a *attempt) error {
	if err := a.allFailed(); err != nil {
		return err
	}
	var published []*table
	err := w.Store.Update(ctx, func(t *store.Tx) error {
		published = published[:0]
		j := a.job
		results := 0
		for _, r := range a.tables {
			if r.skipped {
				continue
			}
			if results++; r.err != nil {
				j.ErrorCode = firstCode(j.ErrorCode, r.err)
				continue
			}
			if err := w.publishTable(ctx, t, &j, r, results); err != nil {
				return err
			}
			published = append(published, r)
		}
		if a.crashes {
			return t.AbandonJob(ctx, j.ID, store.Importing)
		}
		return w.complete(ctx, t, a, j, results)
	})
	if err == nil {
		for _, r := range published {
			r.stage = nil
		}
	}
	return err
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

func firstCode(code *int, err error) *int {
	if code != nil {
		return code
	}
	return &failureOf(err).Code
}

// publishTable names one table, puts it in its place and notes it in the job. A query's result counts as no result in
// tables_created_count.
func (w *Worker) publishTable(ctx context.Context, t *store.Tx, j *store.Job, r *table, results int) error {
	query := j.DataType == "query"
	over, err := w.overwritten(ctx, t, j, r.base)
	switch {
	case err != nil:
		return err
	case over != nil && query:
		return w.replaceByQuery(ctx, t, j, r, *over)
	case over != nil:
		return w.replace(ctx, t, j, r, *over, results)
	case query && j.CollisionStrategy == "overwrite":
		return fail(codeQuery, "relation %q does not exist", r.base)
	}
	if err := w.checkTables(ctx, t, results); err != nil {
		return err
	}
	taken, err := t.TakenNames(ctx, w.Owner.ID)
	if err != nil {
		return err
	}
	wanted := name.Propose(name.Sanitize(r.base), taken)
	if err := t.PublishNew(ctx, r.stage, wanted); err != nil {
		return err
	}
	v, registered, err := t.Register(ctx, w.Owner.ID, wanted, w.privacy(j))
	if err != nil {
		return err
	}
	registered.ImportID = &j.ID
	j.TableID, j.TableName = &registered.ID, &wanted
	if err := t.Refresh(ctx, r.stage, registered); err != nil {
		return err
	}
	return w.createMap(ctx, t, j, v, registered)
}

// privacy of a new dataset: the request's, else private, as for every account that may have private tables.
func (w *Worker) privacy(j *store.Job) string {
	if j.Privacy != nil {
		return *j.Privacy
	}
	return "private"
}

// createMap makes the map that create_vis asks for.
func (w *Worker) createMap(ctx context.Context, t *store.Tx, j *store.Job, dataset store.Visualization, table store.Table) error {
	if !j.CreateMap {
		return nil
	}
	m := t.NewVisualization(store.Map, dataset.Name+" map", dataset.UserID, dataset.Privacy)
	if err := t.SaveVisualization(ctx, m); err != nil {
		return err
	}
	j.VisualizationID = &m.ID
	return t.AddLayer(ctx, m.ID, table.ID)
}

// overwritten finds the dataset that the import replaces, nil if it makes a new one. Only files, URLs and queries
// overwrite; connectors and synchronizations ignore the strategy.
// Source: CartoDB/cartodb: app/models/data_import.rb, app/connectors/importer.rb.
func (w *Worker) overwritten(ctx context.Context, t *store.Tx, j *store.Job, base string) (*store.Table, error) {
	if j.CollisionStrategy != "overwrite" || j.SynchronizationID != nil || j.ServiceName != nil && *j.ServiceName == ConnectorService {
		return nil, nil
	}
	wanted := base
	if j.DataType != "query" {
		wanted = name.Sanitize(base)
	}
	r, err := t.TableByName(ctx, w.Owner.ID, wanted)
	if store.IsNotFound(err) {
		return nil, nil
	}
	return &r, err
}

// replace puts an import in the place of a dataset's contents, if its columns allow it.
func (w *Worker) replace(ctx context.Context, t *store.Tx, j *store.Job, r *table, over store.Table, results int) error {
	if err := w.checkTables(ctx, t, results); err != nil {
		return err
	}
	live, err := t.Columns(ctx, over.Name)
	if err != nil {
		return err
	}
	fresh, err := t.StageColumns(ctx, r.stage)
	if err != nil {
		return err
	}
	if problems := incompatible(live, fresh); len(problems) > 0 {
		return fail(codeSchema, "%s", problems)
	}
	over.ImportID = &j.ID
	j.TableID, j.TableName = &over.ID, &over.Name
	return w.publishOver(ctx, t, askedFor(*j), r.stage, over)
}

// replaceByQuery replaces without looking at columns, and reports little: no table id, no count.
func (w *Worker) replaceByQuery(ctx context.Context, t *store.Tx, j *store.Job, r *table, over store.Table) error {
	if err := w.checkTables(ctx, t, 1); err != nil {
		return err
	}
	over.ImportID = &j.ID
	if err := w.publishOver(ctx, t, askedFor(*j), r.stage, over); err != nil {
		return fail(codeQuery, "%v", err)
	}
	return nil
}

// incompatible lists what the new columns lack for the dataset to be overwritten: every column of it, of the same
// family of types. New columns may be added.
// Source: CartoDB/cartodb: lib/carto/importer/table_setup.rb, app/connectors/importer.rb.
func incompatible(live, fresh []store.Column) []string {
	types := map[string]string{}
	for _, c := range fresh {
		types[c.Name] = store.CartoType(c.Type)
	}
	var problems []string
	for _, c := range live {
		if c.Name == "cartodb_id" || c.Name == "the_geom_webmercator" {
			continue
		}
		switch got, ok := types[c.Name]; {
		case !ok:
			problems = append(problems, fmt.Sprintf("column %s is missing", c.Name))
		case got != store.CartoType(c.Type):
			problems = append(problems, fmt.Sprintf("column %s is %s, not %s", c.Name, got, store.CartoType(c.Type)))
		}
	}
	slices.Sort(problems)
	return problems
}

// checkTables refuses results beyond the account's quota of datasets. It counts results, not growth, so that an
// overwrite at the limit fails too.
// Source: CartoDB/cartodb: app/connectors/importer.rb.
func (w *Worker) checkTables(ctx context.Context, t *store.Tx, results int) error {
	_, tables, err := t.Usage(ctx, w.Owner.ID)
	if err == nil && w.Limits.Tables > 0 && tables+results > w.Limits.Tables {
		err = fail(codeTables, "the account may have %d datasets", w.Limits.Tables)
	}
	return err
}

// complete ends a job that went well, together with the synchronization whose first import it was.
func (w *Worker) complete(ctx context.Context, t *store.Tx, a *attempt, j store.Job, results int) error {
	success, created := true, results
	if j.DataType == "query" {
		created = 0
	}
	if results == 0 {
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

// giveUp ends a job that failed.
func (w *Worker) giveUp(ctx context.Context, a *attempt, cause error) {
	f := failureOf(cause)
	w.Log.Info("import failed", "job", a.job.ID, "code", f.Code, "problem", f.Problem)
	err := w.Store.Update(ctx, func(t *store.Tx) error {
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
	})
	if err != nil {
		w.Log.Error("end a failed job", "job", a.job.ID, "error", err)
	}
}
