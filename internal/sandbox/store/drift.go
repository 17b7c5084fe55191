package store

import (
	"context"
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
	return st.store.Update(ctx, func(t *Tx) error {
		columns, err := t.StageColumns(ctx, st)
		if err != nil {
			return err
		}
		own := slices.DeleteFunc(columns, func(c Column) bool {
			return c.Name == "cartodb_id" || c.Name == "the_geom" || c.Name == "the_geom_webmercator" || column != "" && c.Name != column
		})
		if how == "add" {
			return t.addDrifted(ctx, st, own, column)
		}
		if len(own) == 0 {
			return fmt.Errorf("the fault drift=%s finds no column to change", how)
		}
		if how == "drop" {
			return t.alter(ctx, st, `DROP COLUMN `+quote(own[len(own)-1].Name))
		}
		return t.retype(ctx, st, own[0])
	})
}

func (t *Tx) alter(ctx context.Context, st *Stage, change string) error {
	_, err := t.tx.ExecContext(ctx, `ALTER TABLE `+quote(st.name)+` `+change)
	return err
}

func (t *Tx) addDrifted(ctx context.Context, st *Stage, own []Column, column string) error {
	if column == "" {
		column = "drifted"
	}
	if slices.ContainsFunc(own, func(c Column) bool { return c.Name == column }) {
		return fmt.Errorf("the fault drift=add:%s finds such a column there already", column)
	}
	return t.alter(ctx, st, `ADD COLUMN `+quote(column)+` "text" DEFAULT 'drifted'`)
}

// retype gives a column another type, behind the others as SQLite adds it.
func (t *Tx) retype(ctx context.Context, st *Stage, c Column) error {
	kind, value := "text", `'x' || `+quote(c.Name)
	if CartoType(c.Type) == "string" {
		kind, value = "double precision", `length(`+quote(c.Name)+`)`
	}
	const aside = `"drifted$"`
	if err := t.alter(ctx, st, `ADD COLUMN `+aside+` `+quote(kind)); err != nil {
		return err
	}
	if _, err := t.tx.ExecContext(ctx, `UPDATE `+quote(st.name)+` SET `+aside+` = `+value); err != nil {
		return err
	}
	if err := t.alter(ctx, st, `DROP COLUMN `+quote(c.Name)); err != nil {
		return err
	}
	return t.alter(ctx, st, `RENAME COLUMN `+aside+` TO `+quote(c.Name))
}
