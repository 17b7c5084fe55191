package sandbox_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

const (
	anID    = "<id>"
	unknown = "6f1f6a0e-0d0a-4a0e-9d3b-5a7a0f0c0d0e"
)

// outcome is what tells the results of imports apart.
func outcome(job object) object {
	o := pick(job, "state", "success", "error_code", "table_name", "tables_created_count", "data_type", "display_name", "visualization_id")
	if job["table_id"] != nil {
		o["table_id"] = anID
	}
	return o
}

func TestImportOutcomes(t *testing.T) {
	t.Parallel()
	complete := func(name any, created float64) object {
		return object{"state": "complete", "success": true, "error_code": nil, "table_name": name, "tables_created_count": created,
			"data_type": "file", "visualization_id": nil, "table_id": anID}
	}
	failure := func(code float64) object {
		return object{"state": "failure", "success": false, "error_code": code, "table_name": nil, "tables_created_count": nil,
			"data_type": "file", "visualization_id": nil}
	}
	tests := []struct {
		name    string
		file    string
		content string
		values  []string
		want    object
	}{
		{"a new table", "Sales & Costs (2020).csv", "a,b\n1,x\n", nil, complete("sales_costs_2020", 1)},
		{"a taken name gets a number and nothing else tells", "stations.csv", stations, nil, complete("stations_1", 1)},
		{"overwrite keeps the name", "stations.csv", stations, []string{"collision_strategy", "overwrite"}, complete("stations", 1)},
		{"skip of an existing name is complete with a code", "stations.csv", stations, []string{"collision_strategy", "skip"},
			object{"state": "complete", "success": true, "error_code": 1022.0, "table_name": nil, "tables_created_count": 0.0, "data_type": "file", "visualization_id": nil}},
		{"skip compares the name before it is sanitised", "2020.csv", "a\n1\n", []string{"collision_strategy", "skip"}, complete("table_2020_1", 1)},
		{"table_name does not name an upload", "roads.csv", "a,b\n1,2\n", []string{"table_name", "streets"}, complete("roads", 1)},
		{"an empty file", "empty.csv", "", nil, failure(1005)},
		{"an unknown type", "letter.docx", "hello", nil, failure(1002)},
		{"overwrite with a missing column is refused", "stations.csv", "name,lat,lon\nx,1,2\n", []string{"collision_strategy", "overwrite"}, failure(2012)},
		{"overwrite with another type is refused", "stations.csv", "name,docks,lat,lon\nx,many,1,2\n", []string{"collision_strategy", "overwrite"}, failure(2012)},
		{"overwrite with one more column is fine", "stations.csv", "name,docks,lat,lon,more\nx,3,1,2,y\n", []string{"collision_strategy", "overwrite"}, complete("stations", 1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			a.load("stations.csv", stations)
			a.load("2020.csv", "a\n1\n")
			job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, test.file, test.content, test.values...))["item_queue_id"])
			test.want["display_name"] = strings.ReplaceAll(test.file, " ", "_")
			if diff := cmp.Diff(test.want, outcome(job)); diff != "" {
				t.Errorf("%v\n%s", job, diff)
			}
		})
	}
}

func TestImportOverwriteKeepsTheDataset(t *testing.T) {
	a := open(t, sandbox.Config{})
	first := a.load("stations.csv", stations, "privacy", "link")
	before := a.get("/api/v1/viz/stations")
	a.ok("PUT", "/api/v1/viz/stations", object{"id": before["id"], "tags": []string{"Bikes"}, "description": "docks"})
	second := a.load("stations.csv", "name,docks,lat,lon\nSol,1,40,-3\n", "collision_strategy", "overwrite", "privacy", "public")
	after := a.get("/api/v1/viz/stations")
	if first["table_id"] != second["table_id"] || before["id"] != after["id"] {
		t.Errorf("ids changed: table %v to %v, dataset %v to %v", first["table_id"], second["table_id"], before["id"], after["id"])
	}
	want := object{"privacy": "LINK", "tags": []any{"Bikes"}, "description": "docks"}
	if diff := cmp.Diff(want, pick(after, "privacy", "tags", "description")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]any{object{"name": "Sol", "docks": 1.0}}, a.query("SELECT name, docks FROM stations")); diff != "" {
		t.Error(diff)
	}
}

func TestImportRefusedAtOnce(t *testing.T) {
	tests := []struct {
		name   string
		body   any
		status int
		want   string
	}{
		{"an empty collision strategy", object{"url": "http://127.0.0.1/x.csv", "collision_strategy": ""}, 400,
			`{"errors":{"imports":"collision_strategy Invalid collision strategy"}}`},
		{"an unknown privacy", object{"url": "http://127.0.0.1/x.csv", "privacy": "Secret"}, 400,
			`{"errors":{"imports":"Unknown value 'Secret' for 'privacy'. Allowed values are: private, public and link"}}`},
		{"a URL at a strange port", object{"url": "http://example.org:8080/x.csv"}, 400,
			`{"errors":{"imports":"Invalid URL, cannot connect dataset: http://example.org:8080/x.csv"}}`},
		{"a URL of a strange scheme", object{"url": "file:///etc/passwd"}, 400,
			`{"errors":{"imports":"Invalid URL, cannot connect dataset: file:///etc/passwd"}}`},
		{"a connector that is no object", object{"connector": "postgres"}, 400, `{"errors":{"imports":"the connector parameter must be an object"}}`},
		{"a connector without provider", object{"connector": object{"table": "x"}}, 400, `{"errors":{"imports":"Provider not defined"}}`},
		{"an unknown connection", object{"connector": object{"connection_id": unknown}}, 400, `{"errors":{"imports":"Couldn't find Carto::Connection with id ` + unknown + `"}}`},
		{"an item id that is no string", object{"service_name": "dropbox", "service_item_id": 5}, 400,
			`{"errors":{"imports":"service_item_id field should be empty or a string"}}`},
		{"a file as text", object{"file": "x.csv"}, 400, "{\"errors\":{\"imports\":\"undefined method `tempfile' for \\\"x.csv\\\":String\"}}"},
		{"broken JSON", `{"url":`, 400, `{"status":"400","error":"Bad Request"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			got := a.send("POST", "/api/v1/imports", test.body)
			if diff := cmp.Diff(answer{test.status, test.want, nil}, answer{got.Status, got.Body, nil}, cmp.AllowUnexported(answer{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestImportIDs(t *testing.T) {
	a := open(t, sandbox.Config{})
	tests := []struct {
		name, id string
		status   int
		body     string
	}{
		{"an unknown id makes the server stumble", unknown, 500, `{"status":"500","error":"Internal Server Error"}`},
		{"no id at all is not found", "stations", 404, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := a.send("GET", "/api/v1/imports/"+test.id, nil)
			if got.Status != test.status || got.Body != test.body {
				t.Errorf("got %d %s", got.Status, got.Body)
			}
		})
	}
}

func TestImportWithoutSourceFails(t *testing.T) {
	a := open(t, sandbox.Config{})
	job := a.wait(a.ok("POST", "/api/v1/imports", object{})["item_queue_id"])
	want := object{"state": "failure", "error_code": 1010.0, "get_error_text": nil}
	if diff := cmp.Diff(want, pick(job, "state", "error_code", "get_error_text")); diff != "" {
		t.Error(diff)
	}
}
