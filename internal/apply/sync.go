package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// settleLimit is how long a change of a synchronization waits for a run to end.
const settleLimit = 15 * time.Minute

// noRun is the interval of a synchronization that only brings contents once: should
// a run of ours end before it is deleted, CARTO must not run it, for it writes to
// whatever dataset bears the name that its URL gave.
const noRun = 365 * 24 * time.Hour

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
		return err
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

// firstImport creates a synchronization and waits for its first import. If that
// failed the synchronization goes; if only its end was not seen, the next run
// finds the synchronization by its marker.
func (j *job) firstImport(ctx context.Context, req carto.SyncRequest) (carto.Import, error) {
	staging := ""
	if req.Connector != nil {
		staging = req.Connector.ImportAs
	}
	imp, err := j.importing(ctx, j.asks(plan.PendingSync, staging), func(ctx context.Context) (string, error) {
		s, id, err := j.Client.CreateSynchronization(ctx, req)
		if err != nil {
			return "", also(err, j.dropOrphans(ctx, err))
		}
		j.sync = &s
		return id, nil
	})
	if failed := (*carto.ImportError)(nil); errors.As(err, &failed) {
		return imp, also(err, j.dropSync(ctx))
	}
	return imp, err
}

func (j *job) syncRequest(importAs string) (carto.SyncRequest, error) {
	req := carto.SyncRequest{Checksum: plan.SyncMarker(j.a.Project, j.a.Dataset), Interval: plan.RefreshInterval}
	switch {
	case j.dataset.Sync != nil:
		req.Interval = j.dataset.Sync.Interval
	case slices.Contains(j.a.Steps, plan.StepRelease):
		req.Interval = noRun
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
		asked := u.RunAt != nil && u.RunAt.Before(time.Now())
		if !j.sync.State.Settled() && !asked { // a run that may have begun before the change
			if err := j.settled(ctx); err != nil {
				return err
			}
		}
		if took(*j.sync) {
			return nil
		}
		j.event("", "waiting", "a run of the synchronization overwrote the change")
	}
	return again(fmt.Errorf("runs of synchronization %s overwrote the change %d times", j.sync.ID, attempts), "later")
}

// settled waits until no run is under way.
func (j *job) settled(ctx context.Context) error {
	if err := j.unstick(ctx); err != nil {
		return err
	}
	err := Poll(ctx, settleLimit, func(ctx context.Context) (bool, error) {
		if err := j.rereadSync(ctx); err != nil {
			return false, err
		}
		if !j.sync.State.Settled() {
			j.event("", "waiting", "the synchronization is "+string(j.sync.State))
		}
		return j.sync.State.Settled(), nil
	})
	if errors.Is(err, ErrTimeout) {
		return again(fmt.Errorf("synchronization %s has been %s for %s", j.sync.ID, j.sync.State, settleLimit), "when its run has ended")
	}
	return err
}

// unstick ends a run whose worker is gone: the synchronization would stay in
// its state for ever, and neither CARTO's scheduler nor a change gets at it.
// Source: CartoDB/cartodb, services/synchronizer/lib/synchronizer/collection.rb.
func (j *job) unstick(ctx context.Context) error {
	i := slices.IndexFunc(j.Account.Synchronizations, func(s plan.Synchronization) bool { return s.ID == j.sync.ID })
	if i < 0 || !plan.Stuck(j.Account.Synchronizations[i], j.Account.ReadAt) {
		return nil
	}
	if err := j.rereadSync(ctx); err != nil {
		return err
	}
	moved := j.sync.UpdatedAt.Sub(j.Account.Synchronizations[i].UpdatedAt) > time.Minute
	if j.sync.State.Settled() || moved {
		return nil
	}
	failure, later := carto.SyncFailure, quiet()
	u := carto.SyncUpdate{State: &failure, RunAt: &later} // overdue as it is, it would run at once
	if _, err := j.Client.UpdateSynchronization(ctx, j.sync.ID, u); err != nil {
		return err
	}
	j.note("ended a run of synchronization %s that had been %s since %s", j.sync.ID, j.sync.State, j.sync.UpdatedAt.UTC().Format(time.RFC3339))
	return nil
}

// nameSync tells the synchronization the dataset's name: it overwrites the
// table of that name, and CARTO does not keep it in step with a rename.
func (j *job) nameSync(ctx context.Context) error { return j.tellSync(ctx, j.a.Dataset) }

