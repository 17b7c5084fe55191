package main

import (
	"context"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/spec"
)

// A survey is everything that plan and apply know before anything is changed.
type survey struct {
	journals apply.Journals
	told     []string // what was said of journals that cannot be used

	account *account
	in      plan.Input
	plan    plan.Plan
	moved   []plan.Moved // what a saved plan has otherwise
	runs    runOptions   // of synchronizations that sync asks for

	lease  *apply.Lease                // nil until it was taken
	leases apply.LeaseRows             // as they were before the account was read
	again  func(context.Context) error // looks, reads and plans once more
}

// survey loads the manifests, looks at their files, reads the account and computes
// the plan. The account stays open.
func (a *app) survey(ctx context.Context, f planFlags) (*survey, error) {
	s, err := a.prepare(ctx, f)
	if err != nil {
		return nil, err
	}
	return s.opened(s.compute(ctx, a, f))
}

// opened returns the survey, or closes its account because of an error.
func (s *survey) opened(err error) (*survey, error) {
	if err != nil {
		closing(&err, s.account.close)
		return nil, err
	}
	return s, nil
}

// prepare loads the manifests and opens the account that they are for.
func (a *app) prepare(ctx context.Context, f planFlags) (s *survey, err error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	s = &survey{in: plan.Input{Options: f.options()}}
	if s.in.Desired, err = a.load(f.manifestArgs, f.varFlags); err != nil {
		return nil, err
	}
	if err := f.checkNames(s.in.Desired); err != nil {
		return nil, err
	}
	if s.account, err = a.open(ctx, f.accountFlags, s.in.Desired); err != nil {
		return nil, err
	}
	s.in.Secrets, err = a.secrets(f, s.in)
	return s.opened(err)
}

// compute looks at the files, reads the journals and the account, and plans.
func (s *survey) compute(ctx context.Context, a *app, f planFlags) (err error) {
	if s.in.Looks, err = a.look(ctx, f, s.in.Desired); err != nil {
		return err
	}
	s.openJournals(a, f.Sandbox)
	return s.read(ctx, a, f)
}

// look looks at the files that the manifests name.
func (a *app) look(ctx context.Context, f planFlags, desired []spec.Manifest) (map[string]data.Look, error) {
	var cache *lookCache
	if !f.NoCache {
		cache = openLookCache(a.env)
	}
	defer cache.close()
	return look(ctx, desired, f.Parallelism, cache)
}

// read reads the account with a client that can do nothing else, and plans.
func (s *survey) read(ctx context.Context, a *app, f planFlags) error {
	client, err := s.account.client(a, reads, f.Verbose)
	if err != nil {
		return err
	}
	if s.in.Pending, err = live.Follow(ctx, client, s.in.Pending); err != nil { // first: what ends meanwhile is read
		return err
	}
	if s.in.Account, err = live.Read(ctx, client, s.account.URL); err != nil {
		return err
	}
	if err := f.checkPruned(s.in); err != nil {
		return err
	}
	if s.in.Details, err = live.Answer(ctx, client, plan.Ask(s.in)); err != nil {
		return err
	}
	s.plan = plan.Compute(s.in)
	return nil
}

// secrets resolves what the manifests refer to, and warns of what it could not.
func (a *app) secrets(f planFlags, in plan.Input) (plan.Secrets, error) {
	secrets, missing := f.resolve(a.env, in.Desired)
	if len(missing) == 0 {
		return secrets, nil
	}
	return secrets, render.Diagnostics(a.stderr, missing)
}

// anythingToDo reports whether there is an action that apply would carry out.
func (s *survey) anythingToDo() bool {
	for _, action := range s.plan.Actions {
		if action.Verb != plan.None && action.Verb != plan.Blocked {
			return true
		}
	}
	return false
}
