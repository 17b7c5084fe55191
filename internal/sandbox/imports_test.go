package sandbox_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The sandbox and the client share no code, so that a mistake in one cannot cancel out in the other: of ours, the sandbox
// imports only the readers of files, the naming rules, and its own packages. That holds for its tests too.
func TestImportsOfOurs(t *testing.T) {
	const module = "github.com/cartosync/cartosync/"
	allowed := map[string][]string{
		".":           {"fault", "store", "work", "work/pgtest"},
		"store":       {},
		"work":        {"fault", "store"},
		"work/pgtest": {},
		"fault":       {},
	}
	seen := map[string]bool{}
	var wrong []string
	err := fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		dir := "."
		if i := strings.LastIndexByte(path, '/'); i >= 0 {
			dir = path[:i]
		}
		seen[dir] = true
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			full, _ := strconv.Unquote(spec.Path.Value)
			ours, isOurs := strings.CutPrefix(full, module+"internal/")
			if !isOurs {
				continue
			}
			inner, inside := strings.CutPrefix(ours, "sandbox/")
			inside = inside && (slices.Contains(allowed[dir], inner) || strings.HasSuffix(path, "_test.go") && inner == dir)
			self := ours == "sandbox" && strings.HasSuffix(path, "_test.go") && dir == "."
			data := (ours == "data" || ours == "name") && dir != "fault" || ours == "data/datatest" && strings.HasSuffix(path, "_test.go")
			if !inside && !self && !data {
				wrong = append(wrong, path+" imports "+ours)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string(nil), wrong); diff != "" {
		t.Error(diff)
	}
	for dir := range allowed {
		if !seen[dir] {
			t.Errorf("there is no package %s any more: take it off the list", dir)
		}
	}
}