func (j *job) tellSync(ctx context.Context, name string) error {
	if j.sync == nil {
		if j.sync = j.live.Synchronization; j.sync == nil {
			return nil
		}
	}
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
			checks = append(checks, j.guessesAsDeclared)
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

func (j *job) guessesAsDeclared(s carto.Synchronization) bool {
	i := j.dataset.Import
	return s.TypeGuessing == i.TypeGuessing && s.QuotedFieldsGuessing == i.QuotedFieldsGuessing && s.ContentGuessing == i.ContentGuessing
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

// quiet is a time until which the scheduler leaves a synchronization alone.
func quiet() time.Time { return time.Now().Add(time.Hour) }

// past is a time that the scheduler takes for due.
func past() time.Time { return time.Now().Add(-time.Hour) }

// detach deletes every synchronization of the dataset; the dataset stays.
func (j *job) detach(ctx context.Context) error {
	for _, id := range j.attachedSyncs() {
		j.sync = &carto.Synchronization{ID: id}
		if err := j.deleteSync(ctx); err != nil {
			return err
		}
	}
	j.sync = nil
	return nil
}

// release deletes the synchronization that brought the contents of a new dataset.
func (j *job) release(ctx context.Context) error {
	if j.sync == nil {
		return nil
	}
	err := j.deleteSync(ctx)
	j.sync = nil
	return err
}

// attachedSyncs are the ids of the dataset's synchronizations.
func (j *job) attachedSyncs() []string {
	var ids []string
	if j.sync != nil {
		ids = append(ids, j.sync.ID)
	}
	for _, s := range j.Account.Synchronizations {
		if s.DatasetID == j.a.ID && !slices.Contains(ids, s.ID) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// deleteSync deletes the synchronization in a settled state, and after its next
// run was put off: the end of a run would bring the row back.
// Source: CartoDB/cartodb, services/data-repository/backend/sequel.rb.
func (j *job) deleteSync(ctx context.Context) error {
	if there, err := j.putOff(ctx, j.sync.ID); err != nil || !there {
		return err
	}
	return j.deleteRowForGood(ctx, j.sync.ID)
}

// putOff waits for the end of a run and puts the next one off. there is false if
// the synchronization is gone, or was turned to another dataset meanwhile.
func (j *job) putOff(ctx context.Context, id string) (there bool, err error) {
	j.sync = &carto.Synchronization{ID: id}
	if err := j.rereadSync(ctx); errors.Is(err, carto.ErrNotFound) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	if j.sync.DatasetID != j.live.ID {
		return false, nil
	}
	now, later := time.Now(), quiet()
	err = j.changeSync(ctx, carto.SyncUpdate{RunAt: &later}, func(s carto.Synchronization) bool { return s.RunAt.After(now) })
	return true, err
}

// revive makes CARTO run a synchronization again that it gave up, and waits for
// that run.
func (j *job) revive(ctx context.Context) error {
	state, none, soon := carto.SyncSuccess, 0, past()
	u := carto.SyncUpdate{State: &state, Retried: &none, RunAt: &soon}
	if _, err := j.Client.UpdateSynchronization(ctx, j.sync.ID, u); err != nil {
		return err
	}
	return j.awaitRun(ctx, soon)
}

// awaitRun waits for the end of a run of a synchronization that was made due,
// and reports its failure in CARTO's words. The time of the next run tells that
// one has ended; when the last one did is too coarse where a run is short.
func (j *job) awaitRun(ctx context.Context, due time.Time) error {
	err := Poll(ctx, j.Options.SyncWait, func(ctx context.Context) (bool, error) {
		if err := j.rereadSync(ctx); err != nil {
			return false, err
		}
		j.event("", string(j.sync.State), "run of the synchronization")
		return j.sync.State.Settled() && j.sync.RunAt.Sub(due) > time.Minute || j.sync.State == carto.SyncFailure, nil
	})
	switch {
	case errors.Is(err, ErrTimeout):
		return again(fmt.Errorf("CARTO did not run synchronization %s within %s", j.sync.ID, j.Options.SyncWait), "later")
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
	said := strings.TrimRight(s.ErrorMessage, ". ")
	if said != "" {
		said = fmt.Sprintf(" (CARTO says: %s)", said)
	}
	return fmt.Errorf("the run of its synchronization failed: %d %s%s; %s", s.ErrorCode, e.Meaning, said, e.Remedy)
}
