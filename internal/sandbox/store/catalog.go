package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"modernc.org/sqlite"
)

// wgs84 is the text of degrees, as EPSG defines them, as a literal of SQL.
const wgs84 = `'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],' ||
	'PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]],AUTHORITY["EPSG","4326"]]'`

// catalogViews imitate the parts of PostgreSQL's catalogues that clients read. They are temporary, so that they take no
// name from the account. The account's own tables and unfinished imports are not in them.
// The dotted names stand for schema-qualified ones; see rewriteNames.
var catalogViews = []string{
	`CREATE TEMP TABLE "pg_catalog.column" (oid INTEGER, position INTEGER, name TEXT, type TEXT, fallback TEXT, required INTEGER)`,
	`CREATE TEMP VIEW "pg_catalog.tables" AS SELECT name, oid, file, definition, CASE definition WHEN '' THEN 'table' ELSE 'view' END AS type
		FROM main."sandbox$relation" WHERE NOT pending`,
	`CREATE TEMP VIEW pg_tables AS SELECT 'public' AS schemaname, name AS tablename, current_user() AS tableowner,
		NULL AS tablespace, EXISTS (SELECT 1 FROM main."sandbox$index" i WHERE i.oid = t.oid) AS hasindexes,
		0 AS hasrules, 0 AS hastriggers, 0 AS rowsecurity
		FROM "pg_catalog.tables" t WHERE type = 'table'`,
	`CREATE TEMP VIEW pg_views AS SELECT 'public' AS schemaname, name AS viewname, current_user() AS viewowner, definition
		FROM "pg_catalog.tables" WHERE type = 'view'`,
	`CREATE TEMP VIEW pg_indexes AS SELECT 'public' AS schemaname, t.name AS tablename, i.name AS indexname, NULL AS tablespace,
		i.definition AS indexdef FROM main."sandbox$index" i JOIN "pg_catalog.tables" t ON t.oid = i.oid`,
	`CREATE TEMP VIEW pg_namespace AS SELECT 2200 AS oid, 'public' AS nspname`,
	`CREATE TEMP VIEW pg_class AS SELECT oid, name AS relname, 2200 AS relnamespace, CASE type WHEN 'view' THEN 'v' ELSE 'r' END AS relkind,
		COALESCE((SELECT row_estimate FROM main."sandbox$table" t WHERE t.name = c.name), -1) AS reltuples,
		carto_file_size(file) / 8192 AS relpages FROM "pg_catalog.tables" c`,
	`CREATE TEMP VIEW pg_attribute AS SELECT oid AS attrelid, name AS attname, position AS attnum, pg_type_oid(type) AS atttypid,
		pg_typmod(type, name) AS atttypmod, -1 AS attlen, required AS attnotnull, 0 AS attisdropped, fallback IS NOT NULL AS atthasdef
		FROM temp."pg_catalog.column"`,
	`CREATE TEMP VIEW pg_attrdef AS SELECT oid AS adrelid, position AS adnum, fallback AS adbin
		FROM temp."pg_catalog.column" WHERE fallback IS NOT NULL`,
	`CREATE TEMP VIEW pg_index AS SELECT oid AS indrelid, position AS indkey, true AS indisprimary, true AS indisunique
		FROM temp."pg_catalog.column" WHERE name = 'cartodb_id'`,
	`CREATE TEMP VIEW pg_type AS SELECT pg_type_oid(type) AS oid, pg_udt_name(type) AS typname FROM temp."pg_catalog.column" GROUP BY 1, 2`,
	`CREATE TEMP VIEW cdb_usertables AS SELECT name AS cdb_usertables FROM "pg_catalog.tables" WHERE type = 'table'`,
	`CREATE TEMP VIEW cdb_tablemetadata AS SELECT oid AS tabname, carto_instant(updated_at) AS updated_at FROM main."sandbox$table"`,
	`CREATE TEMP VIEW "information_schema.tables" AS SELECT 'sandbox' AS table_catalog, 'public' AS table_schema,
		name AS table_name, CASE type WHEN 'view' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type
		FROM "pg_catalog.tables"`,
	`CREATE TEMP VIEW "information_schema.columns" AS SELECT 'sandbox' AS table_catalog, 'public' AS table_schema,
		t.name AS table_name, c.name AS column_name, c.position AS ordinal_position, c.fallback AS column_default,
		CASE WHEN c.required THEN 'NO' ELSE 'YES' END AS is_nullable,
		CASE c.type WHEN 'geometry' THEN 'USER-DEFINED' ELSE c.type END AS data_type, pg_udt_name(c.type) AS udt_name
		FROM "pg_catalog.tables" t JOIN temp."pg_catalog.column" c ON c.oid = t.oid`,
	`CREATE TEMP VIEW geometry_columns AS SELECT table_catalog AS f_table_catalog, table_schema AS f_table_schema,
		table_name AS f_table_name, column_name AS f_geometry_column, 2 AS coord_dimension,
		CASE column_name WHEN 'the_geom_webmercator' THEN 3857 ELSE 4326 END AS srid, 'GEOMETRY' AS type
		FROM "information_schema.columns" WHERE udt_name = 'geometry'`,
	`CREATE TEMP VIEW spatial_ref_sys AS SELECT 4326 AS srid, 'EPSG' AS auth_name, 4326 AS auth_srid, ` + wgs84 + ` AS srtext,
		'+proj=longlat +datum=WGS84 +no_defs' AS proj4text
		UNION ALL SELECT 3857, 'EPSG', 3857, 'PROJCS["WGS 84 / Pseudo-Mercator",' || ` + wgs84 + ` || ',PROJECTION["Mercator_1SP"],' ||
		'PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],' ||
		'UNIT["metre",1,AUTHORITY["EPSG","9001"]],AUTHORITY["EPSG","3857"]]', '+proj=merc +a=6378137 +b=6378137 +units=m +no_defs'`,
}

