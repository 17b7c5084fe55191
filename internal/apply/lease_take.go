package apply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// leaseTries is how often a request about a lease that another run does not hold
// may fail in passing before the run goes on without it.
const leaseTries = 3

// leaseNews is how often a waiting run says that it waits.
const leaseNews = time.Minute

// LeaseRows are the leases of some projects as they were at a time.
type LeaseRows map[string]leaseRow

// ReadLeases reads the projects' leases, for [LeaseOptions.Seen]. The client may
// be one that only reads.
func ReadLeases(ctx context.Context, c *carto.Client, projects []string) (LeaseRows, error) {
	rows := LeaseRows{}
	for _, project := range projects {
		row, err := readLease(ctx, c, project)
		if err != nil {
			return nil, err
		}
		rows[project] = row
	}
	return rows, nil
}

// LeaseOptions say how leases are taken.
type LeaseOptions struct {
	Holder Holder
	Seen   LeaseRows     // read before the account was; nil = nobody did
	Wait   time.Duration // how long another run is waited for, in all; 0 = not at all
	Notice func(LeaseNotice)

	// Foreign: a dataset of the name [LeaseTable] is there or is to be, which is
	// somebody's own and left alone.
	Foreign bool
}

// A LeaseNotice is what a person should know while leases are taken.
type LeaseNotice struct {
	Project string        // "" for all of them
	Problem error         // why the run goes on without the lease; nil: it waits for
	Holder  string        // this one, in words,
	Since   string        // who has had it since then,
	Left    time.Duration // and that long at most
}

// A HeldError says that another run applies a project.
type HeldError struct {
	Project string
	Holder  string // in words
	Since   string
	Waited  time.Duration
}

func (e *HeldError) Error() string {
	waited := ""
	if e.Waited >= time.Second {
		waited = fmt.Sprintf(", and %s of waiting were not enough", e.Waited.Round(time.Second))
	}
	return fmt.Sprintf("project %q is being applied by %s since %s%s; nothing was changed; run it again when that has ended, or wait longer with --lease-timeout",
		e.Project, e.Holder, e.Since, waited)
}

// TakeLeases takes the leases of the projects, one after the other by name, so
// that two runs never wait for each other, and renews them until the Lease is
// released. It waits for other runs as long as the options say, and then returns
// a [HeldError]. A lease that stands still for two minutes, or whose holder is a
// process of this machine that has ended, is taken over.
//
// Where the account's database cannot be written to, it says so and goes on
// without that lease.
func TakeLeases(ctx context.Context, c *carto.Client, projects []string, o LeaseOptions) (*Lease, error) {
	renewing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	l := &Lease{client: c, holder: o.Holder.text(), cancel: cancel, renewed: map[string]time.Time{}}
	began := time.Now()
	if o.Foreign {
		o.Notice(LeaseNotice{Problem: fmt.Errorf("there is a dataset %q, whose name the table of leases needs; rename it", LeaseTable)})
		return l, nil
	}
	var broken error // why the database cannot be written to, which need not be found out for each project
	for _, project := range slices.Compact(slices.Sorted(slices.Values(projects))) {
		t, err := taking{Lease: l, LeaseOptions: o, project: project, began: began}, broken
		if broken == nil {
			err = t.take(ctx, renewing)
		}
		switch {
		case err == nil:
		case t.unavailable(ctx, err):
			broken = err
			o.Notice(LeaseNotice{Project: project, Problem: err})
		default:
			return nil, also(err, l.Release(ctx))
		}
	}
	return l, nil
}

// A taking is one attempt to get one project's lease.
type taking struct {
	*Lease
	LeaseOptions
	project string
	began   time.Time

	row      leaseRow  // as read last
	still    time.Time // since when it is that
	held     bool      // by somebody who seems to live
	said     time.Time // when it was said last that it is waited for
	failures int       // in a row
	failure  error     // the last of them
}

