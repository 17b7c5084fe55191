package store

import (
	"context"
	"database/sql"
	"errors"
)

// Georeference makes a text column of a stage its the_geom, and drops the column. When a cell cannot be read, or when
// there is none to read, the stage keeps an empty the_geom; a column with unreadable cells stays as invalid_the_geom.
// Source: CartoDB/cartodb: services/importer/lib/importer/georeferencer.rb.
func (st *Stage) Georeference(ctx context.Context, column string) error {
	c := quote(column)
	err := st.run(ctx, func(tx *sql.Tx) error {
		filled := ` WHERE ` + c + ` IS NOT NULL AND ` + c + ` <> ''`
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT count(carto_degrees(`+c+`)) FROM `+stageTable+filled).Scan(&n); err != nil {
			if ctx.Err() != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `ALTER TABLE `+stageTable+` RENAME COLUMN `+c+` TO invalid_the_geom`)
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE `+stageTable+` SET the_geom = carto_degrees(`+c+`)`+filled); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `ALTER TABLE `+stageTable+` DROP COLUMN `+c); err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, `SELECT the_geom FROM `+stageTable+` WHERE the_geom IS NOT NULL ORDER BY cartodb_id LIMIT 1`)
		first, err := scanOne(rows, err, func(s scanner) (g []byte, err error) { return g, s.Scan(&g) })
		if err == nil {
			st.noteGeometry(first)
		}
		if IsNotFound(err) {
			return nil
		}
		return err
	})
	st.store.columns.forget(st.file)
	return errors.Join(err, st.rest())
}
