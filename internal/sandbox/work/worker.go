package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// Config is what a worker needs. Limits of zero mean no limit.
type Config struct {
	Store  *store.Store
	Clock  *Clock
	Owner  store.Principal // whose account it is
	Log    *slog.Logger
	Limits Limits
	Faults *fault.Set // none by default

	NoSynchronizations bool // runs end unauthorized
	NoConnectors       bool // no provider is enabled

	Serve      string            // directory whose files answer at http://files.sandbox.test/
	AllowFetch []string          // hosts besides loopback whose URLs and databases may be reached
	Connectors map[string]string // provider to the directory of CSV files that stands for its database
}

// Limits of the account.
type Limits struct {
	FileSize int64 // bytes of one import
	Rows     int64 // of one import
	Storage  int64 // bytes of all datasets
	Tables   int   // datasets
	Public   int   // datasets that are not private

	PublicOnly bool // no dataset can be private

	ConnectorRows int64 // that a connector reads at most
}

// parallel is how many import jobs, and how many synchronizations, run at the same time.
// Source for synchronizations: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_syncs_amount.rb.
const parallel = 3

// A Worker runs what the account has to do. Close ends it.
type Worker struct {
	Config
	files  *fileHost
	fetch  *http.Client
	jobs   chan struct{} // a job waits
	runs   chan struct{} // the schedule has changed
	cancel context.CancelFunc
	wg     sync.WaitGroup

	settling chan chan<- settled // somebody waits until nothing is left to do
	stopped  chan struct{}       // closed when the scheduler has ended
}

// Start begins to work: first on what a crash left over, then on what comes. Jobs that were running begin again.
func Start(ctx context.Context, c Config) (*Worker, error) {
	w := &Worker{
		Config: c, jobs: make(chan struct{}, parallel), runs: make(chan struct{}, 1),
		settling: make(chan chan<- settled), stopped: make(chan struct{}),
	}
	if w.Faults == nil {
		w.Faults = &fault.Set{}
	}
	if err := c.checkConnectors(); err != nil {
		return nil, err
	}
	files, err := newFileHost(c.Serve)
	if err != nil {
		return nil, err
	}
	w.files = files
	w.fetch = w.newClient()
	if err := errors.Join(os.MkdirAll(w.uploads(), 0o700), os.MkdirAll(w.scratch(), 0o700)); err != nil {
		return nil, errors.Join(fmt.Errorf("create the sandbox's directories: %w", err), files.close())
	}
	if err := w.recover(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("take up the sandbox's unfinished work: %w", err), files.close())
	}
	ctx, w.cancel = context.WithCancel(context.WithoutCancel(ctx))
	for range parallel {
		w.wg.Go(func() { w.runJobs(ctx) })
	}
	w.wg.Go(func() { w.runSchedule(ctx) })
	return w, nil
}

// Close stops all work. Jobs that are running are put back, to begin again when the directory is opened next.
func (w *Worker) Close() error {
	w.cancel()
	w.wg.Wait()
	w.fetch.CloseIdleConnections()
	return w.files.close()
}

// FileHost answers requests for http://files.sandbox.test/.
func (w *Worker) FileHost() http.Handler { return w.files }

// Wake tells the worker that a job was stored.
func (w *Worker) Wake() {
	select {
	case w.jobs <- struct{}{}:
	default:
	}
}

// Reschedule tells the worker that a synchronization was stored, changed or enqueued.
func (w *Worker) Reschedule() {
	select {
	case w.runs <- struct{}{}:
	default:
	}
}

func (w *Worker) uploads() string { return w.Store.Path("uploads") }
func (w *Worker) scratch() string { return w.Store.Path("scratch") }

// recover puts the jobs of dead workers back into the queue and removes files that nobody needs any more.
func (w *Worker) recover(ctx context.Context) error {
	keep := map[string]bool{}
	err := w.Store.Update(ctx, func(t *store.Tx) error {
		if err := t.ReleaseJobs(ctx); err != nil {
			return err
		}
		open, err := t.OpenJobs(ctx, w.Owner.ID, time.Time{})
		for _, j := range open {
			if j.Upload != "" {
				keep[w.Store.Path(filepath.Dir(j.Upload))] = true
			}
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, dir := range []string{w.uploads(), w.scratch()} {
		if err := removeExcept(dir, keep); err != nil {
			return err
		}
	}
	return nil
}

func removeExcept(dir string, keep map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if path := filepath.Join(dir, e.Name()); !keep[path] {
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// runJobs takes one waiting job after the other.
func (w *Worker) runJobs(ctx context.Context) {
	for ctx.Err() == nil {
		job, err := w.claim(ctx)
		switch {
		case err == nil:
			w.takeUp(ctx, job)
			continue
		case !store.IsNotFound(err) && ctx.Err() == nil:
			w.Log.Error("take a job", "error", err)
		}
		select {
		case <-w.jobs:
		case <-ctx.Done():
		}
	}
}

// claim takes the next job out of the queue. A panic of its own is a failure.
func (w *Worker) claim(ctx context.Context) (job store.Job, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = Panicked(w.Log, value)
		}
	}()
	err = w.Store.Update(ctx, func(t *store.Tx) error {
		job, err = t.ClaimJob(ctx)
		return err
	})
	return job, err
}
