package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// inBubble runs a test under a clock of its own, against a sandbox that is closed before the bubble ends.
func inBubble(t *testing.T, c sandbox.Config, f func(t *testing.T, a *api)) {
	synctest.Test(t, func(t *testing.T) {
		c.Dir = t.TempDir()
		s, err := sandbox.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		// Deferred, because a sandbox that stays open after t.Fatal would let the bubble's time run on for ever.
		defer func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
		f(t, clientOf(t, s))
	})
}

// later lets time pass and waits until the sandbox has nothing left to do at that moment.
func later(d time.Duration) {
	<-time.After(d) // fake time
	synctest.Wait()
}

// write writes a file below dir.
func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// synchronize creates a synchronization and waits for its first import.
func (a *api) synchronize(body object) (id string, first object) {
	a.t.Helper()
	made := a.ok("POST", "/api/v1/synchronizations", body)
	job := a.wait(dig(made, "data_import", "item_queue_id"))
	return made["id"].(string), job
}

func (a *api) sync(id string) object { a.t.Helper(); return a.get("/api/v1/synchronizations/" + id) }

const airURL = "http://files.sandbox.test/air.csv"

func TestSynchronizationRunsOnSchedule(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "station,no2\nA,1\n")
	inBubble(t, sandbox.Config{Serve: files}, func(t *testing.T, a *api) {
		id, first := a.synchronize(object{"url": airURL, "interval": 900})
		dataset, table := a.get("/api/v1/viz/air"), a.get("/api/v1/tables/air")
		fact(t, "the first import names the dataset and leaves the etag unknown", object{"name": "air", "state": "success", "etag": nil,
			"visualization_id": dataset["id"], "service_item_id": nil, "interval": 900.0, "checksum": ""},
			pick(a.sync(id), "name", "state", "etag", "visualization_id", "service_item_id", "interval", "checksum"))
		fact(t, "the first import knows its synchronization", id, first["synchronization_id"])

		later(901 * time.Second)
		second := a.sync(id)
		fact(t, "an unchanged source is a success that learns the item id", object{"state": "success", "service_item_id": airURL},
			pick(second, "state", "service_item_id"))
		fact(t, "an unchanged source leaves the table alone", table["updated_at"], a.get("/api/v1/tables/air")["updated_at"])

		write(t, files, "air.csv", "station,no2,extra\nA,1,x\nB,2,y\n")
		later(901 * time.Second)
		third := a.sync(id)
		fact(t, "a changed source replaces the rows, whatever its columns", []any{object{"extra": "x"}, object{"extra": "y"}}, a.query("SELECT extra FROM air"))
		fact(t, "a replaced dataset keeps its id", dataset["id"], a.get("/api/v1/viz/air")["id"])
		fact(t, "the etag follows the source", []bool{true, true}, []bool{second["etag"] != nil, second["etag"] != third["etag"]})

		if err := os.Remove(filepath.Join(files, "air.csv")); err != nil {
			t.Fatal(err)
		}
		later(901 * time.Second)
		fact(t, "a source that is gone counts as unchanged for one run", object{"state": "success", "etag": nil, "modified_at": nil, "retried_times": 0.0},
			pick(a.sync(id), "state", "etag", "modified_at", "retried_times"))

		var retries []any
		for range 10 {
			later(901 * time.Second)
			retries = append(retries, a.sync(id)["retried_times"])
		}
		fact(t, "failures are counted to ten", []any{1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0}, retries)
		tenth := a.sync(id)
		fact(t, "a failure has the importer's code and its title", object{"state": "failure", "error_code": 1100.0, "error_message": "Download file not found"},
			pick(tenth, "state", "error_code", "error_message"))
		later(10 * time.Hour)
		fact(t, "after ten failures nothing runs by itself", tenth, a.sync(id))

		write(t, files, "air.csv", "station,no2\nC,3\n")
		a.ok("PUT", "/api/v1/synchronizations/"+id, object{"state": "success", "retried_times": 0})
		later(901 * time.Second)
		fact(t, "PUT of state and retries revives it", []any{object{"station": "C"}}, a.query("SELECT station FROM air"))
	})
}

