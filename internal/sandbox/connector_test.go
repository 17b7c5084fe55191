package sandbox_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/work/pgtest"
)

// warehouse is a directory that stands for a Hive database.
func warehouse(t *testing.T) map[string]string {
	dir := t.TempDir()
	write(t, dir, "default/order_items.csv", "Order ID,item,price,lat,lon\n1,pen,1.5,40,-3\n2,ink,2.5,41,-4\n3,pad,3.5,,\n")
	write(t, dir, "sales/regions.csv", "code,label\n01,North\n")
	write(t, dir, "loose.csv", "a\n1\n")
	write(t, dir, "shapes.csv", "id,the_geom\n1,POINT(1 2)\n2,nonsense\n")
	return map[string]string{"hive": dir}
}

func hive(parameters ...any) object {
	c := object{"provider": "hive", "connection": object{"server": "hive.example.org", "password": "s3cret"}}
	for i := 0; i < len(parameters); i += 2 {
		c[parameters[i].(string)] = parameters[i+1]
	}
	return c
}

func TestConnectorImportFromDirectory(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		connector object
		want      object
		sql       string
		rows      []any
	}{
		{"a table", hive("table", "order_items", "import_as", "orders"), object{"state": "complete", "table_name": "orders", "data_type": "datasource"},
			"SELECT order_id, item, ST_AsText(the_geom) AS g FROM orders WHERE price < 2", []any{object{"order_id": 1.0, "item": "pen", "g": "POINT(-3 40)"}}},
		{"a table in another schema", hive("table", "regions", "schema", "sales"), object{"state": "complete", "table_name": "regions", "data_type": "datasource"},
			"SELECT label FROM regions", []any{object{"label": "North"}}},
		{"a table outside of schemas", hive("table", "loose"), object{"state": "complete", "table_name": "loose", "data_type": "datasource"}, "SELECT a FROM loose", []any{object{"a": 1.0}}},
		{"a query", hive("sql_query", "SELECT item, price * 2 AS twice FROM `default`.order_items WHERE price > 2 ORDER BY price", "import_as", "Dear Ones"),
			object{"state": "complete", "table_name": "dear_ones", "data_type": "datasource"}, "SELECT item, twice FROM dear_ones", []any{object{"item": "ink", "twice": 5.0}, object{"item": "pad", "twice": 7.0}}},
		{"a geometry that cannot be read stays as text", hive("table", "shapes"), object{"state": "complete", "table_name": "shapes", "data_type": "datasource"},
			"SELECT invalid_the_geom, the_geom FROM shapes WHERE id = 2", []any{object{"invalid_the_geom": "nonsense", "the_geom": nil}}},
		{"a missing table", hive("table", "nope"), object{"state": "failure", "table_name": nil, "error_code": 99999.0, "data_type": "datasource",
			"get_error_text": object{"title": "Connector Error", "what_about": `relation "default.nope" does not exist`, "source": "cartodb"}}, "", nil},
		{"a bad query", hive("sql_query", "SELECT nope FROM order_items", "import_as", "x"), object{"state": "failure", "table_name": nil, "error_code": 99999.0, "data_type": "datasource",
			"get_error_text": object{"title": "Connector Error", "what_about": `column "nope" does not exist`, "source": "cartodb"}}, "", nil},
		{"a parameter that does not exist", hive("table", "loose", "tabel", "x"), object{"state": "failure", "table_name": nil, "error_code": 1502.0, "data_type": "datasource"}, "", nil},
		{"a query without a name", hive("sql_query", "SELECT 1"), object{"state": "failure", "table_name": nil, "error_code": 1502.0, "data_type": "datasource"}, "", nil},
		{"a provider that nothing stands for", object{"provider": "mysql", "connection": object{"server": "x", "username": "u", "password": "p"}, "table": "t"},
			object{"state": "failure", "table_name": nil, "error_code": 1501.0, "data_type": "datasource"}, "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{Connectors: warehouse(t)})
			job := a.wait(a.ok("POST", "/api/v1/imports", object{"connector": test.connector})["item_queue_id"])
			keys := []string{"state", "table_name", "data_type"}
			if test.want["error_code"] != nil {
				keys = append(keys, "error_code")
			}
			if test.want["get_error_text"] != nil {
				keys = append(keys, "get_error_text")
			}
			fact(t, "outcome", test.want, pick(job, keys...))
			if test.sql != "" && !t.Failed() {
				fact(t, "rows", test.rows, a.query(test.sql))
			}
		})
	}
}

