package sandbox_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/work/pgtest"
)

// discovery is an account whose remote databases are directories.
func discovery(t *testing.T) *api {
	connectors := warehouse(t)
	connectors["bigquery"] = t.TempDir()
	write(t, connectors["bigquery"], "transport/bikes.csv", "a\n1\n")
	write(t, connectors["bigquery"], "transport/buses.csv", "a\n1\n")
	write(t, connectors["bigquery"], "health/beds.csv", "a\n1\n")
	return open(t, sandbox.Config{Connectors: connectors})
}

// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func TestConnectorDiscovery(t *testing.T) {
	a := discovery(t)
	const base = "/api/v1/connectors/"
	connection := decode(t, a.send("POST", "/api/v4/connections", object{"name": "main", "connector": "hive", "parameters": object{"server": "h"}}).Body)["id"]
	tests := []struct {
		name, method, path string
		body               any
		status             int
		want               string
	}{
		{"an unknown provider is shown as such", "GET", "oracle", nil, 422, `{"errors":"Provider oracle unknown"}`},
		{"hidden ones are shown", "GET", "odbc", nil, 200, `{"features":{"sql_queries":true,"list_databases":false,"list_tables":true,"preview_table":false,"dry_run":true,"list_projects":false},` +
			`"parameters":{"connection":{"driver":{"required":true}},"table":{"required":false},"sql_query":{"required":false},"import_as":{"required":false},"schema":{"required":false},"encoding":{"required":false}}}`},
		{"connect", "GET", "hive/connect?server=h", nil, 200, `{"connected":true}`},
		{"connect where nothing stands for the provider", "GET", "snowflake/connect?server=h&database=d&username=u&password=p", nil, 200, `{"connected":false}`},
		{"connect without what is required", "GET", "hive/connect", nil, 422, `{"connected":false,"errors":"Missing required connection parameters server"}`},
		{"connect to an unknown provider", "GET", "oracle/connect", nil, 422, `{"errors":"Invalid provider Provider: oracle"}`},
		{"connect to a database that is not there", "GET", "postgres/connect?server=127.0.0.1&port=1&database=d&username=u&sslmode=odd", nil, 400, `{"connected":false,"errors":"invalid sslmode value: \"odd\""}`},
		{"connect to a database elsewhere", "GET", "postgres/connect?server=192.0.2.7&database=d&username=u", nil, 400, `{"connected":false,"errors":"` + elsewhere + `"}`},
		{"tables of a database elsewhere", "GET", "postgres/tables?server=192.0.2.7&database=d&username=u", nil, 400, `{"errors":"Error connecting to provider postgres, ` + elsewhere + `"}`},
		{"a dry run elsewhere", "POST", "postgres/dryrun", object{"connection": object{"server": "192.0.2.7", "database": "d", "username": "u"}, "table": "t"}, 400,
			`{"errors":"Error connecting to provider postgres: ` + elsewhere + `"}`},
		{"tables", "GET", "hive/tables?server=h&unknown=x", nil, 200,
			`[{"schema":"default","name":"loose"},{"schema":"default","name":"shapes"},{"schema":"default","name":"order_items"},{"schema":"sales","name":"regions"}]`},
		{"tables without what is required", "GET", "hive/tables?username=u", nil, 422, `{"errors":"Missing required connection parameters server"}`},
		{"tables where nothing stands for the provider", "GET", "redshift/tables?cluster=c&database=d&username=u&password=p", nil, 400,
			`{"errors":"Error connecting to provider redshift, could not connect to the database: nothing stands for redshift; start the sandbox with --connector redshift=DIR"}`},
		{"projects", "GET", "bigquery/projects?billing_project=acme", nil, 200, `[{"id":"acme","friendly_name":"acme"}]`},
		{"projects by POST", "POST", "bigquery/projects", object{"service_account": "{}", "billing_project": "acme"}, 200, `[{"id":"acme","friendly_name":"acme"}]`},
		{"projects of others", "GET", "hive/projects?server=h", nil, 422, `{"errors":"Provider hive doesn't support list projects"}`},
		{"datasets", "GET", "bigquery/acme/datasets", nil, 200, `[{"id":"health","qualified_name":"acme.health","location":"US"},{"id":"transport","qualified_name":"acme.transport","location":"US"}]`},
		{"datasets of others", "GET", "hive/acme/datasets", nil, 422, `{"errors":"Provider hive doesn't support list projects/datasets"}`},
		{"tables of a dataset of others", "GET", "hive/acme/d/tables", nil, 422, `{"errors":"Provider hive doesn't support list projects/datasets/tables"}`},
		{"a dry run", "POST", "hive/dryrun", object{"connection_id": connection, "sql_query": "SELECT item FROM order_items", "import_as": "x"}, 200, `{}`},
		{"a dry run of BigQuery", "POST", "bigquery/dryrun", object{"connection": object{"billing_project": "p"}, "dataset": "health", "table": "beds"}, 200, `{"total_bytes_processed":0,"cache_hit":false}`},
		{"a dry run of a bad query", "POST", "hive/dryrun", object{"connection_id": connection, "sql_query": "SELECT nope FROM order_items", "import_as": "x"}, 400,
			`{"errors":"Error connecting to provider hive: column \"nope\" does not exist"}`},
		{"a dry run without a name", "POST", "hive/dryrun", object{"connection_id": connection, "sql_query": "SELECT 1"}, 422, `{"errors":"The import_as parameter is required to name the sql_query results"}`},
		{"a dry run of another provider", "POST", "mysql/dryrun", object{"provider": "hive"}, 422, `{"errors":"Provider doesn't match"}`},
		{"a dry run with a connection of another", "POST", "mysql/dryrun", object{"connection_id": connection, "table": "t"}, 400,
			`{"errors":"Error connecting to provider mysql: Wrong 'provider: mysql' parameter value. Valid values are one of [\"hive\"]"}`},
		{"a dry run with no such connection", "POST", "hive/dryrun", object{"connection_id": unknown, "table": "t"}, 400,
			`{"errors":"Error connecting to provider hive: Couldn't find Carto::Connection with id ` + unknown + `"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := a.send(test.method, base+test.path, test.body)
			fact(t, "answer", []any{test.status, test.want}, []any{got.Status, got.Body})
		})
	}
	t.Run("tables of a dataset", func(t *testing.T) {
		var list []object
		if err := jsonDecode(a.send("GET", base+"bigquery/acme/transport/tables", nil).Body, &list); err != nil {
			t.Fatal(err)
		}
		var got []object
		for _, table := range list {
			if created, isNumber := table["creation_time"].(float64); !isNumber || created == 0 {
				t.Errorf("created %v", table["creation_time"])
			}
			got = append(got, pick(table, "id", "qualified_name"))
		}
		fact(t, "tables", []object{{"id": "bikes", "qualified_name": "acme.transport.bikes"}, {"id": "buses", "qualified_name": "acme.transport.buses"}}, got)
	})
}

func TestConnectionDiscovery(t *testing.T) {
	a := discovery(t)
	add := func(connector string, parameters object) string {
		got := a.send("POST", "/api/v4/connections", object{"name": connector, "connector": connector, "parameters": parameters})
		return fmt.Sprint("/api/v4/connections/", decode(t, got.Body)["id"])
	}
	hive, bigquery := add("hive", object{"server": "h"}), add("bigquery", object{"billing_project": "acme", "service_account": "{}"})
	for _, test := range []struct {
		name, method, path string
		status             int
		want               string
	}{
		{"projects", "GET", bigquery + "/projects", 200, `[{"id":"acme","friendly_name":"acme"}]`},
		{"projects of others", "GET", hive + "/projects", 422, `{"errors":"Provider hive doesn't support list projects"}`},
		{"a dry run has nothing to try", "POST", hive + "/dryrun", 422, `{"errors":"The table parameter is required if no sql_query parameter is provided"}`},
		{"no such connection", "POST", "/api/v4/connections/" + unknown + "/dryrun", 404, `{"errors":"Record not found"}`},
		{"OAuth", "GET", "/api/v4/connections/check_oauth/gdrive", 404, `{"errors":"OAuth connection for gdrive not found"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := a.send(test.method, test.path, object{"sql_query": "SELECT 1"})
			fact(t, "answer", []any{test.status, test.want}, []any{got.Status, got.Body})
		})
	}
	t.Run("a second one of BigQuery", func(t *testing.T) {
		got := a.send("POST", "/api/v4/connections", object{"name": "two", "connector": "bigquery", "parameters": object{"billing_project": "b", "service_account": "{}"}})
		fact(t, "answer", []any{422, `{"errors":"Validation failed: Connector has already been taken"}`}, []any{got.Status, got.Body})
	})
	t.Run("providers", func(t *testing.T) {
		var list []object
		if err := jsonDecode(a.send("GET", "/api/v4/connectors", nil).Body, &list); err != nil {
			t.Fatal(err)
		}
		enabled := map[string]any{}
		for _, p := range list {
			fact(t, "type", "db-connector", p["type"])
			fact(t, "available", p["enabled"], p["available"])
			enabled[p["connector"].(string)] = p["enabled"]
		}
		fact(t, "enabled", map[string]any{"postgres": true, "mysql": false, "sqlserver": false, "hive": true, "bigquery": true, "redshift": false, "snowflake": false}, enabled)
	})
}

