package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// manyChanges is a plan of n actions of which every tenth destroys or publishes.
func manyChanges(n int, name func(int) string) plan.Plan {
	p := plan.Plan{Account: "https://acme.carto.com", Projects: []string{"city"}}
	for i := range n {
		a := dataset(plan.Update, name(i), i+1)
		a.Reason, a.Code = "metadata differs", plan.MetadataDiffers
		a.Changes = []plan.Change{{Field: "title", Before: "Old", After: "New"}}
		switch i % 20 {
		case 3:
			a.Verb, a.Destroys, a.Reason, a.Changes = plan.Delete, true, "no longer declared", nil
		case 13:
			a.Publishes = true
			a.Changes = append(a.Changes, plan.Change{Field: "privacy", Before: "private", After: "public"})
		case 5:
			a.Verb, a.Intended, a.Hint = plan.Blocked, plan.Reimport, "look at it"
		case 7, 8:
			a.Verb = plan.Create
		}
		p.Actions = append(p.Actions, a)
	}
	return p
}

// dangerous are the lines that a comment must hold, by their beginnings.
func dangerous(p plan.Plan) []string {
	var lines []string
	for _, a := range p.Actions {
		if a.Verb != plan.Blocked && (a.Destroys || a.Publishes) {
			lines = append(lines, words[a.Verb].symbol+" "+string(a.Verb)+" "+a.Dataset)
		}
	}
	return lines
}

func TestMarkdownFitsAComment(t *testing.T) {
	for _, tt := range []struct {
		name    string
		actions int
		dataset func(int) string
		over    bool
	}{
		{"a hundred", 100, func(i int) string { return fmt.Sprintf("dataset_%05d", i) }, false},
		{"five thousand", 5000, func(i int) string { return fmt.Sprintf("dataset_%05d", i) }, false},
		{"ten thousand with the longest names", 10000, func(i int) string { return fmt.Sprintf("%s%05d", strings.Repeat("d", 57), i) }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := manyChanges(tt.actions, tt.dataset)
			var b bytes.Buffer
			if err := Plan(&b, Markdown, p, Options{}); err != nil {
				t.Fatal(err)
			}
			if over := b.Len() > CommentBudget; over != tt.over {
				t.Errorf("%d bytes, the budget is %d", b.Len(), CommentBudget)
			}
			var missing []string
			for _, line := range dangerous(p) {
				if strings.Count(b.String(), "\n"+line) != 1 {
					missing = append(missing, line)
				}
			}
			if len(missing) > 0 {
				t.Errorf("%d of %d destructive and publishing lines are missing: %q ...", len(missing), len(dangerous(p)), missing[0])
			}
			if diff := cmp.Diff(countVerbs(p), shownVerbs(b.String())); diff != "" {
				t.Errorf("actions shown and counted (-want +got):\n%s", diff)
			}
		})
	}
}

// countVerbs counts the actions of a plan as a comment does.
func countVerbs(p plan.Plan) map[string]int {
	n := map[string]int{}
	for _, a := range p.Actions {
		n[string(a.Verb)]++
	}
	return n
}

var (
	headlines = regexp.MustCompile(`(?m)^(?:[+~-] (create|update|delete)|! (blocked):)`)
	notShown  = regexp.MustCompile(`([0-9,]+) (?:to )?([a-z]+)`)
)

// shownVerbs counts the actions that a comment shows or counts.
func shownVerbs(text string) map[string]int {
	n := map[string]int{}
	for _, m := range headlines.FindAllStringSubmatch(text, -1) {
		n[m[1]+m[2]]++
	}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, "# not shown: ")
		if !ok {
			continue
		}
		for _, m := range notShown.FindAllStringSubmatch(rest, -1) {
			k := 0
			fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &k)
			n[m[2]] += k
		}
	}
	return n
}

