package sandbox_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// Every kind of fault that hits requests, as a client sees it.
func TestFaultsOfRequests(t *testing.T) {
	t.Parallel()
	const list = "/api/v1/viz?type=table"
	tests := []struct {
		name, fault  string
		method, path string
		status       int
		body         string // begins so
		header       http.Header
	}{
		{"a proxy's page", "status=413", "GET", list, 413, "<html>\r\n<head><title>413 Request Entity Too Large</title>", http.Header{"Content-Type": {"text/html"}}},
		{"a proxy without a length", "status=411@PUT", "PUT", "/api/v1/synchronizations/x/sync_now", 411, "<html>", nil},
		{"the account refuses", "empty=401", "GET", list, 401, "", http.Header{"Content-Type": {"application/json"}, "Content-Length": {"0"}}},
		{"a rate limit that says when", "limit=1500ms", "GET", list, 429, `{"error":["You are over platform's limits.`, http.Header{"Retry-After": {"2"}}},
		{"a rate limit that does not", "limit", "GET", list, 429, "<html>", http.Header{"Retry-After": nil}},
		{"a redirect", "redirect", "GET", "/user/sandbox" + list, 301, "<a href", http.Header{"Location": {"https://sandbox.test/user/sandbox" + list}}},
		{"a lost answer behind a proxy", "lose=504@POST", "POST", "/api/v1/imports", 504, "<html>\r\n<head><title>504 Gateway Timeout", nil},
		{"a truncated answer", "truncate=10", "GET", list, 200, `{"visualiz`, http.Header{"Content-Length": {"10"}}},
		{"a slow answer", "drip=1h", "GET", list, 200, `{"visualizations":[],`, nil},
		{"no slot", "slots", "POST", "/api/v1/imports", 429, `{"errors":{"imports":"We're sorry but you're already using your allowed 3 import slots"}}`, http.Header{"Retry-After": nil}},
		{"no slot, asked for something else", "slots", "GET", list, 200, `{"vis`, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, sandbox.Config{}, func(t *testing.T, a *api) {
				a.inject(test.fault + "*1")
				began := time.Now()
				got := a.send(test.method, test.path, nil)
				fact(t, "status", test.status, got.Status)
				if !strings.HasPrefix(got.Body, test.body) || test.body == "" && got.Body != "" {
					t.Errorf("body %q", got.Body)
				}
				for key, want := range test.header {
					fact(t, key, want, got.header[key])
				}
				if test.fault == "drip=1h" {
					fact(t, "time", time.Hour, time.Since(began))
				}
			})
		})
	}
	t.Run("carried out, whatever was answered", func(t *testing.T) {
		for _, rule := range []string{"lose", "lose=504", "reset", "reset=1", "truncate", "drip=1ms"} {
			a := open(t, sandbox.Config{})
			a.inject(rule + "@POST/api/v1/imports*1")
			if resp, err := a.try("POST", "/api/v1/imports", object{"sql": "SELECT 1 AS a", "table_name": "one"}); err == nil {
				io.ReadAll(resp.Body)
				resp.Body.Close()
			}
			a.until(func() bool { return a.get(list)["total_entries"] == 1.0 })
		}
	})
}

