package store

import (
	"context"
	"database/sql"
	"errors"
)

// PublishNew makes a stage a physical table. Registering it is another step, as it is in CARTO.
func (t *Tx) PublishNew(ctx context.Context, st *Stage, name string) error {
	return t.publish(ctx, st, relation{name: name, file: st.file, cartodbfied: true})
}

// PublishUnregistered makes a stage a physical table that is no dataset and does not look like one, in the place of a table
// of that name if there is one.
func (t *Tx) PublishUnregistered(ctx context.Context, st *Stage, name string) error {
	if err := t.dropTable(ctx, name); err != nil {
		return err
	}
	err := st.run(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `ALTER TABLE `+stageTable+` DROP COLUMN "the_geom_webmercator"`)
		return err
	})
	t.store.columns.forget(st.file)
	if err != nil {
		return err
	}
	return t.publish(ctx, st, relation{name: name, file: st.file})
}

func (t *Tx) publish(ctx context.Context, st *Stage, r relation) error {
	if err := errors.Join(st.settle(), st.rest()); err != nil {
		return err
	}
	if _, err := t.StageColumns(ctx, st); err != nil { // so that they are known from now on
		return err
	}
	if err := st.renameTable(ctx, r.name); err != nil {
		return err
	}
	if err := t.addRelation(ctx, &r, false); err != nil {
		return sqlError(err)
	}
	t.after = append(t.after, func() { st.file = "" })
	return nil
}

// renameTable gives the table in the file its name. A crash meanwhile spoils a file that nobody needs.
func (st *Stage) renameTable(ctx context.Context, name string) error {
	return st.store.withFile(ctx, st.file, "rw", func(conn *sql.Conn) error {
		inner, err := innerName(ctx, conn, "f")
		if err != nil || inner == name {
			return err
		}
		_, err = conn.ExecContext(ctx, `PRAGMA f.journal_mode = OFF; ALTER TABLE "f".`+quote(inner)+` RENAME TO `+quote(name))
		return err
	})
}

// PublishOver replaces the contents of a registered dataset: the table is another, the registration and all that hangs
// on it stay. Indexes of the old table are made again where they still fit.
func (t *Tx) PublishOver(ctx context.Context, st *Stage, r Table) error {
	indexes, err := t.indexes(ctx, r.OID)
	if err != nil {
		return err
	}
	if err := t.dropTable(ctx, r.Name); err != nil {
		return err
	}
	if err := t.PublishNew(ctx, st, r.Name); err != nil {
		return err
	}
	for _, q := range indexes {
		t.after = append(t.after, func() {
			// An index that no longer fits is lost, as at CARTO.
			_, _ = t.store.Run(context.WithoutCancel(ctx), Request{SQL: q, Master: true}, func([]Field, []any) error { return nil })
		})
	}
	return t.Refresh(ctx, st, r)
}

// indexes lists the statements that made the indexes of a table.
func (t *Tx) indexes(ctx context.Context, oid int64) ([]string, error) {
	return scanStrings(t.tx.QueryContext(ctx, `SELECT definition FROM "sandbox$index" WHERE oid = ? ORDER BY name`, oid))
}

// Refresh notes in a registration what a stage brought: identity, size, rows and geometry.
func (t *Tx) Refresh(ctx context.Context, st *Stage, r Table) error {
	physical, err := t.relation(ctx, r.Name)
	if err != nil {
		return err
	}
	size := max(st.Size/2, 8192)
	r.OID, r.RowEstimate, r.Size, r.GeometryTypes, r.UpdatedAt = physical.oid, &st.Rows, &size, st.GeometryTypes, t.now
	return t.SaveTable(ctx, r)
}

// StageColumns lists the columns of a stage, as Tx.Columns does for a table.
func (t *Tx) StageColumns(ctx context.Context, st *Stage) ([]Column, error) {
	return t.store.fileColumns(ctx, st.file)
}
