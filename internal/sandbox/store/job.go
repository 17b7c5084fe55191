package store

import (
	"context"
	"time"
)

// A Job is one run of the importer.
type Job struct {
	ID, UserID string
	State      string
	Success    *bool
	ErrorCode  *int
	Problem    string // what exactly went wrong, for texts and logs

	DataType string  // file, url, query, datasource
	Source   *string // what original_url shows: the URL or the server's path of the upload
	Upload   string  // path of the uploaded file below the store's directory, "" if none
	FileName string  // name of the uploaded file

	ServiceName, ServiceItemID *string
	Query, TableCopy           *string

	TableID, TableName *string
	TablesCreated      *int
	SynchronizationID  *string
	VisualizationID    *string // of the map made by create_vis

	CollisionStrategy string
	Privacy           *string
	Guessing          Guessing
	CreateMap         bool
	UserDefinedLimits string
	Warnings          map[string]any
	HTTPCode          *int

	CreatedAt, UpdatedAt time.Time
}

// Guessing is how a file's contents are read, as asked for by the import request.
type Guessing struct{ Types, QuotedFields, Contents bool }

// States of an import job.
const (
	Pending   = "pending"
	Uploading = "uploading"
	Unpacking = "unpacking"
	Importing = "importing"
	Stuck     = "stuck" // known to the server, which never sets it
	Complete  = "complete"
	Failure   = "failure"
)

// Ended tells whether a job is over.
func (j Job) Ended() bool { return j.State == Complete || j.State == Failure }

const jobColumns = `id, user_id, state, success, error_code, COALESCE(problem, ''), data_type, source, COALESCE(upload, ''),
	COALESCE(file_name, ''), service_name, service_item_id, query, table_copy, table_id, table_name, tables_created,
	synchronization_id, visualization_id, COALESCE(collision_strategy, ''), privacy, type_guessing, quoted_fields_guessing,
	content_guessing, create_visualization, user_defined_limits, warnings, http_code, created_at, updated_at`

const jobQuery = `SELECT ` + jobColumns + ` FROM "sandbox$job"`

func scanJob(s scanner) (j Job, err error) {
	return j, s.Scan(&j.ID, &j.UserID, &j.State, &j.Success, &j.ErrorCode, &j.Problem, &j.DataType, &j.Source, &j.Upload,
		&j.FileName, &j.ServiceName, &j.ServiceItemID, &j.Query, &j.TableCopy, &j.TableID, &j.TableName, &j.TablesCreated,
		&j.SynchronizationID, &j.VisualizationID, &j.CollisionStrategy, &j.Privacy, &j.Guessing.Types, &j.Guessing.QuotedFields,
		&j.Guessing.Contents, &j.CreateMap, &j.UserDefinedLimits, document{&j.Warnings}, &j.HTTPCode,
		instant{&j.CreatedAt}, instant{&j.UpdatedAt})
}

// SaveJob writes all of a job but whether a worker has it, and notes the time.
func (t *Tx) SaveJob(ctx context.Context, j Job) error {
	var warnings any
	if j.Warnings != nil {
		warnings = toJSON(j.Warnings)
	}
	_, err := t.tx.ExecContext(ctx, `INSERT INTO "sandbox$job" (id, user_id, state, success, error_code, problem, data_type, source,
		upload, file_name, service_name, service_item_id, query, table_copy, table_id, table_name, tables_created,
		synchronization_id, visualization_id, collision_strategy, privacy, type_guessing, quoted_fields_guessing,
		content_guessing, create_visualization, user_defined_limits, warnings, http_code, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, success = excluded.success, error_code = excluded.error_code,
		problem = excluded.problem, data_type = excluded.data_type, upload = excluded.upload, table_id = excluded.table_id, table_name = excluded.table_name,
		tables_created = excluded.tables_created, visualization_id = excluded.visualization_id, warnings = excluded.warnings,
		http_code = excluded.http_code, updated_at = excluded.updated_at`,
		j.ID, j.UserID, j.State, j.Success, j.ErrorCode, j.Problem, j.DataType, j.Source, j.Upload, j.FileName,
		j.ServiceName, j.ServiceItemID, j.Query, j.TableCopy, j.TableID, j.TableName, j.TablesCreated, j.SynchronizationID,
		j.VisualizationID, j.CollisionStrategy, j.Privacy, j.Guessing.Types, j.Guessing.QuotedFields, j.Guessing.Contents,
		j.CreateMap, j.UserDefinedLimits, warnings, j.HTTPCode, millis(j.CreatedAt), millis(t.now))
	return err
}

