package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// minInterval is the shortest interval of a new synchronization, in seconds, and how old the last run must be for
// sync_now. Source: CartoDB/cartodb: app/models/synchronization/member.rb.
const minInterval = 900

// createSynchronization stores a synchronization and its first import. The row is stored before the URL is looked at, so a
// bad URL leaves it behind; a connection that the request describes is stored even before the interval is looked at.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func (c *call) createSynchronization() (reply, error) {
	if c.s.config.NoSynchronizations {
		return empty(http.StatusUnauthorized), nil
	}
	y, refusal, err := c.newSynchronization()
	if refusal != nil || err != nil {
		return orFailed(refusal), err
	}
	if err := c.update(func(t *store.Tx) error { return t.SaveSynchronization(c.ctx(), &y) }); err != nil {
		return reply{}, err
	}
	job, err := c.firstImport(y)
	var no *refused
	if errors.As(err, &no) {
		return errorsOf(no.status, no.message), nil
	}
	if err != nil {
		return reply{}, err
	}
	err = c.update(func(t *store.Tx) error {
		queued := store.SyncQueued
		y.State = &queued
		job.CreatedAt = t.Now()
		return errors.Join(t.SaveSynchronization(c.ctx(), &y), t.SaveJob(c.ctx(), job))
	})
	if err != nil {
		return reply{}, err
	}
	c.s.worker.Wake()
	import_ := field{"data_import", fields{{"endpoint", "/api/v1/imports"}, {"item_queue_id", job.ID}}}
	return ok(append(fields{import_}, synchronizationShape(y)...)), nil
}

// newSynchronization is the row that a request asks for, or the answer to one that is refused.
func (c *call) newSynchronization() (y store.Synchronization, refusal *reply, err error) {
	refuseWith := func(r reply) (store.Synchronization, *reply, error) { return y, &r, nil }
	body, err := c.rawObject()
	if err != nil {
		return refuseWith(failed())
	}
	var connector *string
	if c.hasObject("connector") {
		text, err := c.connectorText()
		switch {
		case store.IsNotFound(err):
			return refuseWith(empty(http.StatusNotFound))
		case err != nil:
			return refuseWith(failed())
		}
		connector = &text
	}
	now := c.s.clock.Now()
	y = store.Synchronization{ID: uuid.NewString(), Interval: 3600}
	if err := assign(&y, c.raw, now); err != nil {
		return refuseWith(failed())
	}
	c.force(&y, body, connector, now)
	if y.Interval < minInterval {
		return refuseWith(errorsOf(http.StatusBadRequest, "Invalid interval: Sync interval must be at least 15 minutes"))
	}
	return y, nil, nil
}

func orFailed(r *reply) reply {
	if r == nil {
		return failed()
	}
	return *r
}

// rawObject reads the body as one JSON object by hand, whatever its content type says.
func (c *call) rawObject() (map[string]json.RawMessage, error) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(c.raw, &body); err != nil {
		return nil, err
	}
	if body == nil {
		return nil, errors.New("the body is null")
	}
	return body, nil
}

// force sets what a request cannot choose, and what it did not.
func (c *call) force(y *store.Synchronization, body map[string]json.RawMessage, connector *string, now time.Time) {
	created, external := store.SyncCreated, false
	g := c.guessing()
	y.Name, y.UserID, y.State = c.maybeText("table_name"), &c.target.ID, &created
	y.TypeGuessing, y.QuotedFieldsGuessing, y.ContentGuessing = &g.Types, &g.QuotedFields, &g.Contents
	y.FromExternalSource = &external
	if y.RanAt == nil {
		y.RanAt = &now
	}
	if y.RunAt == nil {
		at := now.Add(time.Duration(y.Interval) * time.Second)
		y.RunAt = &at
	}
	if y.Checksum == nil {
		none := ""
		y.Checksum = &none
	}
	if c.namesService() {
		y.ServiceName, y.ServiceItemID = c.maybeText("service_name"), c.maybeText("service_item_id")
	}
	if connector != nil {
		service := work.ConnectorService
		y.ServiceName, y.ServiceItemID = &service, connector
	}
}

// namesService tells whether both parameters of a file service are there, be they empty.
func (c *call) namesService() bool {
	_, hasService := c.param("service_name")
	_, hasItem := c.param("service_item_id")
	return hasService && hasItem
}

// firstImport is the job that a new synchronization begins with. It takes no import slot, and no collision strategy or
// privacy is read.
func (c *call) firstImport(y store.Synchronization) (store.Job, error) {
	public := work.PublicURL
	j := store.Job{
		ID: uuid.NewString(), UserID: c.target.ID, State: store.Pending, DataType: "datasource", SynchronizationID: &y.ID,
		TableName: c.given("table_name"), Guessing: c.guessing(), CreateMap: c.only("create_vis"), UserDefinedLimits: c.userDefinedLimits(),
		ServiceName: &public, ServiceItemID: c.given("url"),
	}
	if c.namesService() {
		j.ServiceName, j.ServiceItemID = c.maybeText("service_name"), c.maybeText("service_item_id")
	}
	if c.hasObject("connector") {
		j.ServiceName, j.ServiceItemID = y.ServiceName, y.ServiceItemID
		return j, nil
	}
	if j.ServiceItemID != nil && *j.ServiceItemID != "" && j.ServiceName != nil && *j.ServiceName == public {
		j.Source, j.DataType = j.ServiceItemID, "url"
	}
	if url := c.text("url"); url != "" {
		if !work.ValidURL(url) {
			return j, refuse("Invalid URL, cannot connect dataset: %s", url)
		}
		j.Source, j.DataType = &url, "url"
	}
	return j, nil
}

