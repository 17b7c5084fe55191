package apply

import (
	"context"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// Journals are those of a run by project. A project without one has none.
type Journals map[string]*Journal

// journal is that of the job's project.
func (j *job) journal() *Journal { return j.Journals[j.a.Project] }

// settle notes what interrupted runs began and nothing is left to do about. Without
// the lease a run may be under way that began it, unless it is over anyway.
func (js Journals) settle(all []plan.Pending, lease *Lease) {
	for _, p := range all {
		if lease.Holds(p.Project) || p.Over(time.Now()) {
			js[p.Project].done(p.ID)
		}
	}
}

func (js Journals) close() {
	for _, j := range js {
		j.Close()
	}
}

// asks describes a request for an import, for the journal.
func (j *job) asks(kind plan.PendingKind, staging string) plan.Pending {
	p := plan.Pending{Kind: kind, Dataset: j.a.Dataset, Staging: staging, Fingerprint: j.a.Fingerprint}
	if kind == plan.PendingOverwrite {
		p.DatasetID = j.a.ID
	}
	if look, ok := j.look(); ok && (kind == plan.PendingUpload || kind == plan.PendingOverwrite) {
		p.Expect = &plan.Expected{Rows: look.Rows}
		if look.Rows > look.NullGeometries {
			p.Expect.Geometry = look.Geometry
		}
		for _, c := range look.Columns {
			p.Expect.Columns = append(p.Expect.Columns, c.Name)
		}
	}
	return p
}

// journaled sends a request that creates something, and keeps the journal about it.
// A request that certainly had no effect leaves nothing to be remembered.
func (j *job) journaled(ctx context.Context, asked plan.Pending, send func(context.Context) (string, error)) (string, plan.Pending, error) {
	j.sent = nil
	asked = j.journal().begin(asked)
	id, err := send(ctx)
	switch {
	case err == nil:
		asked.ImportID = id
		if asked.Kind == plan.PendingSync && j.sync != nil {
			asked.SyncID = j.sync.ID
		}
		j.journal().made(asked, j.sent.asPlanned())
		j.begun = append(j.begun, asked.ID)
	case carto.MaybeApplied(err):
		asked.Since = time.Now().UTC() // an upload may have begun long ago
		j.journal().made(asked, j.sent.asPlanned())
	default:
		j.journal().done(asked.ID)
	}
	return id, asked, err
}

// watch waits for the end of an import job. One that failed has made nothing, and is
// done with.
func (j *job) watch(ctx context.Context, p plan.Pending, poll carto.Poll) (carto.Import, error) {
	poll.Observe = func(i carto.Import) { j.event("", string(i.State), "") }
	imp, err := j.Client.WaitImport(ctx, p.ImportID, poll)
	if failedImport(err) {
		j.journal().done(p.ID)
	}
	return imp, err
}

// settle notes that nothing is left to do about what the action was for, nor about
// what interrupted runs began for it.
func (j *job) settle() {
	for _, p := range j.a.Interrupted {
		if !slices.Contains(j.kept, p.ID) {
			j.begun = append(j.begun, p.ID)
		}
	}
	j.undone()
}

// undone notes that nothing is left of what the job made.
func (j *job) undone() {
	j.journal().done(j.begun...)
	j.begun = nil
}
