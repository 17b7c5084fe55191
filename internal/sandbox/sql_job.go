package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// Statuses of a batch job.
// Source: CartoDB/CartoDB-SQL-API: lib/batch/job-status.js.
const (
	batchPending   = "pending"
	batchRunning   = "running"
	batchDone      = "done"
	batchFailed    = "failed"
	batchCancelled = "cancelled"
	batchSkipped   = "skipped"
)

// maxBatchPayload is how many bytes the body that makes a batch job may have.
const maxBatchPayload = 16 << 10

// batches are the batch jobs of an account. They run one after the other, in the background. Unlike imports they live in
// memory: a sandbox that is opened again knows nothing of them.
type batches struct {
	mu      sync.Mutex
	jobs    map[string]*batchJob
	last    chan struct{} // closed when the job that came last has ended
	running sync.WaitGroup
	ctx     context.Context // of all jobs; ends when the sandbox is closed
	cancel  context.CancelFunc
}

// A batchJob runs queries one after the other until one fails.
type batchJob struct {
	id, user, status, reason string
	queries                  []batchQuery
	several                  bool // the client sent a list
	created, updated         time.Time
	cancel                   context.CancelFunc
}

type batchQuery struct{ sql, status, reason string }

func newBatches(ctx context.Context) *batches {
	b := &batches{jobs: map[string]*batchJob{}, last: make(chan struct{})}
	close(b.last)
	b.ctx, b.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return b
}

func (b *batches) close() {
	b.cancel()
	b.running.Wait()
}

// createBatch takes a job: one query or a list of them.
// Source: CartoDB/CartoDB-SQL-API: lib/api/sql/job-controller.js.
func (c *call) createBatch() (reply, error) {
	if refusal, refused := c.refuseBatch(); refused {
		return refusal, nil
	}
	if len(c.raw) > maxBatchPayload {
		return wrongSQL(fmt.Sprintf("Your payload is too large: %d bytes. Max size allowed is %d bytes (%dkb).", len(c.raw), maxBatchPayload, maxBatchPayload>>10)), nil
	}
	p, _ := c.param("query")
	var list []string
	several := json.Unmarshal(p.json, &list) == nil
	if !several {
		list = []string{p.text}
	}
	if len(list) == 0 || slices.Contains(list, "") {
		return wrongSQL("You must indicate a valid SQL"), nil
	}
	now := c.s.clock.Now()
	j := &batchJob{id: uuid.NewString(), user: c.target.Name, status: batchPending, several: several, created: now, updated: now}
	for _, q := range list {
		j.queries = append(j.queries, batchQuery{sql: q, status: batchPending})
	}
	shape := j.shape()
	c.s.startBatch(j)
	return with(http.StatusCreated, shape), nil
}

// refuseBatch lets the master key through only.
func (c *call) refuseBatch() (reply, bool) {
	switch {
	case c.refusedKey():
		return with(http.StatusUnauthorized, fields{{"error", []string{"Unauthorized"}}}), true
	case !c.master:
		return with(http.StatusForbidden, fields{{"error", []string{"permission denied"}}}), true
	}
	return reply{}, false
}

// startBatch queues a job behind the others.
func (s *Sandbox) startBatch(j *batchJob) {
	b := s.batches
	b.mu.Lock()
	defer b.mu.Unlock()
	ctx, cancel := context.WithCancel(b.ctx)
	j.cancel = cancel
	b.prune(s.clock.Now())
	before, done := b.last, make(chan struct{})
	b.jobs[j.id], b.last = j, done
	b.running.Go(func() {
		defer close(done)
		defer cancel()
		<-before
		s.runBatch(ctx, j)
	})
}

// batchTTL is how long a job is known that has ended.
const batchTTL = 48 * time.Hour

// prune forgets the jobs that ended long ago. The caller holds mu.
func (b *batches) prune(now time.Time) {
	maps.DeleteFunc(b.jobs, func(_ string, j *batchJob) bool {
		return j.status != batchPending && j.status != batchRunning && now.Sub(j.updated) > batchTTL
	})
}

func (s *Sandbox) runBatch(ctx context.Context, j *batchJob) {
	current := 0
	defer func() {
		if value := recover(); value != nil {
			s.setBatch(j, current, batchFailed, work.Panicked(s.config.Log, value, "job", j.id).Error())
		}
	}()
	for i := range j.queries {
		current = i
		if !s.setBatch(j, i, batchRunning, "") {
			return
		}
		request := store.Request{SQL: j.queries[i].sql, User: j.user, Master: true}
		_, err := s.store.Run(ctx, request, func([]store.Field, []any) error { return nil })
		if refusal := (*store.SQLError)(nil); err != nil && ctx.Err() == nil && !errors.As(err, &refusal) {
			s.config.Log.Error("run a batch job", "job", j.id, "error", err)
		}
		if err != nil {
			s.setBatch(j, i, batchFailed, err.Error())
			return
		}
		s.setBatch(j, i, batchDone, "")
	}
	s.worker.Reschedule()
}

// setBatch changes the status of a job's query and of the job, unless it was cancelled meanwhile. The queries behind one
// that failed are skipped.
func (s *Sandbox) setBatch(j *batchJob, i int, status, reason string) bool {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	if j.status == batchCancelled {
		return false
	}
	j.queries[i].status, j.queries[i].reason = status, reason
	j.status, j.reason, j.updated = status, reason, s.clock.Now()
	switch {
	case status == batchDone && i < len(j.queries)-1:
		j.status = batchPending
	case status == batchFailed:
		for n := i + 1; n < len(j.queries); n++ {
			j.queries[n].status = batchSkipped
		}
	}
	return true
}

func (c *call) showBatch() (reply, error) {
	return c.withBatch(func(j *batchJob) reply { return ok(j.shape()) })
}

// cancelBatch ends a job that has not ended.
func (c *call) cancelBatch() (reply, error) {
	return c.withBatch(func(j *batchJob) reply {
		if j.status != batchPending && j.status != batchRunning {
			return wrongSQL("Cannot set status from " + j.status + " to cancelled")
		}
		j.status, j.updated = batchCancelled, c.s.clock.Now()
		for i := range j.queries {
			if q := &j.queries[i]; q.status == batchPending || q.status == batchRunning {
				q.status = batchCancelled
			}
		}
		j.cancel()
		return ok(j.shape())
	})
}

func (c *call) withBatch(f func(*batchJob) reply) (reply, error) {
	if refusal, refused := c.refuseBatch(); refused {
		return refusal, nil
	}
	c.s.batches.mu.Lock()
	defer c.s.batches.mu.Unlock()
	j, known := c.s.batches.jobs[c.id]
	if !known {
		return with(http.StatusNotFound, fields{{"error", []string{"Job with id " + c.id + " not found"}}}), nil
	}
	return f(j), nil
}

func (j *batchJob) shape() fields {
	var query any = j.queries[0].sql
	if j.several {
		list := []fields{}
		for _, q := range j.queries {
			list = append(list, withReason(fields{{"query", q.sql}, {"status", q.status}}, q.reason))
		}
		query = list
	}
	return withReason(fields{{"user", j.user}, {"query", query}, {"job_id", j.id}, {"created_at", when(j.created)}, {"updated_at", when(j.updated)},
		{"status", j.status}}, j.reason)
}

func withReason(f fields, reason string) fields {
	if reason == "" {
		return f
	}
	return append(f, field{"failed_reason", reason})
}
