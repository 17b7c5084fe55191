package apply

import (
	"context"

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
