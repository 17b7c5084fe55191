package work

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// firstImportDone gives a synchronization the dataset that its first import made. The etag stays unknown until the first
// recurring run. ErrNotFound means that there is no such synchronization any more.
// Source: CartoDB/cartodb: app/models/data_import.rb.
func (w *Worker) firstImportDone(ctx context.Context, t *store.Tx, a *attempt, j store.Job) error {
	y, err := t.Synchronization(ctx, *j.SynchronizationID)
	if err != nil {
		return err
	}
	r, err := t.Table(ctx, *j.TableID)
	if err != nil {
		return err
	}
	success := store.SyncSuccess
	y.Name, y.VisualizationID, y.State = j.TableName, &r.VisualizationID, &success
	y.ErrorCode, y.ErrorMessage = nil, nil
	if a.fetched != nil {
		y.ModifiedAt = a.fetched.validators.modified
	}
	return t.SaveSynchronization(ctx, &y)
}

// early are the failures that happen before an importer exists: they show in the import only, and the synchronization
// stays queued for ever.
func early(code int) bool {
	switch code {
	case codeDisabled, codeParameters, codeFileSize, codeStorage, codeTables, codeDatasource:
		return true
	}
	return false
}

func (w *Worker) firstImportFailed(ctx context.Context, t *store.Tx, j store.Job, f *Failure) error {
	if early(f.Code) {
		return nil
	}
	y, err := t.Synchronization(ctx, *j.SynchronizationID)
	if err != nil {
		if store.IsNotFound(err) {
			return nil
		}
		return err
	}
	failure, code := store.SyncFailure, int64(f.Code)
	text := Explain(f.Code, f.Problem)
	message := text.Title + " " + text.What
	y.State, y.ErrorCode, y.ErrorMessage, y.Name = &failure, &code, &message, j.TableName
	return t.SaveSynchronization(ctx, &y)
}

// Explain is the text of a failed import: for code 99999 it shows what the job's log says.
// Source: CartoDB/cartodb: app/controllers/carto/api/data_import_presenter.rb.
func Explain(code int, problem string) Text {
	t, ok := ErrorText(code)
	if code == codeUnknown && problem != "" || !ok {
		return Text{Title: "Connector Error", What: problem, Source: "cartodb"}
	}
	return t
}

// runSynchronization is one recurring run. It works on the attributes as they were when it began and writes all of them
// back at the end: what was changed meanwhile is lost, and a row that was deleted comes back.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (w *Worker) runSynchronization(ctx context.Context, id string) {
	y, err := w.begin(ctx, id)
	if err != nil {
		w.runEnded(ctx, id, err)
		return
	}
	a := &attempt{job: jobOf(y)}
	err = w.refresh(ctx, a, &y)
	after := context.WithoutCancel(ctx)
	defer w.discard(after, a)
	if err != nil && ctx.Err() != nil {
		return // still in the queue of runs: it begins again when the directory is opened next
	}
	if err == nil {
		err = w.Store.Update(after, func(t *store.Tx) error {
			if err := w.replaceSynchronized(after, t, a, y); err != nil {
				return err
			}
			y.succeed(t.Now())
			return endRun(after, t, &y.Synchronization)
		})
	}
	if err != nil {
		err = w.Store.Update(after, func(t *store.Tx) error {
			y.fail(t.Now(), err)
			return endRun(after, t, &y.Synchronization)
		})
	}
	w.runEnded(after, id, err)
}

// runEnded notes an error that kept a run from being recorded, and takes the run out of the queue if its row is gone.
func (w *Worker) runEnded(ctx context.Context, id string, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
	case store.IsNotFound(err):
		if err := w.Store.Update(ctx, func(t *store.Tx) error { return t.EndRun(ctx, id) }); err != nil {
			w.Log.Error("drop a run", "synchronization", id, "error", err)
		}
	default:
		w.Log.Error("run a synchronization", "synchronization", id, "error", err)
	}
}

func endRun(ctx context.Context, t *store.Tx, y *store.Synchronization) error {
	if err := t.SaveSynchronization(ctx, y); err != nil {
		return err
	}
	return t.EndRun(ctx, y.ID)
}

// A run is a synchronization as its worker knows it.
type run struct {
	store.Synchronization
	source validators // what the source said of itself
}

func (y *run) succeed(now time.Time) {
	state := store.SyncSuccess
	next := now.Add(time.Duration(y.Interval) * time.Second)
	y.State, y.ErrorCode, y.ErrorMessage, y.RetriedTimes = &state, nil, nil, 0
	y.RanAt, y.RunAt = &now, &next
	y.ETag, y.ModifiedAt, y.Checksum = y.source.etag, y.source.modified, nil
}

