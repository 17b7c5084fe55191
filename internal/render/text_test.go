package render

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

func TestNoChanges(t *testing.T) {
	tests := map[string]struct {
		plan plan.Plan
		want string
	}{
		"nothing declared": {nothingToDo(0, 0), "No changes.\n"},
		"one dataset":      {nothingToDo(1, 0), "No changes.\n1 dataset is as declared.\n"},
		"one connection":   {nothingToDo(0, 1), "No changes.\n1 connection is as declared.\n"},
		"one of each":      {nothingToDo(1, 1), "No changes.\n1 dataset and 1 connection are as declared.\n"},
		"many":             {nothingToDo(2000, 2), "No changes.\n2,000 datasets and 2 connections are as declared.\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var planned, applied bytes.Buffer
			if err := Plan(&planned, Text, tt.plan, Options{Color: true, Width: 80, Verbose: true}); err != nil {
				t.Fatal(err)
			}
			if err := Report(&applied, Text, tt.plan, apply.Report{}, Options{}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want, tt.want}, []string{planned.String(), applied.String()}); diff != "" {
				t.Errorf("plan and report (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoChangesWithNotes(t *testing.T) {
	p := nothingToDo(1, 0)
	p.Notes = []plan.Note{{Severity: "info", Code: "no_longer_declared", Problem: `dataset "benches" belongs to project "city-open-data" and is no longer declared`}}
	const want = `No changes.
1 dataset is as declared.

info: dataset "benches" belongs to project "city-open-data" and is no longer declared
`
	if diff := cmp.Diff(want, planText(t, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func planText(t *testing.T, p plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := Plan(&b, Text, p, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummary(t *testing.T) {
	create, update, remove := dataset(plan.Create, "a", 1), dataset(plan.Update, "b", 2), dataset(plan.Delete, "c", 3)
	adopt := dataset(plan.Adopt, "d", 4)
	adopt.Also = []plan.Verb{plan.Update, plan.Reimport}
	blocked := dataset(plan.Blocked, "e", 5)
	blocked.Intended, blocked.Publishes, blocked.Destroys = plan.Delete, true, true
	open := update
	open.Publishes = true
	remove.Destroys = true
	lossy := update
	lossy.Destroys = true

	tests := map[string]struct {
		actions []plan.Action
		want    string
	}{
		"the three":    {[]plan.Action{create, create, update}, "Plan: 2 to create, 1 to update, 0 to delete.\n"},
		"two in one":   {[]plan.Action{adopt}, "Plan: 0 to create, 1 to update, 0 to delete, 1 to reimport, 1 to adopt.\n"},
		"only blocked": {[]plan.Action{blocked}, "Plan: 0 to create, 0 to update, 0 to delete, 1 blocked.\n"},
		"dangers": {[]plan.Action{open, remove, remove, lossy}, "Plan: 0 to create, 2 to update, 2 to delete.\n" +
			"1 dataset becomes more public.\n2 datasets are deleted.\n1 dataset loses data for good.\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := plan.Plan{Actions: tt.actions}
			txt := &text{page: newPage(Options{})}
			txt.summary(p)
			if diff := cmp.Diff(tt.want, string(txt.bytes())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// With several projects in a run, each action says whose it is.
func TestSeveralProjects(t *testing.T) {
	a := dataset(plan.Delete, "c", 3)
	a.Project = "transport"
	p := plan.Plan{Account: "https://acme.carto.com", Projects: []string{"land", "transport"}, Actions: []plan.Action{a}}
	const want = `Account https://acme.carto.com, projects land and transport

- delete c  project transport  carto.yaml:3:5

Plan: 0 to create, 0 to update, 1 to delete.
`
	if diff := cmp.Diff(want, planText(t, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEndangersMaps(t *testing.T) {
	before := plan.Contents{Rows: 1, Geometry: "point", Columns: cols("a text", "b integer")}
	tests := map[string]struct {
		after plan.Contents
		want  bool
	}{
		"the same":         {before, false},
		"wider number":     {plan.Contents{Geometry: "point", Columns: cols("a text", "b bigint")}, false},
		"new column":       {plan.Contents{Geometry: "point", Columns: cols("a text", "b integer", "c text")}, false},
		"dropped column":   {plan.Contents{Geometry: "point", Columns: cols("a text")}, true},
		"retyped column":   {plan.Contents{Geometry: "point", Columns: cols("a text", "b text")}, true},
		"another geometry": {plan.Contents{Geometry: "multipolygon", Columns: before.Columns}, true},
		"not known":        {plan.Contents{Unknown: "a zip"}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := dataset(plan.Reimport, "a", 1)
			a.Before, a.After = &before, &tt.after
			if got := endangersMaps(a); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
