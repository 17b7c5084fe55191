package main

import (
	"context"
	"io"
	"maps"
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
)

// whyCmd shows what decided about one dataset.
type whyCmd struct {
	Name string `arg:"" help:"The dataset, as the manifest calls it."`
	planFlags
}

// Help is the rest of the help page.
func (whyCmd) Help() string {
	return `Plans, and shows of one dataset how it was found in the account, each field with what is declared and what is live, what the fingerprint of its source is made of, its synchronization, and every guard with what it judged. Sends nothing but reads.

Examples:

    cartosync why --sandbox trees examples/quickstart
    cartosync why air_quality --format json
`
}

// Run computes the plan and explains it.
func (c *whyCmd) Run(ctx context.Context, a *app) (err error) {
	if err := claim(c.outputFlags.file()); err != nil {
		return err
	}
	s, err := a.survey(ctx, c.planFlags)
	if err != nil {
		return err
	}
	defer closing(&err, s.account.close)
	x, ok := plan.Explain(s.in, c.Name)
	if !ok {
		known := slices.Sorted(maps.Keys(declaredNames(s.in.Desired)))
		return usage(didYouMean(c.Name, known, "name one of its datasets first, and the manifest behind it"), "no manifest declares a dataset %q", c.Name)
	}
	err = a.result(c.outputFlags, func(w io.Writer, f render.Format, o render.Options) error { return render.Why(w, f, x, o) })
	if err != nil {
		return err
	}
	if c.DetailedExitcode && x.Action.Verb != plan.None {
		return changesPending
	}
	return nil
}