// Over a socket, a reset is one: it comes in the middle of an answer whose length was told.
func TestResetBreaksTheConnection(t *testing.T) {
	a := open(t, sandbox.Config{})
	server := httptest.NewServer(a.s)
	defer server.Close()
	a.inject("reset=5@GET")
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/user/sandbox/api/v1/users/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("sandbox", sandbox.DefaultAPIKey)
	client := &http.Client{Transport: &http.Transport{DialContext: (&net.Dialer{}).DialContext, DisableKeepAlives: true}}
	resp, err := client.Do(r)
	if err != nil {
		return // the reset may overtake the answer
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil || len(body) > 5 {
		t.Errorf("%q came whole: %v", body, err)
	}
}

// Jobs hang for ever, or for a time of the account; others go on meanwhile.
func TestStuckImports(t *testing.T) {
	inBubble(t, sandbox.Config{}, func(t *testing.T, a *api) {
		a.inject("stuck=importing@POST/api/v1/imports*1", "stuck=pending:1h@POST/api/v1/imports*1", "stuck=stuck@POST/api/v1/imports*1")
		start := func(file string) any {
			id := a.ok("POST", "/api/v1/imports", upload(t, file, "a\n1\n"))["item_queue_id"]
			later(0)
			return id
		}
		state := func(id any) object {
			return pick(a.get("/api/v1/imports/"+id.(string)), "state", "success", "error_code")
		}
		forever, hour, stuck := start("forever.csv"), start("hour.csv"), start("stuck.csv")
		fact(t, "no slot is left", 429, a.send("POST", "/api/v1/imports", upload(t, "other.csv", "a\n1\n")).Status)
		fact(t, "the state stuck is failed by reading it, and its slot is free", object{"state": "failure", "success": false, "error_code": 6671.0}, state(stuck))
		a.load("other.csv", "a\n1\n")
		fact(t, "for ever", object{"state": "importing", "error_code": nil}, state(forever))
		fact(t, "for an hour", object{"state": "pending", "error_code": nil}, state(hour))
		fact(t, "both are listed", []any{hour, forever}, a.get("/api/v1/imports")["imports"])
		a.advance(59 * time.Minute)
		later(0)
		fact(t, "not yet", object{"state": "pending", "error_code": nil}, state(hour))
		a.advance(time.Minute + time.Second)
		fact(t, "the hour is over", object{"state": "complete", "success": true, "error_code": nil}, pick(a.wait(hour), "state", "success", "error_code"))
		a.advance(9 * time.Hour)
		fact(t, "a worker has it, so that reading does not fail it", object{"state": "importing", "error_code": nil}, state(forever))
	})
}

// A worker dies in an import: nobody takes it up again, reading fails it five minutes later, and whether its table is
// there depends on when it died.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb, app/models/data_import.rb.
func TestCrashedImports(t *testing.T) {
	for _, test := range []struct {
		fault string
		made  []any
	}{{"crash", []any{}}, {"crash=after", []any{"air"}}} {
		t.Run(test.fault, func(t *testing.T) {
			inBubble(t, sandbox.Config{ImportSlots: 1}, func(t *testing.T, a *api) {
				a.inject(test.fault + "*1")
				id := a.ok("POST", "/api/v1/imports", upload(t, "air.csv", "a\n1\n"))["item_queue_id"].(string)
				later(0)
				fact(t, "in the middle", object{"state": "importing", "table_id": nil}, pick(a.get("/api/v1/imports/"+id), "state", "table_id", "success"))
				fact(t, "datasets", test.made, names(a.get("/api/v1/viz?type=table")))
				fact(t, "its slot is taken", 429, a.send("POST", "/api/v1/imports", upload(t, "air.csv", "a\n1\n")).Status)
				a.advance(6 * time.Minute)
				fact(t, "read later", object{"state": "failure", "success": false, "error_code": 6671.0}, pick(a.get("/api/v1/imports/"+id), "state", "success", "error_code"))
				a.load("again.csv", "a\n1\n")
			})
		})
	}
}

// A crash is not undone by opening the sandbox again, while jobs that were merely under way begin again.
func TestCrashedImportStaysAfterReopening(t *testing.T) {
	dir := t.TempDir()
	config := sandbox.Config{Dir: dir}
	s, err := sandbox.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	a := clientOf(t, s)
	a.inject("crash*1")
	id := a.ok("POST", "/api/v1/imports", upload(t, "air.csv", "a\n1\n"))["item_queue_id"].(string)
	state := func() any { return a.get("/api/v1/imports/" + id)["state"] }
	a.until(func() bool { return state() == "importing" })
	s = reopen(t, s, config)
	defer s.Close()
	a = clientOf(t, s)
	a.load("next.csv", "a\n1\n")
	fact(t, "state", "importing", state())
	fact(t, "datasets", []any{"next"}, names(a.get("/api/v1/viz?type=table")))
}

// The columns of a source change between two runs, and the dataset follows without a word; an upload over it is refused.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb, app/connectors/importer.rb.
func TestDriftingColumns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault   string
		columns []any
	}{
		{"drift=add", []any{"station", "no2", "drifted"}},
		{"drift=add:pm10", []any{"station", "no2", "pm10"}},
		{"drift=drop", []any{"station"}},
		{"drift=drop:station", []any{"no2"}},
		{"drift=retype:no2", []any{"station", "no2"}},
	}
	for _, test := range tests {
		t.Run(test.fault, func(t *testing.T) {
			withAir(t, "station,no2\nA,1\nB,2\n", func(t *testing.T, a *api, change func(string)) {
				_, job := a.synchronize(object{"url": airURL, "interval": 900})
				fact(t, "first import", "complete", job["state"])
				id := job["synchronization_id"].(string)
				a.ok("PUT", "/api/v1/synchronizations/"+id, object{"modified_at": nil})
				a.inject(test.fault + "@PUT/api/v1/synchronizations*1")
				a.advance(quarter)
				fact(t, "run", "success", a.sync(id)["state"])
				shown := a.get("/api/v2/sql?q=SELECT+*+FROM+air")
				var columns []any
				for _, c := range []string{"station", "no2", "drifted", "pm10"} {
					if field := dig(shown, "fields", c, "type"); field != nil {
						columns = append(columns, c)
						if c == "no2" {
							want := map[bool]any{true: "string", false: "number"}[strings.Contains(test.fault, "retype")]
							fact(t, "type of no2", want, field)
						}
					}
				}
				fact(t, "columns", test.columns, columns)
				fact(t, "rows", 2.0, a.count("air"))
			})
		})
	}
	t.Run("an upload over a dataset", func(t *testing.T) {
		a := open(t, sandbox.Config{})
		a.load("air.csv", "station,no2\nA,1\n")
		a.inject("drift=drop@POST/api/v1/imports*1")
		job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, "air.csv", "station,no2\nA,1\n", "collision_strategy", "overwrite"))["item_queue_id"])
		fact(t, "refused", 2012.0, job["error_code"])
	})
}

