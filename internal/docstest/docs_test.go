// Package docstest holds the documentation to the program: every example in README.md and docs is
// run or checked, and every reference table is compared with what it refers to. There is nothing
// here but tests.
//
// What each fenced block is follows from its language:
//
//   - console: lines that begin with "$ " are run by a shell in a copy of examples, one copy for
//     each document, and what they print is compared. See console_test.go.
//   - yaml: the first line names the file ("# carto.yaml"), which the commands after it find, and a
//     manifest must be valid; or a comment before the block says which part of a manifest it is. See
//     yaml_test.go.
//   - json must be JSON.
//
// Any other block, and one that cannot be run, says why in a comment right before it:
//
//	<!-- not run: it needs an account in CARTO -->
//
// To take over what the program prints now, and read the difference:
//
//	go test ./internal/docstest -update
package docstest

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write what the program says now into the documents")

// root is the directory of the module.
const root = "../.."

// documents are README.md and everything in docs, by name.
func documents(t *testing.T) []*document {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no documents in docs: %v", err)
	}
	var docs []*document
	for _, path := range append([]string{filepath.Join(root, "README.md")}, paths...) {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, open(t, filepath.ToSlash(rel)))
	}
	return docs
}

// pages are all documents of the project that people read: their links and what they mention of
// the command line is checked, whoever runs their examples.
func pages(t *testing.T) []*document {
	t.Helper()
	all := append(documents(t), open(t, "CONTRIBUTING.md"), open(t, "CHANGELOG.md"))
	examples, err := filepath.Glob(filepath.Join(root, "examples", "*", "README.md"))
	if err != nil || len(examples) == 0 {
		t.Fatalf("there are no examples with a README.md: %v", err)
	}
	for _, path := range examples {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, open(t, filepath.ToSlash(rel)))
	}
	return all
}

// open reads a document by its name from the module's directory.
func open(t *testing.T, name string) *document {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	d, err := parse(name, string(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestBlocks makes sure that no block escapes the other tests.
func TestBlocks(t *testing.T) {
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			reason, excused := b.excuse()
			switch {
			case excused && reason == "":
				t.Errorf("%s:%d: say why the block is not run", d.name, b.line)
			case excused, b.lang == "console":
			case b.lang == "yaml":
				if b.file() == "" && b.fragment() == "" {
					t.Errorf("%s:%d: name the file on the block's first line, or say in a comment before it which part of a manifest it is", d.name, b.line)
				}
			case b.lang == "json":
				if !json.Valid([]byte(strings.Join(b.body, "\n"))) {
					t.Errorf("%s:%d: the block is not JSON", d.name, b.line)
				}
			default:
				t.Errorf("%s:%d: nothing runs a block in %q; say why in a comment before it", d.name, b.line, b.lang)
			}
		}
	}
}

// TestFirstCommand keeps the two commands of a newcomer's first minute in README.md.
func TestFirstCommand(t *testing.T) {
	const first = "$ go run ./cmd/cartosync apply --sandbox --auto-approve examples/quickstart"
	runs := 0
	for _, b := range open(t, "README.md").blocks {
		if _, excused := b.excuse(); excused || b.lang != "console" {
			continue
		}
		for _, line := range b.body {
			if line == first {
				runs++
			}
		}
	}
	if runs < 2 {
		t.Errorf("README.md runs %q %d times, want twice", first, runs)
	}
}
