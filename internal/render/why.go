package render

import (
	"io"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
)

// Why prints what decided about one dataset. As JSON it is the document of a plan
// with that one action and the key why; the formats for comments and annotations
// are those of that plan.
func Why(w io.Writer, f Format, x plan.Explanation, o Options) error {
	switch f {
	case Text:
		return write(w, whyText(x, o), nil)
	case JSON:
		doc := planDocument(x.Plan)
		doc.Why = &x
		b, err := encode(doc)
		return write(w, b, err)
	}
	return Plan(w, f, x.Plan, o)
}

func whyText(x plan.Explanation, o Options) []byte {
	t := &text{page: newPage(o), verbose: true}
	t.header(x.Plan)
	t.blank()
	if x.Action.Verb == plan.None {
		t.line(0, span{strong, x.Action.Dataset}, span{plain, " is as declared"}, span{faint, "  " + x.Action.Pos.String()})
	} else {
		t.action(x.Action)
	}
	t.blank()
	t.facts(x)
	t.fieldTable(x.Fields, o)
	t.guardTable(x.Guards, o)
	if q := x.Plan.Quota; q.Datasets > 0 && q.DatasetsLeft != nil || q.Bytes > 0 && q.BytesLeft != nil {
		t.blank()
		t.quota(q)
	}
	t.notes(x.Plan)
	return t.bytes()
}

// facts says how the dataset was found and what identifies its source.
func (t *text) facts(x plan.Explanation) {
	found := x.Match
	if x.Live != "" {
		found += ": " + x.Live + ", id " + x.Action.ID
	}
	t.fact("found", found)
	t.fact("marker", strings.Join(x.Marker, ", "))
	f := x.Fingerprint
	t.fact("fingerprint", sourceText(f))
	for _, in := range f.Inputs {
		t.fact("", "of "+in)
	}
	if s := x.Sync; s != nil {
		t.fact("synchronization", strings.Join([]string{s.ID, "of " + s.Source, "every " + s.Interval, "into " + noneIf(s.Name)}, ", "))
		state := s.State + ", " + plural(int64(s.Retried), "failed run") + " in a row"
		if s.Error != 0 {
			state += ", error " + strconv.Itoa(s.Error)
		}
		t.fact("", state)
		t.fact("", "last run ended "+noneIf(s.RanAt)+", next "+noneIf(s.RunAt))
	}
	if len(x.Action.Steps) > 0 {
		var steps []string
		for _, s := range x.Action.Steps {
			steps = append(steps, strings.ReplaceAll(string(s), "_", " "))
		}
		t.fact("steps of apply", strings.Join(steps, ", "))
	}
}

func sourceText(f plan.FingerprintParts) string {
	if f.Source == "" && f.Imported == "" {
		return ""
	}
	if f.Source == f.Imported {
		return f.Source + ", as imported"
	}
	return noneIf(f.Source) + ", imported was " + noneIf(f.Imported)
}

func noneIf(s string) string {
	if s == "" {
		return nothing
	}
	return s
}

// fact adds a line under a head; further lines of a fact have none.
func (t *text) fact(head, says string) {
	if head != "" {
		head += ":"
	}
	t.line(0, span{faint, head + strings.Repeat(" ", max(0, 17-len(head)))}, span{plain, noneIf(says)})
}

func (t *text) fieldTable(fields []plan.Compared, o Options) {
	table := Table{Kind: "field", Columns: []Column{{Key: "field"}, {Key: "verdict"}, {Key: "declared"}, {Key: "live"}}}
	for _, f := range fields {
		c := plan.Change{Field: f.Field}
		declared := value(c, f.Declared)
		if f.Verdict == plan.NotManaged {
			declared = "" // which is not the same as none
		}
		table.Add(f.Field, f.Verdict.String(), declared, value(c, f.Live))
	}
	t.table(table, o)
}

func (t *text) guardTable(guards []plan.GuardValue, o Options) {
	table := Table{Kind: "guard", Columns: []Column{{Key: "guard"}, {Key: "state"}, {Key: "limit"}, {Key: "value"}}}
	for _, g := range guards {
		table.Add(string(g.Guard), g.State, g.Limit, g.Value)
	}
	t.table(table, o)
}

// table adds an empty line and a table, if it has rows.
func (t *text) table(table Table, o Options) {
	if len(table.Rows) == 0 {
		return
	}
	t.blank()
	t.b.Write(tableText(table, o))
}
