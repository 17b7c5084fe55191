package render

import (
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
)

// A contentsDiff is how two contents differ in form.
type contentsDiff struct {
	columns  columnsDiff
	geometry bool
}

// A columnsDiff is how two sets of columns differ, in words.
type columnsDiff struct {
	added, dropped, retyped []string
}

func (d columnsDiff) none() bool { return len(d.added)+len(d.dropped)+len(d.retyped) == 0 }

func (d contentsDiff) none() bool { return d.columns.none() && !d.geometry }

// signed lists the differences, the dangerous ones first.
func (d columnsDiff) signed() []string {
	var all []string
	for _, c := range d.dropped {
		all = append(all, "-"+c)
	}
	for _, c := range d.retyped {
		all = append(all, "~"+c)
	}
	for _, c := range d.added {
		all = append(all, "+"+c)
	}
	return all
}

// breaking is how many of the differences maps cannot live with.
func (d columnsDiff) breaking() int { return len(d.dropped) + len(d.retyped) }

// compareContents compares columns by name and by the type that CARTO shows,
// and the kind of geometry. Contents that are not known differ in nothing.
func compareContents(before, after plan.Contents) contentsDiff {
	if before.Unknown != "" || after.Unknown != "" {
		return contentsDiff{}
	}
	old := map[string]string{}
	for _, c := range before.Columns {
		old[c.Name] = c.Type.Carto()
	}
	d := contentsDiff{geometry: before.Geometry != after.Geometry}
	still := map[string]bool{}
	for _, c := range after.Columns {
		still[c.Name] = true
		was, existed := old[c.Name]
		switch is := c.Type.Carto(); {
		case !existed:
			d.columns.added = append(d.columns.added, columnText(c.Name, is))
		case was != is:
			d.columns.retyped = append(d.columns.retyped, c.Name+" ("+was+arrow+is+")")
		}
	}
	for _, c := range before.Columns {
		if !still[c.Name] {
			d.columns.dropped = append(d.columns.dropped, columnText(c.Name, c.Type.Carto()))
		}
	}
	return d
}

// breaks reports whether maps made for the one may not work with the other: a
// column is gone or has another type, or the geometry has.
func breaks(before, after plan.Contents) bool {
	d := compareContents(before, after)
	return d.columns.breaking() > 0 || d.geometry && before.Geometry != ""
}

func columnText(name, kind string) string { return name + " (" + kind + ")" }

// A listDiff is how two lists differ as sets.
type listDiff struct {
	added, removed []string
	kept           int
}

func compareLists(before, after []string) listDiff {
	var d listDiff
	for _, item := range after {
		if slices.Contains(before, item) {
			d.kept++
		} else {
			d.added = append(d.added, item)
		}
	}
	for _, item := range before {
		if !slices.Contains(after, item) {
			d.removed = append(d.removed, item)
		}
	}
	return d
}

// partial reports whether the lists have something in common and something not,
// so that the difference says more than both in full.
func (d listDiff) partial() bool { return d.kept > 0 && len(d.added)+len(d.removed) > 0 }

func (d listDiff) signed() []string {
	var all []string
	for _, item := range d.added {
		all = append(all, "+"+item)
	}
	for _, item := range d.removed {
		all = append(all, "-"+item)
	}
	return all
}
