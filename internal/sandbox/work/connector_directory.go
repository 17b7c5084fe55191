package work

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// checkConnectors refuses what can stand for no database: a provider that there is not, or a directory that cannot be
// opened. Its imports would fail later, with a reason that points elsewhere.
func (c Config) checkConnectors() error {
	for _, provider := range slices.Sorted(maps.Keys(c.Connectors)) {
		if _, known := FindProvider(provider); !known {
			return fmt.Errorf("there is no provider %q that a directory could stand for; it is one of %s", provider, ProviderIDs())
		}
		root, err := os.OpenRoot(c.Connectors[provider])
		if err != nil {
			return fmt.Errorf("open the directory that stands for databases of %s: %w", provider, err)
		}
		if err := root.Close(); err != nil {
			return err
		}
	}
	return nil
}

// openDirectory reads a provider for which the sandbox has no driver: CSV files stand for its tables, DIR/SCHEMA/TABLE.csv
// or DIR/TABLE.csv. Queries run over them in SQLite.
func (w *Worker) openDirectory(ctx context.Context, dir string, q query) (remote, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return remote{}, fmt.Errorf("could not connect to the database: %w", err)
	}
	defer root.Close()
	statement := q.sql
	if statement == "" {
		statement = `SELECT * FROM "` + strings.ReplaceAll(q.table, `"`, `""`) + `"`
	}
	scratch, err := store.OpenScratch(ctx, w.Clock.Now)
	if err != nil {
		return remote{}, err
	}
	defer scratch.Close()
	if err := loadDirectory(ctx, scratch, root.FS(), q); err != nil {
		return remote{}, err
	}
	columns, rows, err := scratch.Result(ctx, store.Request{SQL: statement, User: q.schema, Master: true})
	if err != nil {
		return remote{}, err
	}
	return remote{columns: columns, close: func() {}, rows: func(yield func([]any, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}}, nil
}

// loadDirectory loads the tables that a query can name: those of its schema, and those without one.
func loadDirectory(ctx context.Context, scratch *store.Store, files fs.FS, q query) error {
	loaded := map[string]bool{}
	for _, pattern := range []string{escapeGlob(q.schema) + "/*.csv", "*.csv"} {
		names, err := fs.Glob(files, pattern)
		if err != nil {
			return fmt.Errorf("schema %q does not exist", q.schema)
		}
		for _, file := range names {
			table := strings.TrimSuffix(path.Base(file), ".csv")
			if loaded[table] || q.sql == "" && table != q.table {
				continue
			}
			loaded[table] = true
			if err := loadCSV(ctx, scratch, files, file, table); err != nil {
				return fmt.Errorf("read %s: %w", file, err)
			}
		}
	}
	if q.sql == "" && !loaded[q.table] {
		return fmt.Errorf("relation \"%s.%s\" does not exist", q.schema, q.table)
	}
	return nil
}

func escapeGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

// loadCSV loads one file as a remote table: its columns as they are called in the file, geometry columns as text.
func loadCSV(ctx context.Context, scratch *store.Store, files fs.FS, file, table string) error {
	f, err := files.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	opened, ok := f.(*os.File)
	if !ok || !info.Mode().IsRegular() {
		return fmt.Errorf("it is no regular file")
	}
	return loadOpened(ctx, scratch, opened, info.Size(), table)
}

func loadOpened(ctx context.Context, scratch *store.Store, f *os.File, size int64, table string) error {
	parsed, err := data.Open("table.csv", f, size)
	if err != nil {
		return err
	}
	layer := parsed.Layers[0]
	schema, err := layer.Schema(ctx, data.Options{TypeGuessing: true, QuotedFieldsGuessing: true})
	if err != nil {
		return err
	}
	columns := columnsOf(schema)
	geometry := schema.Geometry != data.GeometryNone
	if geometry {
		columns = append(columns, store.Column{Name: "the_geom", Type: "text"})
	}
	return scratch.LoadPlain(ctx, table, columns, func(yield func([]any, error) bool) {
		for row, err := range layer.Rows(ctx, schema) {
			values := make([]any, 0, len(columns))
			for _, v := range row.Values {
				values = append(values, v.Any())
			}
			if geometry {
				values = append(values, hexOrNil(row.Geometry))
			}
			if !yield(values, err) || err != nil {
				return
			}
		}
	})
}

func hexOrNil(g []byte) any {
	if g == nil {
		return nil
	}
	return data.Hex(g)
}