func TestConnectorTraps(t *testing.T) {
	a := open(t, sandbox.Config{Connectors: warehouse(t), ConnectorRows: 2})
	job := a.wait(a.ok("POST", "/api/v1/imports", object{"connector": hive("table", "order_items")})["item_queue_id"])
	fact(t, "rows beyond the limit are left out, with a warning", object{"warnings": object{"max_rows_per_connection": 2.0}, "state": "complete", "display_name": job["id"]},
		pick(job, "warnings", "state", "display_name"))
	again := a.wait(a.ok("POST", "/api/v1/imports", object{"connector": hive("table", "order_items"), "collision_strategy": "overwrite"})["item_queue_id"])
	fact(t, "overwrite is ignored", "order_items_1", again["table_name"])
	skipped := a.wait(a.ok("POST", "/api/v1/imports", object{"connector": hive("table", "order_items"), "collision_strategy": "skip"})["item_queue_id"])
	fact(t, "skip is not", 1022.0, skipped["error_code"])

	connections := func() []any {
		got := a.send("GET", "/api/v4/connections", nil)
		var list []any
		if err := jsonDecode(got.Body, &list); err != nil {
			t.Fatal(err)
		}
		return list
	}
	fact(t, "equal credentials make one connection", 1, len(connections()))
	fact(t, "it is named after its provider, and its secret is masked", object{"name": "hive", "connector": "hive", "type": "db-connector", "complete": true,
		"parameters": object{"server": "hive.example.org", "password": "********"}}, pick(connections()[0].(object), "name", "connector", "type", "complete", "parameters"))
	changed := hive("table", "loose")
	changed["connection"] = object{"server": "hive.example.org", "password": "rotated"}
	a.wait(a.ok("POST", "/api/v1/imports", object{"connector": changed})["item_queue_id"])
	fact(t, "a rotated secret forks it", "hive_2", connections()[1].(object)["name"])

	id, _ := a.synchronize(object{"connector": hive("table", "order_items", "import_as", "<orders>"), "interval": 900})
	y := a.sync(id)
	fact(t, "the synchronization keeps no credentials", fmt.Sprintf(`{"import_as":"\u003corders\u003e","table":"order_items","connection_id":"%s"}`, connections()[0].(object)["id"]), y["service_item_id"])
	fact(t, "its shape", object{"service_name": "connector", "url": nil, "name": "table_orders_", "state": "success", "modified_at": nil}, pick(y, "service_name", "url", "name", "state", "modified_at"))
	before := a.sync(id)
	a.ok("PUT", "/api/v1/synchronizations/"+id, object{"connector": hive("table", "loose")})
	fact(t, "PUT passes over connector", before["service_item_id"], a.sync(id)["service_item_id"])
}

func TestConnectorSynchronizationWithoutItsConnection(t *testing.T) {
	connectors := warehouse(t)
	inBubble(t, sandbox.Config{Connectors: connectors}, func(t *testing.T, a *api) {
		id, _ := a.synchronize(object{"connector": hive("table", "order_items"), "interval": 900})
		write(t, connectors["hive"], "default/order_items.csv", "item\nnew\n")
		later(901 * 1e9)
		fact(t, "a connector is read at every run", []any{object{"item": "new"}}, a.query("SELECT item FROM order_items"))
		var item object
		if err := jsonDecode(a.sync(id)["service_item_id"].(string), &item); err != nil {
			t.Fatal(err)
		}
		fact(t, "deleted", 200, a.send("DELETE", "/api/v4/connections/"+item["connection_id"].(string), nil).Status)
		later(901 * 1e9)
		fact(t, "without its connection it fails without a word", object{"state": "failure", "error_code": 9999.0, "error_message": ""}, pick(a.sync(id), "state", "error_code", "error_message"))
	})
}

