package store

import (
	"context"

	"github.com/google/uuid"
)

// A Layer is one data layer of a map.
type Layer struct {
	ID, VisualizationID, TableID string
}

// AddLayer makes a map show a dataset's table.
func (t *Tx) AddLayer(ctx context.Context, visualizationID, tableID string) error {
	_, err := t.tx.ExecContext(ctx, `INSERT INTO "sandbox$layer" (id, visualization_id, table_id) VALUES (?, ?, ?)`,
		uuid.NewString(), visualizationID, tableID)
	return err
}

// Layers lists the data layers of all maps, in the order in which they were added.
func (t *Tx) Layers(ctx context.Context) ([]Layer, error) {
	rows, err := t.tx.QueryContext(ctx, layerQuery+` ORDER BY rowid`)
	return scanAll(rows, err, scanLayer)
}

const layerQuery = `SELECT id, visualization_id, table_id FROM "sandbox$layer"`

func scanLayer(s scanner) (l Layer, err error) {
	return l, s.Scan(&l.ID, &l.VisualizationID, &l.TableID)
}

// dropLayersOf takes a table out of the maps that keep(map) allows: maps that showed nothing else are deleted, others
// lose the layers.
// Source: CartoDB/cartodb: app/models/carto/user_table.rb.
func (t *Tx) dropLayersOf(ctx context.Context, tableID string, touches func(Visualization) bool) error {
	rows, err := t.tx.QueryContext(ctx, layerQuery+` WHERE visualization_id IN
		(SELECT visualization_id FROM "sandbox$layer" WHERE table_id = ?) ORDER BY rowid`, tableID)
	layers, err := scanAll(rows, err, scanLayer)
	if err != nil {
		return err
	}
	total, using := map[string]int{}, map[string]int{}
	var order []string
	for _, l := range layers {
		total[l.VisualizationID]++
		if l.TableID == tableID {
			if using[l.VisualizationID]++; using[l.VisualizationID] == 1 {
				order = append(order, l.VisualizationID)
			}
		}
	}
	for _, id := range order {
		v, err := t.Visualization(ctx, id)
		if err != nil {
			return err
		}
		if !touches(v) {
			continue
		}
		if using[id] == total[id] {
			err = t.deleteVisualizationRow(ctx, id)
		} else {
			_, err = t.tx.ExecContext(ctx, `DELETE FROM "sandbox$layer" WHERE visualization_id = ? AND table_id = ?`, id, tableID)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// RevokeMaps takes a table out of the maps of everybody who lost access to it.
// Source: CartoDB/cartodb: app/models/carto/permission.rb.
func (t *Tx) RevokeMaps(ctx context.Context, tableID string, lost func(userID string) bool) error {
	return t.dropLayersOf(ctx, tableID, func(v Visualization) bool { return lost(v.UserID) })
}
