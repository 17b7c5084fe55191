package sandbox_test

import (
	"strings"
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
	t.Parallel()
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
		{"a body of null", "null", 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"a list", "[]", 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"an id that is no uuid", object{"url": airURL, "id": "air"}, 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"an interval of true", object{"url": airURL, "interval": true}, 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"an interval beyond the column", object{"url": airURL, "interval": 1 << 31}, 500, `{"status":"500","error":"Internal Server Error"}`, 0},
		{"an interval by its fraction", object{"url": airURL, "interval": 899.9}, 400, `{"errors":"Invalid interval: Sync interval must be at least 15 minutes"}`, 0},
		{"a time that is none", object{"url": airURL, "run_at": "soon"}, 500, `{"status":"500","error":"Internal Server Error"}`, 0},
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

// What the server stores of odd values, and where its database refuses them.
func TestChangeSynchronizationConverts(t *testing.T) {
	t.Parallel()
	stumbles := object{"status": "500"}
	tests := []struct {
		name string
		body any
		want object
	}{
		{"a number for a text", `{"name":5,"etag":true}`, object{"name": "5", "etag": "true"}},
		{"an object for a text", `{"service_item_id":{"table":"t"}}`, stumbles},
		{"a list for a text", `{"url":["a"]}`, stumbles},
		{"an empty text", `{"url":""}`, object{"url": ""}},
		{"a text for a number", `{"retried_times":"3","error_code":"7"}`, object{"retried_times": 3.0, "error_code": 7.0}},
		{"a text that is no number", `{"retried_times":"many"}`, stumbles},
		{"no number", `{"error_code":7,"retried_times":3,"error_code":null,"retried_times":null}`, object{"error_code": nil, "retried_times": 0.0}},
		{"an interval that begins with a number", `{"interval":"1800 or so"}`, object{"interval": 1800.0}},
		{"an interval with a fraction", `{"interval":1800.9}`, object{"interval": 1800.0}},
		{"an interval of false", `{"interval":false}`, stumbles},
		{"flags in words", `{"type_guessing":"no","content_guessing":1}`, object{"type_guessing": false, "content_guessing": true}},
		{"a flag that is none", `{"type_guessing":"perhaps"}`, stumbles},
		{"a time without a zone", `{"run_at":"2001-02-03 04:05:06"}`, object{"run_at": "2001-02-03T04:05:06.000Z"}},
		{"an empty time", `{"modified_at":""}`, object{"modified_at": nil}},
		{"a time that is none", `{"run_at":"soon"}`, stumbles},
		{"an owner that is no uuid", `{"user_id":"me"}`, stumbles},
		{"what is no attribute", `{"from_external_source":true,"connector":{},"api_key":"k"}`, object{"from_external_source": false}},
		{"null", `null`, stumbles},
		{"a list", `[]`, stumbles},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
				id, _ := a.synchronize(object{"url": airURL})
				before := a.sync(id)
				got := decode(t, a.send("PUT", "/api/v1/synchronizations/"+id, test.body).Body)
				keys := make([]string, 0, len(test.want))
				for key := range test.want {
					keys = append(keys, key)
				}
				fact(t, "answer", test.want, pick(got, keys...))
				if got["id"] == nil {
					fact(t, "nothing is changed", before, a.sync(id))
				}
			})
		})
	}
	t.Run("null for the interval is 0 and plans nothing", func(t *testing.T) {
		withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
			id, _ := a.synchronize(object{"url": airURL})
			before := a.sync(id)
			fact(t, "answer", object{"interval": 0.0, "run_at": before["run_at"]}, pick(a.ok("PUT", "/api/v1/synchronizations/"+id, `{"interval":null}`), "interval", "run_at"))
		})
	})
	t.Run("without an interval it runs once a minute, as the schedule does", func(t *testing.T) {
		withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
			id, _ := a.synchronize(object{"url": airURL})
			a.ok("PUT", "/api/v1/synchronizations/"+id, `{"interval":0}`)
			fact(t, "runs in ten minutes", 9, a.advance(10*time.Minute))
		})
	})
	t.Run("an unknown id comes before a broken body", func(t *testing.T) {
		a := open(t, sandbox.Config{})
		fact(t, "status", 404, a.send("PUT", "/api/v1/synchronizations/"+unknown, "[]").Status)
	})
}

// A request's own spelling of a file service is stored as it came, one key of the two too.
// Source: CartoDB/cartodb: app/controllers/api/json/synchronizations_controller.rb (from_sync_file_provider?).
func TestCreateSynchronizationWithAService(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		both := a.ok("POST", "/api/v1/synchronizations", object{"url": "", "service_name": "public_url", "service_item_id": airURL})
		fact(t, "both", object{"url": "", "service_name": "public_url", "service_item_id": airURL}, pick(both, "url", "service_name", "service_item_id"))
		fact(t, "it is read from there", "complete", a.wait(dig(both, "data_import", "item_queue_id"))["state"])
		one := a.ok("POST", "/api/v1/synchronizations", object{"url": airURL, "service_name": "dropbox"})
		fact(t, "one", object{"service_name": "dropbox", "service_item_id": nil}, pick(one, "service_name", "service_item_id"))
		fact(t, "the first import is of the URL", "complete", a.wait(dig(one, "data_import", "item_queue_id"))["state"])
		a.advance(2 * time.Hour)
		fact(t, "later ones are not", object{"state": "failure", "error_code": 99999.0, "error_message": "Unknown error, please try again"},
			pick(a.sync(one["id"].(string)), "state", "error_code", "error_message"))
	})
}