// elsewhere is what is said of a database at 192.0.2.7, which is nobody's address.
const elsewhere = "could not connect to the database: 192.0.2.7 is at 192.0.2.7:5432, and the sandbox connects to this machine only; " +
	"allow it by cartosync sandbox --allow-fetch 192.0.2.7, or let a directory stand for it with --connector postgres=DIR or in sandbox.yaml"

func TestConnections(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(gone, 0o700); err != nil {
		t.Fatal(err)
	}
	a := open(t, sandbox.Config{Connectors: map[string]string{"hive": t.TempDir(), "mysql": gone}})
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	parameters := object{"server": "h", "Password": "leaks", "password": "hidden"}
	created := a.send("POST", "/api/v4/connections", object{"name": "main", "connector": "hive", "parameters": parameters})
	fact(t, "status", 201, created.Status)
	id := decode(t, created.Body)["id"].(string)
	path := "/api/v4/connections/" + id
	fact(t, "masking goes by the exact key", object{"server": "h", "Password": "leaks", "password": "********"}, a.get(path)["parameters"])
	fact(t, "PUT answers nothing", []any{200, ""}, func() []any {
		got := a.send("PUT", path, object{"name": "renamed", "parameters": object{"port": 5}})
		return []any{got.Status, got.Body}
	}())
	fact(t, "PUT merges", object{"server": "h", "Password": "leaks", "password": "********", "port": 5.0}, a.get(path)["parameters"])
	fact(t, "it can be reached", object{"connected": true}, a.get(path+"/connect"))
	for _, test := range []struct {
		name string
		body object
		want string
	}{
		{"a taken name", object{"name": "renamed", "connector": "hive", "parameters": parameters}, "Validation failed: Name has already been taken"},
		{"no name", object{"connector": "hive", "parameters": parameters}, "Validation failed: Name can't be blank"},
		{"an unreachable database", object{"name": "x", "connector": "mysql", "parameters": object{"server": "h", "username": "u", "password": "p"}}, "Validation failed: stat " + gone + ": no such file or directory"},
		{"a database that is not on this machine", object{"name": "x", "connector": "postgres", "parameters": object{"server": "192.0.2.7", "database": "d", "username": "u"}}, "Validation failed: " + elsewhere},
		{"BigQuery without a project", object{"name": "x", "connector": "bigquery", "parameters": object{"service_account": "{}"}}, "Validation failed: Connector Parameter 'billing_project' must be assigned"},
		{"BigQuery with a token", object{"name": "x", "connector": "bigquery", "parameters": object{"billing_project": "p", "refresh_token": "t"}},
			"Validation failed: Connector Parameter refresh_token not supported for db-connection; use OAuth connection instead"},
		{"parameters that the provider lacks or knows not", object{"name": "x", "connector": "postgres", "parameters": object{"server": "h", "host": "h"}},
			"Validation failed: Parameters Invalid connection parameters: host\nMissing required connection parameters database,username"},
		{"no parameters", object{"name": "x", "connector": "hive"}, "Validation failed: Parameters Missing required connection parameters server"},
		{"a hidden provider", object{"name": "x", "connector": "odbc", "parameters": object{"driver": "d"}},
			`Wrong 'connector: odbc' parameter value. Valid values are one of ["postgres", "mysql", "sqlserver", "hive", "bigquery", "redshift", "snowflake"]`},
		{"an OAuth service", object{"connector": "gdrive"}, "Wrong 'connector: gdrive' parameter value. Valid values are one of []"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := a.send("POST", "/api/v4/connections", test.body)
			fact(t, "refused", object{"errors": test.want}, decode(t, got.Body))
			fact(t, "status", 422, got.Status)
		})
	}
	got := a.send("POST", "/api/v4/connections", object{"name": "x", "connector": "oracle", "parameters": parameters})
	if got.Status != 422 || !strings.Contains(got.Body, "Wrong 'connector: oracle' parameter value") {
		t.Error(got)
	}
	fact(t, "gone", []any{200, 404, 404}, []any{a.send("DELETE", path, nil).Status, a.send("GET", path, nil).Status, a.send("DELETE", path, nil).Status})
	fact(t, "providers", object{"name": "Hive", "description": nil, "enabled": true}, a.get("/api/v1/connectors")["hive"])
	fact(t, "an unknown provider", `{"errors":"Provider oracle unknown"}`, a.send("GET", "/api/v1/connectors/oracle", nil).Body)
}

