package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// Drift changes the columns of a stage as if its source had changed: how is "add" for a new column of texts, "drop" for one
// that is gone, "retype" for a number that became text or a text that became a number. Without a column's name it is
// "drifted", the last one, and the first one.
func (st *Stage) Drift(ctx context.Context, how, column string) error {
	if err := st.Flush(ctx); err != nil {
		return err
	}
	columns, err := st.store.fileColumns(ctx, st.file)
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(columns, func(c Column) bool {
		return c.Name == "cartodb_id" || c.Name == "the_geom" || c.Name == "the_geom_webmercator" || column != "" && c.Name != column
	})
	if how != "add" && len(own) == 0 {
		return fmt.Errorf("the fault drift=%s finds no column to change", how)
	}
	err = st.run(ctx, func(tx *sql.Tx) error {
		switch how {
		case "add":
			return addDrifted(ctx, tx, own, column)
		case "drop":
			return alterStage(ctx, tx, `DROP COLUMN `+quote(own[len(own)-1].Name))
		}
		return retype(ctx, tx, own[0])
	})
	st.store.columns.forget(st.file)
	return errors.Join(err, st.rest())
}

func alterStage(ctx context.Context, tx *sql.Tx, change string) error {
	_, err := tx.ExecContext(ctx, `ALTER TABLE `+stageTable+` `+change)
	return err
}

func addDrifted(ctx context.Context, tx *sql.Tx, own []Column, column string) error {
	if column == "" {
		column = "drifted"
	}
	if slices.ContainsFunc(own, func(c Column) bool { return c.Name == column }) {
		return fmt.Errorf("the fault drift=add:%s finds such a column there already", column)
	}
	return alterStage(ctx, tx, `ADD COLUMN `+quote(column)+` "text" DEFAULT 'drifted'`)
}

// retype gives a column another type, behind the others as SQLite adds it.
func retype(ctx context.Context, tx *sql.Tx, c Column) error {
	kind, value := "text", `'x' || `+quote(c.Name)
	if CartoType(c.Type) == "string" {
		kind, value = "double precision", `length(`+quote(c.Name)+`)`
	}
	const aside = `"drifted$"`
	if err := alterStage(ctx, tx, `ADD COLUMN `+aside+` `+quote(kind)); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE `+stageTable+` SET `+aside+` = `+value); err != nil {
		return err
	}
	if err := alterStage(ctx, tx, `DROP COLUMN `+quote(c.Name)); err != nil {
		return err
	}
	return alterStage(ctx, tx, `RENAME COLUMN `+aside+` TO `+quote(c.Name))
}
