package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// settleLimit is how long a change of a synchronization waits for a run to end.
const settleLimit = 15 * time.Minute

// stageSync creates the synchronization, whose first import makes the dataset.
// The request has no name to give it: a failed first import would leave a
// synchronization that later overwrites another dataset of that name.
// Source: CartoDB/cartodb, app/models/data_import.rb.
func (j *job) stageSync(ctx context.Context) error {
	req, err := j.syncRequest(j.a.Staging)
	if err != nil {
		return err
	}
	if req.Connector == nil {
		defer j.unnamed.begin()()
	}
	imp, err := j.firstImport(ctx, req)
	if err != nil {
		return errors.Join(err, j.dropSync(ctx))
	}
	if err := j.take(ctx, imp, expectedName(req)); err != nil {
		return err
	}
	if err := j.hide(ctx); err != nil {
		return err
	}
	return j.rereadSync(ctx)
}

// expectedName is the name that the first import gives: connectors take the one
// they are told, URLs name themselves.
func expectedName(r carto.SyncRequest) string {
	if r.Connector == nil {
		return ""
	}
	return r.Connector.ImportAs
}

// firstImport creates a synchronization and waits for its first import.
func (j *job) firstImport(ctx context.Context, req carto.SyncRequest) (carto.Import, error) {
	return j.importing(ctx, func(ctx context.Context) (string, error) {
		s, id, err := j.Client.CreateSynchronization(ctx, req)
		if s.ID != "" {
			j.sync = &s
		}
		return id, err
	})
}

func (j *job) syncRequest(importAs string) (carto.SyncRequest, error) {
	req := carto.SyncRequest{Checksum: plan.SyncMarker(j.a.Project, j.a.Dataset), Interval: plan.RefreshInterval}
	if j.dataset.Sync != nil {
		req.Interval = j.dataset.Sync.Interval
	}
	if j.dataset.Source.Kind == spec.SourceConnector {
		c, err := j.connector(importAs)
		req.Connector = &c
		return req, err
	}
	url, err := j.secret(j.dataset.Source.URL)
	req.URL, req.Guessing = url, j.guessing()
	return req, err
}

// dropSync deletes a synchronization whose first import failed. It would fail
// ten more times and never make a dataset.
func (j *job) dropSync(ctx context.Context) error {
	if j.sync == nil || ctx.Err() != nil {
		return nil
	}
	err := j.Client.DeleteSynchronization(ctx, j.sync.ID)
	if err != nil && !errors.Is(err, carto.ErrNotFound) {
		return fmt.Errorf("synchronization %s is left over: %w", j.sync.ID, err)
	}
	j.sync = nil
	return nil
}

// clearSync deletes what an earlier run's failed first import left: a
// synchronization with our marker and no dataset.
func (j *job) clearSync(ctx context.Context) error {
	mark := plan.SyncMarker(j.a.Project, j.a.Dataset)
	for _, s := range j.Account.Synchronizations {
		if s.Checksum != mark || s.DatasetID != "" {
			continue
		}
		age := j.Account.ReadAt.Sub(s.UpdatedAt)
		if s.State != string(carto.SyncFailure) && age < time.Hour {
			return fmt.Errorf("the first import of synchronization %s, which an earlier run began, is still under way; apply again when it has ended", s.ID)
		}
		if err := j.Client.DeleteSynchronization(ctx, s.ID); err != nil && !errors.Is(err, carto.ErrNotFound) {
			return err
		}
		j.note("deleted synchronization %s, whose first import failed in an earlier run", s.ID)
	}
	return nil
}

// rereadSync reads the synchronization that the job is about.
func (j *job) rereadSync(ctx context.Context) error {
	s, err := j.Client.Synchronization(ctx, j.sync.ID)
	if err != nil {
		return err
	}
	j.sync = &s
	return nil
}

// changeSync changes a synchronization between two runs and reads it again: a
// worker writes back all that it loaded at its start, and would undo a change
// made meanwhile.
// Source: CartoDB/cartodb, app/models/synchronization/member.rb.
func (j *job) changeSync(ctx context.Context, u carto.SyncUpdate, took func(carto.Synchronization) bool) error {
	const attempts = 3
	for range attempts {
		if err := j.settled(ctx); err != nil {
			return err
		}
		if _, err := j.Client.UpdateSynchronization(ctx, j.sync.ID, u); err != nil {
			return err
		}
		if err := j.rereadSync(ctx); err != nil {
			return err
		}
		if took(*j.sync) {
			return nil
		}
		j.event("", "waiting", "a run of the synchronization overwrote the change")
	}
	return fmt.Errorf("runs of synchronization %s overwrote the change %d times; apply again later", j.sync.ID, attempts)
}

// settled waits until no run is under way.
func (j *job) settled(ctx context.Context) error {
	err := poll(ctx, settleLimit, func(ctx context.Context) (bool, error) {
		if err := j.rereadSync(ctx); err != nil {
			return false, err
		}
		if !j.sync.State.Settled() {
			j.event("", "waiting", "the synchronization is "+string(j.sync.State))
		}
		return j.sync.State.Settled(), nil
	})
	if errors.Is(err, errTimeout) {
		return fmt.Errorf("synchronization %s has been %s for %s; apply again when its run has ended", j.sync.ID, j.sync.State, settleLimit)
	}
	return err
}

