package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"strings"
)

// A chunk of rows goes in one transaction, so that a long import never keeps others waiting for long.
const (
	chunkRows   = 5000
	chunkValues = 100_000
	chunkBytes  = 4 << 20
)

// A Stage is the table of an import that is still being filled. Nobody sees it before it is published.
type Stage struct {
	store      *Store
	file       string    // below tables/; "" once it is published or dropped
	conn       *sql.Conn // while rows are written; nil at rest
	columns    []string  // quoted, from cartodb_id on
	values     []any     // of the rows that wait, one row behind the other
	bytes      int64     // of those rows
	inOrder    bool      // all rows so far are numbered from 1
	definition string    // that the table gets once it is filled; "" afterwards
	counted    bool      // SQLite would give the rows that wait the numbers that they have

	written []any      // the chunk that is being written, or room for the next one
	writing chan error // how the chunk that is being written ends; nil when there is none

	Rows          int64
	Size          int64    // bytes of all rows, as PostgreSQL would about store them
	GeometryTypes []string // of the first geometry, as ST_Point
}

// stageSchema and stageTable are what a stage's file and its table are called while it is filled.
const (
	stageSchema = "stage"
	stageTable  = `"stage"."rows"`
)

// Stage creates the table for a job's rows: cartodb_id, the_geom and its webmercator twin, then the given columns.
// What an earlier attempt of the same job left is dropped.
func (s *Store) Stage(ctx context.Context, job string, columns []Column) (*Stage, error) {
	st := &Stage{store: s, file: job + ".db", columns: []string{`"cartodb_id"`, `"the_geom"`}, GeometryTypes: []string{}, inOrder: true}
	for _, c := range columns {
		st.columns = append(st.columns, quote(c.Name))
	}
	s.removeFiles(st.file)
	st.definition = createStatement(`"rows"`, baseColumns, columns)
	err := st.run(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, createStatement(stageTable, storedColumns, columns))
		return err
	})
	if err != nil {
		st.Discard()
		return nil, err
	}
	return st, nil
}

// complete gives the table its webmercator column, once all rows are there. SQLite would compute it for every row that it
// inserts, though it stores none: that rows are stored without it makes the two definitions fit the same rows.
func (st *Stage) complete(ctx context.Context) error {
	if st.definition == "" {
		return nil
	}
	if err := st.connect(ctx); err != nil {
		return err
	}
	_, err := st.conn.ExecContext(ctx, `PRAGMA writable_schema = ON`)
	if err == nil {
		_, err = st.conn.ExecContext(ctx, `UPDATE "stage".sqlite_master SET sql = ? WHERE name = 'rows'`, st.definition)
	}
	_, off := st.conn.ExecContext(context.WithoutCancel(ctx), `PRAGMA writable_schema = OFF`)
	st.definition = ""
	return errors.Join(err, off)
}

// run runs f in a transaction on the stage's file. Nothing is written that could undo it, because a stage whose import
// fails is dropped as a whole.
func (st *Stage) run(ctx context.Context, f func(*sql.Tx) error) error {
	if err := st.connect(ctx); err != nil {
		return err
	}
	tx, err := st.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (st *Stage) connect(ctx context.Context) error {
	if st.conn != nil {
		return nil
	}
	conn, err := st.store.fill.Conn(ctx)
	if err != nil {
		return err
	}
	if err := attach(ctx, conn, st.store.tablePath(st.file), "rwc", stageSchema); err != nil {
		return errors.Join(err, conn.Close())
	}
	st.conn = conn
	_, err = conn.ExecContext(ctx, `PRAGMA stage.journal_mode = OFF; PRAGMA stage.synchronous = OFF; PRAGMA stage.locking_mode = EXCLUSIVE`)
	return err
}

// rest gives the connection back. What was written is then on disk.
func (st *Stage) rest() error {
	if st.conn == nil {
		return nil
	}
	err := detach(st.conn, stageSchema)
	giveBack(st.conn, err == nil)
	st.conn = nil
	f, opened := os.OpenFile(st.store.tablePath(st.file), os.O_RDWR, 0)
	if opened != nil {
		return errors.Join(err, opened)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// baseColumns are in every dataset. The webmercator column is computed when it is read: it is always in step and takes
// no room. storedColumns are those without it.
const storedColumns = `"cartodb_id" INTEGER PRIMARY KEY, "the_geom" geometry`
const baseColumns = storedColumns + `,
	"the_geom_webmercator" geometry GENERATED ALWAYS AS (CDB_TransformToWebmercator("the_geom")) VIRTUAL`

func createStatement(table, base string, columns []Column) string {
	var b strings.Builder
	fmt.Fprintf(&b, "CREATE TABLE %s (%s", table, base)
	for _, c := range columns {
		fmt.Fprintf(&b, ", %s %s", quote(c.Name), quote(c.Type))
	}
	b.WriteString(")")
	return b.String()
}

// insertStatement inserts n rows at a time.
func (st *Stage) insertStatement(columns []string, n int) string {
	row := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", stageTable, strings.Join(columns, ", "), row+strings.Repeat(", "+row, n-1))
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

// Flush writes the rows that are waiting, to the disk.
func (st *Stage) Flush(ctx context.Context) error {
	if err := st.handOver(ctx); err != nil {
		return err
	}
	return errors.Join(st.settle(), st.complete(ctx), st.rest())
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
		var err error
		defer func() {
			if value := recover(); value != nil { // the import fails, and not the process
				err = fmt.Errorf("the sandbox panicked while it wrote rows: %v", value)
			}
			clear(whole) // before the chunk is filled again
			done <- err
		}()
		err = st.write(ctx, columns, rows)
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
// search for the place of each. The driver is called directly: what database/sql does for each of so many values costs as
// much as half of what SQLite does.
func (st *Stage) write(ctx context.Context, columns []string, rows []any) error {
	return st.run(ctx, func(*sql.Tx) error {
		return st.conn.Raw(func(conn any) error {
			rest, err := rows, error(nil)
			for _, n := range []int{max(1, together/len(columns)), 1} {
				if rest, err = insertRows(ctx, conn.(driver.ConnPrepareContext), st.insertStatement(columns, n), n*len(columns), rest); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// insertRows runs a statement that takes so many values for as long as there are as many, and returns those that are left.
func insertRows(ctx context.Context, conn driver.ConnPrepareContext, query string, values int, rows []any) ([]any, error) {
	if len(rows) < values {
		return rows, nil
	}
	insert, err := conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer insert.Close()
	args := make([]driver.NamedValue, values)
	for i := range args {
		args[i].Ordinal = i + 1
	}
	for ; len(rows) >= values; rows = rows[values:] {
		for i, v := range rows[:values] {
			args[i].Value = v
		}
		// A context that can end would cost a goroutine for each call; the transaction itself ends with ctx.
		if _, err := insert.(driver.StmtExecContext).ExecContext(context.WithoutCancel(ctx), args); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Discard drops the stage, unless it has been published.
func (st *Stage) Discard() {
	if st.file == "" {
		return
	}
	_ = errors.Join(st.settle(), st.rest()) // whoever discards a stage knows that it failed
	st.store.removeFiles(st.file)
	st.file = ""
}