func createCatalogViews(c sqlite.ExecQuerierContext, _ string) error {
	for _, view := range catalogViews {
		if _, err := c.ExecContext(context.Background(), view, nil); err != nil {
			return fmt.Errorf("%w in %s", err, view)
		}
	}
	return nil
}

// columnCatalogs are the views that list columns: they need what only the tables' files know.
var columnCatalogs = []string{"information_schema.columns", "pg_attribute", "pg_attrdef", "pg_index", "pg_type", "geometry_columns"}

// fillColumnCatalog puts the columns of tables where those views find them, if a statement reads one. A condition on the
// table's name spares those of all others.
func (ses *session) fillColumnCatalog(ctx context.Context, st statement) error {
	if !slices.ContainsFunc(st.tokens, func(t token) bool { return t.isName() && slices.Contains(columnCatalogs, t.text) }) {
		return nil
	}
	query, args := relationQuery+` WHERE NOT pending ORDER BY oid`, []any{}
	if name, only := onlyTable(st.tokens); only {
		query, args = relationQuery+` WHERE NOT pending AND name = ?`, []any{name}
	}
	rows, err := ses.conn.QueryContext(ctx, query, args...)
	all, err := scanAll(rows, err, scanRelation)
	if err != nil {
		return err
	}
	if _, err := ses.conn.ExecContext(ctx, `DELETE FROM temp."pg_catalog.column"`); err != nil {
		return err
	}
	for _, r := range all {
		if err := ses.addToColumnCatalog(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

func (ses *session) addToColumnCatalog(ctx context.Context, r relation) error {
	columns := ses.columnsOf(ctx, r)
	if len(columns) == 0 {
		return ctx.Err()
	}
	var args []any
	for i, c := range columns {
		var fallback any
		if c.byDefault != "" {
			fallback = c.byDefault
		}
		args = append(args, r.oid, i+1, c.Name, c.Type, fallback, c.notNull)
	}
	row := "(?, ?, ?, ?, ?, ?)"
	_, err := ses.conn.ExecContext(ctx, `INSERT INTO temp."pg_catalog.column" VALUES `+row+strings.Repeat(", "+row, len(columns)-1), args...)
	return err
}

// columnsOf lists the columns of a table, or of a view; none if what they are in is just being replaced.
func (ses *session) columnsOf(ctx context.Context, r relation) []Column {
	if !r.isView() {
		columns, err := ses.s.fileColumns(ctx, r.file)
		if err != nil {
			return nil
		}
		return columns
	}
	if err := ses.use(ctx, r.name); err != nil {
		return nil
	}
	columns, err := schemaColumns(ctx, ses.conn, "temp", r.name)
	if err != nil {
		return nil
	}
	return columns
}

// onlyTable finds the one table whose columns a statement wants: one condition that all its rows must meet.
func onlyTable(tokens []token) (name string, only bool) {
	selects := 0
	for i, t := range tokens {
		if t.is("select") {
			selects++
		}
		if selects > 1 || t.oneOf("or", "not", "case", "union", "except", "intersect", "with", "join", "exists") {
			return "", false
		}
		if i > 0 && i+2 < len(tokens) && t.isName() && t.text == "table_name" && tokens[i-1].oneOf("where", "and") &&
			tokens[i+1].is("=") && tokens[i+2].kind == text && (i+3 == len(tokens) || tokens[i+3].oneOf("and", "order", "limit", "group")) {
			name, only = tokens[i+2].text, true
		}
	}
	return name, only
}
