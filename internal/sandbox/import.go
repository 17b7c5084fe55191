package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

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

// createImport stores an import job and answers at once.
// Source: CartoDB/cartodb: app/controllers/api/json/imports_controller.rb.
func (c *call) createImport() (reply, error) {
	job, err := c.newJob()
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
	if c.upload != nil {
		c.upload.taken = true
	}
	c.s.worker.Wake()
	return ok(fields{{"item_queue_id", job.ID}, {"success", true}}), nil
}

// enqueue stores a job if one of the user's import slots is free.
func (c *call) enqueue(t *store.Tx, job *store.Job) error {
	slots := c.s.config.ImportSlots
	used, err := t.Count(c.ctx(), work.SlotCounter)
	if err != nil {
		return err
	}
	if used >= slots {
		return &refused{http.StatusTooManyRequests, fmt.Sprintf("We're sorry but you're already using your allowed %d import slots", slots)}
	}
	if err := t.AddCount(c.ctx(), work.SlotCounter, 1, work.SlotTTL); err != nil {
		return err
	}
	job.CreatedAt = t.Now()
	return t.SaveJob(c.ctx(), *job)
}

// newJob reads the parameters of an import. Which source it has is decided in the server's order: url, connector, then
// the upload; sql and table_copy win over all of them when the job runs.
func (c *call) newJob() (store.Job, error) {
	j := store.Job{
		ID: uuid.NewString(), UserID: c.s.owner.ID, State: store.Pending, DataType: "file",
		TableName: c.maybeText("table_name"), Guessing: c.guessing(), CreateMap: c.only("create_vis"),
		UserDefinedLimits: c.userDefinedLimits(),
	}
	var err error
	if j.CollisionStrategy, err = c.collisionStrategy(); err != nil {
		return j, err
	}
	if j.Privacy, err = c.privacy(); err != nil {
		return j, err
	}
	if err := c.source(&j); err != nil {
		return j, err
	}
	if j.TableCopy, j.Query = c.given("table_copy"), c.given("sql"); j.TableCopy != nil || j.Query != nil {
		j.DataType = "query"
	}
	return j, nil
}

func (c *call) given(key string) *string {
	if !c.present(key) {
		return nil
	}
	v := c.text(key)
	return &v
}

func (c *call) guessing() store.Guessing {
	return store.Guessing{Types: c.unless("type_guessing"), QuotedFields: c.unless("quoted_fields_guessing"), Contents: c.only("content_guessing")}
}

// userDefinedLimits is stored as JSON text.
func (c *call) userDefinedLimits() string {
	credits := c.text("user_defined_limits[twitter_credits_limit]")
	if credits == "" || strings.Trim(credits, "0123456789") != "" {
		credits = "0"
	}
	return `{"twitter_credits_limit":` + credits + `}`
}

func (c *call) collisionStrategy() (string, error) {
	p, given := c.param("collision_strategy")
	if !given || string(p.json) == "null" {
		return "", nil
	}
	if p.text != "skip" && p.text != "overwrite" {
		return "", refuse("collision_strategy Invalid collision strategy")
	}
	return p.text, nil
}

func (c *call) privacy() (*string, error) {
	if !c.present("privacy") {
		return nil, nil
	}
	given := c.text("privacy")
	privacy := strings.ToLower(given)
	if !slices.Contains([]string{"public", "private", "link"}, privacy) {
		return nil, refuse("Unknown value '%s' for 'privacy'. Allowed values are: private, public and link", given)
	}
	return &privacy, nil
}

func (c *call) source(j *store.Job) error {
	item := c.maybeText("service_item_id")
	if p, _ := c.param("service_item_id"); p.json != nil && !strings.HasPrefix(string(p.json), `"`) && string(p.json) != "null" {
		return refuse("service_item_id field should be empty or a string")
	}
	switch {
	case c.present("url"):
		url := c.text("url")
		if !work.ValidURL(url) {
			return refuse("Invalid URL, cannot connect dataset: %s", url)
		}
		service := work.PublicURL
		if c.present("service_name") {
			service = c.text("service_name")
		}
		if item == nil || *item == "" {
			item = &url
		}
		j.DataType, j.Source, j.ServiceName, j.ServiceItemID = "url", &url, &service, item
	case c.present("connector"):
		text, err := c.connectorText()
		if err != nil {
			return refuse("%s", err.Error())
		}
		service := work.ConnectorService
		j.DataType, j.ServiceName, j.ServiceItemID = "datasource", &service, &text
	case c.present("service_name") && item != nil && *item != "":
		service := c.text("service_name")
		j.DataType, j.ServiceName, j.ServiceItemID = "datasource", &service, item
		if service == work.PublicURL {
			j.DataType, j.Source = "url", item
		}
	case c.upload != nil:
		shown := c.upload.shownPath()
		j.Upload, j.FileName, j.Source = c.upload.path, c.upload.name, &shown
	}
	for _, key := range []string{"filename", "file"} {
		if j.DataType == "file" && c.present(key) {
			return refuse("undefined method `tempfile' for %q:String", c.text(key))
		}
	}
	return nil
}

// connectorText is the connector object of a request as it is stored: with a connection's id for credentials.
func (c *call) connectorText() (string, error) {
	p, _ := c.param("connector")
	return c.s.worker.NormalizeConnector(c.ctx(), p.json)
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

// failIfStuck marks a job as failed that is older than limit and that no worker has.
func (c *call) failIfStuck(t *store.Tx, j *store.Job, limit time.Duration) (bool, error) {
	if j.CreatedAt.After(t.Now().Add(-limit)) {
		return false, nil
	}
	busy, err := t.HasWorker(c.ctx(), j.ID)
	if err != nil || busy {
		return false, err
	}
	success, code := false, codeStuck
	j.State, j.Success, j.ErrorCode = store.Failure, &success, &code
	return true, t.SaveJob(c.ctx(), *j)
}

const codeStuck = 6671

// showImport answers with any import, whoever asked for it. An unknown id makes the server stumble.
func (c *call) showImport() (reply, error) {
	if _, err := uuid.Parse(c.id); err != nil || len(c.id) != 36 {
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
	if err == nil && !j.Ended() && j.State != store.Pending && j.CreatedAt.Before(c.s.clock.Now().Add(-5*time.Minute)) {
		err = c.update(func(t *store.Tx) error {
			if j, err = t.Job(c.ctx(), c.id); err != nil || j.Ended() || j.State == store.Pending {
				return err
			}
			_, err := c.failIfStuck(t, &j, 5*time.Minute)
			return err
		})
	}
	return reply{status: http.StatusOK, body: importShape(j), plain: true}, err
}