// unavailable reports whether a lease was not taken because the database cannot
// be written to, not because somebody else has it or the run was interrupted.
func (t *taking) unavailable(ctx context.Context, err error) bool {
	var held *HeldError
	return ctx.Err() == nil && !errors.As(err, &held)
}

// take waits for the lease and takes it.
func (t *taking) take(ctx, renewing context.Context) error {
	for {
		at := time.Now()
		taken, err := t.try(ctx)
		switch {
		case taken:
			t.hold(renewing, t.project, at)
			return nil
		case err == nil:
			t.failures, t.failure = 0, nil
		default:
			if err := t.failed(ctx, err); err != nil {
				return err
			}
		}
		if err := t.wait(ctx); err != nil {
			return err
		}
	}
}

// try reads the row, and takes the lease if it is free.
func (t *taking) try(ctx context.Context) (taken bool, err error) {
	row, err := readLease(ctx, t.client, t.project)
	if err != nil {
		return false, err
	}
	if row != t.row || t.still.IsZero() {
		t.row, t.still = row, time.Now()
	}
	if row.holder == t.holder { // the answer to an earlier request was lost
		t.stale = true
		return true, nil
	}
	if t.held = !t.free(); t.held {
		return false, nil
	}
	t.ask(t.project)
	taken, err = takeLease(ctx, t.client, t.project, t.holder, row)
	if noLeaseTable(err) {
		// Two runs may do this at once, and PostgreSQL refuse one of them: the next
		// look will tell.
		if err := createLeaseTable(ctx, t.client); err != nil {
			return false, err
		}
		taken, err = takeLease(ctx, t.client, t.project, t.holder, row)
	}
	// Where somebody was faster the next look will say who, or only later, if the
	// database answers with what it had before.
	t.held = err == nil && !taken
	seen, known := t.Seen[t.project]
	t.stale = t.stale || taken && !(known && seen == row && row.holder == "")
	return taken, err
}

// free reports whether the lease, which was read just now, may be taken.
func (t *taking) free() bool {
	if t.row.holder == "" || time.Since(t.still) >= leaseStill {
		return true
	}
	h, ok := parseHolder(t.row.holder)
	return ok && h.gone(t.Holder)
}

// failed says what to do about a request that failed: whether the lease was taken
// all the same is looked up, and what may pass is tried again. While another run
// is known to apply, only its end counts, unless nobody will be told of that.
func (t *taking) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	t.failures++
	t.failure = err
	switch {
	case t.held && (!refuses(err) || t.failures < leaseTries):
		return nil
	case t.held:
		return t.heldUp(time.Since(t.began))
	case !refuses(err) && t.failures < leaseTries:
		return nil
	}
	return err
}

// refuses reports whether an answer will be the same for as long as the key is.
func refuses(err error) bool {
	var api *carto.APIError
	return errors.As(err, &api) && slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, api.Status)
}

// heldUp says who has the lease, and what kept this run from knowing any better.
func (t *taking) heldUp(waited time.Duration) error {
	who, since := t.holding()
	return also(&HeldError{Project: t.project, Holder: who, Since: since, Waited: waited}, t.failure)
}

// holding says who has the lease since when. Where the row says nobody, it is somebody
// who was faster just now.
func (t *taking) holding() (who, since string) {
	if t.row.holder == "" {
		return "another run", "just now"
	}
	return describeHolder(t.row.holder), cut(t.row.since)
}

// wait pauses before the next look, and says what for.
func (t *taking) wait(ctx context.Context) error {
	age := time.Since(t.began)
	if !t.held {
		return sleep(ctx, jittered(min(time.Duration(t.failures)*time.Second, leaseRetry)))
	}
	if age >= t.Wait {
		return t.heldUp(age)
	}
	if t.said.IsZero() || time.Since(t.said) >= leaseNews {
		t.said = time.Now()
		who, since := t.holding()
		t.Notice(LeaseNotice{Project: t.project, Holder: who, Since: since, Left: t.Wait - age})
	}
	pause := jittered(min(max(age/8, 100*time.Millisecond), 10*time.Second))
	return sleep(ctx, min(pause, t.Wait-age))
}
