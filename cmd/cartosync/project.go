package main

import (
	"context"
	"errors"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
)

// projectFlags are what the commands have in common that deal with what is there of a
// project, and not with its files.
type projectFlags struct {
	accountFlags
	varFlags
	outputFlags
	reportFlags
	leaseFlags
}

// project loads the manifests and reads the account, and looks into no file. The
// account stays open.
func (a *app) project(ctx context.Context, manifests manifestArgs, f projectFlags, prepare func(*survey) error, compute func(plan.Input) plan.Plan) (s *survey, err error) {
	outlivePipes()
	a.reportFile = f.Report
	if err := claim(f.reportFlags.file(), f.outputFlags.file()); err != nil {
		return nil, err
	}
	s = &survey{in: plan.Input{}}
	if s.in.Desired, err = a.load(manifests, f.varFlags); err != nil {
		return nil, err
	}
	if err := prepare(s); err != nil {
		return nil, err
	}
	if s.account, err = a.open(ctx, f.accountFlags, s.in.Desired); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			closing(&err, s.account.close)
		}
	}()
	client, err := s.account.client(a, reads, f.Verbose)
	if err != nil {
		return nil, err
	}
	s.again = func(ctx context.Context) error {
		s.openJournals(a, f.Sandbox)
		var err error
		if s.in.Pending, err = live.Follow(ctx, client, s.in.Pending); err != nil { // first: what ends meanwhile is read
			return err
		}
		if s.in.Account, err = live.Read(ctx, client, s.account.URL); err != nil {
			return err
		}
		err = live.Maps(ctx, client, &s.in.Account, func(d plan.Dataset) bool {
			marker, _ := plan.ParseMarker(d.Tags)
			return s.declares(marker.Project)
		})
		s.plan = compute(s.in)
		return err
	}
	s.leases, _ = apply.ReadLeases(ctx, client, s.projects()) // where this fails the plan is made again once they are held
	return s, s.again(ctx)
}

// held takes the leases and carries the plan out, if it is still the one that was
// shown.
func (s *survey) held(ctx context.Context, a *app, f projectFlags, as applyCmd) error {
	defer a.release(ctx, s)
	if err := s.take(ctx, a, f.leaseFlags, f.Verbose); err != nil {
		return err
	}
	if s.lease.Stale() {
		if changed, err := s.replan(ctx); err != nil {
			return err
		} else if changed {
			return errors.New("another run was at work since the plan was made, and changed it; nothing was done; run the same command again")
		}
	}
	return as.finish(ctx, a, s)
}

// declares reports whether one of the manifests is the project's.
func (s *survey) declares(project string) bool {
	for _, m := range s.in.Desired {
		if m.Project == project {
			return true
		}
	}
	return false
}
