package store

import (
	"context"
	"time"
)

// Surroundings are a set of visualizations with all that showing them needs.
type Surroundings struct {
	Visualizations   []Visualization // oldest first
	Tables           []Table
	Synchronizations []Synchronization // oldest first
	Layers           []Layer           // in the order in which they were added
}

// Everything is the whole account.
func (t *Tx) Everything(ctx context.Context) (s Surroundings, err error) {
	if s.Visualizations, err = t.Visualizations(ctx); err != nil {
		return s, err
	}
	if s.Tables, err = t.Tables(ctx); err != nil {
		return s, err
	}
	if s.Synchronizations, err = t.Synchronizations(ctx); err != nil {
		return s, err
	}
	s.Layers, err = t.Layers(ctx)
	return s, err
}

// shown are the tables of a map's layers and the table of a dataset, and around are the visualizations of these and the
// maps that show the dataset's. Both find them by indexes: what else is in the account does not count.
const (
	shown = `SELECT table_id FROM "sandbox$layer" WHERE visualization_id = ?1
		UNION SELECT id FROM "sandbox$table" WHERE visualization_id = ?1`
	around = `SELECT ?1 UNION SELECT visualization_id FROM "sandbox$table" WHERE id IN (` + shown + `)
		UNION SELECT l.visualization_id FROM "sandbox$table" r JOIN "sandbox$layer" l ON l.table_id = r.id WHERE r.visualization_id = ?1`
)

// Around is a visualization with the tables that it shows, their datasets, and the maps that show it.
func (t *Tx) Around(ctx context.Context, id string) (s Surroundings, err error) {
	rows, err := t.tx.QueryContext(ctx, visualizationQuery+` WHERE v.id IN (`+around+`) ORDER BY v.created_at, v.rowid`, id)
	if s.Visualizations, err = scanAll(rows, err, scanVisualization); err != nil {
		return s, err
	}
	rows, err = t.tx.QueryContext(ctx, tableQuery+` WHERE id IN (`+shown+`) ORDER BY name`, id)
	if s.Tables, err = scanAll(rows, err, scanTable); err != nil {
		return s, err
	}
	rows, err = t.tx.QueryContext(ctx, synchronizationQuery+` WHERE visualization_id IN (`+around+`) ORDER BY rowid`, id)
	if s.Synchronizations, err = scanAll(rows, err, scanSynchronization); err != nil {
		return s, err
	}
	rows, err = t.tx.QueryContext(ctx, layerQuery+` WHERE visualization_id IN (`+around+`) ORDER BY rowid`, id)
	s.Layers, err = scanAll(rows, err, scanLayer)
	return s, err
}

// A Tally is how many visualizations of a type and a privacy a user has.
type Tally struct {
	UserID, Type, Privacy string
	Count                 int
}

// Tallies counts everybody's visualizations.
func (t *Tx) Tallies(ctx context.Context) ([]Tally, error) {
	rows, err := t.tx.QueryContext(ctx, `SELECT user_id, type, privacy, count(*) FROM "sandbox$visualization" GROUP BY user_id, type, privacy`)
	return scanAll(rows, err, func(s scanner) (n Tally, err error) { return n, s.Scan(&n.UserID, &n.Type, &n.Privacy, &n.Count) })
}

// LastCreated is when a user's newest visualization was made, nil without one.
func (t *Tx) LastCreated(ctx context.Context, userID string) (at *time.Time, err error) {
	row := t.tx.QueryRowContext(ctx, `SELECT max(created_at) FROM "sandbox$visualization" WHERE user_id = ?`, userID)
	return at, row.Scan(maybeInstant{&at})
}

// DatasetNames lists the names of a user's datasets that begin with a prefix.
func (t *Tx) DatasetNames(ctx context.Context, userID, prefix string) ([]string, error) {
	return scanStrings(t.tx.QueryContext(ctx, `SELECT name FROM "sandbox$visualization" WHERE user_id = ? AND type = 'table'
		AND name >= ? AND name < ? || char(1114111) ORDER BY name`, userID, prefix, prefix))
}
