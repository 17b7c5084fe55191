package store

import (
	"context"
	"time"
)

// LatestInstant is the latest moment at which anything was written: an account's clock does not go back behind it.
func (t *Tx) LatestInstant(ctx context.Context) (time.Time, error) {
	var latest *time.Time
	err := t.tx.QueryRowContext(ctx, `SELECT max(at) FROM (
		SELECT max(updated_at) AS at FROM "sandbox$job" UNION ALL
		SELECT max(updated_at) FROM "sandbox$synchronization" UNION ALL
		SELECT max(updated_at) FROM "sandbox$table" UNION ALL
		SELECT max(created_at) FROM "sandbox$visualization")`).Scan(maybeInstant{&latest})
	if err != nil || latest == nil {
		return time.Time{}, err
	}
	return *latest, nil
}
