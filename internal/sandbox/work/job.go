package work

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// SlotCounter is the name of the counter of import slots in use, and SlotTTL how long it counts at most.
// Source: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_imports_amount.rb.
const (
	SlotCounter = "import_slots"
	SlotTTL     = 72 * time.Minute
)

// An attempt is one run of a job: what it has loaded so far and what it found out on the way.
type attempt struct {
	job      store.Job
	asked    request // what asked for it, by which faults know it
	tables   []*table
	fetched  *download      // of a URL
	warnings map[string]any // for the job's warnings
	lost     error          // why nothing could be loaded, in an import that counts as a success all the same
	merged   bool           // the first table, into the one that it is for; see mergeSynchronized
	crashes  bool           // its worker dies once the tables are there
}

// A table is one result of an import: rows that were loaded aside, or the reason why there are none.
type table struct {
	base    string // normalised base name, before it is sanitised
	stage   *store.Stage
	skipped bool
	err     error
}

// runJob runs a job to its end. When the worker is closed meanwhile, the job goes back into the queue.
func (w *Worker) runJob(ctx context.Context, job store.Job) {
	a := &attempt{job: job, asked: askedFor(job)}
	defer func() {
		if value := recover(); value != nil {
			w.surviveJob(context.WithoutCancel(ctx), a, value)
		}
	}()
	if crash, hit := w.take(a.asked, fault.Crash); hit {
		if crash.How == "" {
			w.abandonJob(ctx, job.ID)
			return
		}
		a.crashes = true
	}
	err := w.load(ctx, a)
	if err != nil && ctx.Err() == nil && a.forgives(err) {
		a.lost, err = err, nil
	}
	if err == nil {
		err = w.drift(ctx, a)
	}
	if err == nil {
		err = w.publish(ctx, a)
	}
	after := context.WithoutCancel(ctx)
	a.discard()
	if ctx.Err() != nil && err != nil {
		err = w.Store.Update(after, func(t *store.Tx) error { return t.ReleaseJob(after, job.ID) })
		if err != nil {
			w.Log.Error("put a job back", "job", job.ID, "error", err)
		}
		return
	}
	if err != nil {
		w.giveUp(after, a, err)
	}
	w.removeUpload(job)
	w.Reschedule()
}

func (w *Worker) removeUpload(job store.Job) {
	if job.Upload == "" {
		return
	}
	if err := os.RemoveAll(w.Store.Path(filepath.Dir(job.Upload))); err != nil {
		w.Log.Warn("remove an upload", "job", job.ID, "error", err)
	}
}

// discard drops what was loaded and not published.
func (a *attempt) discard() {
	for _, t := range a.tables {
		if t.stage != nil {
			t.stage.Discard()
		}
	}
}

// dataTypeQuery is the data_type of a job that makes a table of a query, from the moment it runs.
const dataTypeQuery = "query"

// load brings the job's rows into stages, whatever its source.
// Source of the order: CartoDB/cartodb: app/models/data_import.rb.
func (w *Worker) load(ctx context.Context, a *attempt) error {
	j := &a.job
	switch {
	case j.TableCopy != nil || j.Query != nil:
		return w.loadQuery(ctx, a)
	case j.ServiceName != nil && *j.ServiceName == ConnectorService:
		return w.loadConnector(ctx, a)
	case j.ServiceName != nil && *j.ServiceName != "" && *j.ServiceName != PublicURL:
		return failEarly(codeDatasource, "the service %s is not connected", *j.ServiceName)
	case j.Upload != "":
		if err := w.state(ctx, j, store.Uploading); err != nil {
			return err
		}
		return w.loadFile(ctx, a, w.Store.Path(j.Upload), j.FileName)
	}
	// The item wins over the URL that the server has looked at.
	for _, source := range []*string{j.ServiceItemID, j.Source} {
		if source != nil && *source != "" {
			return w.loadURL(ctx, a, *source)
		}
	}
	return fail(codeNoFile, "the request carried no file")
}

// Names of services in a job's or a synchronization's service_name.
const (
	ConnectorService = "connector"
	PublicURL        = "public_url"
)

// state shows a client how far the job is. A recurring run has no job that a client could see, and must not leave one.
func (w *Worker) state(ctx context.Context, j *store.Job, state string) error {
	j.State = state
	return w.Store.Update(ctx, func(t *store.Tx) error { return t.SetJobState(ctx, j.ID, state) })
}

func (w *Worker) loadURL(ctx context.Context, a *attempt, source string) error {
	if err := w.state(ctx, &a.job, store.Uploading); err != nil {
		return err
	}
	d, err := w.download(ctx, source, a.job.ID)
	if d != nil {
		defer d.remove()
	}
	if err != nil {
		return err
	}
	a.fetched = d
	return w.loadFile(ctx, a, d.path, d.name)
}

func (w *Worker) loadQuery(ctx context.Context, a *attempt) error {
	j := &a.job
	j.DataType = dataTypeQuery
	if err := w.state(ctx, j, store.Uploading); err != nil {
		return err
	}
	query := ""
	if j.TableCopy != nil {
		query = `SELECT * FROM "` + *j.TableCopy + `"`
	} else {
		query = *j.Query
	}
	base := "untitled_table"
	if j.TableName != nil && *j.TableName != "" {
		base = *j.TableName
	}
	t := &table{base: base}
	a.tables = append(a.tables, t)
	if skip, err := w.skips(ctx, j, base); err != nil || skip {
		t.skipped = skip
		return err
	}
	stage, err := w.Store.StageQuery(ctx, j.ID, store.Request{SQL: query, User: w.Owner.Name, Master: true})
	if err != nil {
		return fail(codeQuery, "%v", err)
	}
	t.stage = stage
	return nil
}
