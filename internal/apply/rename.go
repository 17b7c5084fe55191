package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// park takes aside those datasets whose name another one is to get before they
// get their own, after it has made sure that nothing of the exchange has moved:
// half of it would leave maps with other people's data.
func (r *run) park(ctx context.Context, actions []plan.Action) {
	var aside []*job
	for _, a := range actions {
		if a.Parking != "" {
			aside = append(aside, r.passing(a))
		}
	}
	if len(aside) == 0 {
		return
	}
	for _, a := range actions {
		if err := r.passing(a).unmoved(ctx); err != nil {
			for _, j := range aside {
				r.unparked[j.a.ID] = fmt.Errorf("checking %q before names are exchanged: %w", a.Dataset, err)
			}
			return
		}
	}
	for _, j := range aside {
		if err := j.park(ctx); err != nil {
			r.unparked[j.a.ID] = err
		}
	}
}

// passing is a job whose result nobody reads.
func (r *run) passing(a plan.Action) *job {
	return &job{run: r, a: a, entry: r.entries[a.Dataset], result: &Result{Action: a}}
}

func (j *job) park(ctx context.Context) error {
	if err := j.unmoved(ctx); err != nil {
		return err
	}
	if j.live.Name == j.a.Parking || j.live.Name == j.a.Dataset {
		return nil
	}
	return j.renameTo(ctx, j.a.Parking)
}

// parked reports whether the dataset was taken aside.
func (j *job) parked(context.Context) (bool, error) {
	return j.live.Name == j.a.Parking || j.live.Name == j.a.Dataset, nil
}

// refuseUnparked ends an action whose dataset was not taken aside.
func (j *job) refuseUnparked(context.Context) error {
	if err := j.unparked[j.a.ID]; err != nil {
		return err
	}
	return &MovedError{Field: "name", Planned: fmt.Sprintf("%q", j.a.Parking), Now: fmt.Sprintf("%q", j.live.Name)}
}

// named reports whether the dataset already bears its name.
func (j *job) named(context.Context) (bool, error) {
	return j.live.Name == j.a.Dataset && sameSet(j.live.Tags, j.nameTags(j.live)), nil
}

// rename gives the dataset its name.
func (j *job) rename(ctx context.Context) error { return j.renameTo(ctx, j.a.Dataset) }

// renameTo gives the dataset a name, and in the same request the marker that
// says whose it is. Its synchronization is told first: until the dataset has
// the name, no table has it and a run of the synchronization fails; the other
// way round, a run could overwrite what gets the old name meanwhile.
func (j *job) renameTo(ctx context.Context, name string) error {
	if slices.Contains(j.a.Steps, plan.StepSyncName) {
		holder, err := j.Client.Dataset(ctx, name)
		switch {
		case err == nil && holder.ID != j.live.ID:
			return fmt.Errorf("the name %q is still that of another dataset (id %s); see why that one was not renamed, and apply again", name, holder.ID)
		case err != nil && !errors.Is(err, carto.ErrNotFound):
			return err
		}
		if err := j.tellSync(ctx, name); err != nil {
			return err
		}
	}
	tags := j.nameTags(j.live)
	return j.write(ctx, carto.DatasetUpdate{Name: &name, Tags: &tags})
}

// nameTags are the tags that the dataset is to carry as soon as it has its name.
func (j *job) nameTags(live carto.Dataset) []string {
	_, others := plan.ParseMarker(live.Tags)
	return append(append([]string{}, others...), j.a.NameTags...)
}
