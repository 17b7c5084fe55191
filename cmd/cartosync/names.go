package main

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// checkNames refuses names of datasets that no manifest knows: a slip of the pen in
// --target would otherwise plan nothing and look like success.
func (f choiceFlags) checkNames(desired []spec.Manifest) error {
	declared := declaredNames(desired)
	for _, flag := range []struct {
		name  string
		given []string
	}{
		{"--target", f.Target}, {"--exclude", f.Exclude}, {"--reimport", f.Reimport}, {"--allow", f.declaredOnly()},
	} {
		for _, name := range flag.given {
			if !declared[name] {
				return unknownName(flag.name, name, slices.Sorted(maps.Keys(declared)))
			}
		}
	}
	return nil
}

// declaredOnly are the names of --allow that must be declared: without --prune
// nothing else is ever planned for.
func (f choiceFlags) declaredOnly() []string {
	if f.Prune {
		return nil
	}
	return f.allowed()
}

func (f choiceFlags) allowed() []string {
	var names []string
	for _, a := range f.Allow {
		names = append(names, a.Dataset)
	}
	return names
}

// checkPruned refuses names of --allow that are neither declared nor in the account.
func (f choiceFlags) checkPruned(in plan.Input) error {
	known := declaredNames(in.Desired)
	for _, d := range in.Account.Datasets {
		known[d.Name] = true
	}
	for _, name := range f.allowed() {
		if !known[name] {
			return unknownName("--allow", name, slices.Sorted(maps.Keys(known)))
		}
	}
	return nil
}

func declaredNames(desired []spec.Manifest) map[string]bool {
	names := map[string]bool{}
	for _, m := range desired {
		for _, d := range m.Datasets {
			names[d.Name] = true
		}
		for _, f := range m.Forget {
			names[f.Name] = true
		}
	}
	return names
}

func unknownName(flag, name string, known []string) error {
	hint := "check the name"
	if near := nearest(name, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return usage(hint, "%s %s: no manifest declares a dataset of that name", flag, name)
}
