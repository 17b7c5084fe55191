package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/spec"
)

// syncCmd runs synchronizations of the manifest now.
type syncCmd struct {
	Names    []string `arg:"" optional:"" name:"name" help:"Datasets, as the manifest calls them."`
	Stale    bool     `group:"plan" help:"All whose last run failed, or that have not run for longer than their interval."`
	Manifest []string `group:"plan" placeholder:"MANIFEST" default:"carto.yaml" help:"Manifests; a directory stands for the carto.yaml in it. Default: carto.yaml."`
	projectFlags
	secretFlags
	Wait    bool     `group:"output" negatable:"" default:"true" help:"Wait for the end of the runs."`
	Timeout interval `group:"output" placeholder:"INTERVAL" default:"1h" help:"Wait no longer than this. Default: 1h."`
}

// Help is the rest of the help page.
func (syncCmd) Help() string {
	return `Asks CARTO to run the synchronizations now, three at a time, which is what it runs of an account, and waits for their end. CARTO permits a run 15 minutes after the last one, or after the creation; before that the run is refused, and this says from when on it is possible. A run that is under way already is waited for. Rows are counted before and after.

What no run can help is blocked, with what does. To change an interval or a source, use apply; to run what no manifest declares, synchronization force.

Examples:

    cartosync sync air_quality orders
    cartosync sync --stale
    cartosync sync --stale --no-wait --manifest city
`
}

// Run asks for the runs, waits and reports.
func (c *syncCmd) Run(ctx context.Context, a *app) (err error) {
	s, err := a.project(ctx, manifestArgs{c.Manifest}, c.projectFlags, func(s *survey) error {
		if err := c.check(s.in.Desired); err != nil {
			return err
		}
		var missing spec.Errors
		if s.in.Secrets, missing = c.resolve(a.env, s.in.Desired); len(missing) > 0 {
			return render.Diagnostics(a.stderr, missing)
		}
		return nil
	}, func(in plan.Input) plan.Plan { return plan.ForceRuns(in, c.Names, c.Stale) })
	if err != nil {
		return err
	}
	defer closing(&err, s.account.close)
	s.runs = runOptions{wait: time.Duration(c.Timeout), detached: !c.Wait}
	as := applyCmd{AutoApprove: true}
	as.outputFlags, as.reportFlags = c.outputFlags, c.reportFlags
	if err := c.show(a, s, as); err != nil {
		return err
	}
	return s.held(ctx, a, c.projectFlags, as)
}

// runOptions say how runs of synchronizations are waited for.
type runOptions struct {
	wait     time.Duration
	detached bool // ask for them, and do not wait
}

// show says before anything is sent what will run, and why.
func (c *syncCmd) show(a *app, s *survey, as applyCmd) error {
	if c.Format == render.Text && s.plan.Empty() {
		_, err := fmt.Fprintln(a.stdout, "Nothing is stale.")
		return err
	}
	return as.show(a, s)
}

// check refuses names that no manifest declares, and a command line without any.
func (c *syncCmd) check(desired []spec.Manifest) error {
	synced := syncedNames(desired)
	switch {
	case c.Stale && len(c.Names) > 0:
		return usage("leave one of the two out", "--stale finds out itself what to run, and %q was named too", c.Names[0])
	case !c.Stale && len(c.Names) == 0 && len(synced) == 0:
		return usage("declare sync with one of them and apply", "no dataset was named, and the manifest synchronizes none")
	case !c.Stale && len(c.Names) == 0:
		return usage("name some, or pass --stale; these are synchronized: "+several(synced), "no dataset was named")
	}
	declared := declaredNames(desired)
	for _, name := range c.Names {
		if !declared[name] {
			return usage(didYouMean(name, slices.Sorted(maps.Keys(declared)), "these are synchronized: "+several(synced)), "no manifest declares a dataset %q", name)
		}
	}
	return nil
}

// syncedNames are the datasets that the manifests synchronize.
func syncedNames(desired []spec.Manifest) []string {
	var names []string
	for _, m := range desired {
		for _, d := range m.Datasets {
			if d.Sync != nil {
				names = append(names, d.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}
