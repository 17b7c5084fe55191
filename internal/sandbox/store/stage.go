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
	chunkRows   = 5000
	chunkValues = 100_000
	chunkBytes  = 4 << 20
)

// A Stage is the table of an import that is still being filled. Nobody sees it before it is published.
type Stage struct {
	store   *Store
	name    string
	columns []string // quoted, from cartodb_id on
	values  []any    // of the rows that wait, one row behind the other
	bytes   int64    // of those rows
	inOrder bool     // all rows so far are numbered from 1
	counted bool     // SQLite would give the rows that wait the numbers that they have

	written []any      // the chunk that is being written, or room for the next one
	writing chan error // how the chunk that is being written ends; nil when there is none

	Rows          int64
	Size          int64    // bytes of all rows, as PostgreSQL would about store them
	GeometryTypes []string // of the first geometry, as ST_Point
}

// Stage creates the table for a job's rows: cartodb_id, the_geom and its webmercator twin, then the given columns.
// What an earlier attempt of the same job left is dropped.
func (s *Store) Stage(ctx context.Context, job string, columns []Column) (*Stage, error) {
	st := &Stage{store: s, name: stagePrefix + job, columns: []string{`"cartodb_id"`, `"the_geom"`}, GeometryTypes: []string{}, inOrder: true}
	for _, c := range columns {
		st.columns = append(st.columns, quote(c.Name))
	}
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

// insertStatement inserts n rows at a time.
func (st *Stage) insertStatement(columns []string, n int) string {
	row := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", quote(st.name), strings.Join(columns, ", "), row+strings.Repeat(", "+row, n-1))
}

// Append adds a row; id 0 means the next number. The stage keeps geometry and values until they are written, which
// Flush does at the latest.
func (st *Stage) Append(ctx context.Context, id int64, geometry []byte, values []any) error {
	first := len(st.values)
	next := id == 0 || st.inOrder && id == st.Rows+1
	st.inOrder = st.inOrder && next
	st.counted = next && (st.counted || first == 0)
	st.values = append(st.values, nil, nil)
	if id != 0 {
		st.values[first] = id
	}
	if geometry != nil {
		st.values[first+1] = geometry
		st.noteGeometry(geometry)
	}
	st.values = append(st.values, values...)
	st.bytes += rowSize(st.values[first:])
	st.Rows++
	if len(st.values) < min(chunkRows*len(st.columns), chunkValues) && st.bytes < chunkBytes {
		return nil
	}
	return st.handOver(ctx)
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

// together is how many values go into one INSERT: few enough for SQLite, enough to spare most of the cost of a call.
const together = 1000

// Flush writes the rows that are waiting.
func (st *Stage) Flush(ctx context.Context) error {
	if err := st.handOver(ctx); err != nil {
		return err
	}
	return st.settle()
}

// handOver lets the rows that are waiting be written while the next ones are read. One chunk is on its way at a time.
func (st *Stage) handOver(ctx context.Context) error {
	if err := st.settle(); err != nil || len(st.values) == 0 {
		return err
	}
	st.values, st.written = st.written[:0], st.values
	st.Size += st.bytes
	st.bytes = 0
	st.writing = make(chan error, 1)
	columns, rows := st.columns, st.written
	if st.counted {
		columns, rows = columns[1:], withoutFirst(rows, len(columns))
	}
	go func(whole []any, done chan<- error) {
		err := st.write(ctx, columns, rows)
		clear(whole) // before the chunk is filled again
		done <- err
	}(st.written, st.writing)
	return nil
}

// withoutFirst moves rows together so that the first value of each is gone.
func withoutFirst(rows []any, width int) []any {
	kept := rows[:0]
	for ; len(rows) > 0; rows = rows[width:] {
		kept = append(kept, rows[1:width]...)
	}
	return kept
}

// settle waits for the chunk that is being written.
func (st *Stage) settle() error {
	if st.writing == nil {
		return nil
	}
	err := <-st.writing
	st.writing = nil
	return err
}

// write inserts rows in one transaction. Without a cartodb_id among the columns SQLite numbers them, which spares it the
// search for the place of each.
func (st *Stage) write(ctx context.Context, columns []string, rows []any) error {
	return st.store.Update(ctx, func(t *Tx) error {
		width := len(columns)
		many := max(1, together/width)
		rest := rows
		for _, n := range []int{many, 1} {
			if len(rest) < n*width {
				continue
			}
			insert, err := t.tx.PrepareContext(ctx, st.insertStatement(columns, n))
			if err != nil {
				return err
			}
			defer insert.Close()
			for ; len(rest) >= n*width; rest = rest[n*width:] {
				// A context that can end would cost a goroutine for each call; the transaction itself ends with ctx.
				if _, err := insert.ExecContext(context.WithoutCancel(ctx), rest[:n*width]...); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Discard drops the stage.
func (st *Stage) Discard(ctx context.Context) error {
	_ = st.settle() // whoever discards a stage knows that it failed
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

// PublishUnregistered makes a stage a physical table that is no dataset and does not look like one, in the place of a table
// of that name if there is one.
func (t *Tx) PublishUnregistered(ctx context.Context, st *Stage, name string) error {
	if err := t.dropTable(ctx, name); err != nil {
		return err
	}
	if err := t.PublishNew(ctx, st, name); err != nil {
		return err
	}
	_, err := t.tx.ExecContext(ctx, `ALTER TABLE `+quote(name)+` DROP COLUMN "the_geom_webmercator"`)
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
