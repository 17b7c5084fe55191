package sandbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// upload sends a file and waits for its import, whatever becomes of it.
func (a *api) upload(file, content string, values ...string) object {
	a.t.Helper()
	return a.wait(a.ok("POST", "/api/v1/imports", upload(a.t, file, content, values...))["item_queue_id"])
}

// submit posts an import as JSON and waits for it.
func (a *api) submit(body object) object {
	a.t.Helper()
	return a.wait(a.ok("POST", "/api/v1/imports", body)["item_queue_id"])
}

func (a *api) datasets() []any {
	a.t.Helper()
	return names(a.get("/api/v1/viz?type=table&order=name&order_direction=asc"))
}

// A taken name gets a number, and nothing but the name tells of it.
// Source: CartoDB/cartodb: lib/carto/valid_table_name_proposer.rb.
func TestTrap6SilentRenameOnCollision(t *testing.T) {
	a := open(t, sandbox.Config{})
	first := a.load("stations.csv", stations)
	for _, want := range []string{"stations_1", "stations_2"} {
		again := a.load("stations.csv", stations)
		fact(t, "the name", want, again["table_name"])
		fact(t, "all else is as the first time", without(outcome(first), "table_name"), without(outcome(again), "table_name"))
	}
}

// The parameter table_name names neither an upload nor a URL nor a connector; until the end the import shows it.
// Source: CartoDB/cartodb: spec/requests/api/imports_spec.rb.
func TestTrap7TableNameNamesNothing(t *testing.T) {
	server, _ := source(t)
	a := open(t, sandbox.Config{Connectors: warehouse(t)})
	for _, test := range []struct {
		name string
		body object
		want string
	}{
		{"URL", object{"url": server.URL + "/roads.csv", "table_name": "streets"}, "roads"},
		{"connector", object{"connector": hive("table", "loose"), "table_name": "streets"}, "loose"},
		{"query", object{"sql": "SELECT 1 AS a", "table_name": "streets"}, "streets"},
	} {
		t.Run(test.name, func(t *testing.T) { fact(t, "name", test.want, a.submit(test.body)["table_name"]) })
	}
	t.Run("upload", func(t *testing.T) {
		fact(t, "name", "paths", a.load("paths.csv", "a\n1\n", "table_name", "lanes")["table_name"])
		fact(t, "a failed import goes on showing it", "lanes", a.upload("x.csv", "", "table_name", "lanes")["table_name"])
	})
}

// No name survives that CARTO's sanitiser would change, and those without a Latin letter all become one.
// Source: CartoDB/cartodb: lib/carto/db/sanitize.rb.
func TestTrap8OnlySanitisedNamesSurvive(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, test := range [][2]string{
		{"Sales & Costs (2020).csv", "sales_costs_2020"}, {"2020.csv", "table_2020"}, {"user.csv", "user_t"}, {".hidden.csv", "table_hidden"},
		{"report.v1.2.csv", "report_v1_2"}, {"my.txt.csv", "my_csv"}, {"日本.csv", "table_"}, {"Москва.csv", "table_1"}, {"UPPER.CSV", "upper"},
	} {
		t.Run(test[0], func(t *testing.T) { fact(t, "name", test[1], a.load(test[0], "a\n1\n")["table_name"]) })
	}
}

// A URL that names no file gives another name at every import, so that overwrite never meets what is there.
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb.
func TestTrap9URLNamesAreRandomOrTheHeaders(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/json.csv":
			w.Header().Set("Content-Type", "text/csv; charset=utf-8")
			w.Header().Set("Content-Disposition", `attachment; filename="From Header.dat"`)
		case "/encoded":
			w.Header().Set("Content-Disposition", `attachment; filename*=UTF-8''x.csv`)
			w.Header().Set("Content-Type", "text/csv")
		default:
			w.Header().Set("Content-Type", "text/csv")
		}
		fmt.Fprint(w, "a,b\n1,2\n")
	}))
	t.Cleanup(server.Close)
	a := open(t, sandbox.Config{})
	overwrite := func(path string) any {
		return a.submit(object{"url": server.URL + path, "collision_strategy": "overwrite"})["table_name"]
	}
	for _, path := range []string{"/export?format=csv", "/encoded"} {
		t.Run(path, func(t *testing.T) {
			if first, second := overwrite(path), overwrite(path); first == second {
				t.Errorf("both are called %v", first)
			}
		})
	}
	t.Run("header", func(t *testing.T) {
		fact(t, "names", []any{"from_header", "from_header"}, []any{overwrite("/json.csv"), overwrite("/json.csv")})
	})
}

