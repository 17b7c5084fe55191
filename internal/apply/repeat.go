package apply

import (
	"context"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
)

// repeats is how often a change of a name is sent again within one run.
const repeats = 3

// update changes the live dataset. Where the answer to a change of its name is lost,
// or only a proxy's, it looks first: a name that is there took effect with all that
// the same request changed; a dataset that nobody has touched since is asked again.
// The client does so itself with changes that leave the name alone.
func (j *job) update(ctx context.Context, u carto.DatasetUpdate) (carto.Dataset, error) {
	before := j.live
	for n := 0; ; n++ {
		answer, err := j.Client.UpdateDataset(ctx, before.ID, u)
		if err == nil || u.Name == nil || n == repeats || !carto.Temporary(err) || ctx.Err() != nil {
			return answer, err
		}
		if waited := sleep(ctx, jittered(time.Second<<n)); waited != nil {
			return answer, err
		}
		now, look := j.Client.Dataset(ctx, before.ID)
		switch {
		case look != nil:
			return answer, err
		case now.Name == *u.Name && (u.Tags == nil || sameSet(*u.Tags, now.Tags)):
			return now, nil
		case now.Name != before.Name || !now.UpdatedAt.Equal(before.UpdatedAt) || !sameSet(now.Tags, before.Tags):
			return answer, err // somebody else's doing, or half of it
		}
		if lost := j.Lease.Lost(); lost != nil {
			return answer, lost
		}
	}
}
