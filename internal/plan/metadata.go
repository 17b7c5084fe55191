package plan

import (
	"cmp"
	"slices"

	"github.com/cartosync/cartosync/internal/spec"
)

// A textField is one text that the manifest may manage.
type textField struct {
	name string
	want *string // nil: not managed
	live string
}

func textFields(d spec.Dataset) []textField {
	return []textField{
		{name: "attributions", want: d.Attributions},
		{name: "description", want: d.Description},
		{name: "license", want: d.License},
		{name: "title", want: d.Title},
	}
}

func liveTexts(fields []textField, l *liveDataset) []textField {
	for i, live := range []string{l.Attributions, l.Description, l.License, l.Title} {
		fields[i].live = live
	}
	return fields
}

// metadata plans what differs in the dataset's own attributes. Only what the
// manifest writes is compared.
func (c *computer) metadata(a *Action, w *wanted, l *liveDataset) {
	if compareMetadata(a, w, l) {
		a.does(Update)
		a.because(MetadataDiffers, "metadata differs")
		a.take(StepMetadata)
	}
}

func compareMetadata(a *Action, w *wanted, l *liveDataset) (differs bool) {
	for _, f := range liveTexts(textFields(w.d), l) {
		if f.want != nil && *f.want != f.live && !w.ignores(f.name) {
			a.change(f.name, f.live, *f.want)
			differs = true
		}
	}
	if w.d.Tags != nil && !w.ignores("tags") && !sameTags(*w.d.Tags, l.tags) {
		a.change("tags", listed(l.tags), listed(*w.d.Tags))
		differs = true
	}
	return differs
}

// listed makes an empty list and none look the same.
func listed(tags []string) []string {
	if tags == nil {
		return []string{}
	}
	return tags
}

// openness ranks how public a dataset is.
var openness = map[string]int{"private": 0, "password": 1, "link": 2, "public": 3}

// startPrivacy is that of what an import makes: private where the account allows
// it.
func (c *computer) startPrivacy() string {
	if c.in.Account.Limits.PrivateDatasets {
		return "private"
	}
	return "public"
}

// newPublication plans privacy and shares of a dataset that starts with the
// given privacy and was never published.
func (c *computer) newPublication(a *Action, w *wanted, start string) {
	want := start
	if w.d.Privacy != nil {
		want = string(*w.d.Privacy)
	}
	if w.d.Privacy != nil || openness[want] > 0 {
		a.change("privacy", nil, want)
	}
	a.Publishes = openness[want] > 0
	a.take(privacySteps(start, want)...)
	c.shares(a, w, nil)
}

// publication plans who may see a live dataset.
func (c *computer) publication(a *Action, w *wanted, l *liveDataset) {
	c.shares(a, w, l)
	if w.d.Privacy == nil || string(*w.d.Privacy) == l.Privacy || w.ignores("privacy") {
		return
	}
	want := string(*w.d.Privacy)
	a.change("privacy", l.Privacy, want)
	a.does(Update)
	a.because(MetadataDiffers, "privacy differs")
	a.Publishes = a.Publishes || openness[want] > openness[l.Privacy]
	a.take(privacySteps(l.Privacy, want)...)
}

// privacySteps restricts before anything else happens, and opens after
// everything else is right.
func privacySteps(from, to string) []Step {
	switch {
	case openness[to] > openness[from]:
		return []Step{StepPrivacy}
	case openness[to] < openness[from]:
		return []Step{StepRestrict}
	}
	return nil
}

// shares plans who else may read or change the dataset.
func (c *computer) shares(a *Action, w *wanted, l *liveDataset) {
	if w.d.Share == nil || w.ignores("share") {
		return
	}
	var live []Share
	if l != nil {
		live = bare(l.Shares)
	}
	want := declaredShares(*w.d.Share)
	if slices.Equal(live, want) {
		return
	}
	a.change("share", live, want)
	a.take(StepShare)
	if l != nil {
		a.does(Update)
		a.because(MetadataDiffers, "sharing differs")
	}
	for _, s := range want {
		if !slices.Contains(live, s) {
			a.Publishes = true
		}
	}
}

// declaredShares are the shares of a manifest as those of an account are
// compared.
func declaredShares(shares []spec.Share) []Share {
	want := make([]Share, 0, len(shares))
	for _, s := range shares {
		want = append(want, Share{Kind: s.Kind, Name: s.Name, Access: s.Access})
	}
	return bare(want)
}

// bare is a sorted list of shares without their ids.
func bare(shares []Share) []Share {
	out := make([]Share, 0, len(shares))
	for _, s := range shares {
		out = append(out, Share{Kind: s.Kind, Name: s.Name, Access: s.Access})
	}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Access, b.Access))
	})
	return slices.Compact(out)
}

// canPublish checks that the account can do what the manifest says of privacy
// and sharing, and guards what others built on a share.
func (c *computer) canPublish(a Action, w *wanted) Action {
	limits := c.in.Account.Limits
	for _, ch := range a.Changes {
		switch {
		case ch.Field == "privacy" && ch.After != "public" && !limits.PrivateDatasets:
			return a.blocked(PrivateUnavailable, "the account's plan has public datasets only",
				"declare privacy: public, or upgrade the account")
		case ch.Field == "share" && limits.Organization == "":
			return a.blocked(SharingUnavailable, "the account belongs to no organization to share with",
				"remove share")
		case ch.Field == "share" && a.MapCount > 0 && on(w.d.Guards.Maps) && lostShare(ch):
			a = c.guard(a, GuardMaps, quoted("a share is removed, and the dataset is used by %s; CARTO deletes maps of others that lose it", Counted(int64(a.MapCount), "map")))
		}
	}
	return a
}

// lostShare reports whether somebody has less access after the change.
func lostShare(ch Change) bool {
	before, _ := ch.Before.([]Share)
	after, _ := ch.After.([]Share)
	for _, s := range before {
		if !slices.Contains(after, s) && !(s.Access == "r" && slices.Contains(after, Share{Kind: s.Kind, Name: s.Name, Access: "rw"})) {
			return true
		}
	}
	return false
}