// fail counts a failure. Up to the tenth one another run is planned.
func (y *run) fail(now time.Time, cause error) {
	state, code, message := store.SyncFailure, int64(codeUnknown), "Unknown error, please try again"
	var view *store.DependentViewError
	var f *Failure
	var fault *data.Fault
	switch {
	case errors.As(cause, &view):
		cause = &Failure{Code: codeView}
		fallthrough
	case errors.As(cause, &f), errors.As(cause, &fault):
		f = failureOf(cause)
		text, _ := ErrorText(f.Code)
		code, message = int64(f.Code), text.Title
		y.RanAt = &now
	}
	y.State, y.ErrorCode, y.ErrorMessage = &state, &code, &message
	if y.RetriedTimes < store.MaxRetries {
		y.RetriedTimes++
	}
	next := now.Add(time.Duration(y.Interval) * time.Second)
	y.RunAt = &next
}

// begin marks a synchronization as syncing.
func (w *Worker) begin(ctx context.Context, id string) (y run, err error) {
	err = w.Store.Update(ctx, func(t *store.Tx) error {
		if y.Synchronization, err = t.Synchronization(ctx, id); err != nil {
			return err
		}
		syncing := store.SyncSyncing
		y.State = &syncing
		if y.LogID == nil {
			log := uuid.NewString()
			y.LogID = &log
		}
		return t.SaveSynchronization(ctx, &y.Synchronization)
	})
	return y, err
}

// refresh loads what the source holds now into a stage, if it changed; a connector's always did.
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb.
func (w *Worker) refresh(ctx context.Context, a *attempt, y *run) error {
	if y.ServiceName != nil && *y.ServiceName == ConnectorService {
		if err := w.loadConnector(ctx, a); err != nil {
			return withoutBuild(err)
		}
		return nil
	}
	source, err := y.itemID()
	if err != nil {
		return err
	}
	if y.source, _, err = w.head(ctx, source); err != nil {
		return err
	}
	if !y.source.changed(validators{etag: y.ETag, modified: y.ModifiedAt}) {
		return nil
	}
	d, err := w.download(ctx, source, a.job.ID)
	if d != nil {
		defer d.remove()
	}
	if err != nil {
		return err
	}
	return w.loadFile(ctx, a, d.path, d.name)
}

// itemID is what is downloaded: service_item_id, which becomes the URL when it is empty.
func (y *run) itemID() (string, error) {
	if y.ServiceItemID == nil || *y.ServiceItemID == "" {
		y.ServiceItemID = y.URL
	}
	if y.ServiceItemID == nil || *y.ServiceItemID == "" {
		return "", errors.New("the synchronization has no source")
	}
	return *y.ServiceItemID, nil
}

// withoutBuild is how a recurring run shows a connector that could not even be set up: no code, no text.
func withoutBuild(err error) error {
	if f := failureOf(err); f.Code == codeDisabled || f.Code == codeParameters {
		return &Failure{Code: codeSyncUnspecified, Problem: f.Problem}
	}
	return err
}

// replaceSynchronized puts the first result in the place of the table called name, whatever its columns. Without such a
// table the run fails without a code of its own.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb.
func (w *Worker) replaceSynchronized(ctx context.Context, t *store.Tx, a *attempt, y run) error {
	if len(a.tables) == 0 {
		return nil
	}
	if err := a.allFailed(); err != nil {
		return err
	}
	i := slices.IndexFunc(a.tables, func(r *table) bool { return r.err == nil })
	if y.Name == nil {
		return &Failure{Code: codeSyncUnspecified, Problem: "the synchronization has no name"}
	}
	over, err := t.TableByName(ctx, w.Owner.ID, *y.Name)
	if store.IsNotFound(err) {
		return &Failure{Code: codeSyncUnspecified, Problem: "there is no table " + *y.Name}
	}
	if err != nil {
		return err
	}
	return t.PublishOver(ctx, a.tables[i].stage, over)
}

// jobOf is a job that loads what a synchronization brings. It is never stored.
func jobOf(y run) store.Job {
	flag := func(b *bool) bool { return b != nil && *b }
	return store.Job{
		ID: uuid.NewString(), ServiceName: y.ServiceName, ServiceItemID: y.ServiceItemID, SynchronizationID: &y.ID,
		Guessing: store.Guessing{Types: flag(y.TypeGuessing), QuotedFields: flag(y.QuotedFieldsGuessing), Contents: flag(y.ContentGuessing)},
	}
}
