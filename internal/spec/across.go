package spec

import (
	"fmt"
	"slices"
)

// checkGiven complains about variables of the command line that no manifest knows.
func checkGiven(o Options, paths []string, declared map[string]bool, f *faults) {
	if len(paths) == 0 || len(f.list) > 0 && len(declared) == 0 {
		return // what the manifests declare is not known
	}
	for _, name := range sortedKeys(o.Vars) {
		if declared[name] {
			continue
		}
		hint := didYouMean(name, sortedKeys(declared))
		if hint == "" {
			hint = "declare it under vars, or leave --var out"
		}
		f.add(Position{File: manifestPath(paths[0]), Line: 1, Column: 1}, fmt.Sprintf("variable %s of --var is not declared", quote(name)), hint)
	}
}

// checkAcross checks what must hold over all manifests of a run, which are projects of
// one account.
func checkAcross(manifests []Manifest, f *faults) {
	checkProjects(manifests, f)
	checkAccounts(manifests, f)
	checkBigQuery(manifests, f)
	places := checkNames(manifests, f)
	checkForget(manifests, places, f)
	checkRenames(manifests, places, f)
}

func checkProjects(manifests []Manifest, f *faults) {
	places := map[string]Position{}
	for _, m := range manifests {
		if m.Project == "" {
			continue
		}
		if first, twice := places[m.Project]; twice {
			f.add(m.ProjectPos, fmt.Sprintf("project %s is already declared at %s", quote(m.Project), first), "put both into one manifest with include, or rename one")
			continue
		}
		places[m.Project] = m.ProjectPos
	}
}

func checkAccounts(manifests []Manifest, f *faults) {
	first := Manifest{}
	for _, m := range manifests {
		switch {
		case m.Account == "":
		case first.Account == "":
			first = m
		case m.Account != first.Account:
			f.add(m.AccountPos, fmt.Sprintf("this manifest is for account %s, and %s for %s", m.Account, first.Path, first.Account), "apply manifests of different accounts one by one")
		}
	}
}

// checkNames returns the place of each declared dataset.
func checkNames(manifests []Manifest, f *faults) map[string]*Dataset {
	places := map[string]*Dataset{}
	for _, m := range manifests {
		for i := range m.Datasets {
			d := &m.Datasets[i]
			if d.Name == "" {
				continue
			}
			if first := places[d.Name]; first != nil {
				f.add(d.valueAt("name"), fmt.Sprintf("dataset %s is already declared at %s", quote(d.Name), first.valueAt("name")), "remove or rename one of the two")
				continue
			}
			places[d.Name] = d
		}
	}
	return places
}

func checkForget(manifests []Manifest, places map[string]*Dataset, f *faults) {
	for _, m := range manifests {
		for _, forget := range m.Forget {
			if d := places[forget.Name]; d != nil {
				f.add(forget.Pos, fmt.Sprintf("forget names %s, which is declared at %s", quote(forget.Name), d.valueAt("name")), "remove one of the two")
			}
		}
	}
}

// checkRenames lets a dataset take the name of another only where that one goes by a
// new name too.
func checkRenames(manifests []Manifest, places map[string]*Dataset, f *faults) {
	takers := map[string]Position{}
	for _, m := range manifests {
		for _, d := range m.Datasets {
			if d.RenamedFrom == "" {
				continue
			}
			pos := d.valueAt("renamed_from")
			if first, twice := takers[d.RenamedFrom]; twice {
				f.add(pos, fmt.Sprintf("renamed_from names %s already at %s", quote(d.RenamedFrom), first), "only one dataset can have borne the name; remove one of the two")
				continue
			}
			takers[d.RenamedFrom] = pos
			if other := places[d.RenamedFrom]; other != nil && other.RenamedFrom == "" {
				f.add(pos, fmt.Sprintf("renamed_from names %s, which is declared at %s", quote(d.RenamedFrom), other.valueAt("name")), "remove renamed_from")
			}
			if slices.ContainsFunc(m.Forget, func(g Forget) bool { return g.Name == d.RenamedFrom }) {
				f.add(pos, fmt.Sprintf("renamed_from names %s, which forget names too", quote(d.RenamedFrom)), "remove one of the two")
			}
		}
	}
}
