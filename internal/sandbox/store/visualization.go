package store

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// A Visualization is a dataset (type table) or a map (type derived). The two share one table in CARTO as here.
type Visualization struct {
	ID, Type, Name, UserID string

	DisplayName, Description, Source, Title, License, Attributions *string

	Tags    []string // in order and case as stored; never nil
	Privacy string   // lower case: public, link, private, password
	Locked  bool
	Kind    string
	Version int

	MapID, ActiveLayerID string
	Permission           Permission
	CreatedAt, UpdatedAt time.Time
}

// A Permission is the access control list of a visualization.
type Permission struct {
	ID                   string
	ACL                  []Grant
	CreatedAt, UpdatedAt time.Time
}

// A Grant gives a principal access to a visualization: r or rw.
type Grant struct {
	Kind   string `json:"type"`
	ID     string `json:"id"`
	Access string `json:"access"`
}

// Types of visualizations.
const (
	Dataset = "table"
	Map     = "derived"
)

const visualizationColumns = `v.id, v.type, v.name, v.user_id, v.display_name, v.description, v.source, v.title, v.license,
	v.attributions, v.tags, v.privacy, v.locked, v.kind, v.version, v.map_id, v.active_layer_id,
	v.permission_id, v.acl, v.permission_created_at, v.permission_updated_at, v.created_at, v.updated_at`

const visualizationQuery = `SELECT ` + visualizationColumns + ` FROM "sandbox$visualization" v`

func scanVisualization(s scanner) (v Visualization, err error) {
	p := &v.Permission
	return v, s.Scan(&v.ID, &v.Type, &v.Name, &v.UserID, &v.DisplayName, &v.Description, &v.Source, &v.Title, &v.License,
		&v.Attributions, document{&v.Tags}, &v.Privacy, &v.Locked, &v.Kind, &v.Version, &v.MapID, &v.ActiveLayerID,
		&p.ID, document{&p.ACL}, instant{&p.CreatedAt}, instant{&p.UpdatedAt}, instant{&v.CreatedAt}, instant{&v.UpdatedAt})
}

// NewVisualization fills in the ids and dates of a new one. It is not stored yet.
func (t *Tx) NewVisualization(kind, name, userID, privacy string) Visualization {
	return Visualization{
		ID: uuid.NewString(), Type: kind, Name: name, UserID: userID, Tags: []string{}, Privacy: privacy, Kind: "geom",
		Version: 2, MapID: uuid.NewString(), ActiveLayerID: uuid.NewString(), CreatedAt: t.now, UpdatedAt: t.now,
		Permission: Permission{ID: uuid.NewString(), ACL: []Grant{}, CreatedAt: t.now, UpdatedAt: t.now},
	}
}

// SaveVisualization writes all of v, as a new row or over the one with its id.
func (t *Tx) SaveVisualization(ctx context.Context, v Visualization) error {
	p := v.Permission
	_, err := t.tx.ExecContext(ctx, `INSERT OR REPLACE INTO "sandbox$visualization" (id, type, name, user_id, display_name,
		description, source, title, license, attributions, tags, privacy, locked, kind, version, map_id, active_layer_id,
		permission_id, acl, permission_created_at, permission_updated_at, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		v.ID, v.Type, v.Name, v.UserID, v.DisplayName, v.Description, v.Source, v.Title, v.License, v.Attributions,
		toJSON(v.Tags), v.Privacy, v.Locked, v.Kind, v.Version, v.MapID, v.ActiveLayerID,
		p.ID, toJSON(p.ACL), millis(p.CreatedAt), millis(p.UpdatedAt), millis(v.CreatedAt), millis(v.UpdatedAt))
	return err
}

// Visualization finds one by id.
func (t *Tx) Visualization(ctx context.Context, id string) (Visualization, error) {
	rows, err := t.tx.QueryContext(ctx, visualizationQuery+` WHERE v.id = ?`, id)
	return scanOne(rows, err, scanVisualization)
}

// VisualizationByName finds a user's visualization by its exact name. A dataset wins over a map of the same name; if no
// dataset has the name, a map is returned.
// Source: CartoDB/cartodb: app/controllers/visualizations_controller_helper.rb.
func (t *Tx) VisualizationByName(ctx context.Context, userID, name string) (Visualization, error) {
	rows, err := t.tx.QueryContext(ctx, visualizationQuery+` WHERE v.user_id = ? AND v.type IN ('table', 'derived') AND v.name = ?
		ORDER BY v.type = 'table' DESC, v.created_at LIMIT 1`, userID, name)
	return scanOne(rows, err, scanVisualization)
}

// VisualizationByPermission finds the one that a permission belongs to.
func (t *Tx) VisualizationByPermission(ctx context.Context, id string) (Visualization, error) {
	rows, err := t.tx.QueryContext(ctx, visualizationQuery+` WHERE v.permission_id = ?`, id)
	return scanOne(rows, err, scanVisualization)
}

// Visualizations lists all of the account, everybody's, oldest first.
func (t *Tx) Visualizations(ctx context.Context) ([]Visualization, error) {
	rows, err := t.tx.QueryContext(ctx, visualizationQuery+` ORDER BY v.created_at, v.rowid`)
	return scanAll(rows, err, scanVisualization)
}

func (t *Tx) deleteVisualizationRow(ctx context.Context, id string) error {
	for _, q := range []string{
		`DELETE FROM "sandbox$layer" WHERE visualization_id = ?`,
		`DELETE FROM "sandbox$synchronization" WHERE visualization_id = ?`,
		`DELETE FROM "sandbox$visualization" WHERE id = ?`,
	} {
		if _, err := t.tx.ExecContext(ctx, q, id); err != nil {
			return err
		}
	}
	return nil
}
