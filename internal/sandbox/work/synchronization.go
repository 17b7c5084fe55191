package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
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
	y.ModifiedAt = nil
	if a.fetched != nil {
		y.ModifiedAt = a.fetched.validators.modified
	}
	y.LogID = newLog()
	return t.SaveSynchronization(ctx, &y)
}

// newLog is the id of a log. What is in logs is nowhere to be read.
func newLog() *string {
	id := uuid.NewString()
	return &id
}

// firstImportFailed tells a synchronization how its first import failed. What failed before there was an importer, it is
// not told: it stays queued for ever.
// Source: CartoDB/cartodb: app/models/data_import.rb (update_synchronization).
func (w *Worker) firstImportFailed(ctx context.Context, t *store.Tx, j store.Job, f *Failure) error {
	if f.Early {
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
	y.LogID = newLog()
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

// A run is a synchronization as its worker knows it: as it was when the run began.
type run struct {
	store.Synchronization
	source validators // what the source said of itself
	until  time.Time  // when a run that is held up goes on
}

// runSynchronization is one recurring run. It works on the attributes as they were when it began and writes all of them
// back at the end: what was changed meanwhile is lost, and a row that was deleted comes back. A run that a fault holds up
// is returned, to be handed in again when its time has come.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (w *Worker) runSynchronization(ctx context.Context, id string, y *run) (held *run) {
	defer func() {
		if value := recover(); value != nil {
			w.surviveRun(context.WithoutCancel(ctx), id, value)
		}
	}()
	if y == nil {
		var err error
		if y, err = w.begin(ctx, id); err != nil {
			w.runEnded(ctx, id, err)
			return nil
		}
		if stuck, hit := w.take(askedForRun(id), fault.Stuck); hit {
			return w.hold(ctx, y, stuck)
		}
	}
	crash, crashes := w.take(askedForRun(id), fault.Crash)
	if crashes && crash.How == "" {
		w.abandon(ctx, y)
		return nil
	}
	a := &attempt{job: jobOf(*y), asked: askedForRun(id)}
	err := w.refresh(ctx, a, y)
	if err == nil {
		err = w.drift(ctx, a)
	}
	if err == nil {
		err = w.mergeSynchronized(ctx, a, *y)
	}
	after := context.WithoutCancel(ctx)
	defer a.discard()
	if err != nil && ctx.Err() != nil {
		return nil // still in the queue of runs: it begins again when the directory is opened next
	}
	if err == nil {
		err = w.Store.Update(after, func(t *store.Tx) error {
			if err := w.replaceSynchronized(after, t, a, *y); err != nil || crashes {
				return err
			}
			y.succeed(t.Now())
			return endRun(after, t, &y.Synchronization)
		})
	}
	if err == nil && crashes {
		w.abandon(after, y)
		return nil
	}
	if err != nil {
		err = w.Store.Update(after, func(t *store.Tx) error {
			y.fail(t.Now(), err)
			return endRun(after, t, &y.Synchronization)
		})
	}
	w.runEnded(after, id, err)
	return nil
}

// hold keeps a run in the state that a fault wants: for its time, or for ever.
func (w *Worker) hold(ctx context.Context, y *run, stuck fault.Rule) *run {
	if err := w.Store.Update(ctx, func(t *store.Tx) error {
		shown := y.Synchronization
		shown.State = &stuck.How
		return t.SaveSynchronization(ctx, &shown)
	}); err != nil {
		w.runEnded(ctx, y.ID, err)
		return nil
	}
	if stuck.Wait == 0 {
		w.abandon(ctx, y)
		return nil
	}
	y.until = w.Clock.Now().Add(stuck.Wait)
	return y
}

// abandon leaves a run as a worker does that dies: its row says syncing for ever, nobody takes it up again, and the user's
// count of runs stays one too high until it expires.
func (w *Worker) abandon(ctx context.Context, y *run) {
	err := w.Store.Update(ctx, func(t *store.Tx) error { return t.EndRun(ctx, y.ID) })
	w.runEnded(ctx, y.ID, err)
}

// runEnded notes an error that kept a run from being recorded, and takes the run out of the queue if its row is gone.
func (w *Worker) runEnded(ctx context.Context, id string, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
	case store.IsNotFound(err):
		err := w.Store.Update(ctx, func(t *store.Tx) error {
			return errors.Join(t.EndRun(ctx, id), t.AddCount(ctx, RunCounter, -1, runTTL))
		})
		if err != nil {
			w.Log.Error("drop a run", "synchronization", id, "error", err)
		}
	default:
		w.Log.Error("run a synchronization", "synchronization", id, "error", err)
	}
}

