package store

import (
	"context"
	"errors"
)

// Georeference makes a text column of a stage its the_geom, and drops the column. When a cell cannot be read, or when
// there is none to read, the stage keeps an empty the_geom; a column with unreadable cells stays as invalid_the_geom.
// Source: CartoDB/cartodb: services/importer/lib/importer/georeferencer.rb.
func (st *Stage) Georeference(ctx context.Context, column string) error {
	table, c := quote(st.name), quote(column)
	return st.store.Update(ctx, func(t *Tx) error {
		err := t.attempt(ctx, `UPDATE `+table+` SET the_geom = carto_degrees(`+c+`) WHERE `+c+` IS NOT NULL AND `+c+` <> ''`)
		if err != nil {
			_, err := t.tx.ExecContext(ctx, `ALTER TABLE `+table+` RENAME COLUMN `+c+` TO invalid_the_geom`)
			return err
		}
		if _, err := t.tx.ExecContext(ctx, `ALTER TABLE `+table+` DROP COLUMN `+c); err != nil {
			return err
		}
		rows, err := t.tx.QueryContext(ctx, `SELECT the_geom FROM `+table+` WHERE the_geom IS NOT NULL ORDER BY cartodb_id LIMIT 1`)
		first, err := scanOne(rows, err, func(s scanner) (g []byte, err error) { return g, s.Scan(&g) })
		if err == nil {
			st.noteGeometry(first)
		}
		if IsNotFound(err) {
			return nil
		}
		return err
	})
}

// attempt runs a statement that leaves nothing behind when it fails.
func (t *Tx) attempt(ctx context.Context, q string) error {
	return t.Try(ctx, func() error {
		_, err := t.tx.ExecContext(ctx, q)
		return err
	})
}

// Try runs f, of which nothing is left behind when it fails.
func (t *Tx) Try(ctx context.Context, f func() error) error {
	if _, err := t.tx.ExecContext(ctx, `SAVEPOINT attempt`); err != nil {
		return err
	}
	failed := f()
	if failed != nil {
		if _, err := t.tx.ExecContext(ctx, `ROLLBACK TO attempt`); err != nil {
			return err
		}
	}
	_, err := t.tx.ExecContext(ctx, `RELEASE attempt`)
	return errors.Join(failed, err)
}
