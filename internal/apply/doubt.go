package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// doubt takes the fingerprint off the dataset's marker before its contents are
// replaced: a run that is killed after that leaves contents of which nobody knows
// whether they are the old ones, and the next plan, whatever is declared by then,
// imports them anew. The tags are those that were read right before. The marker
// with the new fingerprint comes with the metadata, once all went well.
func (j *job) doubt(ctx context.Context) error {
	if len(j.a.DoubtTags) == 0 {
		return nil
	}
	_, others := plan.ParseMarker(j.live.Tags)
	tags := append(append([]string{}, others...), j.a.DoubtTags...)
	if sameSet(tags, j.live.Tags) {
		return nil
	}
	j.acted = true // whatever becomes of the answer
	return j.write(ctx, carto.DatasetUpdate{Tags: &tags})
}

// awaitUnknown waits for an import into a dataset whose contents are in doubt and of
// which no journal knows: one that ends after that of this run would have the last
// word. The account lists those that have not ended; nothing else needs the list,
// since asking for it ends what has waited for an hour.
// Source: CartoDB/cartodb, app/services/carto/data_imports_service.rb.
func (j *job) awaitUnknown(ctx context.Context) error {
	seen, _ := plan.ParseMarker(j.a.Seen.Dataset.Tags)
	if !seen.InDoubt() || len(j.a.Interrupted) > 0 {
		return nil
	}
	waiting, over := patience(ctx)
	defer over()
	var imp carto.Import
	err := Poll(waiting, settleLimit, func(ctx context.Context) (_ bool, err error) {
		if imp, err = j.importInto(ctx, j.a.Dataset); err != nil || imp.ID == "" {
			return true, err
		}
		j.event("", "waiting", "import job "+imp.ID+" of an interrupted run")
		return false, nil
	})
	if errors.Is(err, ErrTimeout) {
		return fmt.Errorf("import job %s, which an interrupted run seems to have begun, is %s and may still replace what the dataset holds; apply again when it has ended", imp.ID, imp.State)
	}
	return err
}

// importInto is an import under way of a file that is named as a dataset, if there is one.
func (j *job) importInto(ctx context.Context, name string) (carto.Import, error) {
	ids, err := j.Client.Imports(ctx)
	if err != nil {
		return carto.Import{}, err
	}
	for _, id := range ids {
		imp, err := j.Client.Import(ctx, id)
		if err != nil {
			return carto.Import{}, err
		}
		if file, _, _ := strings.Cut(imp.DisplayName, "."); !imp.State.Final() && (file == name || imp.TableName == name) {
			return imp, nil
		}
	}
	return carto.Import{}, nil
}
