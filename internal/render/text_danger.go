package render

import (
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

// consequences adds what reviewers fear, each on a line of its own.
func (t *text) consequences(a plan.Action) {
	if a.Verb != plan.Blocked {
		if a.Publishes {
			t.prose(4, alarm, publication(a))
		}
		if a.Destroys {
			t.prose(4, alarm, destruction(a))
		}
	}
	if len(a.Shares) > 0 {
		t.prose(4, plain, "shared until now with "+and(items(a.Shares)))
	}
	t.maps(a)
}

// publication says how an action makes something more public.
func publication(a plan.Action) string {
	var steps []string
	for _, c := range a.Changes {
		switch c.Field {
		case "privacy":
			if c.Before != nil {
				steps = append(steps, value(c, c.Before)+" -> "+value(c, c.After))
			} else {
				steps = append(steps, "it is "+value(c, c.After)+" from the start")
			}
		case "share":
			if d := compareLists(items(c.Before), items(c.After)); len(d.added) > 0 {
				steps = append(steps, "shared with "+and(d.added))
			}
		}
	}
	if len(steps) == 0 {
		return "becomes more public"
	}
	return "becomes more public: " + strings.Join(steps, "; ")
}

func destruction(a plan.Action) string {
	switch {
	case len(a.Drops) == 1:
		return "column " + a.Drops[0] + " is dropped for good"
	case len(a.Drops) > 1:
		return "columns " + and(a.Drops) + " are dropped for good"
	case !a.Does(plan.Delete):
		return "data is lost for good"
	case a.Kind == plan.KindConnection:
		return "the stored connection is deleted for good"
	case a.Kind == plan.KindSynchronization:
		return "the synchronization is deleted for good"
	}
	return "the dataset is deleted for good"
}

// listedMaps is how many maps are named where nothing else was asked for.
const listedMaps = 5

// maps names the maps that an action may break, with their owners. Those that will
// only show other rows get one line.
func (t *text) maps(a plan.Action) {
	total := max(a.MapCount, len(a.Maps))
	switch {
	case total == 0:
		return
	case endangersMaps(a):
		t.endangered(a, total)
	case intends(a, plan.Reimport):
		t.shown(a, total)
	}
}

// shown says in one line which maps show what is imported again.
func (t *text) shown(a plan.Action, total int) {
	line := "shown by " + plural(int64(total), "map")
	if len(a.Maps) > 0 {
		var names []string
		for _, m := range a.Maps {
			names = append(names, mapName(m))
		}
		line += ": " + t.fittedList(names, 2*t.room(4), 1)
	}
	if rest := total - len(a.Maps); rest > 0 && len(a.Maps) > 0 {
		line += " (" + count(int64(rest)) + " more without a name)"
	}
	t.prose(4, plain, line)
}

// mapName is a map with its owner.
func mapName(m plan.Map) string {
	if m.Owner == "" {
		return m.Name
	}
	return m.Name + " of " + m.Owner
}

func (t *text) endangered(a plan.Action, total int) {
	verb := "depend"
	if total == 1 {
		verb = "depends"
	}
	t.line(4, span{plain, plural(int64(total), "map") + " " + verb + " on it"})
	shown := a.Maps
	if !t.verbose && !intends(a, plan.Delete) { // who approves a deletion approves that of each map
		shown = shown[:min(len(shown), listedMaps)]
	}
	for _, m := range shown {
		line := "map " + m.Name
		if m.Owner != "" {
			line += ", owned by " + m.Owner
		}
		t.line(6, span{plain, line})
	}
	if rest := total - len(shown); rest > 0 && len(shown) > 0 {
		t.line(6, span{plain, "and " + count(int64(rest)) + " more"})
	}
}

// endangersMaps reports whether maps may suffer from an action: by what goes,
// by another name, by other columns, by a share that is taken back.
func endangersMaps(a plan.Action) bool {
	if a.Destroys || intends(a, plan.Delete) || intends(a, plan.Rename) {
		return true
	}
	if a.Code == plan.SchemaBreaking || strings.HasPrefix(string(a.Code), string(plan.GuardTripped)) {
		return true
	}
	for _, c := range a.Changes {
		if c.Field == "share" && len(compareLists(items(c.Before), items(c.After)).removed) > 0 {
			return true
		}
	}
	return a.Before != nil && a.After != nil && breaks(*a.Before, *a.After)
}
