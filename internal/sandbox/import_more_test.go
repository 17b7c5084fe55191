package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// source is a server whose answers a test can hold back.
func source(t *testing.T) (server *httptest.Server, release func()) {
	gate := make(chan struct{})
	opened := false
	release = func() {
		if !opened {
			opened = true
			close(gate)
		}
	}
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow.csv":
			if r.Method == http.MethodGet {
				<-gate
			}
		case "/denied.csv":
			w.WriteHeader(http.StatusUnauthorized)
			return
		case "/broken.csv":
			w.WriteHeader(http.StatusInternalServerError)
			return
		case "/cut.csv":
			w.Header().Set("Content-Length", "1000")
		case "/named":
			w.Header().Set("Content-Disposition", `attachment; filename="From Header.csv"`)
		case "/loop.csv":
			http.Redirect(w, r, "/loop.csv", http.StatusFound)
			return
		case "/away.csv":
			http.Redirect(w, r, "http://example.org/x.csv", http.StatusFound)
			return
		case "/gone.csv":
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, "a,b\n1,2\n")
	}))
	t.Cleanup(func() { release(); server.Close() })
	return server, release
}

func TestImportFromURL(t *testing.T) {
	t.Parallel()
	server, _ := source(t)
	tests := []struct {
		name, url string
		want      object
	}{
		{"a file", server.URL + "/roads.csv?token=x", object{"state": "complete", "table_name": "roads", "error_code": nil, "display_name": "roads.csv", "original_url": server.URL + "/roads.csv?token=x"}},
		{"the name of the header", server.URL + "/named", object{"state": "complete", "table_name": "from_header", "error_code": nil, "display_name": "named"}},
		{"404", server.URL + "/gone.csv", object{"state": "failure", "error_code": 1100.0, "http_response_code": "404", "http_response_code_message": "Not Found"}},
		{"401", server.URL + "/denied.csv", object{"state": "failure", "error_code": 1101.0, "http_response_code": "401"}},
		{"500", server.URL + "/broken.csv", object{"state": "failure", "error_code": 1001.0, "http_response_code": "500"}},
		{"a transfer that ends early", server.URL + "/cut.csv", object{"state": "failure", "error_code": 1103.0}},
		{"redirects without end", server.URL + "/loop.csv", object{"state": "failure", "error_code": 1001.0}},
		{"a redirect to where it may not go", server.URL + "/away.csv", object{"state": "failure", "error_code": 1102.0}},
		{"a host that is not allowed", "http://example.org/x.csv", object{"state": "failure", "error_code": 1102.0}},
		{"nobody listens", "http://127.0.0.1:1/x.csv", object{"state": "failure", "error_code": 1001.0}},
		{"the file host without files", "http://files.sandbox.test/x.csv", object{"state": "failure", "error_code": 1100.0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			job := a.wait(a.ok("POST", "/api/v1/imports", object{"url": test.url})["item_queue_id"])
			keys := []string{}
			for key := range test.want {
				keys = append(keys, key)
			}
			fact(t, "outcome", test.want, pick(job, keys...))
			fact(t, "data_type", "url", job["data_type"])
		})
	}
	t.Run("an address that names nothing gives a name at random", func(t *testing.T) {
		a := open(t, sandbox.Config{})
		seen := map[any]bool{}
		for range 2 {
			job := a.wait(a.ok("POST", "/api/v1/imports", object{"url": server.URL + "/export", "collision_strategy": "overwrite"})["item_queue_id"])
			seen[job["table_name"]] = true
		}
		if len(seen) != 2 {
			t.Error(seen)
		}
	})
}

