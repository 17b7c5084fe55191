package sandbox_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

func TestCreateSynchronization(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "a,b\n1,2\n")
	inBubble(t, sandbox.Config{Serve: files}, func(t *testing.T, a *api) {
		made := a.ok("POST", "/api/v1/synchronizations", object{"url": airURL, "interval": "1800abc", "checksum": "mine", "privacy": "public", "collision_strategy": "overwrite"})
		job := dig(made, "data_import", "item_queue_id")
		want := object{"name": nil, "interval": 1800.0, "url": airURL, "state": "queued", "modified_at": nil, "etag": nil, "checksum": "mine", "error_code": nil,
			"error_message": nil, "retried_times": 0.0, "service_name": nil, "service_item_id": nil, "type_guessing": true, "quoted_fields_guessing": true,
			"content_guessing": false, "visualization_id": nil, "from_external_source": false, "run_at": "2000-01-01T00:30:00.000Z", "ran_at": "2000-01-01T00:00:00.000Z"}
		keys := make([]string, 0, len(want))
		for key := range want {
			keys = append(keys, key)
		}
		fact(t, "the answer shows it queued, attributes are taken from the body", want, pick(made, keys...))
		fact(t, "the job's address", "/api/v1/imports", dig(made, "data_import", "endpoint"))
		a.wait(job)
		y := a.sync(made["id"].(string))
		fact(t, "its checksum survives the first import", object{"checksum": "mine", "name": "air", "state": "success"}, pick(y, "checksum", "name", "state"))
		fact(t, "privacy is not read", "PRIVATE", a.get("/api/v1/viz/air")["privacy"])
		fact(t, "the dataset shows it", made["id"], dig(a.get("/api/v1/viz/air"), "synchronization", "id"))
		again, _ := a.synchronize(object{"url": airURL})
		fact(t, "each POST makes another one, with the default interval", object{"name": "air_1", "interval": 3600.0}, pick(a.sync(again), "name", "interval"))
		fact(t, "the list counts", 2.0, a.get("/api/v1/synchronizations?page=7&per_page=1")["total_entries"])
	})
}

func TestRefusedSynchronizations(t *testing.T) {
	tests := []struct {
		name   string
		body   any
		status int
		want   string
		left   float64 // rows that remain
	}{
		{"an interval below 15 minutes", object{"url": airURL, "interval": 899}, 400, `{"errors":"Invalid interval: Sync interval must be at least 15 minutes"}`, 0},
		{"an interval of null", object{"url": airURL, "interval": nil}, 400, `{"errors":"Invalid interval: Sync interval must be at least 15 minutes"}`, 0},
		{"a bad URL leaves a row behind", object{"url": "http://example.org:8080/x.csv"}, 400, `{"errors":"Invalid URL, cannot connect dataset: http://example.org:8080/x.csv"}`, 1},
		{"an empty body", "", 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"a bad connector is a 500", object{"connector": object{"provider": "oracle"}}, 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"an unknown connection is a 404", object{"connector": object{"connection_id": unknown}}, 404, ``, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			got := a.send("POST", "/api/v1/synchronizations", test.body)
			fact(t, "answer", []any{test.status, test.want}, []any{got.Status, got.Body})
			list := a.get("/api/v1/synchronizations")
			fact(t, "rows", test.left, list["total_entries"])
			for _, y := range list["synchronizations"].([]any) {
				fact(t, "the orphan", object{"state": "created", "name": nil, "visualization_id": nil}, pick(y.(object), "state", "name", "visualization_id"))
			}
		})
	}
}

func TestFirstImportFailures(t *testing.T) {
	t.Run("a missing file", func(t *testing.T) {
		a := open(t, sandbox.Config{Serve: t.TempDir()})
		id, job := a.synchronize(object{"url": airURL})
		fact(t, "import", object{"state": "failure", "error_code": 1100.0, "http_response_code": "404", "http_response_code_message": "Not Found"},
			pick(job, "state", "error_code", "http_response_code", "http_response_code_message"))
		y := a.sync(id)
		fact(t, "synchronization", object{"state": "failure", "name": nil, "visualization_id": nil, "error_code": 1100.0, "retried_times": 0.0},
			pick(y, "state", "name", "visualization_id", "error_code", "retried_times"))
		if text := y["error_message"].(string); len(text) <= len("Download file not found ") {
			t.Errorf("the message must be title and explanation: %q", text)
		}
	})
	t.Run("a failure before there is an importer leaves it queued for ever", func(t *testing.T) {
		files := t.TempDir()
		write(t, files, "air.csv", "a,b\n1,2\n")
		a := open(t, sandbox.Config{Serve: files, ImportFileSize: 3})
		id, job := a.synchronize(object{"url": airURL})
		fact(t, "import", 6666.0, job["error_code"])
		fact(t, "synchronization", object{"state": "queued", "error_code": nil}, pick(a.sync(id), "state", "error_code"))
	})
	t.Run("a row that is deleted meanwhile fails the import, although its table exists", func(t *testing.T) {
		server, release := source(t)
		a := open(t, sandbox.Config{})
		made := a.ok("POST", "/api/v1/synchronizations", object{"url": server.URL + "/slow.csv"})
		fact(t, "deleted", 204, a.send("DELETE", "/api/v1/synchronizations/"+made["id"].(string), nil).Status)
		release()
		job := a.wait(dig(made, "data_import", "item_queue_id"))
		fact(t, "import", object{"state": "failure", "success": false, "error_code": 99999.0, "table_id": nil}, pick(job, "state", "success", "error_code", "table_id"))
		fact(t, "dataset", []any{"slow"}, names(a.get("/api/v1/viz?type=table")))
		fact(t, "the row stays away", 0.0, a.get("/api/v1/synchronizations")["total_entries"])
	})
	t.Run("table_name makes a later run replace a dataset that has nothing to do with it", func(t *testing.T) {
		files := t.TempDir()
		inBubble(t, sandbox.Config{Serve: files}, func(t *testing.T, a *api) {
			a.load("precious.csv", "a\n1\n2\n3\n")
			id, _ := a.synchronize(object{"url": airURL, "table_name": "precious", "interval": 900})
			fact(t, "name", "precious", a.sync(id)["name"])
			write(t, files, "air.csv", "b\n1\n")
			later(901 * 1e9)
			fact(t, "rows", []any{object{"count": 1.0}}, a.query("SELECT count(*) FROM precious"))
		})
	})
}