// The id of the visualization is that of the map which create_vis makes; without it there is none.
// Source: CartoDB/cartodb: app/controllers/api/json/imports_controller.rb.
func TestTrap26VisualizationIsTheMap(t *testing.T) {
	a := open(t, sandbox.Config{})
	fact(t, "without create_vis", nil, a.load("plain.csv", stations)["visualization_id"])
	job := a.load("stations.csv", stations, "create_vis", "true")
	table := a.get(fmt.Sprint("/api/v1/tables/", job["table_id"]))
	if dig(table, "table_visualization", "id") == job["visualization_id"] {
		t.Error("it is the dataset's")
	}
	fact(t, "its type", "derived", a.get(fmt.Sprint("/api/v1/viz/", job["visualization_id"]))["type"])
}

// Of an archive's datasets only the last shows, and the count includes files that failed.
// Source: CartoDB/cartodb: app/models/data_import.rb.
func TestTrap27ArchiveShowsOneTable(t *testing.T) {
	t.Parallel()
	a := open(t, sandbox.Config{})
	job := a.load("all.zip", zipped(t, "b.csv", "a\n1\n", "a.csv", "a\n1\n", "empty.csv", "", "note.docx", "x", "inner.zip", zipped(t, "in.csv", "a\n1\n"), ".hid.csv", "a\n1\n"))
	fact(t, "outcome", object{"state": "complete", "success": true, "error_code": 1005.0, "table_name": "a", "tables_created_count": 3.0},
		pick(job, "state", "success", "error_code", "table_name", "tables_created_count"))
	fact(t, "an archive in an archive is passed over", []any{"a", "b"}, a.datasets())

	var many []string
	for i := range 27 {
		many = append(many, fmt.Sprintf("t%02d.csv", i), "a\n1\n")
	}
	job = a.load("many.zip", zipped(t, many...), "create_vis", "true")
	rejected := []any{}
	for i := 8; i < 26; i++ {
		rejected = append(rejected, fmt.Sprintf("t%02d", i))
	}
	fact(t, "more than 26 are left out, and a map shows eight", object{"warnings": object{"max_tables_per_import": 26.0, "rejected_layers": rejected, "user_max_layers": 8.0},
		"tables_created_count": 26.0, "table_name": "t25"}, pick(job, "warnings", "tables_created_count", "table_name"))
	fact(t, "the map", "T00", a.get(fmt.Sprint("/api/v1/viz/", job["visualization_id"]))["name"])
	for dataset, want := range map[string]float64{"t00": 1, "t07": 1, "t08": 0, "t25": 0} {
		fact(t, "maps of "+dataset, want, a.get("/api/v1/viz/" + dataset + "?with_dependent_visualizations=1")["dependent_visualizations_count"])
	}
}

// An import that is complete and a success may have an error code.
// Source: CartoDB/cartodb: app/models/data_import.rb, services/importer/lib/importer/runner_helper.rb.
func TestTrap28CompleteWithAnErrorCode(t *testing.T) {
	server, _ := source(t)
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	tests := []struct {
		name    string
		job     object
		code    float64
		created float64
	}{
		{"all skipped", a.upload("stations.csv", stations, "collision_strategy", "skip"), 1022, 0},
		{"part of an archive", a.upload("z.zip", zipped(t, "empty.csv", "", "fine.csv", "a\n1\n")), 1005, 2},
		{"skip forgives a file that cannot be read", a.upload("bad.geojson", "{", "collision_strategy", "skip"), 1002, 1},
		{"skip forgives a source that is not there", a.submit(object{"url": server.URL + "/gone.csv", "collision_strategy": "skip"}), 1100, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fact(t, "outcome", object{"state": "complete", "success": true, "error_code": test.code, "tables_created_count": test.created},
				pick(test.job, "state", "success", "error_code", "tables_created_count"))
			if title, _ := dig(test.job, "get_error_text", "title").(string); title == "" {
				t.Error("it has no text")
			}
		})
	}
}

