package main

import (
	"context"
	"maps"
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
)

// destroyCmd deletes what belongs to a project.
type destroyCmd struct {
	manifestArgs
	Allow       []allowance `group:"plan" placeholder:"GUARD:NAME" help:"With --auto-approve: delete a dataset that maps depend on: maps:parcels."`
	AutoApprove bool        `group:"output" help:"Do not ask. Needed where nobody sits at a terminal. Datasets that maps depend on need --allow then."`
	projectFlags
}

// Help is the rest of the help page.
func (destroyCmd) Help() string {
	return `Shows what would go, with every map that depends on it and whose it is, asks for the project's name, and deletes: the datasets that carry the project's marker, whether the manifest declares them or not, their synchronizations, what interrupted runs left, and the project's stored connections. Datasets of other projects, and those that nobody manages, are not touched.

Typing the project's name approves the deletion of maps too. --auto-approve does not: --allow maps:NAME does, dataset by dataset. What prevent_destroy protects stays, whatever is typed; what is listed under forget is kept and let go of.

Examples:

    cartosync destroy
    cartosync destroy --auto-approve --allow maps:parcels city
    cartosync destroy --sandbox --auto-approve examples/quickstart
`
}

// Run plans, asks and deletes.
func (c *destroyCmd) Run(ctx context.Context, a *app) (err error) {
	if err := c.check(a); err != nil {
		return err
	}
	s, err := a.project(ctx, c.manifestArgs, c.projectFlags, func(s *survey) error {
		s.in.Options = choiceFlags{Allow: c.Allow}.options()
		return nil
	}, func(in plan.Input) plan.Plan { return plan.Destroy(in, !c.AutoApprove) })
	if err != nil {
		return err
	}
	defer closing(&err, s.account.close)
	if err := c.checkAllowed(s.in.Account); err != nil {
		return err
	}
	as := applyCmd{AutoApprove: c.AutoApprove}
	as.outputFlags, as.reportFlags = c.outputFlags, c.reportFlags
	if err := as.show(a, s); err != nil {
		return err
	}
	if !c.AutoApprove && s.anythingToDo() {
		missed, err := a.confirmNames(ctx, s.plan)
		if err != nil {
			return err
		}
		if missed != "" {
			return as.decline(a, s, "the answer was not "+missed)
		}
	}
	return s.held(ctx, a, c.projectFlags, as)
}

// check refuses to ask where nobody answers, and to lift what does not guard here.
func (c *destroyCmd) check(a *app) error {
	if !c.AutoApprove && !a.canConfirm() {
		return usage("add --auto-approve", "destroy asks for the project's name before it deletes anything, and there is no terminal to ask at")
	}
	for _, allowed := range c.Allow {
		switch {
		case allowed.Guard != plan.GuardMaps:
			return usage("leave it out", "--allow %s:%s: only the guard %s holds here", allowed.Guard, allowed.Dataset, plan.GuardMaps)
		case !c.AutoApprove:
			return usage("leave it out", "--allow %s:%s is for --auto-approve: typing the project's name approves it", allowed.Guard, allowed.Dataset)
		}
	}
	return nil
}

// checkAllowed refuses names of --allow that are not in the account.
func (c *destroyCmd) checkAllowed(account plan.Account) error {
	known := map[string]bool{}
	for _, d := range account.Datasets {
		known[d.Name] = true
	}
	for _, allowed := range c.Allow {
		if !known[allowed.Dataset] {
			return usage(didYouMean(allowed.Dataset, slices.Sorted(maps.Keys(known)), "check the name"), "--allow %s: the account has no dataset of that name", allowed.Dataset)
		}
	}
	return nil
}