// A run of a connector that cannot even be set up has no code and no text, unless the synchronization names its provider
// itself.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb (get_connector), services/importer/lib/importer/connector_runner.rb.
func TestRunsOfBrokenConnectors(t *testing.T) {
	warehouse := t.TempDir()
	write(t, warehouse, "default/air.csv", "a\n1\n")
	inBubble(t, sandbox.Config{Connectors: map[string]string{"hive": warehouse}}, func(t *testing.T, a *api) {
		id, _ := a.synchronize(object{"interval": 900, "connector": object{"provider": "hive", "table": "air", "connection": object{"server": "h"}}})
		path := "/api/v1/synchronizations/" + id
		whole := a.sync(id)["service_item_id"].(string)
		tests := []struct {
			name, item string
			want       object
		}{
			{"as it was", whole, object{"state": "success", "error_code": nil, "error_message": nil}},
			{"a connection that is not there", `{"table":"air","connection_id":"` + unknown + `"}`, object{"state": "failure", "error_code": 9999.0, "error_message": ""}},
			{"a provider of its own that is disabled", `{"provider":"mysql","table":"air","connection":{"server":"h"}}`,
				object{"state": "failure", "error_code": 99999.0, "error_message": "Unknown error, please try again"}},
			{"no table", strings.Replace(whole, `"table":"air",`, "", 1), object{"state": "failure", "error_code": 1502.0, "error_message": "Connector invalid parameters"}},
			{"a table that is not there", strings.Replace(whole, `"air"`, `"sea"`, 1), object{"state": "failure", "error_code": 99999.0, "error_message": "Unknown"}},
		}
		for _, test := range tests {
			a.ok("PUT", path, object{"service_item_id": test.item, "run_at": "1999-01-01T00:00:00Z"})
			a.advance(0)
			fact(t, test.name, test.want, pick(a.sync(id), "state", "error_code", "error_message"))
		}
	})
}

// The end of a run moves ran_at if it was one that did not raise: a failure leaves it, so that sync_now is free at once.
// Source: CartoDB/cartodb: app/models/synchronization/member.rb (run), app/models/synchronization/adapter.rb.
func TestFailedRunLeavesRanAt(t *testing.T) {
	withAir(t, "a\n1\n", func(t *testing.T, a *api, _ func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		a.advance(quarter)
		before := a.sync(id)
		a.ok("PUT", "/api/v1/synchronizations/"+id, object{"etag": nil, "modified_at": nil, "run_at": before["run_at"]})
		a.inject("source=500/air.csv*1")
		a.advance(quarter)
		after := a.sync(id)
		fact(t, "failed", object{"state": "failure", "error_code": 1001.0, "retried_times": 1.0, "ran_at": before["ran_at"]}, pick(after, "state", "error_code", "retried_times", "ran_at"))
		fact(t, "sync_now", true, a.ok("PUT", "/api/v1/synchronizations/"+id+"/sync_now", nil)["enqueued"])
	})
}

// A dataset that CARTO's geocoder has worked on keeps its own columns, and views on it do not matter; but it does not learn
// new ones.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb (overwrite_sync).
func TestRunsMergeIntoAGeocodedDataset(t *testing.T) {
	withAir(t, "a\n1\n2\n3\n", func(t *testing.T, a *api, change func(string)) {
		id, _ := a.synchronize(object{"url": airURL, "interval": 900})
		a.query("ALTER TABLE air ADD COLUMN carto_geocode_hash text")
		a.query("UPDATE air SET carto_geocode_hash = 'h' || a")
		a.query("CREATE VIEW report AS SELECT a FROM air")
		a.advance(quarter)
		change("a\n1\n7\n")
		a.advance(quarter)
		fact(t, "run", "success", a.sync(id)["state"])
		fact(t, "rows", []any{object{"a": 1.0, "carto_geocode_hash": "h1"}, object{"a": 7.0, "carto_geocode_hash": "h2"}},
			a.query("SELECT a, carto_geocode_hash FROM air ORDER BY cartodb_id"))
		change("a,b\n1,1\n7,1\n8,1\n")
		a.advance(quarter)
		fact(t, "a new column", object{"state": "failure", "error_code": 2013.0}, pick(a.sync(id), "state", "error_code"))
		fact(t, "nothing is changed", 2.0, a.count("air"))
		change("a\n1\n7\n8\n")
		a.advance(quarter)
		fact(t, "a new row", []any{object{"a": 8.0, "carto_geocode_hash": nil}}, a.query("SELECT a, carto_geocode_hash FROM air WHERE cartodb_id = 3"))
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