// collision_strategy=skip looks for the name as it is before it is sanitised, so that 2020.csv is never skipped.
// Source: CartoDB/cartodb: services/importer/lib/importer/runner_helper.rb.
func TestTrap29SkipComparesUnsanitisedNames(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, test := range []struct{ file, first, second string }{{"roads.csv", "roads", ""}, {"2020.csv", "table_2020", "table_2020_1"}, {"Old Roads.csv", "old_roads", ""}} {
		t.Run(test.file, func(t *testing.T) {
			fact(t, "first", test.first, a.load(test.file, "a\n1\n", "collision_strategy", "skip")["table_name"])
			want := any(test.second)
			if test.second == "" {
				want = nil
			}
			fact(t, "second", want, a.load(test.file, "a\n1\n", "collision_strategy", "skip")["table_name"])
		})
	}
}

// The list holds ids of unfinished imports only.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb; that it fails jobs that wait is
// TestListingImportsFailsThoseThatWait.
func TestTrap30ListIsNoHistory(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("a.csv", "a\n1\n")
	a.upload("b.csv", "")
	got := a.send("GET", "/api/v1/imports?callback=x", nil)
	fact(t, "finished imports are not in it, and it is never wrapped", `{"imports":[],"success":true}`, got.Body)
}

// An id that no import has makes the server stumble; what is no id is not found.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
func TestTrap31UnknownImport(t *testing.T) {
	a := open(t, sandbox.Config{})
	for id, want := range map[string]int{unknown: 500, strings.ToUpper(unknown): 500, "stations": 404, "urn:uuid:" + unknown: 404, strings.ReplaceAll(unknown, "-", ""): 404} {
		t.Run(id, func(t *testing.T) { fact(t, "status", want, a.send("GET", "/api/v1/imports/"+id, nil).Status) })
	}
}

// Privacy counts for new datasets only.
// Source: CartoDB/cartodb: app/models/table.rb (after_create).
func TestTrap32PrivacyIsIgnoredOnOverwrite(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, privacy := range []string{"PUBLIC", "private", "Link"} {
		t.Run(privacy, func(t *testing.T) {
			name := strings.ToLower(privacy) + "_one"
			a.load(name+".csv", "a\n1\n", "privacy", privacy)
			a.load(name+".csv", "a\n2\n", "privacy", "public", "collision_strategy", "overwrite")
			fact(t, "privacy", strings.ToUpper(privacy), a.get("/api/v1/viz/" + name)["privacy"])
			fact(t, "of its table", strings.ToUpper(privacy), a.get("/api/v1/tables/" + name)["privacy"])
		})
	}
	a.load("plain.csv", "a\n1\n")
	fact(t, "the account's default", "PRIVATE", a.get("/api/v1/viz/plain")["privacy"])
}

// At the quota of datasets everything is refused: overwrites, copies, and files that could not be read anyway.
// Source: CartoDB/cartodb: app/connectors/importer.rb, app/models/quota_checker.rb.
func TestTrap43QuotaRefusesOverwrites(t *testing.T) {
	a := open(t, sandbox.Config{TableQuota: 2})
	a.load("two.zip", zipped(t, "a.csv", "a\n1\n", "b.csv", "a\n1\n"))
	for _, test := range []struct {
		name string
		job  object
	}{
		{"overwrite", a.upload("a.csv", "a\n2\n", "collision_strategy", "overwrite")},
		{"a new one", a.upload("c.csv", "a\n2\n")},
		{"a file that cannot be read", a.upload("c.csv", "")},
		{"a copy", a.submit(object{"table_copy": "a", "table_name": "c"})},
		{"a copy over what is there", a.submit(object{"sql": "SELECT 2 AS a", "table_name": "a", "collision_strategy": "overwrite"})},
	} {
		t.Run(test.name, func(t *testing.T) {
			fact(t, "outcome", object{"state": "failure", "error_code": 8002.0, "table_id": nil}, pick(test.job, "state", "error_code", "table_id"))
		})
	}
	fact(t, "what was skipped is no result", "complete", a.upload("a.csv", "a\n1\n", "collision_strategy", "skip")["state"])
	fact(t, "nothing was replaced", []any{object{"a": 1.0}}, a.query("SELECT a FROM a"))
}

