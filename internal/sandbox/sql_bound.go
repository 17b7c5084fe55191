package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// sqlBounds are how big the answer to a request for SQL may become, which is held in memory, and how long its statements
// may take. Anybody who reaches the account may ask for rows without end.
type sqlBounds struct {
	bytes int
	time  time.Duration
}

var errSQLTimeout = errors.New("the statements took too long")

// runSQL runs a request within the bounds of the account. Written tells how big the answer has become.
func (c *call) runSQL(q store.Request, written func() int, row func([]store.Field, []any) error) (store.Result, error) {
	ctx, cancel := context.WithTimeoutCause(c.ctx(), c.s.sqlBounds.time, errSQLTimeout)
	defer cancel()
	result, err := c.s.store.Run(ctx, q, func(columns []store.Field, values []any) error {
		if most := c.s.sqlBounds.bytes; written()+rowWeight(values) > most {
			return &store.SQLError{Message: fmt.Sprintf("the answer is bigger than the %d MB that the sandbox holds; ask for fewer rows with LIMIT, or for a page of them with rows_per_page and page", most>>20)}
		}
		return row(columns, values)
	})
	if err != nil && errors.Is(context.Cause(ctx), errSQLTimeout) {
		err = errSQLTimeout
	}
	return result, err
}

// rowWeight is about what a row takes in an answer.
func rowWeight(values []any) int {
	n := 0
	for _, v := range values {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += 2 * len(v)
		}
	}
	return n
}

// sqlRefusal is the answer to a request that the SQL API refuses, nothing to one that went well or that failed otherwise.
// Source of the timeout: CartoDB/CartoDB-SQL-API: lib/services/error-handler-factory.js.
func sqlRefusal(err error) (answer reply, refused bool) {
	var refusal *store.SQLError
	switch {
	case errors.Is(err, errSQLTimeout):
		return with(http.StatusTooManyRequests, fields{{"error", []string{"You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details."}},
			{"context", "limit"}, {"detail", "datasource"}}), true
	case errors.As(err, &refusal):
		return wrongSQL(refusal.Message), true
	}
	return reply{}, false
}