func TestFileHost(t *testing.T) {
	files := t.TempDir()
	write(t, files, "data/a.csv", "a\n1\n")
	write(t, filepath.Dir(files), "secret.csv", "a\n1\n")
	a := open(t, sandbox.Config{Serve: files})
	server := httptest.NewServer(a.s)
	t.Cleanup(server.Close)
	for path, want := range map[string]int{"/data/a.csv": 200, "/data": 404, "/": 404, "/data/../../secret.csv": 404, "/nope.csv": 404} {
		r, err := http.NewRequest("GET", server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Path, r.Host = path, "files.sandbox.test"
		resp, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want || want == 200 && (resp.Header.Get("ETag") == "" || resp.Header.Get("Content-Type") != "text/csv") {
			t.Errorf("%s: %d %v", path, resp.StatusCode, resp.Header)
		}
	}
}

func TestImportSlots(t *testing.T) {
	server, release := source(t)
	a := open(t, sandbox.Config{ImportSlots: 2})
	slow := object{"url": server.URL + "/slow.csv"}
	first := a.ok("POST", "/api/v1/imports", slow)["item_queue_id"]
	second := a.ok("POST", "/api/v1/imports", slow)["item_queue_id"]
	got := a.send("POST", "/api/v1/imports", slow)
	fact(t, "the third of two is refused", []any{429, `{"errors":{"imports":"We're sorry but you're already using your allowed 2 import slots"}}`, ""},
		[]any{got.Status, got.Body, got.header.Get("Retry-After")})
	fact(t, "a refused upload stores nothing", 429, a.send("POST", "/api/v1/imports", upload(t, "x.csv", "a\n1\n")).Status)
	fact(t, "a synchronization needs no slot", 200, a.send("POST", "/api/v1/synchronizations", object{"url": server.URL + "/quick.csv"}).Status)
	listed := a.get("/api/v1/imports")["imports"].([]any)
	fact(t, "unfinished imports are listed, newest first", []any{second, first}, listed[len(listed)-2:])
	running := a.get(fmt.Sprint("/api/v1/imports/", first))
	if _, there := running["success"]; there || running["state"] == "complete" {
		t.Errorf("a running import shows %v", running)
	}
	release()
	a.wait(first)
	a.wait(second)
	fact(t, "slots are free again", 200, a.send("POST", "/api/v1/imports", object{}).Status)
}

func TestListingImportsFailsThoseThatWait(t *testing.T) {
	server, release := source(t)
	a := open(t, sandbox.Config{ImportSlots: 20, ClockSpeed: 1e5})
	var ids []any
	for range 4 { // one more than there are workers
		ids = append(ids, a.ok("POST", "/api/v1/imports", object{"url": server.URL + "/slow.csv"})["item_queue_id"])
	}
	waiting := fmt.Sprint("/api/v1/imports/", ids[3])
	for _, id := range ids[:3] {
		a.until(func() bool { return a.get(fmt.Sprint("/api/v1/imports/", id))["state"] != "pending" })
	}
	from := a.s.Now()
	a.until(func() bool { return a.s.Now().Sub(from) > 2*time.Hour })
	fact(t, "reading a waiting import does it no harm", "pending", a.get(waiting)["state"])
	fact(t, "those that a worker has are listed", []any{ids[2], ids[1], ids[0]}, a.get("/api/v1/imports")["imports"])
	fact(t, "the one that waits is failed by the listing", object{"state": "failure", "success": false, "error_code": 6671.0}, pick(a.get(waiting), "state", "success", "error_code"))
	release()
}

func TestImportByQuery(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	id := a.get("/api/v1/viz/stations")["id"]
	run := func(parameters object) object {
		return outcome(a.wait(a.ok("POST", "/api/v1/imports", parameters)["item_queue_id"]))
	}
	fact(t, "a copy counts no table", object{"state": "complete", "success": true, "error_code": nil, "table_name": "copy", "table_id": anID, "tables_created_count": 0.0,
		"data_type": "query", "visualization_id": nil}, without(run(object{"table_copy": "stations", "table_name": "copy"}), "display_name"))
	fact(t, "its rows", []any{object{"name": "Plaza", "g": "POINT(-3.7 40.4)"}}, a.query("SELECT name, ST_AsText(the_geom) AS g FROM copy WHERE cartodb_id = 1"))
	fact(t, "types stay", []any{"docks", "number"}, a.get("/api/v1/tables/copy")["schema"].([]any)[2])
	fact(t, "overwrite reports no table", object{"state": "complete", "success": true, "error_code": nil, "table_name": "stations", "tables_created_count": 0.0,
		"data_type": "query", "visualization_id": nil}, without(run(object{"sql": "SELECT name FROM stations LIMIT 1", "table_name": "stations", "collision_strategy": "overwrite"}), "display_name"))
	fact(t, "and checks no columns", []any{object{"count": 1.0}}, a.query("SELECT count(*) FROM stations"))
	fact(t, "the dataset is the same", id, a.get("/api/v1/viz/stations")["id"])
	fact(t, "a missing target", 8003.0, run(object{"sql": "SELECT 1 AS a", "table_name": "nope", "collision_strategy": "overwrite"})["error_code"])
	fact(t, "a bad query", 8003.0, run(object{"sql": "SELECT nope FROM stations", "table_name": "x"})["error_code"])
	for _, statement := range []string{"DROP TABLE stations", "DELETE FROM stations", "SELECT 1 AS a; DROP TABLE stations", "GRANT SELECT ON stations TO publicuser"} {
		fact(t, statement+" is no query", 8003.0, run(object{"sql": statement, "table_name": "x"})["error_code"])
	}
	fact(t, "no name in a copy ends it", 8003.0, run(object{"table_copy": `stations"; DROP TABLE "stations`, "table_name": "x"})["error_code"])
	fact(t, "stations after all that", 200, a.send("GET", "/api/v1/viz/stations", nil).Status)
	fact(t, "a column twice", 8003.0, run(object{"sql": "SELECT 1 AS a, 2 AS a", "table_name": "x"})["error_code"])
	fact(t, "no name", "untitled_table", run(object{"sql": "SELECT 1 AS a"})["table_name"])
}

func without(o object, keys ...string) object {
	for _, key := range keys {
		delete(o, key)
	}
	return o
}

func TestImportLimits(t *testing.T) {
	tests := []struct {
		name   string
		config sandbox.Config
		code   float64
	}{
		{"a file that is too big", sandbox.Config{ImportFileSize: 20}, 6666},
		{"too many rows", sandbox.Config{ImportRows: 1}, 6668},
		{"too many datasets", sandbox.Config{TableQuota: 1}, 8002},
		{"no room", sandbox.Config{StorageQuota: 10}, 8001},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, test.config)
			if test.code == 8002 {
				a.load("first.csv", "a\n1\n")
			}
			job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, "stations.csv", stations))["item_queue_id"])
			fact(t, "outcome", object{"state": "failure", "error_code": test.code, "table_name": nil, "tables_created_count": nil},
				pick(job, "state", "error_code", "table_name", "tables_created_count"))
			if title, _ := dig(job, "get_error_text", "title").(string); title == "" {
				t.Errorf("no text for %v", test.code)
			}
			fact(t, "nothing is left", []any{}, a.query("SELECT tablename FROM pg_tables WHERE tablename = 'stations'"))
		})
	}
}

