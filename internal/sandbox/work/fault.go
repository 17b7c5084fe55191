package work

import (
	"context"
	"net/http"
	"net/url"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A request is what faults know something by that happens outside of requests: what was asked for by it, or would have
// been.
type request struct{ method, path string }

func (w *Worker) take(r request, kinds ...fault.Kind) (fault.Rule, bool) {
	return w.Faults.Take(r.method, r.path, kinds...)
}

// askedFor is the request that created a job.
func askedFor(j store.Job) request {
	if j.SynchronizationID != nil {
		return request{http.MethodPost, "/api/v1/synchronizations"}
	}
	return request{http.MethodPost, "/api/v1/imports"}
}

// askedForRun is the request that forces a recurring run, also for a run that the schedule begins.
func askedForRun(id string) request {
	return request{http.MethodPut, "/api/v1/synchronizations/" + id + "/sync_now"}
}

// sourceFault is the kind of fault that hits what a source is asked.
func sourceFault(method string) fault.Kind {
	if method == http.MethodHead {
		return fault.Head
	}
	return fault.Source
}

func pathOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Path
}

// takeUp runs a job, unless a fault holds it up: then it waits aside, so that other jobs go on.
func (w *Worker) takeUp(ctx context.Context, job store.Job) {
	stuck, hit := w.take(askedFor(job), fault.Stuck)
	if !hit {
		w.runJob(ctx, job)
		return
	}
	if err := w.state(ctx, &job, stuck.How); err != nil {
		w.Log.Error("hold a job up", "job", job.ID, "error", err)
	}
	if stuck.Wait == 0 {
		return
	}
	until := w.Clock.Now().Add(stuck.Wait)
	w.wg.Go(func() {
		if w.Clock.wait(ctx, until) == nil {
			w.runJob(ctx, job)
		}
	})
}

// abandonJob leaves a job as a worker does that dies in the middle of it. Its import slot stays taken.
func (w *Worker) abandonJob(ctx context.Context, id string) {
	err := w.Store.Update(ctx, func(t *store.Tx) error { return t.AbandonJob(ctx, id, store.Importing) })
	if err != nil {
		w.Log.Error("abandon a job", "job", id, "error", err)
	}
}

// drift changes the columns of what was loaded, as if the source had.
func (w *Worker) drift(ctx context.Context, a *attempt) error {
	if len(a.tables) == 0 {
		return nil
	}
	rule, hit := w.take(a.asked, fault.Drift)
	if !hit {
		return nil
	}
	for _, r := range a.tables {
		if r.stage == nil {
			continue
		}
		if err := r.stage.Drift(ctx, rule.How, rule.Column); err != nil {
			return err
		}
	}
	return nil
}

// publishOver replaces the contents of a dataset, unless a fault has a view on it.
func (w *Worker) publishOver(ctx context.Context, t *store.Tx, asked request, stage *store.Stage, over store.Table) error {
	if _, hit := w.take(asked, fault.View); hit {
		return &store.DependentViewError{Table: over.Name, View: "report"}
	}
	return t.PublishOver(ctx, stage, over)
}
