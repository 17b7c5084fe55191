package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/fault"
	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// refused is a POST that creates no import.
type refused struct {
	status  int
	message string
}

func (e *refused) Error() string { return e.message }

func (e *refused) reply() reply { return errorsOf(e.status, fields{{"imports", e.message}}) }

func refuse(format string, args ...any) error {
	return &refused{http.StatusBadRequest, fmt.Sprintf(format, args...)}
}

// createImport stores an import job and answers at once. A full set of slots is the first thing that the server looks at,
// so that 429 wins over whatever is wrong with the request.
// Source: CartoDB/cartodb: app/controllers/api/json/imports_controller.rb.
func (c *call) createImport() (reply, error) {
	err := c.anySlot()
	var job store.Job
	if err == nil {
		job, err = c.newJob()
	}
	if err == nil {
		err = c.update(func(t *store.Tx) error { return c.enqueue(t, &job) })
	}
	var no *refused
	switch {
	case errors.As(err, &no):
		return no.reply(), nil
	case err != nil:
		return reply{}, err
	}
	if c.upload != nil && job.Upload == c.upload.path {
		c.upload.taken = true
	}
	c.s.worker.Wake()
	return ok(fields{{"item_queue_id", job.ID}, {"success", true}}), nil
}

// anySlot is what the server asks first of a request. A fault may say that there is none.
func (c *call) anySlot() error {
	if !c.slotAsked && c.hit(fault.Slots) {
		return c.noSlot()
	}
	c.slotAsked = true
	return c.view(c.slotFree)
}

func (c *call) noSlot() error {
	return &refused{http.StatusTooManyRequests, fmt.Sprintf("We're sorry but you're already using your allowed %d import slots", c.s.config.ImportSlots)}
}

// slotFree refuses an import when all of the user's slots are taken.
// Source: CartoDB/cartodb: services/platform-limits/lib/importer/user_concurrent_imports_amount.rb.
func (c *call) slotFree(t *store.Tx) error {
	used, err := t.Count(c.ctx(), work.SlotCounter)
	if err == nil && used >= c.s.config.ImportSlots {
		err = c.noSlot()
	}
	return err
}

// enqueue stores a job if one of the user's import slots is free.
func (c *call) enqueue(t *store.Tx, job *store.Job) error {
	if err := c.slotFree(t); err != nil {
		return err
	}
	if err := t.AddCount(c.ctx(), work.SlotCounter, 1, work.SlotTTL); err != nil {
		return err
	}
	job.CreatedAt = t.Now()
	return t.SaveJob(c.ctx(), *job)
}

// listImports lists the ids of the user's unfinished imports of the last day. Those that are older than an hour and that
// no worker has are failed by the call, queued ones too.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
func (c *call) listImports() (reply, error) {
	ids := []string{}
	err := c.update(func(t *store.Tx) error {
		ids = ids[:0]
		jobs, err := t.OpenJobs(c.ctx(), c.target.ID, t.Now().Add(-24*time.Hour))
		if err != nil {
			return err
		}
		for _, j := range jobs {
			stuck, err := c.failIfStuck(t, &j, time.Hour)
			if err != nil {
				return err
			}
			if !stuck {
				ids = append(ids, j.ID)
			}
		}
		return nil
	})
	return reply{status: http.StatusOK, body: fields{{"imports", ids}, {"success", true}}, plain: true}, err
}

// failIfStuck marks a job as failed that is older than limit and that no worker has, and gives its import slot free.
func (c *call) failIfStuck(t *store.Tx, j *store.Job, limit time.Duration) (bool, error) {
	if j.CreatedAt.After(t.Now().Add(-limit)) {
		return false, nil
	}
	busy, err := t.HasWorker(c.ctx(), j.ID)
	if err != nil || busy {
		return false, err
	}
	return true, c.failStuck(t, j)
}

// Source: CartoDB/cartodb: app/models/data_import.rb (mark_as_failed_if_stuck!, handle_failure).
func (c *call) failStuck(t *store.Tx, j *store.Job) error {
	success, code := false, codeStuck
	j.State, j.Success, j.ErrorCode = store.Failure, &success, &code
	return errors.Join(t.SaveJob(c.ctx(), *j), t.AddCount(c.ctx(), work.SlotCounter, -1, work.SlotTTL))
}

const codeStuck = 6671

// stuckAfter is how old an unfinished import may be that no worker has.
const stuckAfter = 5 * time.Minute

// looksStuck tells whether reading an import may fail it. A state of that name, which no worker gives, always does.
// Source: CartoDB/cartodb: app/models/data_import.rb (stuck?).
func (c *call) looksStuck(j store.Job) bool {
	return j.State == store.Stuck ||
		!j.Ended() && j.State != store.Pending && j.CreatedAt.Before(c.s.clock.Now().Add(-stuckAfter))
}

// showImport answers with any import, whoever asked for it. An unknown id makes the server stumble.
func (c *call) showImport() (reply, error) {
	if !isUUID(c.id) {
		return empty(http.StatusNotFound), nil
	}
	var j store.Job
	err := c.view(func(t *store.Tx) (err error) {
		j, err = t.Job(c.ctx(), c.id)
		return err
	})
	if store.IsNotFound(err) {
		return failed(), nil
	}
	if err == nil && c.looksStuck(j) {
		err = c.update(func(t *store.Tx) error {
			if j, err = t.Job(c.ctx(), c.id); err != nil || !c.looksStuck(j) {
				return err
			}
			if j.State == store.Stuck {
				return c.failStuck(t, &j)
			}
			_, err := c.failIfStuck(t, &j, stuckAfter)
			return err
		})
	}
	return reply{status: http.StatusOK, body: importShape(j), plain: true}, err
}
