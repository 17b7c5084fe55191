package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// quoted formats a reason; %q keeps hostile names readable and on one line.
func quoted(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// action begins an action on w, and on the live dataset l if there is one.
func (c *computer) action(w *wanted, l *liveDataset) Action {
	a := Action{
		Verb:        None,
		Kind:        KindDataset,
		Project:     w.project,
		Dataset:     w.d.Name,
		Pos:         w.d.Pos,
		Fingerprint: w.fingerprint,
		After:       c.sourceContents(w),
	}
	if l == nil {
		return a
	}
	a.ID = l.ID
	if l.Name != w.d.Name {
		a.LiveName = l.Name
	}
	live := l.Dataset
	a.Seen.Dataset = &live
	if s := l.sync(w); s != nil {
		a.Seen.Synchronization = s
	}
	a.Maps, a.MapCount = l.Maps, l.MapCount
	return a
}

// sourceContents is what the source of w holds, nil where nobody looked.
func (c *computer) sourceContents(w *wanted) *Contents {
	if _, ok := c.in.Looks[w.d.Name]; !ok {
		return nil
	}
	contents := &Contents{
		Rows:     w.look.Rows,
		Size:     w.look.Size,
		Format:   w.look.Format,
		Columns:  w.look.Columns,
		Geometry: w.look.Geometry,
		Extent:   w.look.Extent,
	}
	switch {
	case w.look.Fault != nil:
		contents.Unknown = "CARTO would refuse the file"
	case !seenInto(w.look):
		contents.Unknown = or(w.look.Reason, "nobody could look into the file")
	}
	return contents
}

// seenInto reports whether a look knows the rows and columns of a file.
func seenInto(l data.Look) bool { return l.Recognised && !l.Opaque && l.Fault == nil }

// does adds a verb to what the action does. The verb that runs earliest leads.
func (a *Action) does(v Verb) {
	if a.Verb == v || slices.Contains(a.Also, v) {
		return
	}
	if a.Verb == None {
		a.Verb = v
		return
	}
	if phases[v] < phases[a.Verb] || (phases[v] == phases[a.Verb] && (v == Adopt || v == Resume && a.Verb == Reimport)) {
		a.Verb, v = v, a.Verb
	}
	a.Also = append(a.Also, v)
	slices.SortFunc(a.Also, func(a, b Verb) int { return cmp.Or(cmp.Compare(phases[a], phases[b]), cmp.Compare(a, b)) })
}

// because gives the reason, unless a weightier one was given before.
func (a *Action) because(code Reason, format string, args ...any) {
	if a.Code == "" {
		a.Code, a.Reason = code, quoted(format, args...)
		return
	}
	a.Reason += "; " + quoted(format, args...)
}

// change records a field that differs. A later word on a field replaces an
// earlier one.
func (a *Action) change(field string, before, after any) {
	a.Changes = slices.DeleteFunc(a.Changes, func(ch Change) bool { return ch.Field == field })
	a.Changes = append(a.Changes, Change{Field: field, Before: before, After: after})
}

// take adds steps.
func (a *Action) take(steps ...Step) { a.Steps = append(a.Steps, steps...) }

// blocked turns the action into one that is left alone, with instructions.
func (a Action) blocked(code Reason, reason, hint string) Action {
	if a.Verb == Blocked {
		return a // the first obstacle is the one to remove first
	}
	a.Intended, a.Verb = a.Verb, Blocked
	a.Also, a.Steps = nil, nil
	a.Code, a.Reason, a.Hint = code, reason, hint
	return a.finished()
}

// stepOrder is the order in which an action takes its steps.
var stepOrder = []Step{
	StepCreateConnection, StepUpdateConnection, StepDeleteConnection,
	StepAwait, StepPark, StepRename, StepRestrict, StepDetach, StepTry, StepAlter, StepStage, StepOverwrite, StepPublish, StepRelease,
	StepAttach, StepRefresh, StepClear, StepSyncName, StepSync, StepRevive, StepMetadata, StepPrivacy, StepShare,
	StepForce, StepDelete, StepDeleteSync, StepDeleteStaging,
}

// finished puts the parts of an action in their order.
func (a Action) finished() Action {
	slices.SortStableFunc(a.Changes, func(x, y Change) int { return cmp.Compare(x.Field, y.Field) })
	slices.SortStableFunc(a.Steps, func(x, y Step) int {
		return cmp.Compare(slices.Index(stepOrder, x), slices.Index(stepOrder, y))
	})
	a.Steps = slices.Compact(a.Steps)
	if a.Verb == None {
		a.Code = InSync
	}
	return a
}

// guard blocks an action on a dataset unless the guard was lifted.
func (c *computer) guard(a Action, g Guard, reason string) Action {
	var d spec.Dataset
	if w := c.declared[a.Dataset]; w != nil {
		d = w.d
	}
	return guarded(a, d, c.in.Options.Allow, g, reason)
}

// guarded blocks the action unless the guard was lifted for it: on the command
// line by name, or in the manifest for the very source that was reviewed.
func guarded(a Action, d spec.Dataset, allow []Allowance, g Guard, reason string) Action {
	lift := string(g) + "@" + a.Fingerprint
	if slices.Contains(allow, Allowance{Guard: g, Dataset: a.Dataset}) || slices.Contains(d.Guards.Allow, lift) {
		return a
	}
	hint := quoted("if this is meant, pass --allow %s:%s", g, a.Dataset)
	if g == GuardFault {
		hint = "mend the file; " + hint
	}
	if d.Name != "" && a.Fingerprint != "" && g != GuardUnread {
		hint += quoted(" or put %s into its guards.allow", lift)
	}
	return a.blocked(g.reason(), reason, hint)
}

// percent is how much after differs from before, signed, with one decimal.
func percent(before, after int64) string {
	if before == 0 {
		return "new"
	}
	p := float64(after-before) / float64(before) * 100
	return strings.Replace(strconv.FormatFloat(p, 'f', 1, 64)+"%", "-0.0%", "0.0%", 1)
}