func endRun(ctx context.Context, t *store.Tx, y *store.Synchronization) error {
	return errors.Join(t.SaveSynchronization(ctx, y), t.EndRun(ctx, y.ID), t.AddCount(ctx, RunCounter, -1, runTTL))
}

// RunCounter is the name of the counter of recurring runs that wait or run, MaxRuns how many of them a user may have, and
// runTTL how long they count at most.
// Source: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_syncs_amount.rb.
const (
	RunCounter = "runs"
	MaxRuns    = 3
	runTTL     = 2 * time.Hour
)

// EnqueueRun puts a synchronization into the queue of runs and counts it.
func EnqueueRun(ctx context.Context, t *store.Tx, y *store.Synchronization) error {
	queue, err := t.QueuedRuns(ctx)
	if err != nil {
		return err
	}
	if err := t.Enqueue(ctx, y); err != nil || slices.Contains(queue, y.ID) {
		return err
	}
	return t.AddCount(ctx, RunCounter, 1, runTTL)
}

func (y *run) succeed(now time.Time) {
	state := store.SyncSuccess
	next := now.Add(time.Duration(y.Interval) * time.Second)
	y.State, y.ErrorCode, y.ErrorMessage, y.RetriedTimes = &state, nil, nil, 0
	y.RanAt, y.RunAt = &now, &next
	// The checksum of a URL is its etag; a connector has none of the three.
	// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb.
	y.ETag, y.ModifiedAt, y.Checksum = y.source.etag, y.source.modified, y.source.etag
}

// errUnauthorized ends a run of a user whose plan has no synchronizations any more.
var errUnauthorized = errors.New("user is not authorized to sync tables")

// fail counts a failure. Up to the tenth one another run is planned. A run that fails does not move ran_at.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (y *run) fail(now time.Time, cause error) {
	state, code, message := store.SyncFailure, int64(codeUnknown), "Unknown error, please try again"
	var view *store.DependentViewError
	var f *Failure
	var bad *data.Fault
	switch {
	case errors.Is(cause, errUnauthorized):
		code, message = codeRetrieval, "Unauthorized"
	case errors.As(cause, &view):
		cause = &Failure{Code: codeView}
		fallthrough
	case errors.As(cause, &f), errors.As(cause, &bad):
		f = failureOf(cause)
		if f.Early && f.Code != codeFileSize {
			break
		}
		text, _ := ErrorText(f.Code)
		code, message = int64(f.Code), text.Title
	}
	y.State, y.ErrorCode, y.ErrorMessage = &state, &code, &message
	if y.RetriedTimes < store.MaxRetries {
		y.RetriedTimes++
		next := now.Add(time.Duration(y.Interval) * time.Second)
		y.RunAt = &next
	}
}

// begin marks a synchronization as syncing.
func (w *Worker) begin(ctx context.Context, id string) (*run, error) {
	y := &run{}
	return y, w.Store.Update(ctx, func(t *store.Tx) (err error) {
		if y.Synchronization, err = t.Synchronization(ctx, id); err != nil {
			return err
		}
		syncing := store.SyncSyncing
		y.State = &syncing
		if y.LogID == nil {
			y.LogID = newLog()
		}
		return t.SaveSynchronization(ctx, &y.Synchronization)
	})
}

