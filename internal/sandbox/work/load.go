package work

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// loadFile loads every layer of a file into a stage. A layer that cannot be loaded does not keep the others away.
func (w *Worker) loadFile(ctx context.Context, a *attempt, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return fail(codeUpload, "%v", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fail(codeUpload, "%v", err)
	}
	if err := w.checkFileSize(info.Size()); err != nil {
		return err
	}
	if err := w.state(ctx, &a.job, store.Unpacking); err != nil {
		return err
	}
	file, err := data.Open(name, f, info.Size())
	if err != nil {
		return cannotRead(err)
	}
	if file.Ignored > 0 {
		a.warn("max_tables_per_import", len(file.Layers))
	}
	if err := w.state(ctx, &a.job, store.Importing); err != nil {
		return err
	}
	for i, layer := range file.Layers {
		t := &table{base: layer.Name}
		a.tables = append(a.tables, t)
		if t.skipped, err = w.skips(ctx, &a.job, t.base); err != nil || t.skipped {
			if err != nil {
				return err
			}
			continue
		}
		if t.err = w.checkLayer(ctx, layer, info.Size()); t.err == nil {
			t.stage, t.err = w.stageLayer(ctx, stageName(a.job.ID, i), layer, a.job.Guessing)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// stageName is unlike for the layers of one job.
func stageName(job string, i int) string {
	if i == 0 {
		return job
	}
	return fmt.Sprintf("%s_%d", job, i)
}

func (a *attempt) warn(key string, value any) {
	if a.warnings == nil {
		a.warnings = map[string]any{}
	}
	a.warnings[key] = value
}

// cannotRead tells a file that the server would refuse from one that only the sandbox cannot read.
func cannotRead(err error) error {
	var unsupported *data.UnsupportedError
	if errors.As(err, &unsupported) {
		return fail(codeUnknown, "the sandbox has no reader for this file: %v", err)
	}
	return err
}

// checkFileSize refuses a file beyond the import limit.
func (w *Worker) checkFileSize(size int64) error {
	if w.Limits.FileSize > 0 && size > w.Limits.FileSize {
		return fail(codeFileSize, "the file has %d bytes, the account may import %d", size, w.Limits.FileSize)
	}
	return nil
}

// checkLayer refuses what is unpacked beyond the import limit, and that for three tenths of which there is no room left.
// Source: CartoDB/cartodb: services/importer/lib/importer/runner.rb (import).
func (w *Worker) checkLayer(ctx context.Context, layer *data.Layer, packed int64) error {
	size := packed
	if layer.Member != "" {
		var err error
		if size, err = w.unpackedSize(ctx, layer); err != nil {
			return err
		}
	}
	left, err := w.storageLeft(ctx)
	if err == nil && size*3/10 > left {
		err = fail(codeStorage, "the file has %d bytes, %d are left", size, left)
	}
	if err == nil {
		err = w.checkFileSize(size)
	}
	return err
}

// unpackedSize counts the bytes of a member of an archive, and stops counting where there are too many. Of a member that
// cannot be opened like this the reader of its rows says what is wrong.
func (w *Worker) unpackedSize(ctx context.Context, layer *data.Layer) (int64, error) {
	r, err := layer.Open(ctx)
	if err != nil {
		return 0, nil
	}
	defer r.Close()
	most := int64(1 << 62)
	if w.Limits.FileSize > 0 {
		most = w.Limits.FileSize + 1
	}
	n, err := io.Copy(io.Discard, io.LimitReader(r, most))
	if err != nil && ctx.Err() == nil {
		return n, nil
	}
	return n, err
}

func (w *Worker) storageLeft(ctx context.Context) (left int64, err error) {
	return left, w.Store.View(ctx, func(t *store.Tx) error {
		used, _, err := t.Usage(ctx, w.Owner.ID)
		if left = w.Limits.Storage - used; w.Limits.Storage == 0 {
			left = 1 << 62
		}
		return err
	})
}

// skips tells whether collision_strategy=skip leaves a table out. The server compares the name before it is sanitised.
// Source: CartoDB/cartodb: services/importer/lib/importer/runner_helper.rb.
func (w *Worker) skips(ctx context.Context, j *store.Job, base string) (skip bool, err error) {
	if j.CollisionStrategy != "skip" {
		return false, nil
	}
	return skip, w.Store.View(ctx, func(t *store.Tx) error {
		taken, err := t.TakenNames(ctx, w.Owner.ID)
		skip = slices.Contains(taken, base)
		return err
	})
}

// stageLayer loads one layer. Rows beyond the account's limit make it fail, and nothing of it stays.
func (w *Worker) stageLayer(ctx context.Context, id string, layer *data.Layer, g store.Guessing) (loaded *store.Stage, err error) {
	schema, err := layer.Schema(ctx, data.Options{TypeGuessing: g.Types, QuotedFieldsGuessing: g.QuotedFields, ContentGuessing: g.Contents})
	if err != nil {
		return nil, cannotRead(err)
	}
	stage, err := w.Store.Stage(ctx, id, columnsOf(schema))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil || loaded == nil { // nil without an error: a panic
			stage.Discard()
		}
	}()
	for row, err := range layer.Rows(ctx, schema) {
		if err != nil {
			return nil, cannotRead(err)
		}
		values := make([]any, len(row.Values))
		for i, v := range row.Values {
			values[i] = v.Any()
		}
		if err := stage.Append(ctx, row.ID, slices.Clone(row.Geometry), values); err != nil {
			return nil, err
		}
		if err := w.checkRows(stage); err != nil {
			return nil, err
		}
	}
	return stage, stage.Flush(ctx)
}

func columnsOf(s *data.Schema) []store.Column {
	columns := make([]store.Column, len(s.Columns))
	for i, c := range s.Columns {
		columns[i] = store.Column{Name: c.Name, Type: string(c.Type)}
	}
	return columns
}

func (w *Worker) checkRows(stage *store.Stage) error {
	if w.Limits.Rows > 0 && stage.Rows > w.Limits.Rows {
		return fail(codeRows, "the account may import %d rows at a time", w.Limits.Rows)
	}
	return nil
}