func (c *call) listSynchronizations() (reply, error) {
	list := []fields{}
	err := c.view(func(t *store.Tx) error {
		all, err := t.Synchronizations(c.ctx())
		for _, y := range all {
			if c.owns(y) {
				list = append(list, synchronizationShape(y))
			}
		}
		return err
	})
	return ok(fields{{"synchronizations", list}, {"total_entries", len(list)}}), err
}

func (c *call) owns(y store.Synchronization) bool { return y.UserID != nil && *y.UserID == c.target.ID }

// findSynchronization looks a synchronization up; done is an answer when there is none, or none of this user.
func (c *call) findSynchronization(t *store.Tx) (y store.Synchronization, done *reply, err error) {
	answer := func(status int) *reply { r := empty(status); return &r }
	y, err = t.Synchronization(c.ctx(), c.id)
	switch {
	case store.IsNotFound(err):
		return y, answer(http.StatusNotFound), nil
	case err != nil:
		return y, nil, err
	case !c.owns(y) || c.s.config.NoSynchronizations:
		return y, answer(http.StatusUnauthorized), nil
	}
	return y, nil, nil
}

func (c *call) showSynchronization() (reply, error) {
	return c.readSynchronization(func(y store.Synchronization) any { return synchronizationShape(y) })
}

func (c *call) synchronizationState() (reply, error) {
	return c.readSynchronization(func(y store.Synchronization) any { return fields{{"state", y.State}} })
}

func (c *call) readSynchronization(shape func(store.Synchronization) any) (answer reply, err error) {
	return answer, c.view(func(t *store.Tx) error {
		y, done, err := c.findSynchronization(t)
		if done != nil {
			answer = *done
		} else if err == nil {
			answer = ok(shape(y))
		}
		return err
	})
}

// isUUID tells whether an id has the form that the database demands of it; other ids make the server stumble.
func isUUID(id string) bool {
	_, err := uuid.Parse(id)
	return err == nil && len(id) == 36
}

// changeSynchronization assigns whatever attributes the body holds, unchecked.
func (c *call) changeSynchronization() (answer reply, err error) {
	if !isUUID(c.id) {
		return failed(), nil
	}
	err = c.update(func(t *store.Tx) error {
		y, done, err := c.findSynchronization(t)
		if done != nil {
			answer = *done
			return nil
		}
		if err != nil {
			return err
		}
		_, bad := c.rawObject()
		if bad == nil {
			bad = assign(&y, c.raw, t.Now())
		}
		if bad != nil {
			answer = failed()
			return nil
		}
		if err := t.SaveSynchronization(c.ctx(), &y); err != nil {
			return err
		}
		answer = ok(synchronizationShape(y))
		return nil
	})
	c.s.worker.Reschedule()
	return answer, err
}

// deleteSynchronization removes the row alone: the dataset and a stored connection stay.
func (c *call) deleteSynchronization() (answer reply, err error) {
	if !isUUID(c.id) {
		return failed(), nil
	}
	err = c.update(func(t *store.Tx) error {
		_, done, err := c.findSynchronization(t)
		if done != nil || err != nil {
			if done != nil {
				answer = *done
			}
			return err
		}
		answer = empty(http.StatusNoContent)
		return t.DeleteSynchronization(c.ctx(), c.id)
	})
	return answer, err
}

// synchronizeNow enqueues a run if the rules allow it; it answers 200 either way.
func (c *call) synchronizeNow() (answer reply, err error) {
	err = c.update(func(t *store.Tx) error {
		y, done, err := c.findSynchronization(t)
		if done != nil {
			answer = *done
			return nil
		}
		if err != nil {
			return err
		}
		runs, err := t.Count(c.ctx(), work.RunCounter)
		if err != nil {
			return err
		}
		may, known := mayRunNow(y, t.Now())
		if !known {
			answer = empty(http.StatusNotFound)
			return nil
		}
		enqueued := may && runs < work.MaxRuns
		answer = ok(fields{{"enqueued", enqueued}, {"synchronization_id", y.ID}})
		if !enqueued {
			return nil
		}
		return work.EnqueueRun(c.ctx(), t, &y)
	})
	c.s.worker.Reschedule()
	return answer, err
}

// mayRunNow is the rule of sync_now: a run that is due, or one whose last one is long enough ago. The server stumbles over
// times that a PUT has taken away; then nothing is known.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func mayRunNow(y store.Synchronization, now time.Time) (may, known bool) {
	if y.InState(store.SyncSuccess) {
		if y.RunAt == nil {
			return false, false
		}
		if y.RunAt.Before(now) {
			return true, true
		}
	}
	limit := now.Add(-minInterval * time.Second)
	if !y.InState(store.SyncSuccess, store.SyncFailure) && (!y.InState(store.SyncQueued) || !y.UpdatedAt.Before(limit)) {
		return false, true
	}
	if y.RanAt == nil {
		return false, false
	}
	return y.RanAt.Before(limit), true
}
