package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// settle finds the dataset that a job made, and does what could not be asked of the
// import: the name, and the privacy where CARTO ignores it.
func (i *importing) settle(ctx context.Context) error {
	i.noticeJob()
	if i.job.TableName == "" || i.job.Code == codeSkipped {
		i.outcome = "skipped"
		return nil
	}
	d, err := i.client.Dataset(ctx, i.job.TableName)
	if err != nil {
		return fmt.Errorf("import job %s says that it made %q: %w", i.jobID, i.job.TableName, err)
	}
	i.datasets, i.outcome = []carto.Dataset{d}, "created"
	switch {
	case i.before != nil:
		err = i.overwritten(d)
	case i.file != nil && len(i.file.layers) > 1:
		return i.siblings(ctx)
	default:
		err = i.named(ctx)
	}
	if err != nil {
		return err
	}
	if i.interval != 0 {
		if err := i.nameSync(ctx); err != nil {
			return err
		}
	}
	if err := i.publish(ctx); err != nil {
		return err
	}
	if i.rows = i.countRows(ctx, i.datasets[0]); i.rows < 0 {
		i.warn(render.Notice{Code: "rows_unknown", Problem: "the rows could not be counted by SQL", Dataset: i.datasets[0].Name})
	}
	return nil
}

// codeSkipped is a job's that imported nothing, since the datasets exist.
const codeSkipped = 1022

// noticeJob tells what a complete job did not do.
func (i *importing) noticeJob() {
	if i.job.Code != 0 && i.job.Code != codeSkipped {
		i.warn(render.Notice{Code: "partly_failed", Problem: fmt.Sprintf("CARTO imported a part and reported error %s", carto.Explain(i.job.Code))})
	}
	for _, w := range i.job.Warnings {
		i.warn(render.Notice{Code: "import_warning", Problem: "CARTO warns: " + strings.TrimSpace(w.Key+" "+w.Value)})
	}
	if i.job.Tables != nil && *i.job.Tables > 1 && i.file == nil {
		i.warn(render.Notice{Code: "several_datasets", Problem: fmt.Sprintf("CARTO made %d datasets and names only the last", *i.job.Tables),
			Hint: "look for the others with cartosync dataset list"})
	}
}

// overwritten makes sure that it was the dataset that was meant.
func (i *importing) overwritten(d carto.Dataset) error {
	if d.ID != i.before.ID {
		return fmt.Errorf("instead of replacing %q the import made %q (%s); look at both", i.before.Name, d.Name, d.ID)
	}
	i.outcome = "overwritten"
	return nil
}

// siblings finds the other datasets of an archive: the job names only the last.
func (i *importing) siblings(ctx context.Context) error {
	i.datasets = nil
	for _, layer := range i.file.layers {
		d, err := i.client.Dataset(ctx, layer)
		switch {
		case errors.Is(err, carto.ErrNotFound):
			i.warn(render.Notice{Code: "layer_missing", Dataset: layer, Problem: fmt.Sprintf("of %s no dataset %q was made", i.file.path, layer)})
		case err != nil:
			return err
		default:
			i.datasets = append(i.datasets, d)
		}
	}
	return nil
}

// named gives the dataset the name that was asked for, or says that it has another
// than was to be expected.
func (i *importing) named(ctx context.Context) error {
	d, wanted := i.datasets[0], i.expected()
	switch {
	case len(wanted) == 0 || slices.Contains(wanted, d.Name):
		return nil
	case i.Name == "":
		i.warn(render.Notice{Code: "name_differs", Dataset: d.Name,
			Problem: fmt.Sprintf("CARTO named it %q, not %q", d.Name, wanted[0]),
			Hint:    "something else had that name, or its source names it otherwise; import it with --name to choose one"})
		return nil
	}
	renamed, err := i.client.UpdateDataset(ctx, d.ID, carto.DatasetUpdate{Name: &i.Name})
	if err != nil {
		return fmt.Errorf("it was imported as %q (%s) and could not be renamed to %q: %w; a table that is no dataset may have that name", d.Name, d.ID, i.Name, err)
	}
	i.datasets[0].Name = renamed.Name
	if renamed.Name != i.Name {
		return fmt.Errorf("it was imported, but CARTO named it %q (%s), since something else is called %q; rename or delete one of the two", renamed.Name, d.ID, i.Name)
	}
	return nil
}

// publish sets the privacy where the import could not: CARTO ignores it when it
// overwrites, and for synchronizations.
func (i *importing) publish(ctx context.Context) error {
	d, privacy := i.datasets[0], carto.Privacy(i.Privacy)
	if privacy == "" || d.Privacy == privacy {
		return nil
	}
	changed, err := i.client.UpdateDataset(ctx, d.ID, carto.DatasetUpdate{Privacy: &privacy})
	if err != nil {
		return fmt.Errorf("%q was imported and is %s; making it %s failed: %w", d.Name, d.Privacy, privacy, err)
	}
	i.datasets[0].Privacy = changed.Privacy
	return nil
}
