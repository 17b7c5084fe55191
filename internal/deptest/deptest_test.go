// Package deptest keeps the architecture true: which package may import which, what must stay out
// of reach, and which libraries we use for what. The tables are in rules_test.go, each line with
// its reason; there is nothing here but tests.
package deptest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// all as a layer's list lets it import every package of ours.
var all = []string{"*"}

// A layer is a package of ours, what else of ours its own files may import, and why.
type layer struct {
	pkg string
	may []string
	why string
}

// A ban keeps the package bad out of pkg.
type ban struct{ pkg, bad, why string }

// A library is a module, what it is for, and the packages that import it.
type library struct {
	module, why string
	by          []string
}

func TestRules(t *testing.T) {
	g := loadGraph(t)
	tests := []struct {
		name  string
		found []string
	}{
		{"layers", g.checkLayers(layers)},
		{"reach", g.checkReach(bans)},
		{"direct", g.checkDirect(directBans, false)},
		{"tests", g.checkDirect(testBans, true)},
		{"libraries", g.checkLibraries(libraries, testLibraries)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, f := range tt.found {
				t.Error(f)
			}
		})
	}
}

// checkLayers compares every import of ours by ours with the table.
func (g graph) checkLayers(layers []layer) []string {
	var found []string
	listed := map[string]bool{}
	for _, l := range layers {
		listed[l.pkg] = true
		if !g[l.pkg].Ours {
			found = append(found, fmt.Sprintf("%s is in the table of layers but not in the tree; correct the table", l.pkg))
		}
		for _, p := range g[l.pkg].Imports {
			if g[p].Ours && !slices.Contains(l.may, p) && !slices.Equal(l.may, all) {
				found = append(found, fmt.Sprintf("%s imports %s, but it %s", l.pkg, p, l.why))
			}
		}
	}
	for _, p := range g.ours() {
		if !listed[p] {
			found = append(found, fmt.Sprintf("%s is not in the table of layers; say there what it may import and why", p))
		}
	}
	return found
}

// checkReach follows imports to any depth.
func (g graph) checkReach(bans []ban) []string {
	var found []string
	for _, b := range bans {
		if way := g.chain(b.pkg, b.bad); way != nil {
			found = append(found, fmt.Sprintf("%s must not reach %s: %s (%s)", b.pkg, b.bad, b.why, strings.Join(way, " -> ")))
		}
	}
	return append(found, g.checkNames(bans)...)
}

// checkDirect looks at a package's own files, its test files included if tests is set.
func (g graph) checkDirect(bans []ban, tests bool) []string {
	var found []string
	for _, b := range bans {
		own := slices.Clone(g[b.pkg].Imports)
		if tests {
			own = append(own, g[b.pkg].Tests...)
		}
		if slices.Contains(own, b.bad) {
			found = append(found, fmt.Sprintf("%s must not import %s: %s", b.pkg, b.bad, b.why))
		}
	}
	return append(found, g.checkNames(bans)...)
}

// checkNames finds bans that protect or forbid nothing, because a package moved or is misspelt.
// Packages that only tests use, and those of the standard library that nobody uses, are not in the graph.
func (g graph) checkNames(bans []ban) []string {
	var found []string
	for _, b := range bans {
		if !g[b.pkg].Ours {
			found = append(found, fmt.Sprintf("the ban of %s from %s protects nothing: there is no %s", b.bad, b.pkg, b.pkg))
		}
		if strings.HasPrefix(b.bad, "internal/") && !g[b.bad].Ours {
			found = append(found, fmt.Sprintf("the ban of %s from %s forbids nothing: there is no %s", b.bad, b.pkg, b.bad))
		}
	}
	return found
}

// checkLibraries compares who imports which module with the table, both ways.
func (g graph) checkLibraries(libraries []library, forTests []string) []string {
	type use struct{ pkg, module string }
	unused := map[use]bool{}
	for _, l := range libraries {
		for _, p := range l.by {
			unused[use{p, l.module}] = true
		}
	}
	var found []string
	for _, p := range g.ours() {
		for _, m := range g.modules(g[p].Imports) {
			switch {
			case slices.Contains(forTests, m):
				found = append(found, fmt.Sprintf("%s imports %s, which is for tests, in files that are not", p, m))
			case !unused[use{p, m}]:
				found = append(found, fmt.Sprintf("%s imports %s; if it carries its weight there, say so in the table of libraries", p, m))
			}
			delete(unused, use{p, m})
		}
	}
	for _, l := range libraries {
		for _, p := range l.by {
			if unused[use{p, l.module}] {
				found = append(found, fmt.Sprintf("%s no longer imports %s; take it from the table of libraries", p, l.module))
			}
		}
	}
	return found
}

// ours returns the paths of our own packages, sorted.
func (g graph) ours() []string {
	var own []string
	for p, n := range g {
		if n.Ours {
			own = append(own, p)
		}
	}
	slices.Sort(own)
	return own
}

// modules returns the modules of others that the imports belong to, sorted.
func (g graph) modules(imports []string) []string {
	var mods []string
	for _, p := range imports {
		if n := g[p]; n.Module != "" && !n.Ours {
			mods = append(mods, n.Module)
		}
	}
	slices.Sort(mods)
	return slices.Compact(mods)
}