// A view keeps a dataset from being deleted, overwritten or replaced; a lock keeps it from being deleted for a moment.
// Source: CartoDB/cartodb: app/models/table.rb, app/connectors/importer.rb, app/models/synchronization/adapter.rb.
func TestTrap42ViewsAndLocksKeepADataset(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, change func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		a.inject("view@PUT/api/v1/synchronizations*1", "view@DELETE/api/v1/viz*1", "locked@DELETE/api/v1/viz*1", "view@POST/api/v1/imports*1")
		a.ok("PUT", "/api/v1/synchronizations/"+id, object{"modified_at": nil})
		a.advance(quarter)
		fact(t, "run", object{"state": "failure", "error_code": 2013.0}, pick(a.sync(id), "state", "error_code"))
		job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, "air.csv", "a\n1\n2\n", "collision_strategy", "overwrite"))["item_queue_id"])
		fact(t, "overwrite", object{"state": "failure", "error_code": 99999.0}, pick(job, "state", "error_code"))
		path := "/api/v1/viz/" + a.get("/api/v1/viz/air")["id"].(string)
		for _, want := range []string{
			`{"errors":["cannot drop table air because other objects depend on it: view report depends on table air"]}`,
			`{"errors":["canceling statement due to lock timeout"]}`,
		} {
			got := a.send("DELETE", path, nil)
			fact(t, "refused", []any{400, want}, []any{got.Status, got.Body})
			fact(t, "everything is there", 1.0, a.count("air"))
		}
		fact(t, "in the end", 204, a.send("DELETE", path, nil).Status)
	})
}

// A file that nothing names gets a random name, so that overwrite never meets the dataset it is meant for.
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb.
func TestTrap9UnnamedFilesMakeNewDatasets(t *testing.T) {
	var seeds [2][]any
	for i := range seeds {
		withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
			a.ok("POST", "/_sandbox/faults", object{"faults": []string{"unnamed/air.csv"}, "seed": 7})
			for range 2 {
				job := a.wait(a.ok("POST", "/api/v1/imports", object{"url": airURL, "collision_strategy": "overwrite"})["item_queue_id"])
				fact(t, "import", "complete", job["state"])
			}
			seeds[i] = names(a.get("/api/v1/viz?type=table&order=name"))
			fact(t, "datasets", 2, len(seeds[i]))
		})
	}
	fact(t, "the same for the same seed", seeds[0], seeds[1])
}

// Sources fail as a rule says, by their own path.
func TestFaultsOfSources(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		a.inject("source=401/sea.csv", "source=404/air.csv*1", "source=503/air.csv*1")
		for _, code := range []any{1100.0, 1001.0, nil} {
			job := a.wait(a.ok("POST", "/api/v1/imports", object{"url": airURL})["item_queue_id"])
			fact(t, "code", code, job["error_code"])
		}
	})
}
