package sandbox_test

import (
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// Batch jobs run their queries in the background, one after the other, until one fails.
// CartoDB/CartoDB-SQL-API: lib/batch/models.
func TestSQLBatchJobs(t *testing.T) {
	a := open(t, sandbox.Config{})
	const path = "/api/v2/sql/job"
	ended := func(id any) (job object) {
		a.until(func() bool {
			job = a.get(path + "/" + id.(string))
			return job["status"] != "pending" && job["status"] != "running"
		})
		return job
	}
	created := a.send("POST", path, object{"query": "CREATE TABLE t AS SELECT 1 AS n"})
	job := decode(t, created.Body)
	fact(t, "created", []any{201, object{"status": "pending", "query": "CREATE TABLE t AS SELECT 1 AS n", "user": "sandbox"}},
		[]any{created.Status, pick(job, "status", "query", "user")})
	fact(t, "ended", "done", ended(job["job_id"])["status"])
	fact(t, "its effect", []any{object{"n": 1.0}}, a.query("SELECT n FROM t"))

	several := ended(a.ok("POST", path, object{"query": []string{"UPDATE t SET n = 2", "SELECT nope FROM t", "DROP TABLE t"}})["job_id"])
	reason := `column "nope" does not exist`
	fact(t, "up to the first failure", object{"status": "failed", "failed_reason": reason, "query": []any{
		object{"query": "UPDATE t SET n = 2", "status": "done"}, object{"query": "SELECT nope FROM t", "status": "failed", "failed_reason": reason},
		object{"query": "DROP TABLE t", "status": "skipped"}}}, pick(several, "status", "failed_reason", "query"))
	fact(t, "what went before stays", []any{object{"n": 2.0}}, a.query("SELECT n FROM t"))

	for _, test := range []struct {
		name, method, path string
		body               any
		status             int
		message            string
	}{
		{"a job that has ended", "DELETE", path + "/" + job["job_id"].(string), nil, 400, "Cannot set status from done to cancelled"},
		{"an unknown job", "GET", path + "/nope", nil, 404, "Job with id nope not found"},
		{"no query", "POST", path, object{}, 400, "You must indicate a valid SQL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := a.send(test.method, test.path, test.body)
			fact(t, "refused", []any{test.status, object{"error": []any{test.message}}}, []any{got.Status, decode(t, got.Body)})
		})
	}
	public := clientOf(t, a.s)
	public.key = sandbox.DefaultPublicKey
	fact(t, "only the master key", 403, public.send("POST", path, object{"query": "SELECT 1"}).Status)

	// A query that never ends holds the queue, so that the job behind it waits until both are cancelled.
	endless := a.ok("POST", path, object{"query": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c"})["job_id"].(string)
	behind := a.ok("POST", path, object{"query": "SELECT 1"})["job_id"].(string)
	a.until(func() bool { return a.get(path + "/" + endless)["status"] == "running" })
	fact(t, "one at a time", "pending", a.get(path + "/" + behind)["status"])
	fact(t, "cancelled", "cancelled", a.ok("DELETE", path+"/"+endless, nil)["status"])
	fact(t, "then the next", "done", ended(behind)["status"])
}
