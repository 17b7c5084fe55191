package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// LeaseTable is where leases are kept: a plain table in the account's database,
// one row per project. A table becomes a dataset only when it is prepared for
// that, which this one never is.
// Source: CartoDB/cartodb, lib/carto/ghost_tables_manager.rb.
const LeaseTable = "cartosync_lease"

// leaseRequest bounds one request about a lease, its repetitions included.
const leaseRequest = 15 * time.Second

// A leaseRow is a project's row; the zero value is that there is none.
type leaseRow struct {
	holder string // "" while nobody applies
	since  string // as the database writes it
	seq    int64  // one more with each change: who takes the lease over names the one that it saw
}

func createLeaseTable(ctx context.Context, c *carto.Client) error {
	ctx, cancel := context.WithTimeout(ctx, leaseRequest)
	defer cancel()
	_, err := c.Exec(ctx, `CREATE TABLE IF NOT EXISTS `+LeaseTable+
		` (project text PRIMARY KEY, holder text NOT NULL, since timestamptz NOT NULL, seq bigint NOT NULL)`)
	return err
}

// noLeaseTable reports whether err says that the table is not there.
func noLeaseTable(err error) bool {
	var api *carto.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, m := range api.Messages {
		if strings.Contains(m, LeaseTable) && strings.Contains(m, "does not exist") && !strings.Contains(m, "column") {
			return true
		}
	}
	return false
}

// readLease reads a project's row. Answers to GET may come from a cache in front
// of the database, where a table that CARTO does not track stays for minutes, so
// that no two queries are the same text.
// Source: CartoDB/CartoDB-SQL-API, lib/api/middlewares/cache-control.js.
func readLease(ctx context.Context, c *carto.Client, project string) (leaseRow, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseRequest)
	defer cancel()
	rows, err := c.Query(ctx, fmt.Sprintf("SELECT holder, since, seq FROM %s WHERE project = %s AND %s <> ''",
		LeaseTable, carto.QuoteLiteral(project), carto.QuoteLiteral(unique())))
	switch {
	case noLeaseTable(err):
		return leaseRow{}, nil
	case err != nil:
		return leaseRow{}, err
	case len(rows.Rows) == 0:
		return leaseRow{}, nil
	}
	seq, err := rows.Int(0, "seq")
	if err != nil {
		return leaseRow{}, fmt.Errorf("the row of project %q in table %s: %w", project, LeaseTable, err)
	}
	return leaseRow{holder: rows.Text(0, "holder"), since: rows.Text(0, "since"), seq: seq}, nil
}

// takeLease writes the holder into a project's row if the row still is what was
// seen; ok is false if somebody was faster. So a statement that takes effect long
// after it was given up changes nothing.
func takeLease(ctx context.Context, c *carto.Client, project, holder string, seen leaseRow) (ok bool, err error) {
	return changeLease(ctx, c, fmt.Sprintf(
		`INSERT INTO %[1]s (project, holder, since, seq) VALUES (%[2]s, %[3]s, now(), 1) `+
			`ON CONFLICT (project) DO UPDATE SET holder = EXCLUDED.holder, since = EXCLUDED.since, seq = %[1]s.seq + 1 `+
			`WHERE %[1]s.seq = %[4]s RETURNING seq`,
		LeaseTable, carto.QuoteLiteral(project), carto.QuoteLiteral(holder), strconv.FormatInt(seen.seq, 10)))
}

// renewLease advances the seq of a row that the holder has.
func renewLease(ctx context.Context, c *carto.Client, project, holder string) (ok bool, err error) {
	return changeLease(ctx, c, fmt.Sprintf(`UPDATE %s SET seq = seq + 1 WHERE project = %s AND holder = %s RETURNING seq`,
		LeaseTable, carto.QuoteLiteral(project), carto.QuoteLiteral(holder)))
}

// releaseLease empties a row that the holder has.
func releaseLease(ctx context.Context, c *carto.Client, project, holder string) error {
	_, err := changeLease(ctx, c, fmt.Sprintf(`UPDATE %s SET holder = '', seq = seq + 1 WHERE project = %s AND holder = %s RETURNING seq`,
		LeaseTable, carto.QuoteLiteral(project), carto.QuoteLiteral(holder)))
	return err
}

// changeLease runs a statement that returns the row that it changed.
func changeLease(ctx context.Context, c *carto.Client, sql string) (ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, leaseRequest)
	defer cancel()
	rows, err := c.Exec(ctx, sql)
	return err == nil && len(rows.Rows) > 0, err
}
