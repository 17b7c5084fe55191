package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// datasetCmd holds what can be done to datasets by hand.
type datasetCmd struct {
	List   datasetListCmd   `cmd:"" help:"List the account's own datasets."`
	Show   datasetShowCmd   `cmd:"" help:"Show one dataset."`
	Import datasetImportCmd `cmd:"" help:"Import a file, a URL or a remote table."`
	Delete datasetDeleteCmd `cmd:"" help:"Delete datasets, unless maps use them."`
}

// datasetTable is a table of datasets, without rows.
func datasetTable() render.Table {
	return render.Table{Kind: "dataset", Columns: []render.Column{
		{Key: "name"}, {Key: "privacy"}, {Key: "rows", Right: true}, {Key: "size", Right: true}, {Key: "geometry"},
		{Key: "maps", Right: true}, {Key: "title", Detail: true}, {Key: "description", Detail: true}, {Key: "tags", Detail: true},
		{Key: "license", Detail: true}, {Key: "attributions", Detail: true}, {Key: "table_id", Detail: true},
		{Key: "created_at", Detail: true}, {Key: "updated_at"}, {Key: "id"},
	}}
}

// addDataset adds a dataset. Its rows are the server's estimate unless they were
// counted; its size is about half of what is on disk.
func addDataset(t *render.Table, d carto.Dataset, rows int64, more ...any) {
	values := []any{
		d.Name, string(d.Privacy), known(rows), render.Bytes(d.Size), append([]string{}, d.GeometryTypes...), d.MapCount,
		d.Title, d.Description, append([]string{}, d.Tags...), d.License, d.Attribution, d.TableID, d.CreatedAt, d.UpdatedAt, d.ID,
	}
	t.Add(append(values, more...)...)
}

// known is a number that is negative where it is not known.
func known(n int64) any {
	if n < 0 {
		return nil
	}
	return n
}

// findDataset reads a dataset by its name or id, and says what else has that name or
// id, or which name was probably meant.
func (h *hand) findDataset(ctx context.Context, nameOrID string) (carto.Dataset, error) {
	d, err := h.client.Dataset(ctx, nameOrID)
	other := (*carto.OtherError)(nil)
	switch {
	case err == nil, !errors.Is(err, carto.ErrNotFound):
		return d, err
	case errors.As(err, &other):
		return d, otherDataset(other)
	case isID(nameOrID):
		return d, fmt.Errorf("there is no dataset of the id %s; cartosync dataset list shows what there is", nameOrID)
	}
	all, listed := h.client.Datasets(ctx)
	if listed != nil {
		return d, listed
	}
	var names []string
	for _, d := range all {
		names = append(names, d.Name)
	}
	return d, fmt.Errorf("there is no dataset %q; %s", nameOrID, didYouMean(nameOrID, names, "cartosync dataset list shows what there is"))
}

// otherDataset says what has a name or id instead of a dataset of the account's own.
func otherDataset(e *carto.OtherError) error {
	switch {
	case e.Map && e.Owner != "":
		return fmt.Errorf("%q is a map (%s, of user %q), not a dataset; maps are not touched here", e.Asked, e.ID, e.Owner)
	case e.Map:
		return fmt.Errorf("%q is a map, not a dataset; maps are not touched here", e.Asked)
	case e.Owner != "":
		return fmt.Errorf("%q is the dataset %q of user %q; only the account's own datasets are touched here", e.Asked, e.Name, e.Owner)
	}
	return fmt.Errorf("%q belongs to another user; only the account's own datasets are touched here", e.Asked)
}

// countRows counts the rows of a dataset by SQL, since the server's own figure is an
// estimate and after an import an old one. It is negative where nobody can count.
func (h *hand) countRows(ctx context.Context, d carto.Dataset) int64 {
	answer, err := h.client.Query(ctx, "SELECT count(*) AS n FROM "+carto.QuoteIdentifier(d.Name))
	if err != nil {
		return -1
	}
	n, err := answer.Int(0, "n")
	if err != nil {
		return -1
	}
	return n
}