// An archive overwrites its first table and fails at the second one.
// Source: CartoDB/cartodb: app/connectors/importer.rb (compatible_schemas_for_overwrite?).
func TestTrap44OverwriteOfAnArchiveFailsHalfWay(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("a.csv", "a\n1\n")
	a.load("b.csv", "a\n1\n")
	job := a.upload("both.zip", zipped(t, "fresh.csv", "a\n1\n", "a.csv", "a\n2\n", "b.csv", "a\n2\n"), "collision_strategy", "overwrite")
	fact(t, "a new table first, then one that is there", object{"state": "failure", "error_code": 99999.0, "table_id": nil, "tables_created_count": nil, "table_name": nil},
		pick(job, "state", "error_code", "table_id", "tables_created_count", "table_name"))
	fact(t, "what came before stays", []any{"a", "b", "fresh"}, a.datasets())
	job = a.upload("both.zip", zipped(t, "a.csv", "a\n2\n", "b.csv", "a\n2\n"), "collision_strategy", "overwrite")
	fact(t, "two that are there", object{"state": "failure", "error_code": 99999.0}, pick(job, "state", "error_code"))
	fact(t, "the first was replaced", []any{object{"a": 2.0, "b": 1.0}}, a.query("SELECT (SELECT a FROM a) AS a, (SELECT a FROM b) AS b"))
}

// A query overwrites what is there without a look at its columns, and tells next to nothing.
// Source: CartoDB/cartodb: app/models/data_import.rb (overwrite_table_from_query).
func TestTrap45QueryOverwritesBlindly(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	id := a.get("/api/v1/viz/stations")["id"]
	over := func(name string) object {
		return a.submit(object{"sql": "SELECT 7 AS other", "table_name": name, "collision_strategy": "overwrite"})
	}
	fact(t, "outcome", object{"state": "complete", "error_code": nil, "table_id": nil, "table_name": "stations", "tables_created_count": 0.0, "data_type": "query", "original_url": ""},
		pick(over("stations"), "state", "error_code", "table_id", "table_name", "tables_created_count", "data_type", "original_url"))
	fact(t, "contents", []any{object{"other": 7.0}}, a.query("SELECT other FROM stations"))
	fact(t, "the dataset is the same", id, a.get("/api/v1/viz/stations")["id"])
	for _, name := range []string{"nope", "Stations", ""} {
		fact(t, "target "+name, 8003.0, over(name)["error_code"])
	}

	full := open(t, sandbox.Config{StorageQuota: 16384})
	full.load("small.csv", "a\n1\n")
	job := full.submit(object{"sql": "SELECT printf('%.99999c', 'x') AS a", "table_name": "small", "collision_strategy": "overwrite"})
	fact(t, "too big is a failure", 8003.0, job["error_code"])
	fact(t, "after it was replaced", []any{object{"n": 99999.0}}, full.query("SELECT length(a) AS n FROM small"))
}

