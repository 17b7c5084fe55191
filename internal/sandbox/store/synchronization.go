package store

import (
	"context"
	"fmt"
	"time"
)

// A Synchronization is a recurring import. Nearly everything may be NULL, because PUT assigns any attribute unchecked.
type Synchronization struct {
	ID            string
	UserID        *string
	Name          *string // which table the next run replaces
	Interval      int64   // seconds
	URL           *string
	State         *string
	CreatedAt     *time.Time
	UpdatedAt     *time.Time // when the row was written
	RunAt         *time.Time // earliest next run
	RanAt         *time.Time // creation, then the end of the last run
	ModifiedAt    *time.Time // Last-Modified of the source
	RetriedTimes  int64
	LogID         *string
	ErrorCode     *int64
	ErrorMessage  *string
	ETag          *string
	Checksum      *string
	ServiceName   *string
	ServiceItemID *string

	TypeGuessing, QuotedFieldsGuessing, ContentGuessing *bool

	VisualizationID    *string
	FromExternalSource *bool
}

// States of a synchronization.
const (
	SyncCreated = "created"
	SyncQueued  = "queued"
	SyncSyncing = "syncing"
	SyncSuccess = "success"
	SyncFailure = "failure"
)

// InState tells whether a synchronization is in one of the states.
func (s Synchronization) InState(states ...string) bool {
	for _, state := range states {
		if s.State != nil && *s.State == state {
			return true
		}
	}
	return false
}

const synchronizationQuery = `SELECT id, user_id, name, COALESCE(interval, 0), url, state, created_at, updated_at, run_at, ran_at,
	modified_at, COALESCE(retried_times, 0), log_id, error_code, error_message, etag, checksum, service_name, service_item_id,
	type_guessing, quoted_fields_guessing, content_guessing, visualization_id, from_external_source FROM "sandbox$synchronization"`

func scanSynchronization(s scanner) (y Synchronization, err error) {
	return y, s.Scan(&y.ID, &y.UserID, &y.Name, &y.Interval, &y.URL, &y.State, maybeInstant{&y.CreatedAt},
		maybeInstant{&y.UpdatedAt}, maybeInstant{&y.RunAt}, maybeInstant{&y.RanAt}, maybeInstant{&y.ModifiedAt}, &y.RetriedTimes,
		&y.LogID, &y.ErrorCode, &y.ErrorMessage, &y.ETag, &y.Checksum, &y.ServiceName, &y.ServiceItemID, &y.TypeGuessing,
		&y.QuotedFieldsGuessing, &y.ContentGuessing, &y.VisualizationID, &y.FromExternalSource)
}

