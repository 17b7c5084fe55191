package sandbox_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// sqlError is the message of a statement that must be refused.
func (a *api) sqlError(q string) string {
	a.t.Helper()
	got := a.send("GET", sqlPath(q), nil)
	if got.Status != 400 {
		a.t.Fatalf("%s: %d %s", q, got.Status, got.Body)
	}
	return decode(a.t, got.Body)["error"].([]any)[0].(string)
}

// columnsNow lists the columns of a table with their types.
func (a *api) columnsNow(table string) (all []string) {
	a.t.Helper()
	for _, row := range a.query("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '" + table + "' ORDER BY ordinal_position") {
		all = append(all, fmt.Sprint(row.(object)["column_name"], " ", row.(object)["data_type"]))
	}
	return all
}

func TestAlterTable(t *testing.T) {
	const made = "CREATE TABLE t (id serial PRIMARY KEY, n integer NOT NULL, s text DEFAULT 'x'); INSERT INTO t (n, s) VALUES (1, '1'), (2, '2')"
	tests := []struct {
		name, alter string
		columns     []string
		rows        []any
	}{
		{"a type by cast", "ALTER TABLE t ALTER COLUMN s TYPE integer", []string{"id integer", "n integer", "s integer"},
			[]any{object{"id": 1.0, "n": 1.0, "s": 1.0}, object{"id": 2.0, "n": 2.0, "s": 2.0}}},
		{"a type by an expression", "ALTER TABLE t ALTER n SET DATA TYPE text USING 'n' || n", []string{"id integer", "n text", "s text"},
			[]any{object{"id": 1.0, "n": "n1", "s": "1"}, object{"id": 2.0, "n": "n2", "s": "2"}}},
		{"a column with a default", "ALTER TABLE t ADD COLUMN b boolean NOT NULL DEFAULT true, DROP COLUMN s", []string{"id integer", "n integer", "b boolean"},
			[]any{object{"id": 1.0, "n": 1.0, "b": true}, object{"id": 2.0, "n": 2.0, "b": true}}},
		{"an indexed column goes with its index", "CREATE INDEX ON t (s); ALTER TABLE t DROP COLUMN s", []string{"id integer", "n integer"},
			[]any{object{"id": 1.0, "n": 1.0}, object{"id": 2.0, "n": 2.0}}},
		{"a new name", "ALTER TABLE t RENAME COLUMN s TO label", []string{"id integer", "n integer", "label text"},
			[]any{object{"id": 1.0, "n": 1.0, "label": "1"}, object{"id": 2.0, "n": 2.0, "label": "2"}}},
		{"no longer required", "ALTER TABLE t ALTER n DROP NOT NULL, ALTER s DROP DEFAULT; INSERT INTO t (id) VALUES (3); DELETE FROM t WHERE id < 3",
			[]string{"id integer", "n integer", "s text"}, []any{object{"id": 3.0, "n": nil, "s": nil}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{})
			a.query(made)
			a.query(test.alter)
			got := []any{a.columnsNow("t"), a.query("SELECT * FROM t ORDER BY id")}
			if diff := cmp.Diff([]any{test.columns, test.rows}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDefinitionsAreRefused(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.query("CREATE TABLE t (id serial PRIMARY KEY, s text); CREATE VIEW v AS SELECT s FROM t; CREATE INDEX i ON t (s); INSERT INTO t (s) VALUES ('x')")
	for q, want := range map[string]string{
		"DROP TABLE t":                              "cannot drop table t because other objects depend on it: view v depends on table t",
		"DROP TABLE v":                              `"v" is not a table`,
		"DROP VIEW t":                               `"t" is not a view`,
		"DROP TABLE nope":                           `table "nope" does not exist`,
		"DROP INDEX nope":                           `index "nope" does not exist`,
		"CREATE INDEX i ON t (id)":                  `relation "i" already exists`,
		"CREATE VIEW w AS SELECT nope FROM t":       `column "nope" does not exist`,
		"ALTER TABLE t DROP COLUMN s":               "cannot drop column s of table t because other objects depend on it",
		"ALTER TABLE t DROP COLUMN nope":            `column "nope" of relation "t" does not exist`,
		"ALTER TABLE t ADD COLUMN s text":           `column "s" of relation "t" already exists`,
		"ALTER TABLE t RENAME nope TO b":            `column "nope" does not exist`,
		"ALTER TABLE t RENAME TO v":                 `relation "v" already exists`,
		"ALTER TABLE t ALTER s TYPE integer":        `invalid input syntax for type integer: "x"`,
		"ALTER TABLE nope ADD COLUMN b text":        `relation "nope" does not exist`,
		"CREATE FUNCTION f() RETURNS int":           "CREATE FUNCTION is not supported by the sandbox",
		"SELECT CDB_CartodbfyTable('public.nope')":  `relation "nope" does not exist`,
		"CREATE TABLE u (a int); SELECT * FROM nix": `relation "nix" does not exist`,
	} {
		t.Run(q, func(t *testing.T) { fact(t, "message", want, a.sqlError(q)) })
	}
	fact(t, "nothing of it stays", []any{object{"tablename": "t"}}, a.query("SELECT tablename FROM pg_tables"))
	a.query("CREATE TABLE u (a int)") // the name that a failed request had taken is free
	a.query("DROP TABLE t CASCADE")
	fact(t, "views go with their table", []any{}, a.query("SELECT viewname FROM pg_views"))
}

// One request may drop and make anew, swap names, and read what it has just made.
func TestDefinitionsInOneRequest(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.query("CREATE TABLE a AS SELECT 1 AS n, 'x' AS s; CREATE TABLE b AS SELECT 2 AS n")
	fact(t, "types of a query", []string{"n bigint", "s text"}, a.columnsNow("a"))
	a.query("ALTER TABLE a RENAME TO c; ALTER TABLE b RENAME TO a; ALTER TABLE c RENAME TO b")
	fact(t, "swapped", []any{object{"a": 2.0, "b": 1.0}}, a.query("SELECT a.n AS a, b.n AS b FROM a, b"))
	fact(t, "made anew", []any{object{"n": 3.0}}, a.query("DROP TABLE a; CREATE TABLE a (n int); INSERT INTO a VALUES (3); SELECT n FROM a"))
	a.query("CREATE OR REPLACE VIEW v AS SELECT n FROM a; CREATE OR REPLACE VIEW v AS SELECT n + 1 AS n FROM a; ALTER TABLE a RENAME TO d")
	fact(t, "a view follows its table", []any{object{"n": 4.0}}, a.query("SELECT n FROM v"))
	a.query("TRUNCATE TABLE d")
	fact(t, "truncated", []any{object{"count": 0.0}}, a.query("SELECT count(*) FROM d"))
}

// A query may name more tables than SQLite can attach.
func TestQueryOfManyTables(t *testing.T) {
	a := open(t, sandbox.Config{})
	var parts []string
	for i := range 25 {
		a.query(fmt.Sprintf("CREATE TABLE t%d AS SELECT %d AS n", i, i))
		parts = append(parts, fmt.Sprintf("SELECT n FROM t%d", i))
	}
	fact(t, "sum", []any{object{"sum": 300.0}}, a.query("SELECT sum(n) FROM ("+strings.Join(parts, " UNION ALL ")+") q"))
	fact(t, "again", []any{object{"n": 24.0}}, a.query("SELECT n FROM t24"))
	fact(t, "too many to change", "the sandbox changes tables in requests that name at most 10 of them",
		a.sqlError("INSERT INTO t0 "+strings.Join(parts, " UNION ALL ")))
	var names []string
	for i := range 25 {
		names = append(names, fmt.Sprint("t", i))
	}
	a.query("DROP TABLE " + strings.Join(names, ", "))
	fact(t, "all dropped", []any{}, a.query("SELECT tablename FROM pg_tables"))
}

// What SQL does to the columns of a dataset counts when it is overwritten: a column too many is missing in the file, one
// that is dropped is not asked for. CartoDB/cartodb: lib/carto/importer/table_setup.rb.
func TestAlteredColumnsCountInOverwrites(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	over := func() object {
		job := a.wait(a.ok("POST", "/api/v1/imports", upload(t, "stations.csv", stations, "collision_strategy", "overwrite"))["item_queue_id"])
		return pick(job, "state", "error_code")
	}
	for _, step := range []struct {
		alter string
		want  object
	}{
		{"ALTER TABLE stations ADD COLUMN note text", object{"state": "failure", "error_code": 2012.0}},
		{"ALTER TABLE stations DROP COLUMN note", object{"state": "complete", "error_code": nil}},
		{"ALTER TABLE stations ALTER docks TYPE text", object{"state": "failure", "error_code": 2012.0}},
		{"ALTER TABLE stations DROP COLUMN docks", object{"state": "complete", "error_code": nil}},
	} {
		a.query(step.alter)
		fact(t, step.alter, step.want, over())
	}
}

func TestCatalogs(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	a.query("CREATE INDEX docks_idx ON stations (docks); CREATE VIEW v AS SELECT name FROM stations")
	fact(t, "no such table has a size", `relation "nope" does not exist`, a.sqlError("SELECT pg_total_relation_size('nope')"))
	for q, want := range map[string]any{
		"SELECT pg_total_relation_size('public.stations') > 8191 AS big, pg_relation_size('stations'::regclass) > 0 AS some": []any{object{"big": 1.0, "some": 1.0}},
		"SELECT count(*) FROM CDB_TableMetadata":                        []any{object{"count": 1.0}},
		"SELECT indexname FROM pg_indexes WHERE tablename = 'stations'": []any{object{"indexname": "docks_idx"}},
		"SELECT table_name, table_type FROM information_schema.tables ORDER BY 1": []any{
			object{"table_name": "stations", "table_type": "BASE TABLE"}, object{"table_name": "v", "table_type": "VIEW"}},
		"SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relname = 'stations' AND a.attnum = 1": []any{object{"attname": "cartodb_id"}},
		"SELECT f_geometry_column, srid FROM geometry_columns ORDER BY srid": []any{
			object{"f_geometry_column": "the_geom_webmercator", "srid": 3857.0}, object{"f_geometry_column": "the_geom", "srid": 4326.0}},
	} {
		t.Run(q, func(t *testing.T) { fact(t, "rows", want, a.query(q)) })
	}
	fact(t, "columns of a view", []string{"name text"}, a.columnsNow("v"))
	a.query("DROP VIEW v")
	a.load("stations.csv", stations, "collision_strategy", "overwrite")
	a.until(func() bool { return len(a.query("SELECT indexname FROM pg_indexes")) == 1 }) // made again for the new table
}

// Every answer of the SQL API says how many requests are left, refusals too.
// CartoDB/CartoDB-SQL-API: lib/api/middlewares/rate-limit.js.
func TestSQLRateLimitHeaders(t *testing.T) {
	a := open(t, sandbox.Config{})
	for _, path := range []string{sqlPath("SELECT 1"), sqlPath("SELECT nope"), "/api/v2/sql", "/api/v1/sql?q=SELECT+1&api_key=nope"} {
		h := a.send("GET", path, nil).header
		left, err := strconv.Atoi(h.Get("Carto-Rate-Limit-Remaining"))
		if h.Get("Carto-Rate-Limit-Limit") != "1000" || err != nil || left < 0 || left > 999 || h.Get("Carto-Rate-Limit-Reset") == "" || h.Get("Retry-After") != "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	fact(t, "other endpoints have none", "", a.send("GET", "/api/v1/viz", nil).header.Get("Carto-Rate-Limit-Limit"))
}