// Without the feature flag of connectors discovery finds nothing, whatever the provider, and jobs are refused when they run.
// Source: CartoDB/cartodb: lib/carto/connector.rb (check_availability!).
func TestAccountWithoutConnectors(t *testing.T) {
	a := open(t, sandbox.Config{NoConnectors: true, Connectors: warehouse(t)})
	for _, path := range []string{"", "/hive", "/oracle", "/hive/tables", "/hive/connect", "/bigquery/projects", "/bigquery/p/datasets", "/bigquery/p/d/tables"} {
		t.Run(path, func(t *testing.T) {
			got := a.send("GET", "/api/v1/connectors"+path, nil)
			fact(t, "answer", []any{404, ""}, []any{got.Status, got.Body})
		})
	}
	fact(t, "feature flags", []any{"ghost_tables"}, a.get("/api/v1/users/me")["feature_flags"])
	job := a.submit(object{"connector": hive("table", "loose")})
	fact(t, "a job", object{"state": "failure", "error_code": 1501.0, "get_error_text": object{"title": "Connectors disabled", "source": "user",
		"what_about": "The type of connector you were trying to use is not enabled."}}, pick(job, "state", "error_code", "get_error_text"))
}

// A connector makes another dataset at every import, whatever the strategy.
// Source: CartoDB/cartodb: app/models/data_import.rb (new_importer_with_connector).
func TestTrap10OverwriteIsIgnoredForConnectors(t *testing.T) {
	a := open(t, sandbox.Config{Connectors: warehouse(t)})
	for _, want := range []string{"loose", "loose_1", "loose_2"} {
		fact(t, "name", want, a.submit(object{"connector": hive("table", "loose"), "collision_strategy": "overwrite"})["table_name"])
	}
}