// nameSync tells the synchronization the dataset's name: it overwrites the
// table of that name, and CARTO does not keep it in step with a rename.
func (j *job) nameSync(ctx context.Context) error {
	if j.sync == nil {
		if j.sync = j.live.Synchronization; j.sync == nil {
			return nil
		}
	}
	name := j.a.Dataset
	if j.sync.Name == name {
		return nil
	}
	return j.changeSync(ctx, carto.SyncUpdate{Name: &name}, func(s carto.Synchronization) bool { return s.Name == name })
}

// updateSync changes the interval, the source and the flags that differ, and
// nothing else: an interval that is sent postpones the next run.
func (j *job) updateSync(ctx context.Context) error {
	u, checks, err := j.syncUpdate()
	if err != nil {
		return err
	}
	return j.changeSync(ctx, u, func(s carto.Synchronization) bool {
		for _, ok := range checks {
			if !ok(s) {
				return false
			}
		}
		return true
	})
}

func (j *job) syncUpdate() (u carto.SyncUpdate, checks []func(carto.Synchronization) bool, err error) {
	source := false
	for _, ch := range j.a.Changes {
		switch {
		case ch.Field == "sync.interval":
			interval := j.dataset.Sync.Interval
			u.Interval = &interval
			checks = append(checks, func(s carto.Synchronization) bool { return s.Interval == interval })
		case strings.HasPrefix(ch.Field, "import."):
			u.Guessing = j.guessing()
		case strings.HasPrefix(ch.Field, "source."):
			source = true
		}
	}
	if !source {
		return u, checks, nil
	}
	check, err := j.sourceUpdate(&u)
	return u, append(checks, check), err
}

// sourceUpdate makes the next run, which it asks for at once, fetch another
// source. CARTO downloads service_item_id once a run has set it, so the URL
// alone would change nothing.
func (j *job) sourceUpdate(u *carto.SyncUpdate) (func(carto.Synchronization) bool, error) {
	soon := past()
	u.Refetch, u.RunAt = true, &soon
	if j.dataset.Source.Kind == spec.SourceURL {
		url, err := j.secret(j.dataset.Source.URL)
		u.URL, u.Item = &url, &url
		return func(s carto.Synchronization) bool { return s.URL.Equal(url) }, err
	}
	c, err := j.connector(j.a.Dataset)
	if err != nil {
		return nil, err
	}
	item := c.ServiceItem()
	u.Item = &item
	return func(s carto.Synchronization) bool { return sameItem(s, c) }, nil
}

// sameItem reports whether a synchronization imports what c says. The texts are
// not compared: their order and escapes are the server's.
func sameItem(s carto.Synchronization, c carto.Connector) bool {
	have := s.Item.Connector
	if have == nil || have.ConnectionID != c.ConnectionID {
		return false
	}
	values := map[string]secret.Value{}
	for _, p := range have.Params {
		values[p.Key] = p.Value
	}
	for _, p := range c.Params {
		if !values[p.Key].Equal(p.Value) {
			return false
		}
	}
	return true
}

// past is a time that the scheduler takes for due.
func past() time.Time { return time.Now().Add(-time.Hour) }

// detach deletes the synchronization; the dataset stays. It waits for a settled
// state, since the end of a run would bring the row back.
// Source: CartoDB/cartodb, services/data-repository/backend/sequel.rb.
func (j *job) detach(ctx context.Context) error {
	if j.sync == nil {
		return nil
	}
	id := j.sync.ID
	if err := j.settled(ctx); errors.Is(err, carto.ErrNotFound) {
		j.sync = nil
		return nil
	} else if err != nil {
		return err
	}
	if err := j.Client.DeleteSynchronization(ctx, id); err != nil && !errors.Is(err, carto.ErrNotFound) {
		return err
	}
	if _, err := j.Client.Synchronization(ctx, id); !errors.Is(err, carto.ErrNotFound) {
		return errors.Join(fmt.Errorf("synchronization %s is still there after it was deleted; apply again", id), err)
	}
	j.sync = nil
	return nil
}

// revive makes CARTO run a synchronization again that it gave up, and waits for
// that run.
func (j *job) revive(ctx context.Context) error {
	before := j.sync.RanAt
	state, none, soon := carto.SyncSuccess, 0, past()
	u := carto.SyncUpdate{State: &state, Retried: &none, RunAt: &soon}
	if _, err := j.Client.UpdateSynchronization(ctx, j.sync.ID, u); err != nil {
		return err
	}
	return j.awaitRun(ctx, before)
}

// awaitRun waits for the end of a run after the one that ended before, and
// reports its failure in CARTO's words.
func (j *job) awaitRun(ctx context.Context, before time.Time) error {
	err := poll(ctx, j.Options.SyncWait, func(ctx context.Context) (bool, error) {
		if err := j.rereadSync(ctx); err != nil {
			return false, err
		}
		j.event("", string(j.sync.State), "run of the synchronization")
		return j.sync.State.Settled() && j.sync.RanAt.After(before) || j.sync.State == carto.SyncFailure, nil
	})
	switch {
	case errors.Is(err, errTimeout):
		return fmt.Errorf("CARTO did not run synchronization %s within %s; apply again later", j.sync.ID, j.Options.SyncWait)
	case err != nil:
		return err
	case j.sync.State == carto.SyncFailure:
		return runError(*j.sync)
	}
	return nil
}

// runError explains a failed run.
func runError(s carto.Synchronization) error {
	e := carto.Explain(s.ErrorCode)
	return fmt.Errorf("the run of its synchronization failed: %d %s %s; %s", s.ErrorCode, e.Meaning, s.ErrorMessage, e.Remedy)
}