// SetJobState changes the state of a job and notes the time. A job that is not stored stays so.
func (t *Tx) SetJobState(ctx context.Context, id, state string) error {
	_, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$job" SET state = ?, updated_at = ? WHERE id = ?`, state, millis(t.now), id)
	return err
}

// Job finds one by id, of whichever user.
func (t *Tx) Job(ctx context.Context, id string) (Job, error) {
	rows, err := t.tx.QueryContext(ctx, jobQuery+` WHERE id = ?`, id)
	return scanOne(rows, err, scanJob)
}

// OpenJobs lists a user's jobs that are not over, newest first, and whether a worker has each.
func (t *Tx) OpenJobs(ctx context.Context, userID string, since time.Time) ([]Job, error) {
	rows, err := t.tx.QueryContext(ctx, jobQuery+` WHERE user_id = ? AND state NOT IN ('complete', 'failure') AND created_at > ?
		ORDER BY created_at DESC, rowid DESC`, userID, millis(since))
	return scanAll(rows, err, scanJob)
}

// HasWorker tells whether a worker is running a job.
func (t *Tx) HasWorker(ctx context.Context, id string) (bool, error) {
	var n int
	err := t.tx.QueryRowContext(ctx, `SELECT count(*) FROM "sandbox$job" WHERE id = ? AND worker = 1`, id).Scan(&n)
	return n > 0, err
}

// ClaimJob gives the oldest waiting job to a worker, or ErrNotFound when none waits.
func (t *Tx) ClaimJob(ctx context.Context) (Job, error) {
	rows, err := t.tx.QueryContext(ctx, `UPDATE "sandbox$job" SET worker = 1 WHERE id = (SELECT id FROM "sandbox$job"
		WHERE state NOT IN ('complete', 'failure') AND worker = 0 ORDER BY created_at, rowid LIMIT 1) RETURNING `+jobColumns)
	return scanOne(rows, err, scanJob)
}

// ReleaseJobs takes unfinished jobs back from workers that no longer live. They begin again, but for abandoned ones.
func (t *Tx) ReleaseJobs(ctx context.Context) error {
	_, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$job" SET worker = 0, state = 'pending' WHERE state NOT IN ('complete', 'failure') AND worker < 2`)
	return err
}

// AbandonJob leaves a job in a state as a worker does that dies: nobody has it, and nobody takes it up again.
func (t *Tx) AbandonJob(ctx context.Context, id, state string) error {
	_, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$job" SET worker = 2, state = ?, updated_at = ? WHERE id = ?`, state, millis(t.now), id)
	return err
}

// ReleaseJob takes one job back from its worker.
func (t *Tx) ReleaseJob(ctx context.Context, id string) error {
	_, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$job" SET worker = 0, state = 'pending' WHERE id = ? AND state NOT IN ('complete', 'failure')`, id)
	return err
}

// JobCounts counts a user's imports that succeeded and that failed.
func (t *Tx) JobCounts(ctx context.Context, userID string) (complete, failed int, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT count(*) FILTER (WHERE state = 'complete'), count(*) FILTER (WHERE state = 'failure')
		FROM "sandbox$job" WHERE user_id = ?`, userID).Scan(&complete, &failed)
	return complete, failed, err
}
