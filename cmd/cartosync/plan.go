package main

import (
	"context"
	"errors"
)

// planCmd shows what apply would change; it never writes to the account.
type planCmd struct {
	planFlags
	Out string `group:"output" placeholder:"FILE" help:"Save the plan too, for apply --plan. It holds no secrets."`
}

// Help is the rest of the help page.
func (planCmd) Help() string {
	return `Every action says why, and what it would do to rows, columns, privacy and maps. What cannot be done without harm is blocked, with instructions. Needs the account's master key, and sends nothing but reads.

Examples:

    cartosync plan --sandbox examples/quickstart
    cartosync plan --detailed-exitcode --format json > plan.json
    cartosync plan --prune
    cartosync plan --out reviewed.plan && cartosync apply --plan reviewed.plan
    cartosync plan --target roads --reimport roads --allow shrink:roads
`
}

// Run computes the plan and prints it.
func (c *planCmd) Run(ctx context.Context, a *app) (err error) {
	if err := claim(outFile{"--out", c.Out, aSavedPlan}, c.file()); err != nil { // a plan that cannot be saved is of no use
		return err
	}
	s, err := a.survey(ctx, c.planFlags)
	if err != nil {
		return err
	}
	defer closing(&err, s.account.close)
	if err := errors.Join(c.save(s), a.printPlan(c.outputFlags, s.plan)); err != nil {
		return err
	}
	if c.DetailedExitcode && !s.plan.Empty() {
		return changesPending
	}
	return nil
}
