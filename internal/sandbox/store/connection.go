package store

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// A Connection holds stored credentials of a remote database.
type Connection struct {
	ID, UserID, Name, Connector string

	Parameters           json.RawMessage // a JSON object, keys in the order in which they were sent
	CreatedAt, UpdatedAt time.Time
}

const connectionQuery = `SELECT id, user_id, name, connector, parameters, created_at, updated_at FROM "sandbox$connection"`

func scanConnection(s scanner) (c Connection, err error) {
	var parameters string
	err = s.Scan(&c.ID, &c.UserID, &c.Name, &c.Connector, &parameters, instant{&c.CreatedAt}, instant{&c.UpdatedAt})
	c.Parameters = json.RawMessage(parameters)
	return c, err
}

// Connections lists a user's connections, oldest first.
func (t *Tx) Connections(ctx context.Context, userID string) ([]Connection, error) {
	rows, err := t.tx.QueryContext(ctx, connectionQuery+` WHERE user_id = ? ORDER BY created_at, rowid`, userID)
	return scanAll(rows, err, scanConnection)
}

// Connection finds a user's connection by id.
func (t *Tx) Connection(ctx context.Context, userID, id string) (Connection, error) {
	rows, err := t.tx.QueryContext(ctx, connectionQuery+` WHERE user_id = ? AND id = ?`, userID, id)
	return scanOne(rows, err, scanConnection)
}

// AddConnection stores a new one and fills in its id and dates. The caller has seen that the name is free.
func (t *Tx) AddConnection(ctx context.Context, c *Connection) error {
	c.ID, c.CreatedAt, c.UpdatedAt = uuid.NewString(), t.now, t.now
	_, err := t.tx.ExecContext(ctx, `INSERT INTO "sandbox$connection" (id, user_id, name, connector, parameters, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, c.ID, c.UserID, c.Name, c.Connector, string(c.Parameters), millis(c.CreatedAt), millis(c.UpdatedAt))
	return err
}

// SaveConnection writes the name and the parameters of a stored one.
func (t *Tx) SaveConnection(ctx context.Context, c Connection) error {
	return changed(t.tx.ExecContext(ctx, `UPDATE "sandbox$connection" SET name = ?, parameters = ?, updated_at = ? WHERE id = ?`,
		c.Name, string(c.Parameters), millis(t.now), c.ID))
}

// DeleteConnection removes one. Synchronizations that use it stay and will fail.
func (t *Tx) DeleteConnection(ctx context.Context, userID, id string) error {
	return changed(t.tx.ExecContext(ctx, `DELETE FROM "sandbox$connection" WHERE user_id = ? AND id = ?`, userID, id))
}
