package main

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// The command that goes on leaves out what was asked for by name and is done.
func TestAgainLeavesOut(t *testing.T) {
	result := func(dataset string, o apply.Outcome) apply.Result {
		return apply.Result{Action: plan.Action{Kind: plan.KindDataset, Dataset: dataset}, Outcome: o, Err: errors.New("no")}
	}
	report := apply.Report{Results: []apply.Result{
		result("a", apply.Done), result("b", apply.Failed), result("c", apply.Done), result("c", apply.Failed), result("it's", apply.Skipped),
	}}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"a list", []string{"apply", "--reimport", "a,b", "city"}, "cartosync apply --reimport b city"},
		{"joined", []string{"apply", "--reimport=a,b,c"}, "cartosync apply --reimport b,c"},
		{"all of them done", []string{"apply", "--reimport", "a", "--reimport=b"}, "cartosync apply --reimport b"},
		{"a manifest of that name", []string{"apply", "--target", "a,b", "a"}, "cartosync apply --target a,b a"},
		{"sync", []string{"sync", "b", "a"}, "cartosync sync b"},
		{"sync with a manifest of that name", []string{"sync", "--manifest", "a", "--no-wait", "a", "b"}, "cartosync sync --manifest a --no-wait b"},
		{"behind the flags", []string{"sync", "--", "a", "b"}, "cartosync sync -- b"},
		{"quoted", []string{"apply", "--reimport", "a,it's"}, `cartosync apply --reimport 'it'\''s'`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var g grammar
			parser, err := newParser(&g, streams{})
			if err != nil {
				t.Fatal(err)
			}
			selected, err := parser.Parse(tt.args)
			if err != nil {
				t.Fatal(err)
			}
			a := &app{args: tt.args, valued: valueFlags(selected)}
			if diff := cmp.Diff(tt.want, a.again(report)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
