package main

import (
	"context"
	"fmt"
	"io"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/render"
)

// applyCmd makes the account what the manifest says.
type applyCmd struct {
	planFlags
	reportFlags
	leaseFlags
	Saved       string `group:"plan" name:"plan" placeholder:"FILE" help:"Carry out what plan --out saved, and nothing else: what changed since then is refused."`
	AutoApprove bool   `group:"output" help:"Do not ask. Needed where nobody sits at a terminal."`
}

// Help is the rest of the help page.
func (applyCmd) Help() string {
	return `Shows the plan, asks, carries it out and reports. It can be repeated: what is as declared is left alone, and after a failure only what is left is done. A dataset that exists is changed in place, never deleted and made again; nothing is deleted without --prune.

Examples:

    cartosync apply --sandbox --auto-approve examples/quickstart
    cartosync apply
    cartosync apply --auto-approve --format json > report.json
    cartosync apply --target roads,rivers
`
}

// Run plans, asks and carries out.
func (c *applyCmd) Run(ctx context.Context, a *app) (err error) {
	if !c.AutoApprove && !a.canConfirm() {
		return usage("add --auto-approve, or look at it with cartosync plan", "apply asks before it changes anything, and there is no terminal to ask at")
	}
	outlivePipes()
	a.reportFile = c.Report
	if err := claim(c.reportFlags.file(), c.outputFlags.file()); err != nil {
		return err
	}
	s, err := c.survey(ctx, a)
	if err != nil {
		return err
	}
	defer closing(&err, s.account.close)
	defer a.release(ctx, s)
	if err := c.hold(ctx, a, s); err != nil {
		return err
	}
	return c.finish(ctx, a, s)
}

// finish carries the plan out and reports on it.
func (c *applyCmd) finish(ctx context.Context, a *app, s *survey) error {
	report, err := c.carryOut(ctx, a, s)
	if err != nil {
		return err
	}
	if err := c.report(a, s, report); err != nil {
		return err
	}
	if !report.OK() {
		return notAllDone
	}
	return nil
}

// survey makes the plan, or a saved one again.
func (c *applyCmd) survey(ctx context.Context, a *app) (*survey, error) {
	if c.Saved != "" {
		return c.resume(ctx, a)
	}
	s, err := a.prepare(ctx, c.planFlags)
	if err != nil {
		return nil, err
	}
	return s.opened(s.toApply(ctx, a, c.planFlags, nil))
}

// hold shows the plan, asks, and takes the leases of its projects. If another run
// came in between, it does so with what is to be done after that one.
func (c *applyCmd) hold(ctx context.Context, a *app, s *survey) error {
	if err := c.agree(ctx, a, s); err != nil {
		return err
	}
	if err := s.take(ctx, a, c.leaseFlags, c.Verbose); err != nil || !s.lease.Stale() {
		return err
	}
	changed, err := s.replan(ctx)
	if err != nil || !changed {
		return err
	}
	_, err = fmt.Fprintln(a.stderr, "another run was at work since the plan was made; this is the plan now")
	if err == nil && c.Format == render.Text {
		_, err = fmt.Fprintln(a.stdout)
	}
	if err != nil {
		return err
	}
	return c.agree(ctx, a, s)
}

// agree shows the plan and asks whether it shall be carried out.
func (c *applyCmd) agree(ctx context.Context, a *app, s *survey) error {
	if err := c.show(a, s); err != nil {
		return err
	}
	if c.AutoApprove || !s.anythingToDo() {
		return nil
	}
	yes, err := a.confirm(ctx, s.plan)
	if err != nil || yes {
		return err
	}
	return c.decline(a, s, "the answer was not yes")
}

// show prints the plan. Where stdout is for one document it is shown on
// stderr, and only to somebody who is asked about it.
func (c *applyCmd) show(a *app, s *survey) error {
	switch {
	case s.plan.Empty() && len(s.moved) > 0: // "No changes." would not be true
	case c.Format == render.Text:
		defer a.group("Plan")()
		return render.Plan(a.stdout, render.Text, s.plan, a.style(a.stdout, c.outputFlags))
	case !c.AutoApprove:
		return render.Plan(a.stderr, render.Text, s.plan, a.style(a.stderr, c.outputFlags))
	}
	return nil
}

// decline ends a run that nobody approved. Its changes stay pending.
func (c *applyCmd) decline(a *app, s *survey, why string) error {
	if _, err := fmt.Fprintln(a.stderr, "nothing was changed: "+why); err != nil {
		return err
	}
	if c.Format == render.Text {
		if err := a.intoFiles(c.JSONInto, planPrinting(s.plan)); err != nil {
			return err
		}
	} else if err := a.printPlan(c.outputFlags, s.plan); err != nil {
		return err
	}
	if c.DetailedExitcode {
		return changesPending
	}
	return notAllDone
}

func (c *applyCmd) carryOut(ctx context.Context, a *app, s *survey) (apply.Report, error) {
	client, err := s.account.client(a, writes, c.Verbose)
	if err != nil {
		return apply.Report{}, err
	}
	return a.carry(ctx, apply.Input{
		Plan: s.plan, Moved: s.moved, Desired: s.in.Desired, Account: s.in.Account, Looks: s.in.Looks, Secrets: s.in.Secrets,
		Client: client, Fetcher: s.account.fetcher(c.AllowPrivateURLs), Journals: s.journals, Lease: s.lease,
		Options: apply.Options{
			PruneFirst: c.PruneFirst, Allow: s.in.Options.Allow, Parallel: c.Parallelism,
			SyncWait: s.runs.wait, NoWait: s.runs.detached,
		},
	}, c.outputFlags), nil
}

// report prints what was done. The plan has said already if that was nothing.
func (c *applyCmd) report(a *app, s *survey, r apply.Report) error {
	print := func(w io.Writer, f render.Format, o render.Options) error {
		if f == render.Text { // the plan stands above it
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		return render.Report(w, f, s.plan, r, o)
	}
	if c.Format == render.Text && len(r.Results) == 0 {
		return a.intoFiles(c.JSONInto, print)
	}
	return a.result(c.outputFlags, print)
}