// A recurring run is no import: nothing of it may be left for those who look for waiting import jobs.
func TestImportAfterSynchronizationRuns(t *testing.T) {
	for _, reopened := range []bool{false, true} {
		t.Run(fmt.Sprint("reopened ", reopened), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				files := t.TempDir()
				write(t, files, "air.csv", "a\n1\n")
				config := sandbox.Config{Dir: t.TempDir(), Serve: files}
				s, err := sandbox.Open(t.Context(), config)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				}()
				a := clientOf(t, s)
				id, _ := a.synchronize(object{"url": airURL, "interval": 900})
				for _, content := range []string{"a\n1\n2\n", "a\n1\n2\n3\n"} {
					write(t, files, "air.csv", content)
					later(901 * time.Second)
				}
				if reopened {
					s = reopen(t, s, config)
					a = clientOf(t, s)
				}
				fact(t, "import jobs that wait", object{"imports": []any{}, "success": true}, a.get("/api/v1/imports"))
				a.load("other.csv", "b\n1\n")
				synctest.Wait()
				fact(t, "synchronization", object{"state": "success", "name": "air", "error_code": nil, "error_message": nil},
					pick(a.sync(id), "state", "name", "error_code", "error_message"))
				fact(t, "rows", []any{object{"count": 3.0}}, a.query("SELECT count(*) FROM air"))
			})
		})
	}
}

func reopen(t *testing.T, s *sandbox.Sandbox, c sandbox.Config) *sandbox.Sandbox {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fact compares, in a place where there can be no subtest.
func fact(t testing.TB, name string, want, got any, options ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("%s: %s", name, diff)
	}
}

func TestSynchronizeNowFollowsTheRules(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "a\n1\n")
	inBubble(t, sandbox.Config{Serve: files}, func(t *testing.T, a *api) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 3600})
		now := func() any { return a.ok("PUT", "/api/v1/synchronizations/"+id+"/sync_now", nil)["enqueued"] }
		var got []any
		got = append(got, now()) // young
		later(901 * time.Second)
		got = append(got, now())
		synctest.Wait()
		got = append(got, a.get("/api/v1/synchronizations/" + id + "/sync_now")["state"], now()) // ran just now
		a.ok("PUT", "/api/v1/synchronizations/"+id, object{"run_at": "2000-01-01T00:00:00Z"})
		synctest.Wait()
		got = append(got, a.sync(id)["ran_at"] != nil)
		if diff := cmp.Diff([]any{false, true, "success", false, true}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSynchronizationWorkerWritesBackWhatItKnew(t *testing.T) {
	gate := make(chan struct{})
	var slow atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if slow.Load() && r.Method == http.MethodGet {
			<-gate
		}
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, time.Now().UnixNano()))
		fmt.Fprint(w, "a,b\n1,2\n")
	}))
	defer server.Close()
	a := open(t, sandbox.Config{})
	id, _ := a.synchronize(object{"url": server.URL + "/air.csv", "interval": 900})
	slow.Store(true)
	a.ok("PUT", "/api/v1/synchronizations/"+id, object{"run_at": "2000-01-01T00:00:00Z", "modified_at": nil})
	a.until(func() bool { return a.sync(id)["state"] == "syncing" })
	a.ok("PUT", "/api/v1/synchronizations/"+id, object{"name": "other", "interval": 7200})
	if got := a.send("DELETE", "/api/v1/synchronizations/"+id, nil); got.Status != 204 {
		t.Fatal(got)
	}
	close(gate)
	a.until(func() bool { return a.send("GET", "/api/v1/synchronizations/"+id, nil).Status == 200 })
	want := object{"name": "air", "interval": 900.0, "state": "success"}
	if diff := cmp.Diff(want, pick(a.sync(id), "name", "interval", "state")); diff != "" {
		t.Error("the deleted row must be back as the worker knew it", diff)
	}
}

// until polls for a condition.
func (a *api) until(met func() bool) {
	a.t.Helper()
	for deadline := time.Now().Add(patience); !met(); pause(a.t, time.Millisecond) {
		if time.Now().After(deadline) {
			a.t.Fatal("it never happens")
		}
	}
}

func TestClockSpeedMakesScheduleFast(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "a\n1\n")
	inBubble(t, sandbox.Config{Serve: files, ClockSpeed: 3600}, func(t *testing.T, a *api) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 3600})
		first := a.sync(id)["ran_at"]
		later(1100 * time.Millisecond)
		y := a.sync(id)
		from, _ := time.Parse(time.RFC3339, first.(string))
		to, _ := time.Parse(time.RFC3339, y["ran_at"].(string))
		if passed := to.Sub(from); passed < time.Hour || passed > 61*time.Minute {
			t.Errorf("the second run came %s after the first", passed)
		}
	})
}
