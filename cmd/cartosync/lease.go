package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// leaseFlags say what happens when another run changes the same project.
type leaseFlags struct {
	LeaseTimeout time.Duration `group:"output" name:"lease-timeout" placeholder:"DURATION" default:"10m" help:"How long to wait for another run that applies the same project: 30s, 1h; 0 does not wait. Default: ${default}."`
}

// toApply plans for a run that may change something: it notes who held the leases
// before the account was read, and how to plan again. restrict, which may be nil,
// says what of a plan is kept.
func (s *survey) toApply(ctx context.Context, a *app, f planFlags, restrict func(plan.Plan) (plan.Plan, []plan.Moved)) error {
	s.again = func(ctx context.Context) error {
		if err := s.compute(ctx, a, f); err != nil {
			return err
		}
		if restrict != nil {
			s.plan, s.moved = restrict(s.plan)
		}
		return nil
	}
	client, err := s.account.client(a, reads, f.Verbose)
	if err != nil {
		return err
	}
	// Where this fails nobody knows who was at work, and the plan is made again once
	// the leases are held.
	s.leases, _ = apply.ReadLeases(ctx, client, s.projects())
	return s.again(ctx)
}

func (s *survey) projects() []string {
	var all []string
	for _, m := range s.in.Desired {
		all = append(all, m.Project)
	}
	return all
}

// replan plans once more, and reports whether that is another plan.
func (s *survey) replan(ctx context.Context) (changed bool, err error) {
	before, err := s.reviewed()
	if err != nil {
		return false, err
	}
	if err := s.again(ctx); err != nil {
		return false, err
	}
	now, err := s.reviewed()
	return !bytes.Equal(before, now), err
}

// reviewed is what a reviewer saw of the plan.
func (s *survey) reviewed() ([]byte, error) {
	return json.Marshal([]any{plan.Save(s.in, s.plan, nil), s.moved})
}

// take takes the leases of the projects that the plan is about, if there is
// anything to do. Until then nothing was written.
func (s *survey) take(ctx context.Context, a *app, f leaseFlags, verbose bool) error {
	if !s.anythingToDo() {
		return nil
	}
	client, err := s.account.client(a, writes, verbose)
	if err != nil {
		return err
	}
	began, waits := time.Now(), false
	s.lease, err = apply.TakeLeases(ctx, client, s.projects(), apply.LeaseOptions{
		Holder: a.holder(), Seen: s.leases, Wait: f.LeaseTimeout,
		Notice: func(n apply.LeaseNotice) {
			waits = waits || n.Problem == nil
			_ = render.Lease(a.stderr, n)
		},
		Foreign: s.knows(apply.LeaseTable),
	})
	if waits {
		a.leaseWait = time.Since(began)
	}
	if err != nil {
		a.refused = &s.plan
	}
	return err
}

// knows reports whether a dataset of that name is there or declared.
func (s *survey) knows(name string) bool {
	return slices.ContainsFunc(s.in.Account.Datasets, func(d plan.Dataset) bool { return d.Name == name }) ||
		slices.ContainsFunc(s.in.Desired, func(m spec.Manifest) bool {
			return slices.ContainsFunc(m.Datasets, func(d spec.Dataset) bool { return d.Name == name })
		})
}

// release gives the leases back. Where it fails others only wait a little longer.
func (a *app) release(ctx context.Context, s *survey) {
	if err := s.lease.Release(ctx); err != nil {
		_ = render.Notices(a.stderr, render.Notice{Problem: err.Error()})
	}
}

// holder is how other runs are told of this one.
func (a *app) holder() apply.Holder {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return apply.NewHolder(a.first("USER", "USERNAME"), host, secret.RedactURL(a.runURL()))
}

// runURL is where CI shows this run; "" elsewhere.
func (a *app) runURL() string {
	get := func(name string) string { v, _ := a.env(name); return v }
	if id := get("GITHUB_RUN_ID"); id != "" {
		return fmt.Sprintf("%s/%s/actions/runs/%s", get("GITHUB_SERVER_URL"), get("GITHUB_REPOSITORY"), id)
	}
	return a.first("CI_JOB_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL", "BUILD_URL")
}

// first is the first of some environment variables that is set.
func (a *app) first(names ...string) string {
	for _, name := range names {
		if v, _ := a.env(name); v != "" {
			return v
		}
	}
	return ""
}
