package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// published reports whether the dataset already bears its name and our marker.
func (j *job) published(context.Context) (bool, error) {
	return j.live.Name == j.a.Dataset && sameSet(j.live.Tags, j.tags(j.live)), nil
}

// publish gives a staged dataset its name, markers and metadata in one request,
// while it is still as private as it was imported. What comes later makes it
// more public, so a crash in between leaves it less public than declared.
func (j *job) publish(ctx context.Context) error {
	u := j.texts()
	u.Name = &j.a.Dataset
	tags := j.tags(j.live)
	u.Tags = &tags
	err := j.write(ctx, u)
	if taken := (*takenError)(nil); errors.As(err, &taken) && j.twin(taken.holder) {
		return j.giveWay(ctx, taken)
	}
	return err
}

// A takenError says that another dataset has the name by now.
type takenError struct{ holder carto.Dataset }

func (e *takenError) Error() string {
	return fmt.Sprintf("the name %q is that of another dataset (id %s) by now; apply again if another run made it, else rename that one or choose another name",
		e.holder.Name, e.holder.ID)
}

// twin reports whether a dataset is what this one was to become: two runs without a
// lease have imported the same.
func (j *job) twin(d carto.Dataset) bool {
	has, _ := plan.ParseMarker(d.Tags)
	want, _ := plan.ParseMarker(j.a.Tags)
	return has == want
}

// giveWay deletes what was staged for a dataset that another run has made meanwhile:
// next to it nothing would ever need that. What this run did not import itself may be
// the other one's.
func (j *job) giveWay(ctx context.Context, taken *takenError) error {
	if len(j.begun) == 0 || !j.bearsStagingName(j.live) {
		return taken
	}
	staged := j.live.Name
	if err := j.discard(ctx); err != nil {
		return also(taken, err)
	}
	return fmt.Errorf("another run made dataset %q (id %s) from the same source meanwhile, so %q, which this one imported, was deleted; apply again",
		taken.holder.Name, taken.holder.ID, staged)
}

// write changes the dataset. CARTO gives a taken name a suffix and reports
// success, so a name is asked for first, and waited for if an import of this run
// bears it in passing.
func (j *job) write(ctx context.Context, u carto.DatasetUpdate) error {
	for {
		passing := j.unnamed.watch()
		problem, err := j.writeFree(ctx, u)
		if err != nil || problem == nil {
			return err
		}
		again, err := passing.ended(ctx)
		if err != nil {
			return err
		}
		if !again {
			return problem
		}
	}
}

// writeFree changes the dataset unless its name is taken; the problem says by
// whom.
func (j *job) writeFree(ctx context.Context, u carto.DatasetUpdate) (problem, err error) {
	if u.Name != nil && *u.Name != j.live.Name {
		holder, err := j.Client.Dataset(ctx, *u.Name)
		switch {
		case err == nil && holder.ID != j.live.ID:
			return &takenError{holder}, nil
		case err != nil && !errors.Is(err, carto.ErrNotFound):
			return nil, err
		}
	}
	taken, err := j.writeOnce(ctx, u)
	if err != nil || taken == "" {
		return nil, err
	}
	return fmt.Errorf("the name %q is taken by something that the list of datasets does not show; CARTO proposed %q; "+
		"look in the account's tables, remove it or choose another name, and apply again", *u.Name, taken), nil
}

// writeOnce changes the dataset. It returns the name that CARTO gave instead of
// a taken one, after it has restored the former name.
func (j *job) writeOnce(ctx context.Context, u carto.DatasetUpdate) (taken string, err error) {
	before := j.live.Name
	answer, err := j.update(ctx, u)
	if err != nil {
		return "", err
	}
	j.live = answer
	if u.Name == nil || answer.Name == *u.Name {
		return "", nil
	}
	if j.live, err = j.Client.UpdateDataset(ctx, j.live.ID, carto.DatasetUpdate{Name: &before}); err != nil {
		return "", fmt.Errorf("the name %q is taken; the dataset is called %q now and could not be renamed back: %w", *u.Name, answer.Name, err)
	}
	return answer.Name, nil
}

// writeMetadata changes what differs and sets the markers, from tags read just
// before.
func (j *job) writeMetadata(ctx context.Context) error {
	live, err := j.Client.Dataset(ctx, j.live.ID)
	if err != nil {
		return err
	}
	j.live = live
	u := j.texts()
	if tags := j.tags(live); !sameSet(tags, live.Tags) {
		u.Tags = &tags
	}
	if u == (carto.DatasetUpdate{}) {
		return nil
	}
	return j.write(ctx, u)
}

// texts are the attributes that the plan changes.
func (j *job) texts() carto.DatasetUpdate {
	var u carto.DatasetUpdate
	for _, f := range []struct {
		field string
		to    **string
	}{
		{"title", &u.Title}, {"description", &u.Description},
		{"license", &u.License}, {"attributions", &u.Attribution},
	} {
		if v, ok := j.changed(f.field); ok {
			text, _ := v.(string)
			*f.to = &text
		}
	}
	return u
}

// tags are what the dataset is to carry: the declared ones, or what others put
// there, and our markers behind them.
func (j *job) tags(live carto.Dataset) []string {
	_, others := plan.ParseMarker(live.Tags)
	if v, ok := j.changed("tags"); ok {
		others, _ = v.([]string)
	}
	return append(append([]string{}, others...), j.a.Tags...)
}

// asPrivate reports whether the privacy is as the plan wants it.
func (j *job) asPrivate(context.Context) (bool, error) {
	want, ok := j.changed("privacy")
	return !ok || string(j.live.Privacy) == want, nil
}

func (j *job) setPrivacy(ctx context.Context) error {
	want, _ := j.changed("privacy")
	text, _ := want.(string)
	privacy := carto.Privacy(text)
	if err := j.write(ctx, carto.DatasetUpdate{Privacy: &privacy}); err != nil {
		return err
	}
	if j.live.Privacy != privacy {
		return fmt.Errorf("CARTO kept the privacy %s instead of %s; check what the account's plan allows", j.live.Privacy, privacy)
	}
	return nil
}
