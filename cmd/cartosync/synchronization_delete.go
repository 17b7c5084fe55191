package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// synchronizationDeleteCmd deletes synchronizations.
type synchronizationDeleteCmd struct {
	deleteFlags
	Force bool `help:"Delete synchronizations that are running, too."`
}

// Help is the rest of the help page.
func (synchronizationDeleteCmd) Help() string {
	return `The dataset stays as it is, and is refreshed no more. There is no way to attach a new synchronization to it by hand: synchronization create makes another dataset. A manifest can: apply attaches.

One that is running is refused, since the end of the run would bring it back, and turn a first import into a failure. One whose worker is gone can be deleted.

Examples:

    cartosync synchronization delete air_quality
    cartosync synchronization list --format json | jq -r '.items[] | select(.health == "never_imported").id' | cartosync synchronization delete --auto-approve -
`
}

// Run asks and deletes.
func (c *synchronizationDeleteCmd) Run(ctx context.Context, a *app) error {
	return deleteNamed(ctx, a, c.deleteFlags, deletion[carto.Synchronization]{
		kind: "synchronization", keeping: ", and keep the datasets", doomed: c.doomed, name: syncText, delete: c.delete,
	})
}

func (c *synchronizationDeleteCmd) doomed(ctx context.Context, h *hand, names []string) ([]carto.Synchronization, error) {
	all, err := h.client.Synchronizations(ctx)
	if err != nil {
		return nil, err
	}
	var doomed []carto.Synchronization
	var faults []error
	twice := map[string]bool{}
	for _, name := range names {
		s, err := h.matchSynchronization(ctx, all, name)
		if err == nil && !twice[s.ID] {
			err = c.still(h, s)
		}
		switch {
		case err != nil:
			faults = append(faults, err)
		case !twice[s.ID]:
			doomed = append(doomed, s)
		}
		twice[s.ID] = true
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return doomed, nil
}

// still refuses, or warns of, a synchronization that is running: its worker stores
// what it loaded when it began, and so brings the row back.
// Source: CartoDB/cartodb: services/data-repository/backend/sequel.rb.
func (c *synchronizationDeleteCmd) still(h *hand, s carto.Synchronization) error {
	if healthOf(s, time.Now()) != running {
		return nil
	}
	problem := fmt.Sprintf("synchronization %s is %s: the end of the run would bring it back", syncText(s), s.State)
	if s.DatasetID == "" {
		problem = fmt.Sprintf("synchronization %s is %s: without it, its first import would end as a failure", syncText(s), s.State)
	}
	if !c.Force {
		return fmt.Errorf("%s; wait for the end of the run, or pass --force", problem)
	}
	h.warn(render.Notice{Code: "running", Problem: problem, Hint: "look again later with cartosync synchronization list", Dataset: s.Name})
	return nil
}

func (c *synchronizationDeleteCmd) delete(ctx context.Context, h *hand, s carto.Synchronization) error {
	outcome, err := h.deleteSynchronization(ctx, s.ID)
	if err == nil {
		h.Add(s.Name, outcome, s.ID)
	}
	return err
}

// deleteSynchronization deletes one and makes sure that it is gone.
func (h *hand) deleteSynchronization(ctx context.Context, id string) (outcome string, err error) {
	err = h.client.DeleteSynchronization(ctx, id)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return "gone already", nil
	case err != nil:
		return "", err
	}
	_, err = h.client.Synchronization(ctx, id)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return "deleted", nil
	case err != nil:
		return "", err
	}
	return "", errors.New("CARTO answered that it is deleted, and still has it: a run has brought it back; try again when that has ended")
}
