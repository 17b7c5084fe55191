package apply

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

const (
	// leaseRenewal is how often a holder shows that it lives.
	leaseRenewal = 20 * time.Second
	// leaseRetry is how soon it tries again after it could not.
	leaseRetry = 5 * time.Second
	// leaseStill is how long a lease stands still before another run takes it
	// over: some renewals may get lost.
	leaseStill = 2 * time.Minute
)

// A Lease lets one run at a time change the datasets of a project. It is a row in
// the account's database, which the run renews while it lives. A nil Lease holds
// nothing and is never lost.
type Lease struct {
	client *carto.Client
	holder string // as the rows have it

	renewing sync.WaitGroup
	cancel   context.CancelFunc // ends the renewals

	mu      sync.Mutex
	asked   []string             // projects for whose lease a request was sent
	renewed map[string]time.Time // by project that is held: when it was surely held last
	stale   bool
	lost    error
}

// A LeaseLostError says that somebody else may apply a project by now.
type LeaseLostError struct {
	Project string
	By      string // who took it over; "" if nobody knows
}

func (e *LeaseLostError) Error() string {
	if e.By != "" {
		return fmt.Sprintf("%s has taken over the lease on project %q, which showed no sign of life for %s", e.By, e.Project, leaseStill)
	}
	return fmt.Sprintf("the lease on project %q could not be renewed for %s, so that another run may have taken it over", e.Project, leaseStill)
}

func (e *LeaseLostError) again() string {
	if e.By != "" {
		return "when that has ended"
	}
	return ""
}

// Holds reports whether the project's lease was taken and is not lost.
func (l *Lease) Holds(project string) bool {
	if l == nil || l.Lost() != nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.renewed[project]
	return ok
}

// Stale reports whether another run may have changed something between the
// reading of [LeaseOptions.Seen] and the taking of the lease.
func (l *Lease) Stale() bool { return l != nil && l.stale }

// Lost returns a [LeaseLostError] once one of the leases is lost: somebody took
// it over, or may have because no renewal arrived.
func (l *Lease) Lost() error {
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, project := range slices.Sorted(maps.Keys(l.renewed)) {
		if l.lost == nil && elapsed(l.renewed[project]) >= leaseStill {
			l.lost = &LeaseLostError{Project: project}
		}
	}
	return l.lost
}

// elapsed is how long ago a time was, also if the machine slept meanwhile: then
// only the wall clock went on.
func elapsed(at time.Time) time.Duration {
	return max(time.Since(at), time.Now().Round(0).Sub(at.Round(0)))
}

// ask notes that a project's lease may be this run's from now on.
func (l *Lease) ask(project string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.asked, project) {
		l.asked = append(l.asked, project)
	}
}

// hold notes that a project's lease was taken by a request sent at that time, and
// renews it from now on.
func (l *Lease) hold(ctx context.Context, project string, at time.Time) {
	l.mu.Lock()
	l.renewed[project] = at
	l.mu.Unlock()
	l.renewing.Go(func() { l.renew(ctx, project) })
}

func (l *Lease) renew(ctx context.Context, project string) {
	pause := leaseRenewal
	for sleep(ctx, pause) == nil {
		at := time.Now()
		ok, err := renewLease(ctx, l.client, project, l.holder)
		switch {
		case err != nil:
			pause = leaseRetry
		case !ok:
			row, _ := readLease(ctx, l.client, project) // only to say who it is
			l.lose(project, row.holder)
			return
		default:
			pause = leaseRenewal
			l.mu.Lock()
			l.renewed[project] = at
			l.mu.Unlock()
		}
	}
}

func (l *Lease) lose(project, holder string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.renewed, project)
	if l.lost == nil {
		l.lost = &LeaseLostError{Project: project, By: describeHolder(holder)}
	}
}

// Release gives the leases back, also if ctx has ended: then it takes two seconds
// at most, and five otherwise. What cannot be given back lapses by itself. No other
// run's lease is touched.
func (l *Lease) Release(ctx context.Context) error {
	if l == nil {
		return nil
	}
	l.cancel()
	l.renewing.Wait()
	limit := 5 * time.Second
	if ctx.Err() != nil {
		limit = 2 * time.Second // whoever interrupts does not wait for long
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	var errs []error
	for _, project := range l.asked {
		err := releaseLease(ctx, l.client, project, l.holder)
		if err != nil && carto.Temporary(err) {
			err = releaseLease(ctx, l.client, project, l.holder)
		}
		if _, held := l.renewed[project]; held && err != nil {
			errs = append(errs, fmt.Errorf("giving back the lease on project %q: %w; it lapses in %s", project, err, leaseStill))
		}
	}
	return errors.Join(errs...)
}
