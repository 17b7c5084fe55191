package deptest

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// modulePath is cut from the paths of our own packages, for tables that can be read.
const modulePath = "github.com/cartosync/cartosync/"

// A node is one package as the go command lists it.
type node struct {
	Imports []string // by its files that are built into programs
	Tests   []string // by its test files, in the package and beside it
	Module  string   // "" for the standard library
	Ours    bool
}

// A graph maps import paths to packages; ours are written without the module's path.
type graph map[string]node

// systems are listed besides the one at hand: a file for one system counts on all of them.
var systems = []string{"linux", "darwin", "windows"}

// loadGraph lists the module and all it is built from. For other systems it makes do with the
// modules that a build for this one has brought here, so that the test needs no network: ours are
// complete, a module of others that only they need has no imports.
func loadGraph(t *testing.T) graph {
	t.Helper()
	root := strings.TrimSpace(goList(t, ".", nil, "-m", "-f", "{{.Dir}}"))
	watch(t, root)
	const fields = "-json=ImportPath,Imports,TestImports,XTestImports,Module"
	g := graph{}
	g.add(t, goList(t, root, nil, "-deps", fields, "./..."))
	for _, system := range systems {
		env := []string{"GOOS=" + system, "GOARCH=amd64", "GOPROXY=off"}
		g.add(t, goList(t, root, env, "-e", "-deps", fields, "./..."))
	}
	return g
}

// add merges one listing into the graph.
func (g graph) add(t *testing.T, listing string) {
	t.Helper()
	for dec := json.NewDecoder(strings.NewReader(listing)); ; {
		var p struct {
			ImportPath                         string
			Imports, TestImports, XTestImports []string
			Module                             *struct {
				Path string
				Main bool
			}
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("reading the output of go list: %v", err)
		}
		path := strings.TrimPrefix(p.ImportPath, modulePath)
		n := g[path]
		n.Imports = short(n.Imports, p.Imports)
		n.Tests = short(n.Tests, p.TestImports, p.XTestImports)
		if p.Module != nil {
			n.Module, n.Ours = p.Module.Path, p.Module.Main
		}
		g[path] = n
	}
}

func goList(t *testing.T, dir string, env []string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), env...)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		t.Fatalf("%s %s: %v\n%s", strings.Join(env, " "), cmd, err, exit.Stderr)
	} else if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	return string(out)
}

// watch opens every directory that may hold Go files. The go command keeps a test's result until a
// file that the test itself opened has changed; what its children read it does not see.
func watch(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		name := d.Name()
		if d.IsDir() && path != root && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// short joins lists of import paths into one, sorted, with ours cut short.
func short(lists ...[]string) []string {
	paths := slices.Concat(lists...)
	for i, p := range paths {
		paths[i] = strings.TrimPrefix(p, modulePath)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// chain returns a shortest way from one package to another through Imports, nil if there is none.
func (g graph) chain(from, to string) []string {
	seen := map[string]bool{from: true}
	for ways := [][]string{{from}}; len(ways) > 0; ways = ways[1:] {
		way := ways[0]
		for _, next := range g[way[len(way)-1]].Imports {
			if next == to {
				return append(way, to)
			}
			if !seen[next] {
				seen[next] = true
				ways = append(ways, append(slices.Clone(way), next))
			}
		}
	}
	return nil
}
