package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
)

// geocoded is the column that CARTO's geocoder leaves in a table. Where it is, a synchronization merges rows instead of
// replacing the table, so that what the geocoder found is kept.
// Source: CartoDB/cartodb: app/models/synchronization/adapter.rb (overwrite).
const geocoded = "carto_geocode_hash"

// Merges tells whether a dataset is of the kind that PublishInto is for.
func (t *Tx) Merges(ctx context.Context, r Table) (bool, error) {
	columns, err := t.Columns(ctx, r.Name)
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Name == geocoded }), err
}

// PublishInto brings the rows of a stage into a dataset's table, which stays the same: rows are known by cartodb_id, and
// columns that the stage lacks keep their values, the geometry too if the stage has none. It fails if the dataset lacks a
// column of the stage.
func (t *Tx) PublishInto(ctx context.Context, st *Stage, r Table) error {
	columns, err := t.StageColumns(ctx, st)
	if err != nil {
		return err
	}
	located := len(st.GeometryTypes) > 0
	var names, sets []string
	for _, c := range columns {
		if c.Name == "the_geom_webmercator" || c.Name == "the_geom" && !located {
			continue
		}
		names = append(names, quote(c.Name))
		if c.Name != "cartodb_id" {
			sets = append(sets, quote(c.Name)+" = fresh."+quote(c.Name))
		}
	}
	err = t.withTable(ctx, r.Name, "rw", func(conn *sql.Conn, live string) error {
		if err := attach(ctx, conn, t.store.tablePath(st.file), "ro", stageSchema); err != nil {
			return err
		}
		return errors.Join(merge(ctx, conn, live, strings.Join(names, ", "), strings.Join(sets, ", ")), detach(conn, stageSchema))
	})
	if err != nil {
		return err
	}
	merged := *st
	if !located {
		merged.GeometryTypes = r.GeometryTypes
	}
	return t.Refresh(ctx, &merged, r)
}

// merge brings the rows of a stage into a table, all or none.
func merge(ctx context.Context, conn *sql.Conn, live, names, sets string) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, q := range []string{
		`DELETE FROM ` + live + ` WHERE cartodb_id NOT IN (SELECT cartodb_id FROM ` + stageTable + `)`,
		`UPDATE ` + live + ` AS live SET ` + sets + ` FROM ` + stageTable + ` AS fresh WHERE fresh.cartodb_id = live.cartodb_id`,
		`INSERT INTO ` + live + ` (` + names + `) SELECT ` + names + ` FROM ` + stageTable + ` WHERE cartodb_id NOT IN (SELECT cartodb_id FROM ` + live + `)`,
	} {
		if _, err := tx.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return tx.Commit()
}
