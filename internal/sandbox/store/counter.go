package store

import (
	"context"
	"time"
)

// Count is the value of a counter, 0 when it has expired.
func (t *Tx) Count(ctx context.Context, name string) (int, error) {
	var n int
	err := t.tx.QueryRowContext(ctx, `SELECT COALESCE(max(value), 0) FROM "sandbox$counter" WHERE name = ? AND expires_at > ?`,
		name, millis(t.now)).Scan(&n)
	return n, err
}

// AddCount moves a counter by d, never below 0. It expires ttl after it began to count.
// CARTO counts import slots in such counters, which may lose count of what really runs.
func (t *Tx) AddCount(ctx context.Context, name string, d int, ttl time.Duration) error {
	n, err := t.Count(ctx, name)
	if err != nil {
		return err
	}
	_, err = t.tx.ExecContext(ctx, `INSERT INTO "sandbox$counter" (name, value, expires_at) VALUES (?1, ?2, ?3)
		ON CONFLICT (name) DO UPDATE SET value = ?2, expires_at = CASE WHEN ?4 > 0 THEN expires_at ELSE ?3 END`,
		name, max(0, n+d), millis(t.now.Add(ttl)), n)
	return err
}
