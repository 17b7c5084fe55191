package sandbox

import (
	"bytes"
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
// bad URL leaves it behind.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb.
func (c *call) createSynchronization() (reply, error) {
	body, err := c.rawObject()
	if err != nil {
		return failed(), nil
	}
	y := store.Synchronization{ID: uuid.NewString(), Interval: 3600}
	now := c.s.clock.Now()
	var connector *string
	if c.present("connector") {
		text, err := c.connectorText()
		switch {
		case store.IsNotFound(err):
			return empty(http.StatusNotFound), nil
		case err != nil:
			return failed(), nil
		}
		connector = &text
	}
	if err := assign(&y, body, now); err != nil {
		return failed(), nil
	}
	c.force(&y, connector, now)
	if y.Interval < minInterval {
		return errorsOf(http.StatusBadRequest, "Invalid interval: Sync interval must be at least 15 minutes"), nil
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

// rawObject reads the body as JSON by hand, whatever its content type says.
func (c *call) rawObject() (map[string]json.RawMessage, error) {
	var body map[string]json.RawMessage
	d := json.NewDecoder(bytes.NewReader(c.raw))
	if err := d.Decode(&body); err != nil {
		return nil, err
	}
	return body, nil
}

// force sets what a request cannot choose, and what it did not.
func (c *call) force(y *store.Synchronization, connector *string, now time.Time) {
	created, external := store.SyncCreated, false
	g := c.guessing()
	y.Name, y.UserID, y.State = c.maybeText("table_name"), &c.target.ID, &created
	y.TypeGuessing, y.QuotedFieldsGuessing, y.ContentGuessing = &g.Types, &g.QuotedFields, &g.Contents
	if y.FromExternalSource == nil {
		y.FromExternalSource = &external
	}
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
	if y.URL != nil && *y.URL == "" {
		y.URL = nil
	}
	_, hasService := c.param("service_name")
	_, hasItem := c.param("service_item_id")
	if !hasService || !hasItem {
		y.ServiceName, y.ServiceItemID = nil, nil
	}
	if connector != nil {
		service := work.ConnectorService
		y.ServiceName, y.ServiceItemID = &service, connector
	}
}

// firstImport is the job that a new synchronization begins with. It takes no import slot, and no collision strategy or
// privacy is read.
func (c *call) firstImport(y store.Synchronization) (store.Job, error) {
	j := store.Job{
		ID: uuid.NewString(), UserID: c.target.ID, State: store.Pending, DataType: "datasource", SynchronizationID: &y.ID,
		TableName: c.maybeText("table_name"), Guessing: c.guessing(), CreateMap: c.only("create_vis"), UserDefinedLimits: c.userDefinedLimits(),
		ServiceName: y.ServiceName, ServiceItemID: y.ServiceItemID,
	}
	connector := y.ServiceName != nil && *y.ServiceName == work.ConnectorService
	switch {
	case connector:
	case c.present("url"):
		if url := c.text("url"); !work.ValidURL(url) {
			return j, refuse("Invalid URL, cannot connect dataset: %s", url)
		}
		j.Source, j.DataType = c.maybeText("url"), "url"
		if y.ServiceName == nil {
			service := work.PublicURL
			j.ServiceName, j.ServiceItemID = &service, j.Source
		}
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
	case !c.owns(y):
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
	body, err := c.rawObject()
	if err != nil {
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
		if err := assignInOrder(&y, c.raw, body, t.Now()); err != nil {
			answer = failed()
			return nil
		}
		answer = ok(synchronizationShape(y))
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
		enqueued := runs < work.MaxRuns && mayRunNow(y, t.Now())
		answer = ok(fields{{"enqueued", enqueued}, {"synchronization_id", y.ID}})
		if !enqueued {
			return nil
		}
		return work.EnqueueRun(c.ctx(), t, &y)
	})
	c.s.worker.Reschedule()
	return answer, err
}

// mayRunNow is the rule of sync_now.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func mayRunNow(y store.Synchronization, now time.Time) bool {
	before := func(t *time.Time, limit time.Time) bool { return t != nil && t.Before(limit) }
	if y.InState(store.SyncSuccess) && before(y.RunAt, now) {
		return true
	}
	limit := now.Add(-minInterval * time.Second)
	settled := y.InState(store.SyncSuccess, store.SyncFailure) || y.InState(store.SyncQueued) && before(y.UpdatedAt, limit)
	return settled && before(y.RanAt, limit)
}
