package sandbox_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

const typed = "name,n,x,flag,day,at,geo_note\nÁrbol,1,1.5,true,2020-01-31,2020-01-31T10:00:00Z,a\nbeta,2,2.5,false,2020-02-01,2020-02-01T00:00:00+02:00,\n"

func sqlPath(q string) string { return "/api/v2/sql?" + url.Values{"q": {q}}.Encode() }

func TestSQLQueries(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("typed.csv", typed)
	a.load("stations.csv", stations)
	one := func(keysAndValues ...any) []any {
		o := object{}
		for i := 0; i < len(keysAndValues); i += 2 {
			o[keysAndValues[i].(string)] = keysAndValues[i+1]
		}
		return []any{o}
	}
	tests := []struct {
		sql  string
		want []any
	}{
		{`SELECT count(*) FROM stations`, one("count", 2.0)},
		{`select Count(*) AS "N" from "public"."stations"`, one("N", 2.0)},
		{`SELECT count(*) FROM sandbox.stations WHERE name ILIKE 'pla%'`, one("count", 1.0)},
		{`SELECT count(*) FROM stations WHERE name LIKE 'pla%'`, one("count", 0.0)},
		{`SELECT count(*) c FROM stations WHERE name !~ '^P' AND name NOT ILIKE 'x_'`, one("c", 1.0)},
		{`SELECT docks::text, docks::text AS t, '5'::int + 1 AS six, docks::double precision / 8 FROM stations LIMIT 1`, one("docks", "12", "t", "12", "six", 6.0, "?column?", 1.5)},
		{`SELECT CAST(docks AS varchar(10)) FROM stations LIMIT 1`, one("docks", "12")},
		{`SELECT max(docks), min(docks) FILTER (WHERE docks > 12), coalesce(null, 'x') FROM stations`, one("max", 20.0, "min", 20.0, "coalesce", "x")},
		{`SELECT lower(name), length(name), upper(name) FROM typed WHERE n = 1`, one("lower", "árbol", "length", 5.0, "upper", "ÁRBOL")},
		{`SELECT flag, day, at, x FROM typed WHERE n = 2`, one("flag", false, "day", "2020-02-01T00:00:00Z", "at", "2020-01-31T22:00:00Z", "x", 2.5)},
		{`SELECT n FROM typed WHERE flag ORDER BY n`, one("n", 1.0)},
		{`SELECT ST_X(the_geom) AS x, ST_Y(the_geom) AS y, ST_AsText(the_geom) AS wkt, ST_SRID(the_geom), GeometryType(the_geom) FROM stations WHERE cartodb_id = 1`,
			one("x", -3.7, "y", 40.4, "wkt", "POINT(-3.7 40.4)", "st_srid", 4326.0, "geometrytype", "POINT")},
		{`SELECT ST_AsGeoJSON(the_geom) FROM stations WHERE cartodb_id = 1`, one("st_asgeojson", `{"type":"Point","coordinates":[-3.7,40.4]}`)},
		{`SELECT ST_Extent(the_geom) FROM stations`, one("st_extent", "BOX(-3.7 40.4,-3.68 40.41)")},
		{`SELECT ST_XMin(ST_Extent(the_geom)) AS w, ST_YMax(ST_Extent(the_geom)) AS n FROM stations`, one("w", -3.7, "n", 40.41)},
		{`SELECT ST_AsText(ST_SetSRID(ST_MakePoint(1, 2), 4326)) AS p, round(ST_X(ST_Transform(CDB_LatLng(0, 180), 3857))) AS x`, one("p", "POINT(1 2)", "x", 20037508.0)},
		{`SELECT count(*) FROM stations WHERE the_geom_webmercator IS NOT NULL AND ST_SRID(the_geom_webmercator) = 3857`, one("count", 2.0)},
		{`SELECT CDB_UserTables() ORDER BY 1`, []any{object{"cdb_usertables": "stations"}, object{"cdb_usertables": "typed"}}},
		{`SELECT * FROM CDB_UserTables('all') WHERE cdb_usertables LIKE 't%'`, one("cdb_usertables", "typed")},
		{`SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'public' AND tablename IN ('stations','nope')`, one("tablename", "stations")},
		{`SELECT column_name, data_type, udt_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = 'typed' AND ordinal_position > 3 AND column_name <> 'geo_note' ORDER BY ordinal_position`, []any{
			object{"column_name": "name", "data_type": "text", "udt_name": "text"}, object{"column_name": "n", "data_type": "integer", "udt_name": "int4"},
			object{"column_name": "x", "data_type": "double precision", "udt_name": "float8"}, object{"column_name": "flag", "data_type": "boolean", "udt_name": "bool"},
			object{"column_name": "day", "data_type": "date", "udt_name": "date"}, object{"column_name": "at", "data_type": "timestamp with time zone", "udt_name": "timestamptz"}}},
		{`SELECT reltuples FROM pg_class WHERE relname = 'stations'`, one("reltuples", 2.0)},
		{`WITH big AS (SELECT name FROM stations WHERE docks > 15) SELECT count(*) FROM big`, one("count", 1.0)},
		{`SELECT name FROM stations WHERE name = ANY(ARRAY['Plaza','x'])`, one("name", "Plaza")},
		{`SELECT EXTRACT(year FROM at) AS y, date_trunc('day', at) AS d FROM typed WHERE n = 1`, one("y", 2020.0, "d", "2020-01-31T00:00:00Z")},
		{"SELECT 1 AS a -- a comment\n /* another */ ;", one("a", 1.0)},
		{`SELECT 'it''s' AS s, E'a\nb' AS e, $$x'y$$ AS d`, one("s", "it's", "e", "a\nb", "d", "x'y")},
		{`SELECT CASE WHEN docks > 15 THEN 'big' ELSE 'small' END FROM stations LIMIT 1`, one("case", "small")},
		{`SELECT s.name FROM stations s JOIN typed t ON t.n = s.cartodb_id WHERE t.flag IS TRUE`, one("name", "Plaza")},
		{`SELECT (SELECT count(*) FROM typed) AS n, EXISTS(SELECT 1 FROM stations)`, one("n", 2.0, "exists", 1.0)},
	}
	for _, test := range tests {
		t.Run(test.sql, func(t *testing.T) {
			got := a.send("GET", sqlPath(test.sql), nil)
			if got.Status != 200 {
				t.Fatal(got.Body)
			}
			if diff := cmp.Diff(test.want, decode(t, got.Body)["rows"]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSQLAnswerShape(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("typed.csv", typed)
	got := a.get(sqlPath("SELECT the_geom, name, n, flag, day, count(*) FROM typed GROUP BY 1, 2, 3, 4, 5 ORDER BY n"))
	fact(t, "rows", 2.0, got["total_rows"])
	fact(t, "fields", object{"the_geom": object{"type": "geometry", "wkbtype": "Unknown", "dims": 2.0, "srid": 4326.0}, "name": object{"type": "string", "pgtype": "text"},
		"n": object{"type": "number", "pgtype": "int4"}, "flag": object{"type": "boolean", "pgtype": "bool"}, "day": object{"type": "date", "pgtype": "date"},
		"count": object{"type": "number", "pgtype": "int8"}}, got["fields"])
	if _, isNumber := got["time"].(float64); !isNumber {
		t.Errorf("time is %v", got["time"])
	}
	posted := a.ok("POST", "/api/v2/sql", url.Values{"q": {"SELECT 1 AS a"}})
	fact(t, "a form", []any{object{"a": 1.0}}, posted["rows"])
	posted = a.ok("POST", "/api/v2/sql", object{"q": "SELECT 1 AS a"})
	fact(t, "JSON", []any{object{"a": 1.0}}, posted["rows"])
}

func TestSQLErrors(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	for sql, want := range map[string]string{
		"":                                      "You must indicate a sql query",
		"SELECT * FROM nope":                    `relation "nope" does not exist`,
		"SELECT nope FROM stations":             `column "nope" does not exist`,
		`SELECT "Name" FROM stations WHERE "x"`: `column "x" does not exist`,
		"SELEC 1":                               `syntax error at or near "selec"`,
		"SELECT * FRM stations":                 `syntax error at or near "frm"`,
		"SELECT * FROM stations WHERE":          `syntax error at end of input`,
		"SELECT 'x":                             "unterminated quoted string",
		"SELECT 'abc'::int":                     `invalid input syntax for type integer: "abc"`,
		"SELECT nope(1)":                        "function nope does not exist",
		"CREATE TABLE stations (a int)":         `relation "stations" already exists`,
		"INSERT INTO stations (cartodb_id) VALUES (1)": "duplicate key value violates unique constraint (stations.cartodb_id)",
		"SELECT * FROM \"sandbox$job\"":                "permission denied for relation sandbox$job",
		"SELECT * FROM 'sandbox$job'":                  "permission denied for relation sandbox$job",
		"DROP TABLE sandbox$user":                      "permission denied for relation sandbox$user",
		"SELECT * FROM sqlite_master":                  "permission denied for relation sqlite_master",
		"SELECT * FROM 'sqlite_master'":                "permission denied for relation sqlite_master",
		"SELECT * FROM pragma_table_info('x')":         "permission denied for relation pragma_table_info",
		"PRAGMA user_version = 7":                      `syntax error at or near "pragma"`,
		"ATTACH 'x.db' AS x":                           `syntax error at or near "attach"`,
		"CREATE VIRTUAL TABLE v USING fts5(a)":         `syntax error at or near "virtual"`,
	} {
		t.Run(sql, func(t *testing.T) {
			got := a.send("GET", sqlPath(sql), nil)
			if got.Status != 400 {
				t.Fatalf("%d %s", got.Status, got.Body)
			}
			fact(t, "message", object{"error": []any{want}}, decode(t, got.Body))
		})
	}
}

func TestSQLWrites(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.load("stations.csv", stations)
	a.load("open.csv", "a\n1\n", "privacy", "public")
	lease := `INSERT INTO cartosync_lease (project, holder, since, seq) VALUES ('p', 'me', now(), 1)
		ON CONFLICT (project) DO UPDATE SET seq = cartosync_lease.seq + 1, holder = EXCLUDED.holder WHERE cartosync_lease.seq = 1 RETURNING seq`
	a.query(`CREATE TABLE IF NOT EXISTS cartosync_lease (project text primary key, holder text not null default '', since timestamptz default now(), seq bigint)`)
	var seqs []any
	for range 3 {
		seqs = append(seqs, a.query(lease))
	}
	fact(t, "a lease is taken, renewed, and then lost", []any{[]any{object{"seq": 1.0}}, []any{object{"seq": 2.0}}, []any{}}, seqs)
	fact(t, "a plain table is no dataset", []any{"open", "stations"}, names(a.get("/api/v1/viz?type=table&order=name&order_direction=asc")))
	got := a.get(sqlPath("UPDATE stations SET docks = docks + 1"))
	fact(t, "a write counts", 2.0, got["total_rows"])
	a.query("ALTER TABLE stations DROP COLUMN docks, DROP COLUMN IF EXISTS nope, ADD COLUMN note varchar(10)")
	fact(t, "columns", []any{[]any{"cartodb_id", "number"}, []any{"the_geom", "geometry", "geometry", "point"}, []any{"lat", "number"}, []any{"lon", "number"}, []any{"name", "string"}, []any{"note", "string"}},
		a.get("/api/v1/tables/stations")["schema"])
	a.query("BEGIN; CREATE TABLE serials (id serial primary key, v text); INSERT INTO serials (v) VALUES ('a'), ('b'); COMMIT")
	fact(t, "serial columns count", []any{object{"id": 2.0}}, a.query("SELECT max(id) AS id FROM serials"))
	bad := a.send("GET", sqlPath("INSERT INTO serials (v) VALUES ('c'); SELECT nope"), nil)
	fact(t, "statements of one request stand or fall together", []any{400, 2.0}, []any{bad.Status, a.query("SELECT count(*) FROM serials")[0].(object)["count"]})

	t.Run("without the master key", func(t *testing.T) {
		public := clientOf(t, a.s)
		public.key = ""
		fact(t, "public data is read", []any{object{"a": 1.0}}, public.query("SELECT a FROM open"))
		for _, sql := range []string{"SELECT * FROM stations", "DELETE FROM open", "DROP TABLE open", "SELECT * FROM open, serials"} {
			got := public.send("GET", sqlPath(sql), nil)
			if got.Status != 400 {
				t.Errorf("%s: %d %s", sql, got.Status, got.Body)
			}
		}
		got := public.send("GET", sqlPath("SELECT 1")+"&api_key=nope", nil)
		fact(t, "a key that is none", 401, got.Status)
	})
	t.Run("tables that SQL drops, renames and makes are linked when they are listed", func(t *testing.T) {
		if _, err := a.s.AddMap(t.Context(), "", "town", "open"); err != nil {
			t.Fatal(err)
		}
		a.query("DROP TABLE open; ALTER TABLE stations RENAME TO docks")
		a.query("CREATE TABLE made (note text); INSERT INTO made VALUES ('x'); SELECT CDB_CartodbfyTable(current_schema, 'made')")
		fact(t, "datasets", []any{"docks", "made"}, names(a.get("/api/v1/viz?type=table&order=name&order_direction=asc")))
		fact(t, "maps", []any{}, names(a.get("/api/v1/viz?type=derived")))
	})
}