// SaveSynchronization writes all of y over the row with its id, or as a new row when there is none: so a worker that ends
// brings back a row that was deleted meanwhile.
// Source: CartoDB/cartodb: services/data-repository/backend/sequel.rb.
func (t *Tx) SaveSynchronization(ctx context.Context, y *Synchronization) error {
	now := t.now
	y.UpdatedAt = &now
	if y.CreatedAt == nil {
		y.CreatedAt = &now
	}
	_, err := t.tx.ExecContext(ctx, `INSERT OR REPLACE INTO "sandbox$synchronization" (id, user_id, name, interval, url, state,
		created_at, updated_at, run_at, ran_at, modified_at, retried_times, log_id, error_code, error_message, etag, checksum,
		service_name, service_item_id, type_guessing, quoted_fields_guessing, content_guessing, visualization_id,
		from_external_source) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		y.ID, y.UserID, y.Name, y.Interval, y.URL, y.State, maybeMillis(y.CreatedAt), maybeMillis(y.UpdatedAt),
		maybeMillis(y.RunAt), maybeMillis(y.RanAt), maybeMillis(y.ModifiedAt), y.RetriedTimes, y.LogID, y.ErrorCode,
		y.ErrorMessage, y.ETag, y.Checksum, y.ServiceName, y.ServiceItemID, y.TypeGuessing, y.QuotedFieldsGuessing,
		y.ContentGuessing, y.VisualizationID, y.FromExternalSource)
	return err
}

// Synchronization finds one by id, of whichever user.
func (t *Tx) Synchronization(ctx context.Context, id string) (Synchronization, error) {
	rows, err := t.tx.QueryContext(ctx, synchronizationQuery+` WHERE id = ?`, id)
	return scanOne(rows, err, scanSynchronization)
}

// Synchronizations lists all, of all users, in no order that a client may count on.
func (t *Tx) Synchronizations(ctx context.Context) ([]Synchronization, error) {
	rows, err := t.tx.QueryContext(ctx, synchronizationQuery+` ORDER BY rowid`)
	return scanAll(rows, err, scanSynchronization)
}

// DeleteSynchronization removes the row, and nothing else.
func (t *Tx) DeleteSynchronization(ctx context.Context, id string) error {
	return changed(t.tx.ExecContext(ctx, `DELETE FROM "sandbox$synchronization" WHERE id = ?`, id))
}

// MaxRetries is after how many failures in a row a synchronization is no longer run by itself.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
const MaxRetries = 10

// due says which synchronizations the scheduler may run.
// Source: CartoDB/cartodb: services/synchronizer/lib/synchronizer/collection.rb.
var due = fmt.Sprintf(`(state = 'success' OR state = 'failure' AND COALESCE(retried_times, 0) < %d) AND run_at IS NOT NULL
	AND id NOT IN (SELECT synchronization_id FROM "sandbox$run")`, MaxRetries)

// dueAt is when the schedule runs a synchronization. CARTO's is a cron job that comes once a minute at most, so one whose
// interval was made shorter than that, or taken away, does not run without a pause.
const dueAt = `CASE WHEN COALESCE(interval, 0) < 60 THEN max(run_at, COALESCE(ran_at, 0) + 60000) ELSE run_at END`

// DueSynchronizations lists those whose time has come, the longest unserved first.
func (t *Tx) DueSynchronizations(ctx context.Context) ([]Synchronization, error) {
	rows, err := t.tx.QueryContext(ctx, synchronizationQuery+` WHERE `+due+` AND `+dueAt+` < ? ORDER BY ran_at, rowid`, millis(t.now))
	return scanAll(rows, err, scanSynchronization)
}

// NextRun is when the next synchronization falls due, false when none will.
func (t *Tx) NextRun(ctx context.Context) (time.Time, bool, error) {
	var at *time.Time
	err := t.tx.QueryRowContext(ctx, `SELECT min(`+dueAt+`) FROM "sandbox$synchronization" WHERE `+due).Scan(maybeInstant{&at})
	if err != nil || at == nil {
		return time.Time{}, false, err
	}
	return *at, true, nil
}

// EnqueueDue puts a synchronization into the queue of runs as the schedule does: its state becomes queued, and nothing else
// of it changes.
// Source: CartoDB/cartodb: services/synchronizer/lib/synchronizer/collection.rb.
func (t *Tx) EnqueueDue(ctx context.Context, id string) error {
	if _, err := t.tx.ExecContext(ctx, `UPDATE "sandbox$synchronization" SET state = 'queued' WHERE id = ?`, id); err != nil {
		return err
	}
	return t.addRun(ctx, id)
}

func (t *Tx) addRun(ctx context.Context, id string) error {
	_, err := t.tx.ExecContext(ctx, `INSERT OR IGNORE INTO "sandbox$run" (synchronization_id, enqueued_at) VALUES (?, ?)`, id, millis(t.now))
	return err
}

// Enqueue puts a synchronization into the queue of runs as sync_now does: its state becomes queued and its error is cleared.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb.
func (t *Tx) Enqueue(ctx context.Context, y *Synchronization) error {
	queued := SyncQueued
	y.State, y.ErrorCode, y.ErrorMessage = &queued, nil, nil
	if err := t.SaveSynchronization(ctx, y); err != nil {
		return err
	}
	return t.addRun(ctx, y.ID)
}

// QueuedRuns lists the synchronizations in the queue of runs, running ones included, in the order in which they came.
func (t *Tx) QueuedRuns(ctx context.Context) ([]string, error) {
	return scanStrings(t.tx.QueryContext(ctx, `SELECT synchronization_id FROM "sandbox$run" ORDER BY enqueued_at, rowid`))
}

// EndRun takes a synchronization out of the queue of runs.
func (t *Tx) EndRun(ctx context.Context, id string) error {
	_, err := t.tx.ExecContext(ctx, `DELETE FROM "sandbox$run" WHERE synchronization_id = ?`, id)
	return err
}