// refresh loads what the source holds now into a stage, if it changed; a connector's always did.
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb.
func (w *Worker) refresh(ctx context.Context, a *attempt, y *run) error {
	if w.NoSynchronizations {
		return errUnauthorized
	}
	if y.ServiceName != nil && *y.ServiceName == ConnectorService {
		return withoutBuild(w.loadConnector(ctx, a), *y)
	}
	if y.ServiceName != nil && *y.ServiceName != "" && *y.ServiceName != PublicURL {
		return fmt.Errorf("the service %s is not connected", *y.ServiceName)
	}
	source, err := y.itemID()
	if err != nil {
		return err
	}
	v, length, err := w.head(ctx, source)
	if err == nil {
		err = w.checkAnnounced(length)
	}
	if err != nil {
		return err
	}
	y.source = v
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
	y.source = v.or(d.validators)
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

// withoutBuild is how a recurring run shows a connector that could not even be set up: with no code and no text, or, when
// the synchronization names its provider itself, as an unknown error.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb (get_connector), services/importer/lib/importer/connector_runner.rb.
func withoutBuild(err error, y run) error {
	var f *Failure
	if !errors.As(err, &f) || !f.Early {
		return err
	}
	if f.Code == codeDisabled && y.ServiceItemID != nil {
		if o, err := parseObject([]byte(*y.ServiceItemID)); err == nil && o.get("provider") != nil {
			return f
		}
	}
	return &Failure{Code: codeSyncUnspecified, Problem: f.Problem}
}

// replaceSynchronized puts the first result in the place of the table called name, whatever its columns, or merges it into
// a table that was geocoded. Without such a
// table the run fails without a code of its own.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb.
func (w *Worker) replaceSynchronized(ctx context.Context, t *store.Tx, a *attempt, y run) error {
	if len(a.tables) == 0 {
		return nil
	}
	if err := a.allFailed(); err != nil {
		return err
	}
	over, err := w.synchronized(ctx, t, y)
	if err != nil {
		return err
	}
	if a.merged {
		return t.PublishMerged(ctx, a.firstLoaded().stage, over)
	}
	return w.publishOver(ctx, t, a.asked, a.firstLoaded().stage, over)
}

// mergeSynchronized merges the first result into the table called name if that was geocoded, of which replaceSynchronized
// is told by a.merged. Whatever else is wrong, it leaves to replaceSynchronized.
func (w *Worker) mergeSynchronized(ctx context.Context, a *attempt, y run) error {
	if len(a.tables) == 0 || a.allFailed() != nil {
		return nil
	}
	merges := false
	err := w.Store.View(ctx, func(t *store.Tx) error {
		over, err := w.synchronized(ctx, t, y)
		if err == nil {
			merges, err = t.Merges(ctx, over)
		}
		return err
	})
	if err != nil || !merges {
		return err
	}
	if err := w.Store.MergeStage(ctx, a.firstLoaded().stage, *y.Name); err != nil {
		return &Failure{Code: codeView, Problem: err.Error()}
	}
	a.merged = true
	return nil
}

// synchronized is the table that a run is about.
func (w *Worker) synchronized(ctx context.Context, t *store.Tx, y run) (store.Table, error) {
	if y.Name == nil {
		return store.Table{}, &Failure{Code: codeSyncUnspecified, Problem: "the synchronization has no name"}
	}
	over, err := t.TableByName(ctx, w.Owner.ID, *y.Name)
	if store.IsNotFound(err) {
		err = &Failure{Code: codeSyncUnspecified, Problem: "there is no table " + *y.Name}
	}
	return over, err
}

// firstLoaded is the first table that was loaded; there is one unless all failed.
func (a *attempt) firstLoaded() *table {
	return a.tables[slices.IndexFunc(a.tables, func(r *table) bool { return r.err == nil })]
}

// jobOf is a job that loads what a synchronization brings. It is never stored.
func jobOf(y run) store.Job {
	flag := func(b *bool) bool { return b != nil && *b }
	return store.Job{
		ID: uuid.NewString(), ServiceName: y.ServiceName, ServiceItemID: y.ServiceItemID, SynchronizationID: &y.ID,
		Guessing: store.Guessing{Types: flag(y.TypeGuessing), QuotedFields: flag(y.QuotedFieldsGuessing), Contents: flag(y.ContentGuessing)},
	}
}
