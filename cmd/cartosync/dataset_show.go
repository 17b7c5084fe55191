package main

import (
	"context"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/spec"
)

// datasetShowCmd shows one dataset; it never writes to the account.
type datasetShowCmd struct {
	Name string `arg:"" help:"Name or id of the dataset."`
	handFlags
}

// Help is the rest of the help page.
func (datasetShowCmd) Help() string {
	return `Rows are counted. The maps are all that use the dataset, with their owners; the synchronization is CARTO's own, if it has one.

Examples:

    cartosync dataset show roads
    cartosync dataset show roads --format json | jq '.items[0].used_by'
`
}

// Run shows the dataset.
func (c *datasetShowCmd) Run(ctx context.Context, a *app) error {
	table := datasetTable()
	table.Columns = append(table.Columns, render.Column{Key: "shared_with"}, render.Column{Key: "used_by"}, render.Column{Key: "synchronization"})
	return a.byHand(ctx, c.handFlags, reads, single(table), func(ctx context.Context, h *hand) error {
		d, err := h.findDataset(ctx, c.Name)
		if err != nil {
			return err
		}
		maps := d.Maps
		if d.MapCount > len(maps) {
			if maps, err = h.client.DependentMaps(ctx, d.ID); err != nil {
				return err
			}
		}
		addDataset(h.Table, d, h.countRows(ctx, d), shares(d.Permission.ACL), mapObjects(maps), synchronizationObject(d.Synchronization))
		return nil
	})
}

// shares are those whom a dataset is shared with.
func shares(acl []carto.Grant) []render.Object {
	all := []render.Object{}
	for _, g := range acl {
		all = append(all, render.Object{
			Text:   fmt.Sprintf("%s %s (%s)", g.Kind, g.Name, g.Access),
			Fields: []render.Field{{Key: "kind", Value: g.Kind}, {Key: "name", Value: g.Name}, {Key: "access", Value: g.Access}},
		})
	}
	return all
}

func mapObjects(maps []carto.DependentMap) []render.Object {
	all := []render.Object{}
	for _, m := range maps {
		all = append(all, render.Object{
			Text:   mapText(m),
			Fields: []render.Field{{Key: "name", Value: m.Name}, {Key: "owner", Value: m.Owner.Username}, {Key: "id", Value: m.ID}},
		})
	}
	return all
}

// mapText names a map and whose it is.
func mapText(m carto.DependentMap) string {
	if m.Owner.Username == "" {
		return m.Name
	}
	return fmt.Sprintf("%s (of %s)", m.Name, m.Owner.Username)
}

// synchronizationObject is the synchronization of a dataset, in a list of at most one.
func synchronizationObject(s *carto.Synchronization) []render.Object {
	if s == nil {
		return []render.Object{}
	}
	return []render.Object{{
		Text: fmt.Sprintf("%s, every %s, next run %s (%s)", s.State, spec.Interval(s.Interval), render.Time(s.RunAt), s.ID),
		Fields: []render.Field{
			{Key: "id", Value: s.ID}, {Key: "state", Value: string(s.State)}, {Key: "interval", Value: s.Interval}, {Key: "run_at", Value: s.RunAt},
		},
	}}
}