// A budget of any size is kept, as long as what must be there fits.
func TestFittedKeepsTheBudget(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 300 {
		c := &comment{whose: "Account `a`"}
		c.lead("Plan: something.\n")
		must := 0
		for range r.IntN(60) {
			it := item{what: "to update", must: r.IntN(8) == 0, short: strings.Repeat("`", r.IntN(9)) + strings.Repeat("x", r.IntN(80)) + "\n"}
			if r.IntN(3) > 0 {
				it.full = it.short + strings.Repeat("    detail `` of it\n", r.IntN(6))
			}
			if it.must && r.IntN(2) > 0 {
				it.terse = it.short[len(it.short)/2:]
			}
			if it.must {
				must += len(it.short) - it.saves()
			}
			c.add(section(r.IntN(int(sections))), it)
		}
		budget := 6000 + must + r.IntN(6000)
		if out := c.fitted(budget); len(out) > budget {
			t.Fatalf("%d bytes for a budget of %d:\n%s", len(out), budget, out)
		}
	}
}

// assertInert parses a comment as GitHub does and looks for foreign text outside of code.
func assertInert(t *testing.T, source []byte) {
	t.Helper()
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(gmtext.NewReader(source))
	seen := 0
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.FencedCodeBlock, *ast.CodeSpan:
			seen++
			return ast.WalkSkipChildren, nil
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				line := n.Lines().At(i)
				if !regexp.MustCompile(`^(<details><summary>[A-Z][a-z ]+ \([0-9,]+\)</summary>|</details>)\n$`).Match(line.Value(source)) {
					t.Errorf("HTML: %q", line.Value(source))
				}
			}
		case *ast.Text:
			if text := string(n.Segment.Value(source)); strings.ContainsAny(text, "@`|<>\\") || strings.Contains(text, "gpj") {
				t.Errorf("text: %q", text)
			}
		case *ast.Document, *ast.Heading, *ast.Paragraph, *ast.Emphasis:
		default:
			t.Errorf("a comment has a %s", n.Kind())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen == 0 {
		t.Error("nothing is code")
	}
}

func TestMarkdownIsInert(t *testing.T) {
	ticks := "```\n</details>\n```diff\n````\n@team #1 <img src=x> | **b** [l](http://x) ~~~ gpj"
	nasty := hostilePlan()
	alone := strings.Repeat("x", commentWidth-10) + " ``` " + strings.Repeat("y", commentWidth) + " @team" // a line of its own when it is wrapped
	for _, text := range []string{hostile, ticks, alone, "`", "```", "````````", " ` "} {
		a := dataset(plan.Delete, text, 2)
		a.Reason, a.Destroys, a.Publishes, a.Project = text, true, true, text
		a.MapCount, a.Maps = 1, []plan.Map{{Name: text, Owner: text}}
		nasty.Actions = append(nasty.Actions, a)
		nasty.Projects = append(nasty.Projects, text)
		nasty.Notes = append(nasty.Notes, plan.Note{Severity: "info", Problem: text, Hint: text})
	}
	failed := apply.Report{}
	for _, a := range nasty.Actions {
		failed.Results = append(failed.Results,
			apply.Result{Action: a, Outcome: apply.Failed, Err: errors.New(ticks), Notes: []string{ticks}},
			apply.Result{Action: a, Outcome: apply.Done, Notes: []string{ticks}})
	}
	for name, print := range map[string]func(io.Writer) error{
		"every verb": planGolden(everyVerb(), Markdown, Options{}),
		"empty":      planGolden(nothingToDo(1, 1), Markdown, Options{}),
		"plan":       planGolden(nasty, Markdown, Options{}),
		"report":     func(w io.Writer) error { return Report(w, Markdown, nasty, failed, Options{}) },
		"failure": func(w io.Writer) error {
			return Failure(w, Markdown, ticks, []string{ticks, "`"}, errors.Join(errors.New(ticks), errors.New(hostile)))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := print(&b); err != nil {
				t.Fatal(err)
			}
			assertInert(t, b.Bytes())
			assertHarmless(t, b.String())
		})
	}
}
