package store

import (
	"context"
	"fmt"
	"strings"
)

// stagePrefix begins the name of a table that an import is still filling.
const stagePrefix = StatePrefix + "importing_"

// A chunk of rows goes in one transaction, so that a long import never keeps others waiting for long.
const (
	chunkRows  = 5000
	chunkBytes = 4 << 20
)

// A Stage is the table of an import that is still being filled. Nobody sees it before it is published.
type Stage struct {
	store   *Store
	name    string
	columns int
	insert  string // for one row
	rows    [][]any
	bytes   int64

	Rows          int64
	Size          int64    // bytes of all rows, as PostgreSQL would about store them
	GeometryTypes []string // of the first geometry, as ST_Point
}

// Stage creates the table for a job's rows: cartodb_id, the_geom and its webmercator twin, then the given columns.
// What an earlier attempt of the same job left is dropped.
func (s *Store) Stage(ctx context.Context, job string, columns []Column) (*Stage, error) {
	st := &Stage{store: s, name: stagePrefix + job, columns: len(columns) + 2, GeometryTypes: []string{}}
	st.insert = insertStatement(st.name, columns)
	return st, s.Update(ctx, func(t *Tx) error {
		if _, err := t.tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+quote(st.name)); err != nil {
			return err
		}
		_, err := t.tx.ExecContext(ctx, createStatement(st.name, columns))
		return err
	})
}

// baseColumns are in every dataset. The webmercator column is computed when it is read: it is always in step and takes
// no room.
const baseColumns = `"cartodb_id" INTEGER PRIMARY KEY, "the_geom" geometry,
	"the_geom_webmercator" geometry GENERATED ALWAYS AS (CDB_TransformToWebmercator("the_geom")) VIRTUAL`

func createStatement(table string, columns []Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (%s", quote(table), baseColumns)
	for _, c := range columns {
		fmt.Fprintf(&b, ", %s %s", quote(c.Name), quote(c.Type))
	}
	b.WriteString(")")
	return b.String()
}

func insertStatement(table string, columns []Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, `INSERT INTO %s ("cartodb_id", "the_geom"`, quote(table))
	for _, c := range columns {
		fmt.Fprintf(&b, ", %s", quote(c.Name))
	}
	b.WriteString(") VALUES (?, ?" + strings.Repeat(", ?", len(columns)) + ")")
	return b.String()
}

// Append adds a row; id 0 means the next number. The stage keeps geometry and values until they are written, which
// Flush does at the latest.
func (st *Stage) Append(ctx context.Context, id int64, geometry []byte, values []any) error {
	row := make([]any, 0, st.columns)
	if row = append(row, id); id == 0 {
		row[0] = nil
	}
	if geometry == nil {
		row = append(row, nil)
	} else {
		row = append(row, geometry)
		st.noteGeometry(geometry)
	}
	row = append(row, values...)
	st.rows = append(st.rows, row)
	st.bytes += rowSize(row)
	st.Rows++
	if len(st.rows) < chunkRows && st.bytes < chunkBytes {
		return nil
	}
	return st.Flush(ctx)
}

func (st *Stage) noteGeometry(g []byte) {
	if len(st.GeometryTypes) == 0 {
		if kind := geometryKind(g); kind != "" {
			st.GeometryTypes = []string{"ST_" + kind}
		}
	}
}

// rowSize is about what a row takes in PostgreSQL: a header of 24 bytes and the values.
func rowSize(row []any) int64 {
	n := int64(24)
	for _, v := range row {
		switch v := v.(type) {
		case string:
			n += int64(len(v)) + 1
		case []byte:
			n += int64(len(v)) + 4
		case nil:
		default:
			n += 8
		}
	}
	return n
}

// Flush writes the rows that are waiting, in one transaction.
func (st *Stage) Flush(ctx context.Context) error {
	if len(st.rows) == 0 {
		return nil
	}
	err := st.store.Update(ctx, func(t *Tx) error {
		insert, err := t.tx.PrepareContext(ctx, st.insert)
		if err != nil {
			return err
		}
		defer insert.Close()
		for _, row := range st.rows {
			if _, err := insert.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		return nil
	})
	st.Size += st.bytes
	st.rows, st.bytes = st.rows[:0], 0
	return err
}

// Discard drops the stage.
func (st *Stage) Discard(ctx context.Context) error {
	return st.store.Update(ctx, func(t *Tx) error {
		_, err := t.tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+quote(st.name))
		return err
	})
}

// PublishNew makes a stage a physical table. Registering it is another step, as it is in CARTO.
func (t *Tx) PublishNew(ctx context.Context, st *Stage, name string) error {
	_, err := t.tx.ExecContext(ctx, `ALTER TABLE `+quote(st.name)+` RENAME TO `+quote(name))
	return err
}

// PublishOver replaces the contents of a registered dataset: the table is another, the registration and all that hangs
// on it stay. Indexes of the old table are made again where they still fit.
func (t *Tx) PublishOver(ctx context.Context, st *Stage, r Table) error {
	rows, err := t.tx.QueryContext(ctx, `SELECT sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND tbl_name = ? AND sql IS NOT NULL`, r.Name)
	statements, err := scanStrings(rows, err)
	if err != nil {
		return err
	}
	if err := t.dropTable(ctx, r.Name); err != nil {
		return err
	}
	if err := t.PublishNew(ctx, st, r.Name); err != nil {
		return err
	}
	for _, q := range statements {
		// An index or trigger that no longer fits is lost, as at CARTO.
		_ = t.attempt(ctx, q)
	}
	return t.Refresh(ctx, st, r)
}

// Refresh notes in a registration what a stage brought: identity, size, rows and geometry.
func (t *Tx) Refresh(ctx context.Context, st *Stage, r Table) error {
	var err error
	if r.OID, err = t.oid(ctx, r.Name); err != nil {
		return err
	}
	size := max(st.Size/2, 8192)
	r.RowEstimate, r.Size, r.GeometryTypes, r.UpdatedAt = &st.Rows, &size, st.GeometryTypes, t.now
	return t.SaveTable(ctx, r)
}

// StageColumns lists the columns of a stage, as Tx.Columns does for a table.
func (t *Tx) StageColumns(ctx context.Context, st *Stage) ([]Column, error) {
	return t.Columns(ctx, st.name)
}
