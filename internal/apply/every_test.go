package apply_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/plan"
)

// kinds are a dataset of every kind: from a file, from a URL, synchronized from
// one, from a connector, synchronized from one, and filled by somebody else.
var kinds = []struct{ name, source string }{
	{"bees", "source: {connector: warehouse, table: order_items}"},
	{"cows", "source: {connector: warehouse, table: order_items}, sync: {interval: 15m}"},
	{"dogs", "source: {file: trees.csv}"},
	{"elks", ""},
	{"hens", "source: {url: \"http://files.sandbox.test/birds.csv\"}"},
	{"rats", "source: {url: \"http://files.sandbox.test/air_export.csv\"}, sync: {interval: 1h}"},
}

// declare writes a manifest of every kind; each entry gets what more says of it.
func (a *account) declare(rename func(string) string, more func(string) string) {
	var b strings.Builder
	b.WriteString("connections: {warehouse: {provider: hive, server: hive.example.org}}\ndatasets:\n")
	for _, k := range kinds {
		fields := []string{"name: " + rename(k.name), k.source, more(k.name)}
		fmt.Fprintf(&b, "  - {%s}\n", strings.Join(nonEmpty(fields), ", "))
	}
	a.manifest(b.String())
}

func nonEmpty(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func same(name string) string  { return name }
func adopting(string) string   { return "adopt: true" }
func renamed(n string) string  { return "new_" + n }
func former(n string) string   { return "renamed_from: " + n }
func entitled(n string) string { return "title: The " + n }

// with applies with options and expects a second plan with the same ones, a
// reimport apart, to have nothing to do.
func (a *account) with(o plan.Options, want ...string) {
	a.t.Helper()
	run := func() plan.Input {
		in := a.input(a.t.Context())
		in.Options = o
		in.Details = a.answers(in)
		return in
	}
	in := run()
	got := results(a.carryOut(a.t.Context(), in, plan.Compute(in)))
	if diff := cmp.Diff(want, got); diff != "" {
		a.t.Errorf("wanted -, got +:\n%s", diff)
	}
	o.Reimport = nil
	for _, act := range plan.Compute(run()).Actions {
		if act.Verb != plan.None {
			a.t.Errorf("still to do: %s %q: %s %v", act.Verb, act.Name(), act.Reason, act.Changes)
		}
	}
}

// eachKind names the outcome for datasets of every kind.
func eachKind(outcome string, rename func(string) string) []string {
	var all []string
	for _, k := range kinds {
		all = append(all, outcome+" "+rename(k.name))
	}
	return all
}

// someKinds is an account with a dataset of every kind, as declared.
func someKinds(t *testing.T) *account {
	a := noKinds(t)
	a.declare(same, adopting)
	a.with(plan.Options{}, "done create warehouse", "done adopt elks", "done create bees", "done create cows", "done create dogs", "done create hens", "done create rats")
	return a
}

// noKinds has but the dataset that somebody else fills.
func noKinds(t *testing.T) *account {
	a := everyKind(t)
	id, err := a.client.Upload(t.Context(), carto.Upload{Name: "elks.csv", Body: strings.NewReader(trees), Size: int64(len(trees))})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.client.WaitImport(t.Context(), id, carto.Poll{}); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestEveryActionOnEveryKindSettles: plan, apply, plan says that there is
// nothing to do, whatever the action was and whatever fills the dataset.
func TestEveryActionOnEveryKindSettles(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(*testing.T, *account)
	}{
		{"create", func(*testing.T, *account) {}},
		{"update", func(_ *testing.T, a *account) {
			a.declare(same, entitled)
			a.with(plan.Options{}, eachKind("done update", same)...)
		}},
		{"rename", func(_ *testing.T, a *account) {
			a.declare(renamed, former)
			a.with(plan.Options{}, eachKind("done rename", renamed)...)
		}},
		{"renamed by hand", func(_ *testing.T, a *account) {
			for _, k := range kinds {
				a.update(k.name, carto.DatasetUpdate{Name: ptr("by_hand_" + k.name)})
			}
			a.with(plan.Options{}, eachKind("done rename", same)...)
		}},
		{"adopt", func(t *testing.T, a *account) {
			later(t, 3*time.Hour) // once they have run, synchronizations say no more whose they are
			for _, k := range kinds {
				a.update(k.name, carto.DatasetUpdate{Tags: &[]string{"mine"}})
			}
			a.with(plan.Options{}, eachKind("done adopt", same)...)
		}},
		{"reimport", func(_ *testing.T, a *account) {
			a.with(plan.Options{Reimport: []string{"bees", "cows", "dogs", "elks", "hens", "rats"}},
				"done reimport bees", "done reimport dogs", "done reimport hens")
		}},
		{"heal", func(_ *testing.T, a *account) {
			failure, many := carto.SyncFailure, 10
			for _, name := range []string{"cows", "rats"} {
				a.reset(a.dataset(name).Synchronization.ID, carto.SyncUpdate{State: &failure, Retried: &many})
			}
			a.with(plan.Options{}, "done heal cows", "done heal rats")
		}},
		{"forget", func(_ *testing.T, a *account) {
			a.manifest("connections: {warehouse: {provider: hive, server: hive.example.org}}\nforget: [bees, cows, dogs, elks, hens, rats]\n")
			a.with(plan.Options{}, eachKind("done forget", same)...)
		}},
		{"delete", func(_ *testing.T, a *account) {
			a.manifest("")
			o := plan.Options{Prune: true}
			for _, k := range kinds {
				o.Allow = append(o.Allow, plan.Allowance{Guard: plan.GuardMassDelete, Dataset: k.name})
			}
			a.with(o, append(eachKind("done delete", same), "done delete warehouse")...)
			if diff := cmp.Diff([]string(nil), a.names()); diff != "" {
				a.t.Errorf("wanted -, got +:\n%s", diff)
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T) { c.act(t, someKinds(t)) })
		})
	}
	t.Run("resume", func(t *testing.T) {
		each(t, func(t *testing.T) {
			a := noKinds(t)
			a.declare(same, adopting)
			in := a.input(t.Context())
			p := plan.Compute(in)
			for i, act := range p.Actions {
				if act.Verb == plan.Create && act.Kind == plan.KindDataset {
					p.Actions[i].Steps = []plan.Step{plan.StepStage}
				}
			}
			a.carryOut(t.Context(), in, p)
			later(t, time.Minute)
			a.with(plan.Options{}, "done resume bees", "done resume cows", "done resume dogs", "done resume hens", "done resume rats")
		})
	})
}