func TestPostgresConnector(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	server.Exec(t, `CREATE SCHEMA sales; CREATE TABLE sales.orders (id int8, "Customer Name" text, price numeric(8,2), ok boolean, day date,
		at timestamptz, tags text[], geom text);
		INSERT INTO sales.orders VALUES (1, '01234', 9.5, true, '2020-01-31', '2020-01-31 10:00:00+02', '{a}', 'POINT(1 2)'), (2, NULL, 3, false, NULL, NULL, NULL, NULL)`)
	a := open(t, sandbox.Config{})
	connection := object{"server": "127.0.0.1", "port": server.Port, "database": server.Database, "username": server.User, "password": server.Password, "sslmode": "disable"}
	load := func(connection object, parameters object) object {
		c := object{"provider": "postgres", "connection": connection}
		for key, v := range parameters {
			c[key] = v
		}
		got := a.send("POST", "/api/v1/imports", object{"connector": c})
		if got.Status != 200 {
			return object{"refused": got.Body}
		}
		return a.wait(decode(t, got.Body)["item_queue_id"])
	}
	t.Run("a table", func(t *testing.T) {
		job := load(connection, object{"schema": "sales", "table": "orders"})
		fact(t, "outcome", object{"state": "complete", "table_name": "orders"}, pick(job, "state", "table_name"))
		fact(t, "rows", []any{
			object{"id": 1.0, "customer_name": "01234", "price": 9.5, "ok": true, "day": "2020-01-31T00:00:00Z", "at": "2020-01-31T08:00:00Z", "g": "POINT(1 2)"},
			object{"id": 2.0, "customer_name": nil, "price": 3.0, "ok": false, "day": nil, "at": nil, "g": nil},
		}, a.query("SELECT id, customer_name, price, ok, day, at, ST_AsText(the_geom) AS g FROM orders ORDER BY id"))
		columns := a.get("/api/v1/tables/orders")["schema"].([]any)
		fact(t, "unsupported columns are left out", 8, len(columns))
	})
	t.Run("a query", func(t *testing.T) {
		job := load(connection, object{"sql_query": "SELECT sum(price) AS total FROM sales.orders", "import_as": "totals"})
		fact(t, "outcome", object{"state": "complete", "table_name": "totals"}, pick(job, "state", "table_name"))
		fact(t, "rows", []any{object{"total": 12.5}}, a.query("SELECT total FROM totals"))
	})
	t.Run("a query that PostgreSQL refuses", func(t *testing.T) {
		job := load(connection, object{"sql_query": "SELECT nope", "import_as": "x"})
		if what := fmt.Sprint(dig(job, "get_error_text", "what_about")); job["error_code"] != 99999.0 || !strings.Contains(what, `column "nope" does not exist`) {
			t.Error(job)
		}
	})
	t.Run("a wrong password is refused when the import is posted", func(t *testing.T) {
		wrong := object{}
		for key, v := range connection {
			wrong[key] = v
		}
		wrong["password"] = "letmein"
		got := fmt.Sprint(load(wrong, object{"table": "orders"})["refused"])
		if !strings.Contains(got, "Validation failed") || !strings.Contains(got, "password authentication failed") || strings.Contains(got, "letmein") {
			t.Error(got)
		}
	})
	t.Run("TLS is required unless the connection says otherwise", func(t *testing.T) {
		secure := object{}
		for key, v := range connection {
			secure[key] = v
		}
		delete(secure, "sslmode")
		if got := fmt.Sprint(load(secure, object{"table": "orders"})["refused"]); !strings.Contains(got, "TLS") {
			t.Error(got)
		}
	})
}
