package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// unmoved compares the live objects with what the plan saw. Between a review
// and its apply somebody may have changed them; what was reviewed is then no
// longer what would happen.
func (j *job) unmoved(ctx context.Context) error {
	switch {
	case j.a.Kind != plan.KindDataset:
		return nil // its steps read what there is to compare
	case slices.Equal(j.a.Steps, []plan.Step{plan.StepAwait}):
		return nil // what it deletes bears a staging name
	case j.a.Seen.Dataset == nil:
		return j.stillAbsent(ctx)
	}
	live, err := j.Client.Dataset(ctx, j.a.ID)
	if errors.Is(err, carto.ErrNotFound) {
		return &MovedError{Description: fmt.Sprintf("the dataset (id %s) is gone since the plan was made", j.a.ID)}
	}
	if err != nil {
		return err
	}
	j.live = live
	if err := j.compareDataset(*j.a.Seen.Dataset, live); err != nil {
		return err
	}
	return j.syncUnmoved(ctx)
}

// stillAbsent checks that the name of a dataset to be created is still free.
func (j *job) stillAbsent(ctx context.Context) error {
	d, err := j.Client.Dataset(ctx, j.a.Dataset)
	switch {
	case errors.Is(err, carto.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	for _, a := range j.Plan.Actions { // in an earlier phase
		if a.ID == d.ID && (a.Does(plan.Rename) || a.Does(plan.Delete)) {
			return &missingError{fmt.Sprintf("dataset %q (id %s) still has the name; see why its %s failed", d.Name, d.ID, earlier(a))}
		}
	}
	return &MovedError{Description: fmt.Sprintf("a dataset %q (id %s) appeared since the plan was made", d.Name, d.ID)}
}

// earlier says what would have freed a dataset's name.
func earlier(a plan.Action) string {
	if a.Does(plan.Delete) {
		return "deletion"
	}
	return "rename"
}

// compareDataset refuses what changed since the plan was made, unless it became
// what the plan wants: a request of an interrupted run may arrive late.
func (j *job) compareDataset(seen plan.Dataset, live carto.Dataset) error {
	for _, f := range []struct{ name, seen, now string }{
		{"name", seen.Name, live.Name},
		{"privacy", seen.Privacy, string(live.Privacy)},
		{"title", seen.Title, live.Title},
		{"description", seen.Description, live.Description},
		{"license", seen.License, live.License},
		{"attributions", seen.Attributions, live.Attribution},
	} {
		if f.seen != f.now && !j.wants(f.name, f.now) {
			return &MovedError{Field: f.name, Planned: strconv.Quote(f.seen), Now: strconv.Quote(f.now)}
		}
	}
	renamed := len(j.a.NameTags) > 0 && sameSet(live.Tags, j.nameTags(live))
	if !sameSet(seen.Tags, live.Tags) && !sameSet(live.Tags, j.tags(live)) && !renamed {
		return &MovedError{Field: "tags", Planned: fmt.Sprintf("%q", seen.Tags), Now: fmt.Sprintf("%q", live.Tags)}
	}
	if j.a.Destroys && live.MapCount > seen.MapCount {
		return &MovedError{Field: "the number of maps that depend on it",
			Planned: strconv.Itoa(seen.MapCount), Now: strconv.Itoa(live.MapCount)}
	}
	return nil
}

// wants reports whether the action is to give a field this very value.
func (j *job) wants(field, value string) bool {
	if field == "name" || field == "sync.name" {
		return value == j.a.Dataset || j.a.Parking != "" && value == j.a.Parking
	}
	want, ok := j.changed(field)
	return ok && want == value
}

// syncUnmoved reads the synchronization that the plan saw, and compares what a
// person may have changed; its state and times move by themselves.
func (j *job) syncUnmoved(ctx context.Context) error {
	seen := j.a.Seen.Synchronization
	if seen == nil {
		if s := j.live.Synchronization; s != nil {
			return &MovedError{Description: fmt.Sprintf("a synchronization (id %s) was attached since the plan was made", s.ID)}
		}
		return nil
	}
	s, err := j.Client.Synchronization(ctx, seen.ID)
	if errors.Is(err, carto.ErrNotFound) {
		return &MovedError{Description: fmt.Sprintf("the synchronization (id %s) is gone since the plan was made", seen.ID)}
	}
	if err != nil {
		return err
	}
	j.sync = &s
	switch {
	case s.Interval != seen.Interval:
		return &MovedError{Field: "sync.interval", Planned: seen.Interval.String(), Now: s.Interval.String()}
	case s.Name != seen.Name && !j.wants("sync.name", s.Name):
		return &MovedError{Field: "sync.name", Planned: strconv.Quote(seen.Name), Now: strconv.Quote(s.Name)}
	}
	return nil
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(slices.Compact(a), slices.Compact(b))
}
