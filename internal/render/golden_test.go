package render

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// goldens are the files in testdata and what prints them.
var goldens = map[string]func(io.Writer) error{
	"plan.txt":         planGolden(everyVerb(), Text, Options{}),
	"plan-verbose.txt": planGolden(everyVerb(), Text, Options{Verbose: true}),
	"plan-narrow.txt":  planGolden(everyVerb(), Text, Options{Width: 60}),
	"plan-color.txt":   planGolden(everyVerb(), Text, Options{Color: true, Width: 100}),
	"plan.json":        planGolden(everyVerb(), JSON, Options{}),

	"plan.md": planGolden(everyVerb(), Markdown, Options{}),

	"old.txt":   planGolden(old(), Text, Options{}),
	"sync.txt":  planGolden(forced(), Text, Options{}),
	"sync.json": planGolden(forced(), JSON, Options{}),

	"destroy.txt":  planGolden(destroyed(), Text, Options{}),
	"destroy.json": planGolden(destroyed(), JSON, Options{}),
	"destroy.md":   planGolden(destroyed(), Markdown, Options{}),
	"poor.txt":     planGolden(poor(), Text, Options{}),
	"poor.json":    planGolden(poor(), JSON, Options{}),
	"poor.md":      planGolden(poor(), Markdown, Options{}),

	"plan.github":    planGolden(everyVerb(), GitHub, Options{}),
	"plan.sarif":     planGolden(everyVerb(), SARIF, Options{}),
	"report.github":  reportGolden(GitHub, Options{}),
	"report.sarif":   reportGolden(SARIF, Options{}),
	"failure.github": failureGolden(GitHub),
	"failure.sarif":  failureGolden(SARIF),
	"empty.sarif":    planGolden(nothingToDo(2, 1), SARIF, Options{}),

	"hostile.txt":  planGolden(hostilePlan(), Text, Options{}),
	"hostile.json": planGolden(hostilePlan(), JSON, Options{}),

	"hostile.md": planGolden(hostilePlan(), Markdown, Options{}),

	"empty.txt":  planGolden(nothingToDo(5, 1), Text, Options{}),
	"empty.md":   planGolden(nothingToDo(2, 1), Markdown, Options{}),
	"empty.json": planGolden(nothingToDo(2, 1), JSON, Options{}),

	"why.txt":         whyGolden(explained(), Text, Options{}),
	"why-update.txt":  whyGolden(why("noise"), Text, Options{}),
	"why-blocked.txt": whyGolden(why("pumps"), Text, Options{}),
	"why-heal.txt":    whyGolden(why("orders"), Text, Options{}),
	"why-adopt.json":  whyGolden(why("shrubs"), JSON, Options{}),
	"why-hostile.txt": whyGolden(hostileExplained(), Text, Options{}),
	"why-narrow.txt":  whyGolden(explained(), Text, Options{Width: 60, Color: true}),
	"why.json":        whyGolden(explained(), JSON, Options{}),

	"report.txt":         reportGolden(Text, Options{}),
	"report-narrow.txt":  reportGolden(Text, Options{Width: 60}),
	"report-color.txt":   reportGolden(Text, Options{Color: true}),
	"report.md":          reportGolden(Markdown, Options{}),
	"report.json":        reportGolden(JSON, Options{}),
	"report-verbose.txt": reportGolden(Text, Options{Verbose: true}),
	"report-shown.txt":   reportGolden(Text, Options{Shown: true}),

	"plan.done":    planGolden(everyVerb(), Done, Options{}),
	"report.done":  reportGolden(Done, Options{}),
	"failure.done": failureGolden(Done),

	"failure.txt":  failureGolden(Text),
	"failure.md":   failureGolden(Markdown),
	"failure.json": failureGolden(JSON),
}

func planGolden(p plan.Plan, f Format, o Options) func(io.Writer) error {
	return func(w io.Writer) error { return Plan(w, f, p, o) }
}

func reportGolden(f Format, o Options) func(io.Writer) error {
	return func(w io.Writer) error { return Report(w, f, everyVerb(), mixedReport(everyVerb()), o) }
}

func failureGolden(f Format) func(io.Writer) error {
	return func(w io.Writer) error {
		return Failure(w, f, "https://acme.carto.com", []string{"city-open-data"}, spec.Errors{
			{Pos: at(9), Problem: `unknown key "intervall"`, Hint: `did you mean "interval"?`},
			{Pos: at(14), Problem: "the file is empty\x1b[2J"},
		})
	}
}

func TestGolden(t *testing.T) {
	for name, print := range goldens {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := print(&got); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", name)
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", file, diff)
			}
		})
	}
}

// A file that nothing prints any more would look like a promise.
func TestGoldenFilesAreAllUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/*.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if goldens[filepath.Base(f)] == nil {
			t.Errorf("%s belongs to no test", f)
		}
	}
}

func TestSameInputSameBytes(t *testing.T) {
	for name, print := range goldens {
		var first bytes.Buffer
		if err := print(&first); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			var again bytes.Buffer
			if err := print(&again); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(first.String(), again.String()); diff != "" {
				t.Errorf("%s printed again (-first +again):\n%s", name, diff)
			}
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	const want = `unknown format "yaml"; use one of github, json, markdown, sarif, text`
	for name, err := range map[string]error{
		"plan":    Plan(io.Discard, "yaml", plan.Plan{}, Options{}),
		"report":  Report(io.Discard, "yaml", plan.Plan{}, apply.Report{}, Options{}),
		"failure": Failure(io.Discard, "yaml", "", nil, io.EOF),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// The golden plans hold every verb, reason and guard that there is: what nobody has
// read in print may read badly.
func TestGoldenPlansHoldEverything(t *testing.T) {
	source, err := os.ReadFile("../plan/reason.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\t\w+ +(?:Reason|Guard) += "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		if m[1] != string(plan.GuardTripped) {
			want = append(want, m[1])
		}
	}
	for v := range words {
		want = append(want, string(v))
	}
	got := map[string]bool{}
	for _, p := range []plan.Plan{everyVerb(), poor(), old(), forced(), destroyed()} {
		for _, a := range p.Actions {
			got[strings.TrimPrefix(string(a.Code), "guard_")], got[string(a.Verb)] = true, true
		}
	}
	for _, w := range want {
		if !got[w] {
			t.Errorf("no golden plan has %s", w)
		}
	}
}