func TestChangeSynchronization(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "a\n1\n")
	write(t, files, "sea.csv", "a\n7\n")
	inBubble(t, sandbox.Config{Serve: files}, func(t *testing.T, a *api) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 3600})
		path := "/api/v1/synchronizations/" + id
		in := func(d time.Duration) string { return a.s.Now().Add(d).Format("2006-01-02T15:04:05.000Z") }
		changed := a.ok("PUT", path, object{"interval": 900})
		fact(t, "an interval moves the next run", object{"interval": 900.0, "run_at": in(15 * time.Minute)}, pick(changed, "interval", "run_at"))
		changed = a.ok("PUT", path, `{"run_at":"2000-01-02T00:00:00Z","interval":"7200","unknown":1}`)
		fact(t, "an interval behind run_at wins", in(2*time.Hour), changed["run_at"])
		changed = a.ok("PUT", path, `{"interval":7200,"run_at":"2000-01-02T00:00:00Z"}`)
		fact(t, "a run_at behind the interval wins", "2000-01-02T00:00:00.000Z", changed["run_at"])
		fact(t, "a short interval is taken", 10.0, a.ok("PUT", path, object{"interval": 10})["interval"])
		fact(t, "and breaks the tables endpoint", 500, a.send("GET", "/api/v1/tables/air", nil).Status)
		fact(t, "null is 0", 0.0, a.ok("PUT", path, object{"interval": nil})["interval"])
		a.ok("PUT", path, object{"interval": 900})
		later(901 * 1e9)

		sea := "http://files.sandbox.test/sea.csv"
		a.ok("PUT", path, object{"url": sea, "etag": nil, "modified_at": nil})
		later(901 * 1e9)
		fact(t, "url alone changes nothing once service_item_id is filled", []any{object{"a": 1.0}}, a.query("SELECT a FROM air"))
		a.ok("PUT", path, object{"service_item_id": sea, "etag": nil, "checksum": "", "modified_at": nil})
		later(901 * 1e9)
		fact(t, "service_item_id does", []any{object{"a": 7.0}}, a.query("SELECT a FROM air"))

		v := a.get("/api/v1/viz/air")
		a.ok("PUT", "/api/v1/viz/air", object{"id": v["id"], "name": "ocean"})
		fact(t, "a renamed dataset leaves the name behind", "air", a.sync(id)["name"])
		a.ok("PUT", path, object{"etag": nil, "modified_at": nil})
		later(901 * 1e9)
		fact(t, "and the next changed run fails without a word", object{"state": "failure", "error_code": 9999.0, "error_message": ""}, pick(a.sync(id), "state", "error_code", "error_message"))
		a.ok("PUT", path, object{"name": "ocean"})
		later(901 * 1e9)
		fact(t, "until the name is put right", "success", a.sync(id)["state"])

		a.query("CREATE VIEW waves AS SELECT a FROM ocean")
		a.ok("PUT", path, object{"etag": nil, "modified_at": nil})
		later(901 * 1e9)
		fact(t, "a view keeps the table", 2013.0, a.sync(id)["error_code"])

		fact(t, "an unknown id", 404, a.send("PUT", "/api/v1/synchronizations/"+unknown, object{}).Status)
		fact(t, "no uuid", 500, a.send("PUT", "/api/v1/synchronizations/air", object{}).Status)
		fact(t, "no JSON", 500, a.send("PUT", path, "").Status)
		fact(t, "deleting the dataset takes the synchronization along", []any{400, 204, 404}, []any{
			a.send("DELETE", "/api/v1/viz/ocean", nil).Status, func() int { a.query("DROP VIEW waves"); return a.send("DELETE", "/api/v1/viz/ocean", nil).Status }(),
			a.send("GET", path, nil).Status})
	})
}

func TestAttachSynchronizationToADataset(t *testing.T) {
	files := t.TempDir()
	write(t, files, "air.csv", "a\n1\n2\n")
	inBubble(t, sandbox.Config{Serve: files}, func(t *testing.T, a *api) {
		a.load("mine.csv", "b\n1\n")
		mine := a.get("/api/v1/viz/mine")
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		surplus := a.get("/api/v1/viz/air")
		a.ok("PUT", "/api/v1/synchronizations/"+id, object{"name": "mine", "visualization_id": mine["id"], "etag": nil, "checksum": "", "modified_at": nil, "run_at": "1999-01-01T00:00:00Z"})
		later(1e9)
		if got := a.send("DELETE", "/api/v1/viz/"+surplus["id"].(string), nil); got.Status != 204 {
			t.Fatal(got)
		}
		fact(t, "the synchronization lives", "success", a.sync(id)["state"])
		after := a.get("/api/v1/viz/mine")
		if diff := cmp.Diff([]any{mine["id"], id}, []any{after["id"], dig(after, "synchronization", "id")}); diff != "" {
			t.Error(diff)
		}
		fact(t, "rows", []any{object{"count": 2.0}}, a.query("SELECT count(*) FROM mine"))
	})
}
