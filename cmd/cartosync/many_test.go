package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/sandbox"
)

// What would be done to a large account still fits into a comment, with every line that
// destroys or publishes; where those alone are too many they are all there, and stderr
// says by how much it is too long. How many files are looked at side by side changes
// nothing.
func TestManyChangesFitAComment(t *testing.T) {
	const live, pruned = 21, 10
	account, _ := serveSandbox(t, func(*http.Request) {})
	t.Chdir(t.TempDir()) // places are as long as they are in a repository
	write := func(file string, name func(int) string, from, to int, public func(int) bool) string {
		var b strings.Builder
		b.WriteString("version: 1\nproject: city\ndatasets:\n")
		for i := range to {
			switch {
			case i < live && i < from:
				continue
			case i < live:
				fmt.Fprintf(&b, "  - {name: dataset_%d, source: {file: a.csv}}\n", i)
			case public(i):
				fmt.Fprintf(&b, "  - {name: %s, source: {file: a.csv}, privacy: public}\n", name(i))
			default:
				fmt.Fprintf(&b, "  - {name: %s, source: {file: a.csv}}\n", name(i))
			}
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return file
	}
	if err := os.WriteFile("a.csv", []byte("id,kind\n1,oak\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	cli := func(args ...string) (stdout, stderr string) {
		t.Helper()
		var out, errs bytes.Buffer
		env := environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey})
		args = append(args, "--account", account)
		if code := run(t.Context(), args, streams{stdin: new(bytes.Buffer), stdout: &out, stderr: &errs}, env); code != exitDone {
			t.Fatalf("exit code %d: %s", code, errs.String())
		}
		return out.String(), errs.String()
	}
	short := func(i int) string { return fmt.Sprintf("dataset_%05d", i) }
	long := func(i int) string { return fmt.Sprintf("%s%05d", strings.Repeat("d", 57), i) }
	tenth := func(i int) bool { return i%10 == 0 && i < 4930 }
	every := func(int) bool { return true }
	cli("apply", "--auto-approve", write("live.yaml", short, 0, live, tenth))
	for _, c := range []struct {
		name     string
		manifest string
		danger   int
		over     bool
	}{
		{"500 of 5,000 destroy or publish", write("many.yaml", short, pruned, manyChanges, tenth), min(500, manyChanges/10+7), false},
		{"500 do, with the longest names", write("long.yaml", long, pruned, live+490, every), 500, false},
		{"1,000 do, with the longest names", write("more.yaml", long, pruned, live+990, every), 1000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			one, said := cli("plan", "--prune", "--format", "markdown", "--parallelism", "1", c.manifest)
			many, _ := cli("plan", "--prune", "--format", "markdown", "--parallelism", "32", c.manifest)
			if diff := cmp.Diff(one, many); diff != "" {
				t.Errorf("--parallelism (-1 +32):\n%s", diff)
			}
			dangers := regexp.MustCompile(`(?m)^[-+] .*: (becomes more public|the dataset is deleted for good)`).FindAllString(one, -1)
			if len(dangers) != c.danger {
				t.Errorf("%d lines destroy or publish, want %d", len(dangers), c.danger)
			}
			want := ""
			if over := len(one) - render.CommentBudget; over > 0 {
				want = fmt.Sprintf("warning: the Markdown is %d bytes longer than the %d that a comment can take: nothing that destroys or publishes is left out\n",
					over, render.CommentBudget)
			}
			if c.over != (want != "") {
				t.Errorf("%d bytes", len(one))
			}
			if diff := cmp.Diff(want, said); diff != "" {
				t.Errorf("stderr (-want +got):\n%s", diff)
			}
		})
	}
}
