package apply

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
)

// try imports the file under the staging name and deletes it again: before
// columns of the live dataset go for good, CARTO itself has taken the file, and
// nothing but what the plan named stands in its way.
func (j *job) try(ctx context.Context) error {
	dataset, sync := j.live, j.sync
	defer func() { j.live, j.sync = dataset, sync }()
	if err := j.stageFile(ctx); err != nil {
		return err
	}
	if err := j.checkStaged(ctx); err != nil {
		return err
	}
	made := j.live
	if err := j.judgeTrial(ctx, made); err != nil {
		return also(err, j.remove(ctx, made, nil))
	}
	return j.remove(ctx, made, nil)
}

// judgeTrial holds the columns that the test import made against those that the
// plan foresaw.
func (j *job) judgeTrial(ctx context.Context, made carto.Dataset) error {
	look, err := j.lookInto(ctx, made.ID, made.Name)
	if err != nil {
		return fmt.Errorf("looking into the test import: %w", err)
	}
	judged := plan.Judge(j.a, j.dataset, look, j.Options.Allow)
	switch {
	case judged.Verb == plan.Blocked:
		return blockedError{judged}
	case !slices.Equal(judged.Drops, j.a.Drops):
		return fmt.Errorf("the test import shows that columns %q would have to go, and the plan names %q; nothing was changed", judged.Drops, j.a.Drops)
	}
	return nil
}

// alter drops the columns that the plan named from the live table, if they still
// are what the plan saw. What depends on them in the database makes it fail, and
// then nothing is dropped.
func (j *job) alter(ctx context.Context) error {
	if err := j.stillThere(ctx); err != nil {
		return err
	}
	now, err := j.lookInto(ctx, j.a.ID, j.a.Dataset)
	if err != nil {
		return err
	}
	var drops []string
	for _, name := range j.a.Drops {
		for _, col := range j.a.Before.Columns {
			i := slices.IndexFunc(now.Columns, func(c data.Column) bool { return c.Name == name })
			if col.Name != name || i < 0 {
				continue
			}
			if now.Columns[i].Type != col.Type {
				return &MovedError{Field: "column " + name, Planned: string(col.Type), Now: string(now.Columns[i].Type)}
			}
			drops = append(drops, "DROP COLUMN IF EXISTS "+carto.QuoteIdentifier(name))
		}
	}
	if len(drops) == 0 {
		return nil
	}
	if err := j.doubt(ctx); err != nil {
		return err
	}
	_, err = j.Client.Exec(ctx, "ALTER TABLE "+carto.QuoteIdentifier(j.a.Dataset)+" "+strings.Join(drops, ", "))
	return err
}
