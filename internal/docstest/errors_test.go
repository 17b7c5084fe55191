package docstest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
)

// classes are the words of docs/errors.md for what a code calls for.
var classes = map[carto.Class]string{
	carto.ClassFix:   "change something",
	carto.ClassRetry: "try again",
	carto.ClassOps:   "ask the operator",
	carto.ClassState: "nothing",
}

// TestErrorCodes keeps the table of docs/errors.md equal to what cartosync says of CARTO's codes.
func TestErrorCodes(t *testing.T) {
	d := open(t, "docs/errors.md")
	var want []string
	for code := range 100_000 {
		e := carto.Explain(code)
		if e.Class == carto.ClassUnknown {
			continue
		}
		if classes[e.Class] == "" {
			t.Fatalf("code %d has the class %q, which has no words", code, e.Class)
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", strconv.Itoa(code), e.Meaning, e.Remedy, classes[e.Class]))
	}
	first := slices.IndexFunc(d.lines, func(s string) bool { return strings.HasPrefix(s, "| `") })
	if first < 0 {
		t.Fatal("docs/errors.md has no table of codes")
	}
	end := first
	for end < len(d.lines) && strings.HasPrefix(d.lines[end], "|") {
		end++
	}
	if *update {
		text := strings.Join(slices.Replace(slices.Clone(d.lines), first, end, want...), "\n") + "\n"
		if err := os.WriteFile(filepath.Join(root, "docs", "errors.md"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, d.lines[first:end]); diff != "" {
		t.Errorf("-internal/carto +docs/errors.md:\n%s", diff)
	}
}
