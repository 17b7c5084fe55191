package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// datasetDeleteCmd deletes datasets.
type datasetDeleteCmd struct {
	deleteFlags
	Force bool `help:"Delete datasets that maps use, too. The maps go with them, whoever owns them."`
}

// Help is the rest of the help page.
func (datasetDeleteCmd) Help() string {
	return `A dataset takes everybody's maps along that show nothing else, and its layers out of the others. So nothing is deleted while a map uses one of the datasets, unless --force is given; the message names the maps and their owners. The synchronization of a dataset goes with it.

Each dataset is read again right before it goes, and a table that is in use for a moment is tried again.

Examples:

    cartosync dataset delete roads_1
    cartosync dataset delete --auto-approve roads_1 roads_2
    cartosync dataset list --format json | jq -r '.items[] | select(.maps == 0).id' | cartosync dataset delete --auto-approve -
`
}

// Run looks what would go, asks, and deletes.
func (c *datasetDeleteCmd) Run(ctx context.Context, a *app) error {
	return deleteNamed(ctx, a, c.deleteFlags, deletion[carto.Dataset]{
		kind: "dataset", doomed: c.doomed, name: func(d carto.Dataset) string { return d.Name }, delete: c.delete,
	})
}

// fewDatasets is up to how many names are asked for one by one. For more, the list of
// all datasets takes fewer requests.
const fewDatasets = 5

// doomed are the datasets of those names or ids, unless maps forbid it: then none.
func (c *datasetDeleteCmd) doomed(ctx context.Context, h *hand, names []string) ([]carto.Dataset, error) {
	byName := map[string]carto.Dataset{}
	if len(names) > fewDatasets {
		all, err := h.client.Datasets(ctx)
		if err != nil {
			return nil, err
		}
		for _, d := range all {
			byName[d.Name], byName[d.ID] = d, d
		}
	}
	var doomed []carto.Dataset
	var faults []error
	twice := map[string]bool{}
	for _, name := range names {
		d, ok := byName[name]
		if !ok {
			var err error
			if d, err = h.findDataset(ctx, name); err != nil && !errors.Is(err, carto.ErrUnauthorized) && ctx.Err() == nil {
				faults = append(faults, err)
				continue
			} else if err != nil {
				return nil, err
			}
		}
		if twice[d.ID] {
			continue // by its name and by its id
		}
		twice[d.ID] = true
		if d.MapCount > len(d.Maps) {
			var err error
			if d.Maps, err = h.client.DependentMaps(ctx, d.ID); err != nil {
				return nil, err
			}
		}
		switch {
		case d.MapCount > 0 && !c.Force:
			faults = append(faults, mapsInTheWay(d))
		case d.MapCount > 0:
			h.warn(render.Notice{Code: "maps_go", Dataset: d.Name,
				Problem: fmt.Sprintf("with dataset %q go, or lose its layers, %s: %s", d.Name, plural(d.MapCount, "map"), mapNames(d))})
		}
		doomed = append(doomed, d)
	}
	if faults != nil {
		return nil, errors.Join(faults...)
	}
	return doomed, nil
}

func mapsInTheWay(d carto.Dataset) error {
	return fmt.Errorf("dataset %q is used by %s, which would go or lose its layers: %s; pass --force if that is meant",
		d.Name, plural(d.MapCount, "map"), mapNames(d))
}

// mapNames names the maps that use a dataset, and whose they are.
func mapNames(d carto.Dataset) string {
	var maps []string
	for _, m := range d.Maps {
		maps = append(maps, mapText(m))
	}
	return several(maps)
}

// delete deletes one dataset, by its id, after a last look that it is what was shown.
func (c *datasetDeleteCmd) delete(ctx context.Context, h *hand, d carto.Dataset) error {
	now, err := h.client.Dataset(ctx, d.ID)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		h.Add(d.Name, "gone already", d.ID)
		return nil
	case err != nil:
		return err
	case now.Name != d.Name:
		return fmt.Errorf("it is called %q by now; look at it and try again", now.Name)
	case now.MapCount > d.MapCount && !c.Force:
		return mapsInTheWay(now)
	}
	err = apply.DeleteDataset(ctx, h.client, d.ID, func(refused error) { h.say(d.Name, "waiting", refused.Error()) })
	if err != nil {
		return err
	}
	if _, err := h.client.Dataset(ctx, d.ID); err == nil {
		return errors.New("CARTO answered that it is deleted, and still has it; try again")
	} else if !errors.Is(err, carto.ErrNotFound) {
		return err
	}
	h.Add(d.Name, "deleted", d.ID)
	return nil
}
