package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// overwrite imports over the live dataset: it keeps its id, its maps and its
// metadata and gets new rows. CARTO refuses contents that lack a column or
// change its type, and leaves the dataset as it was.
// Source: CartoDB/cartodb, app/connectors/importer.rb.
func (j *job) overwrite(ctx context.Context) error {
	f, err := j.replacement(ctx)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := j.awaitUnknown(ctx); err != nil {
		return err
	}
	imp, err := j.importing(ctx, j.asks(plan.PendingOverwrite, ""), func(ctx context.Context) (string, error) {
		if err := j.stillThere(ctx); err != nil {
			return "", err
		}
		if err := j.doubt(ctx); err != nil {
			return "", err
		}
		return j.send(ctx, f, j.a.Dataset, carto.CollisionOverwrite)
	})
	if err != nil {
		return err
	}
	if err := j.overwritten(ctx, imp); err != nil {
		return err
	}
	return f.check("the dataset holds what was sent, which nobody reviewed")
}

// replacement is the file whose contents replace the live ones. What was
// fetched is judged here, since the plan has not seen it.
func (j *job) replacement(ctx context.Context) (*upload, error) {
	if j.dataset.Source.Kind == spec.SourceFile {
		return j.openFile()
	}
	f, err := j.fetch(ctx)
	if err != nil {
		return nil, err
	}
	judged := plan.Judge(j.a, j.dataset, *j.fetched, j.Options.Allow)
	if judged.Verb == plan.Blocked {
		f.Close()
		return nil, blockedError{judged}
	}
	return f, nil
}

// stillThere re-reads the dataset right before it is overwritten: the name
// decides which table the upload replaces.
func (j *job) stillThere(ctx context.Context) error {
	live, err := j.Client.Dataset(ctx, j.a.Dataset)
	if err != nil {
		return err
	}
	if live.ID != j.a.ID {
		return &MovedError{Field: "id", Planned: j.a.ID, Now: live.ID}
	}
	j.live = live
	return nil
}

// overwritten checks what the import left behind. If it is wrong the new
// fingerprint is not recorded, so that the next plan sees it.
func (j *job) overwritten(ctx context.Context, imp carto.Import) error {
	live, err := j.Client.Dataset(ctx, j.a.ID)
	if errors.Is(err, carto.ErrNotFound) {
		return fmt.Errorf("dataset %q was deleted while it was imported, and the import %s", j.a.Dataset, j.made(imp))
	}
	if err != nil {
		return fmt.Errorf("the overwritten dataset: %w", err)
	}
	switch {
	case imp.TableName != j.a.Dataset || imp.TableID != "" && imp.TableID != live.TableID:
		return fmt.Errorf("instead of overwriting %q the import %s", j.a.Dataset, j.made(imp))
	case imp.Code != 0:
		return fmt.Errorf("CARTO imported it and reported error %d %s", imp.Code, carto.Explain(imp.Code).Meaning)
	case len(imp.Warnings) > 0:
		return fmt.Errorf("CARTO imported it with a warning (%s)", warnings(imp.Warnings))
	}
	j.live = live
	return j.checkContents(ctx)
}

// made says what an import that went elsewhere did, and what to do. Only what
// was not in the account before is anybody's to delete.
func (j *job) made(imp carto.Import) string {
	known := func(d plan.Dataset) bool { return imp.TableID == "" || d.TableID == imp.TableID }
	if slices.ContainsFunc(j.Account.Datasets, known) {
		return fmt.Sprintf("wrote to %q; check what that holds, and apply again", imp.TableName)
	}
	return fmt.Sprintf("made another dataset, %q; delete that one, and apply again", imp.TableName)
}
