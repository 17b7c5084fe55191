package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
)

// maxSaved is how large a saved plan may be: a hundred thousand actions are less.
const maxSaved = 256 << 20

// save writes the plan into the file that --out names.
func (c *planCmd) save(s *survey) error {
	if c.Out == "" {
		return nil
	}
	text, err := json.MarshalIndent(plan.Save(s.in, s.plan, c.Var), "", "  ")
	if err != nil {
		return err
	}
	return replaceFile(c.Out, aSavedPlan, append(text, '\n'))
}

// resume makes the survey of a saved plan again, and keeps of it what was reviewed.
func (c *applyCmd) resume(ctx context.Context, a *app) (*survey, error) {
	saved, err := c.saved()
	if err != nil {
		return nil, err
	}
	f := c.planFlags
	f.Manifests, f.Var, f.choiceFlags = nil, saved.Vars, choices(saved.Options)
	for _, m := range saved.Manifests {
		f.Manifests = append(f.Manifests, m.Path)
	}
	s, err := a.prepare(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := c.matches(saved, s); err != nil {
		return s.opened(err)
	}
	c.PruneFirst = f.PruneFirst
	return s.opened(s.toApply(ctx, a, f, saved.Restrict))
}

// matches makes sure that a saved plan is for this account and these manifests.
func (c *applyCmd) matches(saved plan.Saved, s *survey) error {
	if saved.Account != s.account.URL {
		return fmt.Errorf("%s was made for the account %s, and this run is for %s; plan again", c.Saved, saved.Account, s.account.URL)
	}
	return saved.CheckManifests(s.in.Desired)
}

// saved reads the plan that --plan names. It says what to plan, so that nothing else may.
func (c *applyCmd) saved() (plan.Saved, error) {
	var none choiceFlags
	if !slices.Equal(c.Manifests, []string{"carto.yaml"}) || !c.choiceFlags.equal(none) || len(c.Var) > 0 {
		return plan.Saved{}, usage("leave the manifests, --var and what is planned to the saved plan", "--plan cannot be combined with manifests or with flags that say what to plan")
	}
	text, err := readSmall(c.Saved, maxSaved)
	if err != nil {
		return plan.Saved{}, fmt.Errorf("read the saved plan %s: %w", c.Saved, err)
	}
	saved, err := plan.ParseSaved(text)
	if err != nil {
		return plan.Saved{}, fmt.Errorf("read the saved plan %s: %w", c.Saved, err)
	}
	return saved, nil
}

// choices are options as flags, the reverse of [choiceFlags.options].
func choices(o plan.Options) choiceFlags {
	f := choiceFlags{Target: o.Targets, Exclude: o.Excludes, Reimport: o.Reimport, Adopt: o.Adopt, Prune: o.Prune, PruneFirst: o.PruneFirst}
	for _, allowed := range o.Allow {
		f.Allow = append(f.Allow, allowance(allowed))
	}
	return f
}

func (f choiceFlags) equal(o choiceFlags) bool {
	return f.Adopt == o.Adopt && f.Prune == o.Prune && f.PruneFirst == o.PruneFirst && slices.Equal(f.Allow, o.Allow) &&
		slices.Equal(f.Target, o.Target) && slices.Equal(f.Exclude, o.Exclude) && slices.Equal(f.Reimport, o.Reimport)
}
