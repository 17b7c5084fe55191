package plan

import (
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// create plans a dataset that is declared and not there.
func (c *computer) create(w *wanted) Action {
	a := c.action(w, nil)
	a.Verb = Create
	if w.d.Source.Kind == spec.SourceNone {
		return a.blocked(NoContents, quoted("dataset %q is not in the account and has no source", w.d.Name),
			"give it a source, or create it in CARTO first")
	}
	c.goOn(&a, w)
	if p, ok := a.Resumed(); ok {
		a.Verb = Resume
		a.because(ImportUnfinished, "an interrupted run began its import at %s", instant(p.Since))
	} else {
		a.because(NotInAccount, "not in the account")
	}
	a.Staging = w.staging
	c.declareAll(&a, w)
	a.take(importSteps(w)...)
	c.newPublication(&a, w, c.startPrivacy())
	if b := c.canCreate(a, w); b.Verb == Blocked {
		return b
	}
	return c.canImport(a.finished(), w)
}

// importSteps are the steps that bring a new dataset into being.
func importSteps(w *wanted) []Step {
	switch {
	case w.d.Sync != nil:
		return []Step{StepStage, StepPublish, StepSyncName}
	case w.passing:
		return []Step{StepStage, StepPublish, StepRelease}
	}
	return []Step{StepStage, StepPublish}
}

// declareAll lists everything that the new dataset is declared to be.
func (c *computer) declareAll(a *Action, w *wanted) {
	a.change("source", nil, describeSource(w))
	if w.d.Sync != nil {
		a.change("sync.interval", nil, spec.Interval(w.d.Sync.Interval))
	}
	for _, f := range textFields(w.d) {
		if f.want != nil && *f.want != "" {
			a.change(f.name, nil, *f.want)
		}
	}
	if w.d.Tags != nil && len(*w.d.Tags) > 0 {
		a.change("tags", nil, *w.d.Tags)
	}
	marker := w.marker(Marker{}, w.fingerprint)
	a.Tags = marker.Tags()
	if marker.Protected {
		a.change(protection, nil, true)
	}
}

// describeSource is the source in the words of the manifest, secrets out.
func describeSource(w *wanted) string {
	s := w.d.Source
	switch s.Kind {
	case spec.SourceFile:
		return s.File
	case spec.SourceURL:
		return redacted(s.URL)
	case spec.SourceConnector:
		return describeConnector(*s.Connector)
	}
	return ""
}

// canCreate checks what stands in the way of a new dataset.
func (c *computer) canCreate(a Action, w *wanted) Action {
	if l := c.heads()[head(w.d.Name)]; l != nil {
		return a.blocked(ConflictNameTaken,
			quoted("CARTO would give the dataset another name, since %q begins alike", l.Name),
			"choose a name whose first 62 characters are its own")
	}
	if w.d.Sync != nil && !c.in.Account.Limits.Synchronizations {
		return a.blocked(SyncUnavailable, "synchronizations are not enabled for this account",
			"remove sync, or ask CARTO to enable synchronizations")
	}
	if b := c.canPublish(a, w); b.Verb == Blocked {
		return b
	}
	return c.canConnect(a, w)
}

// heads are the live datasets that keep their name in this plan, by the part of
// it that CARTO compares.
func (c *computer) heads() map[string]*liveDataset {
	if c.headIndex != nil {
		return c.headIndex
	}
	leaving := map[string]bool{}
	for _, m := range c.matched {
		if m.relation == moved || m.relation == renamedFrom || m.relation == parked || m.relation == staged {
			leaving[m.live.ID] = true
		}
	}
	c.headIndex = make(map[string]*liveDataset, len(c.live))
	for _, l := range c.live {
		if !leaving[l.ID] {
			c.headIndex[head(l.Name)] = l
		}
	}
	return c.headIndex
}

// head is the part of a name that must be its own: CARTO takes two names for
// the same when their first 62 characters are.
// Source: CartoDB/cartodb, lib/carto/valid_table_name_proposer.rb.
func head(name string) string { return name[:min(len(name), 62)] }

// canConnect checks that the account can run w's connector.
func (c *computer) canConnect(a Action, w *wanted) Action {
	if w.d.Source.Kind != spec.SourceConnector {
		return a
	}
	if !c.in.Account.StoredConnections && w.d.Source.Connector.Connection != "" {
		return a.blocked(ConnectionsUnavailable, "the server keeps no stored connections (before CARTO 4.45)",
			"import from this database by hand, or upgrade the server")
	}
	if !c.in.Account.Limits.Connectors {
		return a.blocked(ConnectorsUnavailable, "database connectors are not enabled for this account",
			"ask CARTO to enable the feature carto-connectors")
	}
	return a
}

// canImport checks the limits and guards that hold for every import of a file.
func (c *computer) canImport(a Action, w *wanted) Action {
	if w.d.Source.Kind != spec.SourceFile {
		return a // apply judges what it fetches
	}
	if w.look.Fault != nil {
		return c.guard(a, GuardFault, quoted("CARTO would refuse %s: %s", w.d.Source.File, w.look.Fault.Error()))
	}
	if code, reason, hint := TooMuch(w.look, c.in.Account.Limits); code != "" {
		return a.blocked(code, w.d.Source.File+" "+reason, hint)
	}
	return c.canExpect(a, w)
}

// TooMuch says why one import cannot take what a look found: it holds more than
// one dataset, or more than the account may import at a time. The code is "" if
// it can. [Compute] has judged files; apply judges what only it fetches.
func TooMuch(look data.Look, l Limits) (code Reason, reason, hint string) {
	const ask = "ask CARTO for a higher limit"
	switch {
	case look.Layers > 1:
		return SeveralLayers, quoted("holds %d layers (%s); CARTO makes a dataset of each and says the name of one",
			look.Layers, strings.Join(look.LayerNames, ", ")), "keep one layer per file"
	case l.ImportFileSize > 0 && look.Size > l.ImportFileSize:
		return FileTooLarge, quoted("has %s, the account may import %s at a time (CARTO's error 6666)",
			Counted(look.Size, "byte"), Grouped(l.ImportFileSize)), "make the file smaller, or " + ask
	case l.ImportRows > 0 && look.Rows > l.ImportRows:
		return TooManyRows, quoted("has %s, the account may import %s at a time (CARTO's error 6668)",
			Counted(look.Rows, "row"), Grouped(l.ImportRows)), "split the dataset, or " + ask
	}
	return "", "", ""
}
