package docstest

import (
	"encoding/json"
	"go/ast"
	"maps"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/schema"
)

// TestReasons compares the reason codes, guards, verbs and warnings that docs/how-a-run-works.md
// lists with those of the planner and the look.
func TestReasons(t *testing.T) {
	d := open(t, "docs/how-a-run-works.md")
	reasons := constants(t, "internal/plan/reason.go", "Reason")
	guards := constants(t, "internal/plan/reason.go", "Guard")
	guardPrefix := reasons["GuardTripped"]
	if guardPrefix == "" {
		t.Fatal("the planner has no reason for guards")
	}
	delete(reasons, "GuardTripped") // only ever joined with a guard
	want := values(reasons)
	for _, g := range guards {
		want = append(want, guardPrefix+"_"+g)
	}
	tests := []struct {
		section string
		want    []string
	}{
		{"Reasons", want},
		{"Guards", values(guards)},
		{"Actions", values(constants(t, "internal/plan/action.go", "Verb"))},
		{"What the look warns of", values(constants(t, "internal/data/types.go", "WarningCode"))},
	}
	for _, tt := range tests {
		t.Run(tt.section, func(t *testing.T) {
			var got []string
			for _, row := range rows(d.section(t, tt.section)) {
				got = append(got, code(row[0])...)
			}
			slices.Sort(tt.want)
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-internal/plan +docs/how-a-run-works.md:\n%s", diff)
			}
		})
	}
}

// TestNotes compares the codes of notes that docs/how-a-run-works.md lists with those that the
// planner writes: a text, or a reason turned into one. Those that it takes over from a look are
// in a table of their own.
func TestNotes(t *testing.T) {
	reasons := constants(t, "internal/plan/reason.go", "Reason")
	found := map[string]bool{}
	for _, f := range parseDir(t, "internal/plan") {
		ast.Inspect(f, func(n ast.Node) bool {
			if code := noteCode(n); code != nil {
				found[noteText(t, code, reasons)] = true
			}
			return true
		})
	}
	var got []string
	for _, row := range rows(open(t, "docs/how-a-run-works.md").section(t, "Notes")) {
		got = append(got, code(row[0])...)
	}
	slices.Sort(got)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(found)), got); diff != "" {
		t.Errorf("-internal/plan +docs/how-a-run-works.md:\n%s", diff)
	}
}

// noteCode is the code of a note that n makes: the third argument of c.note, or the field of a Note.
func noteCode(n ast.Node) ast.Expr {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "note" && len(n.Args) > 2 {
			return n.Args[2]
		}
	case *ast.CompositeLit:
		if id, ok := n.Type.(*ast.Ident); !ok || id.Name != "Note" {
			return nil
		}
		for _, e := range n.Elts {
			kv := e.(*ast.KeyValueExpr)
			_, parameter := kv.Value.(*ast.Ident) // of c.note itself
			if kv.Key.(*ast.Ident).Name == "Code" && !parameter && !ofWarning(kv.Value) {
				return kv.Value
			}
		}
	}
	return nil
}

// ofWarning recognises string(found.Code).
func ofWarning(code ast.Expr) bool {
	conversion, ok := code.(*ast.CallExpr)
	if !ok || len(conversion.Args) != 1 {
		return false
	}
	_, field := conversion.Args[0].(*ast.SelectorExpr)
	return field
}

func noteText(t *testing.T, code ast.Expr, reasons map[string]string) string {
	t.Helper()
	switch code := code.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(code.Value); err == nil {
			return text
		}
	case *ast.CallExpr: // string(SecretUnavailable)
		if id, ok := code.Args[0].(*ast.Ident); ok && reasons[id.Name] != "" {
			return reasons[id.Name]
		}
	}
	t.Fatalf("a note has a code that this test cannot read: %T", code)
	return ""
}

func values(m map[string]string) []string { return slices.Collect(maps.Values(m)) }

// TestJSONKeys compares the keys of JSON output in docs/command-line.md with its schema.
func TestJSONKeys(t *testing.T) {
	var s struct {
		Properties map[string]any
		Defs       map[string]struct{ Properties map[string]any } `json:"$defs"`
	}
	if err := json.Unmarshal(schema.Plan(), &s); err != nil {
		t.Fatal(err)
	}
	d := open(t, "docs/command-line.md")
	for section, want := range map[string]map[string]any{
		"The document":  s.Properties,
		"An action":     s.Defs["action"].Properties,
		"A diagnostic":  s.Defs["diagnostic"].Properties,
		"The result":    s.Defs["result"].Properties,
		"What was done": s.Defs["action_result"].Properties,
	} {
		t.Run(section, func(t *testing.T) {
			var got []string
			for _, row := range rows(d.section(t, section)) {
				got = append(got, code(row[0])...)
			}
			slices.Sort(got)
			if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), got); diff != "" {
				t.Errorf("-schema/plan.schema.json +docs/command-line.md:\n%s", diff)
			}
		})
	}
}
