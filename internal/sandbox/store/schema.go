package store

import (
	"context"
	"fmt"
	"strings"
)

// StatePrefix begins the names of the account's own tables. No dataset can bear such a name, because CARTO's names
// hold no dollar sign, and the SQL API refuses every statement that mentions it.
const StatePrefix = "sandbox$"

// schemaVersion is the version of the state's layout, in SQLite's user_version.
const schemaVersion = 2

// schema holds instants as milliseconds since 1970 and lists as JSON.
const schema = `
CREATE TABLE "sandbox$principal" (
	id TEXT PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, created_at INTEGER NOT NULL,
	UNIQUE (kind, name)
);
CREATE TABLE "sandbox$counter" (name TEXT PRIMARY KEY, value INTEGER NOT NULL, expires_at INTEGER NOT NULL);
CREATE TABLE "sandbox$visualization" (
	id TEXT PRIMARY KEY, type TEXT NOT NULL, name TEXT NOT NULL, user_id TEXT NOT NULL,
	display_name TEXT, description TEXT, source TEXT, title TEXT, license TEXT, attributions TEXT,
	tags TEXT NOT NULL, privacy TEXT NOT NULL, locked INTEGER NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL,
	map_id TEXT NOT NULL, active_layer_id TEXT NOT NULL,
	permission_id TEXT NOT NULL, acl TEXT NOT NULL, permission_created_at INTEGER NOT NULL, permission_updated_at INTEGER NOT NULL,
	created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE INDEX "sandbox$visualization_name" ON "sandbox$visualization" (user_id, type, name);
CREATE INDEX "sandbox$visualization_permission" ON "sandbox$visualization" (permission_id);
CREATE TABLE "sandbox$table" (
	id TEXT PRIMARY KEY, visualization_id TEXT NOT NULL UNIQUE,
	user_id TEXT NOT NULL, name TEXT NOT NULL, oid INTEGER NOT NULL, privacy TEXT NOT NULL,
	geometry_types TEXT NOT NULL, row_estimate INTEGER, size INTEGER, import_id TEXT,
	created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
	UNIQUE (user_id, name)
);
CREATE INDEX "sandbox$table_name" ON "sandbox$table" (name);
CREATE INDEX "sandbox$table_size" ON "sandbox$table" (user_id, size);
CREATE TABLE "sandbox$relation" (
	oid INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, file TEXT NOT NULL, definition TEXT NOT NULL,
	cartodbfied INTEGER NOT NULL, pending INTEGER NOT NULL
);
CREATE TABLE "sandbox$index" (name TEXT PRIMARY KEY, oid INTEGER NOT NULL, definition TEXT NOT NULL);
CREATE TABLE "sandbox$unlinked" (since INTEGER NOT NULL);
CREATE TABLE "sandbox$layer" (
	id TEXT PRIMARY KEY, visualization_id TEXT NOT NULL, table_id TEXT NOT NULL
);
CREATE INDEX "sandbox$layer_visualization" ON "sandbox$layer" (visualization_id);
CREATE INDEX "sandbox$layer_table" ON "sandbox$layer" (table_id);
CREATE TABLE "sandbox$job" (
	id TEXT PRIMARY KEY, user_id TEXT NOT NULL, state TEXT NOT NULL, success INTEGER, error_code INTEGER, problem TEXT,
	data_type TEXT NOT NULL, source TEXT, upload TEXT, file_name TEXT,
	service_name TEXT, service_item_id TEXT, query TEXT, table_copy TEXT,
	table_id TEXT, table_name TEXT, tables_created INTEGER, synchronization_id TEXT, visualization_id TEXT,
	collision_strategy TEXT, privacy TEXT,
	type_guessing INTEGER NOT NULL, quoted_fields_guessing INTEGER NOT NULL, content_guessing INTEGER NOT NULL,
	create_visualization INTEGER NOT NULL, user_defined_limits TEXT NOT NULL, warnings TEXT, http_code INTEGER,
	worker INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
);
CREATE INDEX "sandbox$job_open" ON "sandbox$job" (created_at) WHERE state NOT IN ('complete', 'failure');
CREATE TABLE "sandbox$synchronization" (
	id TEXT PRIMARY KEY, user_id TEXT, name TEXT, interval INTEGER, url TEXT, state TEXT,
	created_at INTEGER, updated_at INTEGER, run_at INTEGER, ran_at INTEGER, modified_at INTEGER,
	retried_times INTEGER, log_id TEXT, error_code INTEGER, error_message TEXT, etag TEXT, checksum TEXT,
	service_name TEXT, service_item_id TEXT,
	type_guessing INTEGER, quoted_fields_guessing INTEGER, content_guessing INTEGER,
	visualization_id TEXT, from_external_source INTEGER
);
CREATE INDEX "sandbox$synchronization_visualization" ON "sandbox$synchronization" (visualization_id);
CREATE TABLE "sandbox$run" (synchronization_id TEXT PRIMARY KEY, enqueued_at INTEGER NOT NULL);
CREATE TABLE "sandbox$connection" (
	id TEXT PRIMARY KEY, user_id TEXT NOT NULL, name TEXT NOT NULL, connector TEXT NOT NULL, parameters TEXT NOT NULL,
	created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
	UNIQUE (user_id, name)
);`

// indexes are for what is asked of a full account; a directory of an earlier version may lack some.
const indexes = `
CREATE INDEX IF NOT EXISTS "sandbox$visualization_privacy" ON "sandbox$visualization" (user_id, type, privacy);
CREATE INDEX IF NOT EXISTS "sandbox$visualization_created" ON "sandbox$visualization" (user_id, created_at);
CREATE INDEX IF NOT EXISTS "sandbox$job_state" ON "sandbox$job" (user_id, state);
`

// migrate creates the tables of a new directory and refuses a directory of another layout.
func (s *Store) migrate(ctx context.Context) error {
	return s.Update(ctx, func(t *Tx) error {
		var version int
		if err := t.tx.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
			return err
		}
		switch version {
		case schemaVersion:
			_, err := t.tx.ExecContext(ctx, indexes)
			return err
		case 0:
			_, err := t.tx.ExecContext(ctx, schema+indexes+fmt.Sprintf(`PRAGMA user_version = %d`, schemaVersion))
			return err
		}
		return fmt.Errorf("the directory was written by another version (layout %d, not %d); use another directory", version, schemaVersion)
	})
}

// quoteAll lists names as SQL identifiers.
func quoteAll(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quote(name)
	}
	return strings.Join(all, ", ")
}

// quote makes a name an SQL identifier, whatever it holds.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