// Every other set of credentials becomes a stored connection that nothing deletes; a number differs from its text, and
// the names collide once one was deleted.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func TestTrap51CredentialsPileUp(t *testing.T) {
	a := open(t, sandbox.Config{Connectors: warehouse(t), ImportSlots: 20})
	post := func(connection object) answer {
		return a.send("POST", "/api/v1/imports", object{"connector": object{"provider": "hive", "connection": connection, "table": "nope"}})
	}
	listed := func() (ids, names []any) {
		var list []object
		if err := jsonDecode(a.send("GET", "/api/v4/connections", nil).Body, &list); err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			ids, names = append(ids, c["id"]), append(names, c["name"])
		}
		return ids, names
	}
	for _, connection := range []object{{"server": "h", "port": 10000}, {"port": 10000, "server": "h"}, {"server": "h", "port": "10000"}, {"server": "h", "Port": 10000}} {
		fact(t, "accepted", 200, post(connection).Status)
	}
	ids, names := listed()
	fact(t, "key order does not count, types and case do", []any{"hive", "hive_2", "hive_3"}, names)
	a.send("DELETE", fmt.Sprint("/api/v4/connections/", ids[0]), nil)
	got := post(object{"server": "another"})
	fact(t, "after a deletion the next name is taken", []any{400, `{"errors":{"imports":"Validation failed: Name has already been taken"}}`}, []any{got.Status, got.Body})
	a.until(func() bool { return len(a.get("/api/v1/imports")["imports"].([]any)) == 0 })
}

// What a form sends in pieces is the same connector as in JSON, and the query may hold it too.
func TestConnectorInAForm(t *testing.T) {
	a := open(t, sandbox.Config{Connectors: warehouse(t)})
	pieces := url.Values{"connector[provider]": {"hive"}, "connector[connection][server]": {"h"}, "connector[table]": {"loose"}, "connector[import_as]": {"from_form"}}
	fact(t, "form", "from_form", a.wait(a.ok("POST", "/api/v1/imports", pieces)["item_queue_id"])["table_name"])
	fact(t, "query", "from_form_1", a.wait(a.ok("POST", "/api/v1/imports?"+pieces.Encode(), nil)["item_queue_id"])["table_name"])
	for _, blank := range []any{object{}, []any{}, false, "", nil} {
		job := a.submit(object{"connector": blank})
		fact(t, fmt.Sprintf("%v is no connector", blank), 1010.0, job["error_code"])
	}
}

func TestPostgresDiscovery(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	server.Exec(t, `CREATE SCHEMA sales; CREATE TABLE sales.orders (id int8); CREATE TABLE public.roads (id int8)`)
	a := open(t, sandbox.Config{})
	query := url.Values{"server": {"127.0.0.1"}, "port": {fmt.Sprint(server.Port)}, "database": {server.Database}, "username": {server.User}, "password": {server.Password}, "sslmode": {"disable"}}
	var list []object
	if err := jsonDecode(a.send("GET", "/api/v1/connectors/postgres/tables?"+query.Encode(), nil).Body, &list); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]object{{"schema": "public", "name": "roads"}, {"schema": "sales", "name": "orders"}}, list); diff != "" {
		t.Error(diff)
	}
	fact(t, "connected", object{"connected": true}, a.get("/api/v1/connectors/postgres/connect?"+query.Encode()))
}
