package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
)

// abandoned makes sure that a dataset which another run imported, and did not
// publish, may be deleted. Without the lease that run may be under way; so may it be
// while an import that bears the dataset's name has not ended.
func (j *job) abandoned(ctx context.Context, d carto.Dataset) error {
	if !j.Lease.Holds(j.a.Project) {
		return &leaseNeededError{name: d.Name}
	}
	return j.noImport(ctx, d)
}

// deleteStaging clears away a staging dataset that an interrupted run left, and that
// nothing needs. Its synchronization goes with it.
func (j *job) deleteStaging(ctx context.Context) error {
	live, err := j.Client.Dataset(ctx, j.a.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	case live.Name != j.a.Dataset || used(live):
		return &MovedError{Description: fmt.Sprintf("somebody uses the staging dataset %q (id %s), which is called %q now", j.a.Dataset, live.ID, live.Name)}
	}
	if err := j.abandoned(ctx, live); err != nil {
		return err
	}
	j.a.ID = "" // which no removal touches otherwise
	if err := j.remove(ctx, live, live.Synchronization); err != nil {
		return err
	}
	j.cleared("dataset %q, which an interrupted run imported and nothing needs", live.Name)
	return nil
}

// noImport makes sure that no import works on a staging dataset: neither a first
// import of its synchronization nor another that bears its name. Asking for the
// list of imports ends those that have waited for an hour, as CARTO's dashboard
// does; so it is asked for only where there is something to clear away.
// Source: CartoDB/cartodb, app/services/carto/data_imports_service.rb.
func (j *job) noImport(ctx context.Context, live carto.Dataset) error {
	if s := live.Synchronization; s != nil && !s.State.Settled() {
		return again(fmt.Errorf("its synchronization %s is %s", s.ID, s.State), "when that run has ended")
	}
	ids, err := j.Client.Imports(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		imp, err := j.Client.Import(ctx, id)
		if err != nil {
			return err
		}
		if strings.HasPrefix(imp.DisplayName, live.Name) || imp.TableName == live.Name {
			return again(fmt.Errorf("import job %s, which bears its name, is %s", id, imp.State), "when that has ended")
		}
	}
	return nil
}

// A leaseNeededError says that a leftover stays because nobody knows whether it is one.
type leaseNeededError struct{ name string }

func (e *leaseNeededError) Error() string {
	return fmt.Sprintf("without the lease nobody knows whether another run works on %q; delete it in CARTO if none does", e.name)
}

func (*leaseNeededError) again() string { return "once the account's database can be written to" }