// A table whose registration fails stays, is no dataset, and keeps its name from the next import.
// Source: CartoDB/cartodb: app/connectors/importer.rb (register), lib/carto/db/user_schema.rb.
func TestTrap46UnregisteredTableKeepsItsName(t *testing.T) {
	check := func(t *testing.T, a *api, values ...string) {
		job := a.upload("roads.csv", "a\n1\n", values...)
		fact(t, "outcome", object{"state": "failure", "success": false, "error_code": 99999.0, "table_id": nil}, pick(job, "state", "success", "error_code", "table_id"))
		fact(t, "no dataset", []any{}, a.datasets())
		fact(t, "a table", []any{object{"tablename": "roads"}}, a.query("SELECT tablename FROM pg_tables WHERE tablename = 'roads'"))
		fact(t, "the next one gets a number", "roads_1", a.load("roads.csv", "a\n1\n")["table_name"])
		over := a.upload("roads.csv", "a\n2\n", "collision_strategy", "overwrite")
		fact(t, "overwriting it fails too", object{"state": "failure", "error_code": 99999.0}, pick(over, "state", "error_code"))
		fact(t, "after it was replaced", []any{object{"a": 2.0}}, a.query("SELECT a FROM roads"))
	}
	t.Run("by a fault", func(t *testing.T) {
		check(t, open(t, sandbox.Config{Faults: []fault.Rule{{Kind: fault.Unregistered, Times: 1}}}))
	})
	t.Run("by the quota of public datasets", func(t *testing.T) {
		a := open(t, sandbox.Config{PublicQuota: 1})
		a.load("one.csv", "a\n1\n", "privacy", "link")
		fact(t, "the reason is in the text", "Validation failed: Privacy quota for public datasets exceeded",
			dig(a.upload("two.csv", "a\n1\n", "privacy", "public"), "get_error_text", "what_about"))
		fact(t, "it takes the name", "two_1", a.load("two.csv", "a\n1\n")["table_name"])
	})
}

// Only ports 21, 80 and 443 are fetched from; loopback addresses are let through on purpose. Redirects are judged again.
// Source: CartoDB/cartodb: lib/carto/url_validator.rb.
func TestTrap53OtherPortsAreRefused(t *testing.T) {
	server, _ := source(t)
	a := open(t, sandbox.Config{})
	for url, want := range map[string]int{"http://example.org:8080/x.csv": 400, "https://example.org:80/x.csv": 200, "ftp://example.org/x.csv": 200, "sftp://example.org/x.csv": 400, "x.csv": 400, server.URL + "/x.csv": 200} {
		t.Run(url, func(t *testing.T) {
			got := a.send("POST", "/api/v1/imports", object{"url": url})
			fact(t, "status", want, got.Status)
			if want == 400 {
				fact(t, "text", `{"errors":{"imports":"Invalid URL, cannot connect dataset: `+url+`"}}`, got.Body)
				return
			}
			a.wait(decode(t, got.Body)["item_queue_id"])
		})
	}
	fact(t, "a redirect to where it may not go", 1102.0, a.submit(object{"url": server.URL + "/away.csv"})["error_code"])
}

// Guessing is off only for false, maps are made only for true, and the strategy may not be empty.
// Source: CartoDB/cartodb: app/controllers/api/json/imports_controller.rb.
func TestTrap54FlagsAreReadInTwoWays(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, test := range []struct {
		value        any
		unless, only bool
	}{{nil, true, false}, {"", true, false}, {"no", true, false}, {0, true, false}, {"FALSE", true, false}, {false, false, false}, {"false", false, false},
		{true, true, true}, {"true", true, true}, {"1", true, false}} {
		t.Run(fmt.Sprintf("%#v", test.value), func(t *testing.T) {
			body := object{}
			for _, flag := range []string{"type_guessing", "quoted_fields_guessing", "content_guessing", "create_vis"} {
				body[flag] = test.value
			}
			fact(t, "flags", object{"type_guessing": test.unless, "quoted_fields_guessing": test.unless, "content_guessing": test.only, "create_visualization": test.only},
				pick(a.submit(body), "type_guessing", "quoted_fields_guessing", "content_guessing", "create_visualization"))
		})
	}
	for _, strategy := range []any{"", "Skip", "rename", 1, []string{"skip"}} {
		got := a.send("POST", "/api/v1/imports", object{"collision_strategy": strategy})
		fact(t, fmt.Sprintf("strategy %#v", strategy), []any{400, `{"errors":{"imports":"collision_strategy Invalid collision strategy"}}`}, []any{got.Status, got.Body})
	}
	fact(t, "none is fine", 200, a.send("POST", "/api/v1/imports", object{"collision_strategy": nil}).Status)
}