func TestImportMakesAMap(t *testing.T) {
	a := open(t, sandbox.Config{})
	job := a.load("stations.csv", stations, "create_vis", "true")
	viz := a.get(fmt.Sprint("/api/v1/viz/", job["visualization_id"]))
	fact(t, "it is a map", "derived", viz["type"])
	fact(t, "derived_visualization_id says the same", job["visualization_id"], job["derived_visualization_id"])
	fact(t, "it depends on the dataset", 1.0, a.get("/api/v1/viz/stations?with_dependent_visualizations=1")["dependent_visualizations_count"])
}

func TestGuessingFlags(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("codes.csv", "code\n01\n02\n", "type_guessing", "false")
	fact(t, "text", []any{object{"code": "01"}}, a.query("SELECT code FROM codes WHERE cartodb_id = 1"))
	job := a.load("numbers.csv", "code\n01\n02\n", "type_guessing", "no")
	fact(t, "anything but false is true", []any{object{"code": 1.0}}, a.query("SELECT code FROM numbers WHERE cartodb_id = 1"))
	fact(t, "echo", true, job["type_guessing"])
}

func TestImportFileNames(t *testing.T) {
	a := open(t, sandbox.Config{})
	for file, want := range map[string]string{
		"../../etc/My Data.csv": "my_data", `C:\temp\Röads.csv`: "r_ads", strings.Repeat("x", 100) + ".csv": strings.Repeat("x", 63),
	} {
		fact(t, file, want, a.load(file, "a\n1\n")["table_name"])
	}
}
