package store

import (
	"context"
	"database/sql/driver"
	"net/url"
	"path/filepath"
	"time"

	"modernc.org/sqlite"
)

// connector opens connections that know the SQL functions of the sandbox. They are registered on a driver of its own,
// because now() belongs to one account's clock.
type connector struct {
	driver *sqlite.Driver
	dsn    string
}

func newConnector(path, options string, now func() time.Time) connector {
	d := &sqlite.Driver{}
	registerFunctions(d, now)
	d.RegisterConnectionHook(createCatalogViews)
	// A file: URI, so that SQLite honours mode=ro; quoted names never fall back to strings.
	u := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path)}
	return connector{driver: d, dsn: u.String() + "?_dqs=0&_defensive=1&_busy_timeout=10000" + options}
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.dsn)
}

func (c connector) Driver() driver.Driver { return c.driver }

// catalogViews imitate the parts of PostgreSQL's catalogues that clients read. They are temporary, so that they take no
// name from the account. The account's own tables and unfinished imports are not in them.
// The dotted names stand for schema-qualified ones; see rewriteNames.
var catalogViews = []string{
	`CREATE TEMP VIEW "pg_catalog.tables" AS SELECT name, rowid AS oid, type FROM main.sqlite_master
		WHERE type IN ('table', 'view') AND name NOT LIKE 'sandbox$%' AND name NOT LIKE 'sqlite_%'`,
	`CREATE TEMP VIEW pg_tables AS SELECT 'public' AS schemaname, name AS tablename, current_user() AS tableowner
		FROM "pg_catalog.tables" WHERE type = 'table'`,
	`CREATE TEMP VIEW pg_class AS SELECT oid, name AS relname, CASE type WHEN 'view' THEN 'v' ELSE 'r' END AS relkind,
		COALESCE((SELECT row_estimate FROM main."sandbox$table" t WHERE t.name = c.name), -1) AS reltuples
		FROM "pg_catalog.tables" c`,
	`CREATE TEMP VIEW cdb_usertables AS SELECT name AS cdb_usertables FROM "pg_catalog.tables" WHERE type = 'table'`,
	`CREATE TEMP VIEW "information_schema.tables" AS SELECT 'sandbox' AS table_catalog, 'public' AS table_schema,
		name AS table_name, CASE type WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type
		FROM "pg_catalog.tables"`,
	`CREATE TEMP VIEW "information_schema.columns" AS SELECT 'sandbox' AS table_catalog, 'public' AS table_schema,
		t.name AS table_name, c.name AS column_name, c.cid + 1 AS ordinal_position, c.dflt_value AS column_default,
		CASE WHEN c."notnull" OR c.pk THEN 'NO' ELSE 'YES' END AS is_nullable,
		CASE lower(c.type) WHEN 'geometry' THEN 'USER-DEFINED' ELSE pg_type_name(c.type) END AS data_type,
		pg_udt_name(c.type) AS udt_name
		FROM "pg_catalog.tables" t, pragma_table_xinfo(t.name) c WHERE c.hidden <> 1`,
	`CREATE TEMP VIEW geometry_columns AS SELECT table_catalog AS f_table_catalog, table_schema AS f_table_schema,
		table_name AS f_table_name, column_name AS f_geometry_column, 2 AS coord_dimension,
		CASE column_name WHEN 'the_geom_webmercator' THEN 3857 ELSE 4326 END AS srid, 'GEOMETRY' AS type
		FROM "information_schema.columns" WHERE udt_name = 'geometry'`,
}

func createCatalogViews(c sqlite.ExecQuerierContext, _ string) error {
	for _, view := range catalogViews {
		if _, err := c.ExecContext(context.Background(), view, nil); err != nil {
			return err
		}
	}
	return nil
}
