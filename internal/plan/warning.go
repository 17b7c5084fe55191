package plan

import "github.com/cartosync/cartosync/internal/data"

// noteWarnings tells what the importer would do to the files that the actions
// import, and that their owners may not want. Of files that stay as they are it
// was told when they were imported.
func (c *computer) noteWarnings(actions []Action) {
	for _, a := range actions {
		w := c.declared[a.Dataset]
		if a.Kind != KindDataset || w == nil || !bringsContents(a) {
			continue
		}
		for _, found := range w.look.Warnings {
			c.noteWarning(w, found)
		}
	}
}

// bringsContents reports whether an action imports a file, or would if nothing
// stood in its way.
func bringsContents(a Action) bool {
	for _, v := range []Verb{Create, Reimport, Resume} {
		if a.Does(v) || a.Intended == v {
			return true
		}
	}
	return false
}

// noteWarning turns what a look found into a note where the manifest names the
// file.
func (c *computer) noteWarning(w *wanted, found data.Warning) {
	n := WarningNote(found)
	n.Dataset, n.Pos = w.d.Name, w.d.At("source.file")
	n.Problem = w.d.Source.File + ": " + n.Problem
	c.plan.Notes = append(c.plan.Notes, n)
}

// WarningNote is what a look found as a note that says neither in which file nor
// where that is declared.
func WarningNote(found data.Warning) Note {
	n := Note{Severity: "warning", Code: string(found.Code), Problem: found.Detail, Hint: found.Hint}
	if harmless(found.Code) {
		n.Severity = "info"
	}
	if found.Column != "" {
		n.Problem = quoted("column %q: %s", found.Column, found.Detail)
	}
	return n
}

// harmless tells what is merely worth knowing from what loses something.
func harmless(code data.WarningCode) bool {
	switch code {
	case data.WarnRenamedColumns, data.WarnDuplicateNames, data.WarnMixedGeometries, data.WarnIgnoredSheets:
		return true
	}
	return false
}
