package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// A Table is the registration of a physical table as a dataset. It keeps its id when its contents are replaced.
type Table struct {
	ID, VisualizationID, UserID, Name string

	OID           int64    // which physical table it is
	Privacy       string   // lower case, as of the dataset
	GeometryTypes []string // as ST_Point; empty without geometries
	RowEstimate   *int64   // as of the last import: what SQL changes later is not in it
	Size          *int64   // bytes, about half of what the table takes on disk
	ImportID      *string  // of the job that filled it last

	CreatedAt, UpdatedAt time.Time
}

const tableQuery = `SELECT id, visualization_id, user_id, name, oid, privacy, geometry_types, row_estimate, size, import_id,
	created_at, updated_at FROM "sandbox$table"`

func scanTable(s scanner) (t Table, err error) {
	return t, s.Scan(&t.ID, &t.VisualizationID, &t.UserID, &t.Name, &t.OID, &t.Privacy, document{&t.GeometryTypes},
		&t.RowEstimate, &t.Size, &t.ImportID, instant{&t.CreatedAt}, instant{&t.UpdatedAt})
}

// Table finds one by id.
func (t *Tx) Table(ctx context.Context, id string) (Table, error) {
	rows, err := t.tx.QueryContext(ctx, tableQuery+` WHERE id = ?`, id)
	return scanOne(rows, err, scanTable)
}

// TableByName finds a user's registered table by its exact name.
func (t *Tx) TableByName(ctx context.Context, userID, name string) (Table, error) {
	rows, err := t.tx.QueryContext(ctx, tableQuery+` WHERE user_id = ? AND name = ?`, userID, name)
	return scanOne(rows, err, scanTable)
}

// TableOf finds the table of a dataset.
func (t *Tx) TableOf(ctx context.Context, visualizationID string) (Table, error) {
	rows, err := t.tx.QueryContext(ctx, tableQuery+` WHERE visualization_id = ?`, visualizationID)
	return scanOne(rows, err, scanTable)
}

// Tables lists all registered tables, by name.
func (t *Tx) Tables(ctx context.Context) ([]Table, error) {
	rows, err := t.tx.QueryContext(ctx, tableQuery+` ORDER BY name`)
	return scanAll(rows, err, scanTable)
}

// SaveTable writes all of a registration, as a new row or over the one with its id.
func (t *Tx) SaveTable(ctx context.Context, r Table) error {
	_, err := t.tx.ExecContext(ctx, `INSERT OR REPLACE INTO "sandbox$table" (id, visualization_id, user_id, name, oid, privacy,
		geometry_types, row_estimate, size, import_id, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, r.VisualizationID, r.UserID, r.Name, r.OID, r.Privacy, toJSON(r.GeometryTypes), r.RowEstimate, r.Size, r.ImportID,
		millis(r.CreatedAt), millis(r.UpdatedAt))
	return err
}

// A Column is a column of a physical table, with its PostgreSQL type.
type Column struct {
	Name, Type string

	byDefault string // the expression, in SQLite's form; "" without one
	notNull   bool
}

// Columns lists the columns of a table in their order, ErrNotFound if there is no such table.
func (t *Tx) Columns(ctx context.Context, table string) ([]Column, error) {
	r, err := t.relation(ctx, table)
	if err == nil && r.isView() {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return t.store.fileColumns(ctx, r.file)
}

// A DependentViewError says that a table cannot be dropped because a view reads it.
type DependentViewError struct{ Table, View string }

func (e *DependentViewError) Error() string {
	return fmt.Sprintf("cannot drop table %s because other objects depend on it: view %s depends on table %s", e.Table, e.View, e.Table)
}

// dropTable drops a physical table as PostgreSQL would without CASCADE: not under a view. No table is no error.
func (t *Tx) dropTable(ctx context.Context, name string) error {
	r, err := t.relation(ctx, name)
	if IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	view, err := t.viewOn(ctx, name)
	if err != nil {
		return err
	}
	if view != "" {
		return &DependentViewError{Table: name, View: view}
	}
	t.after = append(t.after, func() { t.store.removeFiles(r.file) })
	return t.deleteRelation(ctx, r.oid)
}

// Register makes a physical table a dataset of the user, with a new visualization.
func (t *Tx) Register(ctx context.Context, userID, name, privacy string) (Visualization, Table, error) {
	physical, err := t.relation(ctx, name)
	if err != nil {
		return Visualization{}, Table{}, err
	}
	v, r := t.NewDataset(name, userID, privacy)
	r.OID = physical.oid
	if err := t.SaveVisualization(ctx, v); err != nil {
		return v, r, err
	}
	return v, r, t.SaveTable(ctx, r)
}

// NewDataset fills in a visualization and its registration. Neither is stored yet.
func (t *Tx) NewDataset(name, userID, privacy string) (Visualization, Table) {
	v := t.NewVisualization(Dataset, name, userID, privacy)
	return v, Table{ID: uuid.NewString(), VisualizationID: v.ID, UserID: userID, Name: name, Privacy: privacy,
		GeometryTypes: []string{}, CreatedAt: t.now, UpdatedAt: t.now}
}

// RenameDataset renames a dataset together with its table. The names of synchronizations do not follow, as in CARTO.
// Source: CartoDB/cartodb: app/models/table.rb.
func (t *Tx) RenameDataset(ctx context.Context, v *Visualization, name string) error {
	r, err := t.TableOf(ctx, v.ID)
	if err != nil {
		return err
	}
	if _, err := t.relation(ctx, name); !IsNotFound(err) {
		return errors.Join(err, &SQLError{Message: `relation "` + name + `" already exists`})
	}
	physical, err := t.relation(ctx, r.Name)
	if err != nil {
		return err
	}
	if err := t.renameRelation(ctx, physical, name); err != nil {
		return err
	}
	r.Name, r.UpdatedAt = name, t.now
	v.Name = name
	return t.SaveTable(ctx, r)
}

// DeleteVisualization deletes a map, or a dataset with its table, its synchronizations and the maps of everybody that
// show nothing else. A view on the table makes it fail with *DependentViewError.
func (t *Tx) DeleteVisualization(ctx context.Context, id string) error {
	r, err := t.TableOf(ctx, id)
	switch {
	case IsNotFound(err):
		return t.deleteVisualizationRow(ctx, id)
	case err != nil:
		return err
	}
	if err := t.dropTable(ctx, r.Name); err != nil {
		return err
	}
	return t.unregister(ctx, r)
}

// unregister forgets a dataset whose physical table is gone.
func (t *Tx) unregister(ctx context.Context, r Table) error {
	err := t.dropLayersOf(ctx, r.ID, func(Visualization) bool { return true })
	if err != nil {
		return err
	}
	if _, err := t.tx.ExecContext(ctx, `DELETE FROM "sandbox$table" WHERE id = ?`, r.ID); err != nil {
		return err
	}
	return t.deleteVisualizationRow(ctx, r.VisualizationID)
}

// Usage is how many bytes the datasets take and how many there are.
func (t *Tx) Usage(ctx context.Context, userID string) (bytes int64, tables int, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT COALESCE(sum(size), 0) * 2, count(*) FROM "sandbox$table" WHERE user_id = ?`, userID).Scan(&bytes, &tables)
	return bytes, tables, err
}

// CountPublic counts a user's datasets that are not private.
func (t *Tx) CountPublic(ctx context.Context, userID string) (n int, err error) {
	err = t.tx.QueryRowContext(ctx, `SELECT count(*) FROM "sandbox$table" WHERE user_id = ? AND privacy <> 'private'`, userID).Scan(&n)
	return n, err
}
