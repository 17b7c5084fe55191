package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/cartosync/cartosync/internal/carto"
)

// An obstacleError says that a table which is no dataset has a staging name, and why
// it stays. CARTO shows such a table nowhere; an import that could not be made a
// dataset leaves its table behind.
// Source: CartoDB/cartodb, app/connectors/importer.rb (register).
type obstacleError struct {
	table string
	cause error
}

func (e *obstacleError) Error() string {
	return fmt.Sprintf("a table %q that is no dataset, which a failed import left, is in its way and was not dropped (%v); drop it by SQL if no other run works on it: %s",
		e.table, e.cause, dropTable(e.table))
}

func (e *obstacleError) Unwrap() error { return e.cause }

func (*obstacleError) again() string { return "after that" }

var errNoLease = errors.New("without the lease nobody knows whether another run works on it")

func dropTable(name string) string { return "DROP TABLE " + carto.QuoteIdentifier(name) }

// dropObstacle drops the table that bears the job's staging name and is no dataset,
// and reports whether the name is free by that. Its name says that a run of this
// project made it; the lease, that none works on it; and that no import which has
// not ended bears the name, that nobody is about to make a dataset of it.
func (j *job) dropObstacle(ctx context.Context) (bool, error) {
	staging := j.stagingName()
	plain, err := j.plainTable(ctx, staging)
	if err != nil || !plain {
		return false, err
	}
	if err = errNoLease; j.Lease.Holds(j.a.Project) {
		err = j.noImport(ctx, carto.Dataset{Name: staging})
	}
	if err == nil {
		// The import may have ended since, in a dataset.
		plain, err = j.plainTable(ctx, staging)
	}
	if err == nil && plain {
		err = j.dropPlain(ctx, staging)
	}
	if err != nil {
		return false, &obstacleError{staging, err}
	}
	if plain {
		j.cleared("table %q, which a failed import left and which is no dataset", staging)
	}
	return plain, nil
}

// dropPlain drops a table. After an answer that was lost it looks whether it is gone.
func (j *job) dropPlain(ctx context.Context, name string) error {
	_, err := j.Client.Exec(ctx, dropTable(name))
	if err == nil || !carto.MaybeApplied(err) {
		return err
	}
	if plain, look := j.plainTable(ctx, name); look != nil || plain {
		return err
	}
	return nil
}

// plainTable reports whether a name is that of a table in the user's schema and of
// no dataset.
func (j *job) plainTable(ctx context.Context, name string) (bool, error) {
	switch _, err := j.Client.Dataset(ctx, name); {
	case err == nil:
		return false, nil
	case !errors.Is(err, carto.ErrNotFound):
		return false, err
	}
	answer, err := j.Client.Query(ctx, "SELECT count(*) AS n FROM pg_tables WHERE schemaname = current_schema() AND tablename = "+carto.QuoteLiteral(name))
	if err != nil {
		return false, err
	}
	n, err := answer.Int(0, "n")
	return n > 0, err
}

// afterFailedImport drops what an import that failed left under the staging name, so
// that the next run need not find it. err is why it failed.
func (j *job) afterFailedImport(ctx context.Context, err error) error {
	if !failedImport(err) {
		return err
	}
	var obstacle *obstacleError
	if _, more := j.dropObstacle(ctx); errors.As(more, &obstacle) {
		return also(err, more)
	}
	return err // that nobody could look is no news
}

// bearStaging gives what was just imported its staging name, by rename, which says
// what name came of it where that one is taken. A plain table that has the name is
// dropped first.
func (j *job) bearStaging(ctx context.Context, rename func() (taken string, err error)) (taken string, err error) {
	taken, err = rename()
	if taken == "" && !refusedName(err) {
		return taken, err
	}
	free, obstacle := j.dropObstacle(ctx)
	switch {
	case obstacle != nil:
		return "", obstacle
	case !free:
		return taken, err
	}
	return rename()
}

// refusedName reports whether an error may be that of a name which a plain table has.
func refusedName(err error) bool {
	refused := (*carto.APIError)(nil)
	return errors.As(err, &refused) && refused.Status == http.StatusBadRequest && !refused.Temporary()
}
