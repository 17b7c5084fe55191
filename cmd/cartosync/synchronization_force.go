package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/spec"
)

// synchronizationForceCmd asks CARTO to run a synchronization now.
type synchronizationForceCmd struct {
	Name string `arg:"" help:"Id of the synchronization, or name or id of its dataset."`
	Wait bool   `help:"Wait until CARTO permits the run, and for its end."`
	handFlags
}

// Help is the rest of the help page.
func (synchronizationForceCmd) Help() string {
	return `CARTO permits a run once 15 minutes have passed since the last one, or since the creation, and not while three others run. Where it does not, this says when it will, and exits 1; with --wait it waits for that, or for a run by the schedule if one comes first, and for the end of the run.

Examples:

    cartosync synchronization force air_quality
    cartosync synchronization force air_quality --wait
`
}

// Run asks for a run.
func (c *synchronizationForceCmd) Run(ctx context.Context, a *app) error {
	return a.byHand(ctx, c.handFlags, writes, shownSynchronization(), func(ctx context.Context, h *hand) error {
		s, err := h.findSynchronization(ctx, c.Name)
		if err != nil {
			return err
		}
		if err := forcible(s); err != nil {
			return err
		}
		if s, err = c.force(ctx, h, s); err != nil {
			return err
		}
		if !c.Wait {
			return h.showSynchronization(ctx, s)
		}
		return c.result(ctx, h, s)
	})
}

// forcible refuses what no run can mend, and what forcing has no power over.
func forcible(s carto.Synchronization) error {
	switch is := healthOf(s, time.Now()); {
	case is == stuck, is == neverImported:
		return fmt.Errorf("synchronization %s cannot be forced: %s", syncText(s), adviceFor(is, s))
	case s.State == carto.SyncCreated:
		return fmt.Errorf("synchronization %s cannot be forced: its first import has not begun; wait for it", syncText(s))
	}
	return nil
}

// forceLimit is how long a forced run is waited for: permission takes up to 15
// minutes, and a free place longer if three others run.
const forceLimit = 2 * time.Hour

// force asks until CARTO agrees, or once if nobody wants to wait.
func (c *synchronizationForceCmd) force(ctx context.Context, h *hand, s carto.Synchronization) (carto.Synchronization, error) {
	h.begun("a run was asked for", "cartosync synchronization show says whether it runs")
	return apply.Force(ctx, h.client, s, forceLimit, func(s carto.Synchronization) error {
		why := apply.Declined(s, time.Now())
		if !c.Wait {
			return fmt.Errorf("CARTO does not run synchronization %s now: %s; pass --wait to wait for it", syncText(s), why)
		}
		h.say("synchronization "+s.Name, "waiting", why)
		return nil
	})
}

// result waits for the end of the run and says how it ended.
func (c *synchronizationForceCmd) result(ctx context.Context, h *hand, s carto.Synchronization) error {
	s, err := h.settledSync(ctx, s.ID, forceLimit)
	if errors.Is(err, apply.ErrTimeout) {
		return fmt.Errorf("synchronization %s is still %s after %s; cartosync synchronization show says how it ended", syncText(s), s.State, spec.Interval(forceLimit))
	}
	if err != nil {
		return err
	}
	if err := h.showSynchronization(ctx, s); err != nil {
		return err
	}
	if s.State == carto.SyncFailure {
		x := carto.Explain(s.ErrorCode)
		return fmt.Errorf("the run of synchronization %s failed: %d %s; %s", syncText(s), s.ErrorCode, explained(x, s.ErrorMessage), x.Remedy)
	}
	return nil
}
