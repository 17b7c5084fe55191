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

// Merges tells whether a dataset is of the kind that MergeStage is for.
func (t *Tx) Merges(ctx context.Context, r Table) (bool, error) {
	columns, err := t.Columns(ctx, r.Name)
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Name == geocoded }), err
}

// MergeStage brings the rows of a stage into a dataset's table, which stays the same: rows are known by cartodb_id, and
// columns that the stage lacks keep their values, the geometry too if the stage has none. It fails if the dataset lacks a
// column of the stage. It takes as long as the table is big, and so is no part of a transaction; PublishMerged is to
// follow, and until then a second merge does no harm.
func (s *Store) MergeStage(ctx context.Context, st *Stage, table string) error {
	columns, err := s.fileColumns(ctx, st.file)
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
	r, _, err := s.look(ctx, table)
	if err != nil {
		return err
	}
	return s.changeFile(ctx, r.file, func(conn *sql.Conn) error {
		live, err := tableOf(ctx, conn)
		if err != nil {
			return err
		}
		if err := attach(ctx, conn, s.tablePath(st.file), "ro", stageSchema); err != nil {
			return err
		}
		return errors.Join(merge(ctx, conn, live, strings.Join(names, ", "), strings.Join(sets, ", ")), detach(conn, stageSchema))
	})
}

// PublishMerged notes in a registration what a stage brought that was merged into its table.
func (t *Tx) PublishMerged(ctx context.Context, st *Stage, r Table) error {
	merged := *st
	if len(st.GeometryTypes) == 0 {
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
