package render

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// color is what a page itself may write.
var color = regexp.MustCompile("\x1b\\[[0-9;]+m")

// TestNothingHostileSurvives prints the hostile text wherever it can stand, in
// every form, and looks for what a terminal or a build log would obey.
func TestNothingHostileSurvives(t *testing.T) {
	p := hostilePlan()
	failed := apply.Report{Results: []apply.Result{
		{Action: p.Actions[0], Outcome: apply.Failed, Notes: []string{hostile},
			Err: &apply.ActionError{Action: p.Actions[0], Step: plan.Step(hostile), Err: errors.New(hostile)}},
		{Action: p.Actions[0], Outcome: apply.Done},
		{Action: p.Actions[1], Outcome: apply.Blocked},
	}}
	faults := spec.Errors{{Pos: spec.Position{File: hostile}, Problem: hostile, Hint: hostile}}
	prints := map[string]func(io.Writer) error{
		"failure as text": func(w io.Writer) error { return Failure(w, Text, hostile, []string{hostile}, faults) },
		"failure as JSON": func(w io.Writer) error { return Failure(w, JSON, hostile, []string{hostile}, errors.New(hostile)) },
		"diagnostics":     func(w io.Writer) error { return Diagnostics(w, errors.New("::error::"+hostile)) },
		"progress": func(w io.Writer) error {
			Log(w, p).Event(apply.Event{Action: p.Actions[0], Step: plan.Step(hostile), State: hostile, Detail: hostile})
			return nil
		},
		"plan as JSON":    planGolden(p, JSON, Options{}),
		"plan as SARIF":   planGolden(p, SARIF, Options{}),
		"report as SARIF": func(w io.Writer) error { return Report(w, SARIF, p, failed, Options{}) },
		"report as JSON":  func(w io.Writer) error { return Report(w, JSON, p, failed, Options{}) },
	}
	for name, o := range map[string]Options{
		"plain": {}, "verbose": {Verbose: true}, "narrow": {Width: 40}, "coloured": {Color: true, Width: 60, Verbose: true},
	} {
		prints["plan, "+name] = planGolden(p, Text, o)
		prints["report, "+name] = func(w io.Writer) error { return Report(w, Text, p, failed, o) }
	}
	for name, print := range prints {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := print(&b); err != nil {
				t.Fatal(err)
			}
			assertHarmless(t, color.ReplaceAllString(b.String(), ""))
		})
	}
}

func assertHarmless(t *testing.T, text string) {
	t.Helper()
	if text == "" {
		t.Error("nothing was printed")
	}
	for line := range strings.SplitSeq(text, "\n") {
		for _, r := range line {
			if spec.Invisible(r) {
				t.Errorf("%+q survives in %+q", r, line)
			}
		}
		if strings.HasPrefix(strings.TrimSpace(line), "::") {
			t.Errorf("%q is a command to GitHub", line)
		}
		if spec.LogCommand.MatchString(line) {
			t.Errorf("%q is a command to a build log", line)
		}
	}
}

// Annotations are commands to GitHub: each line is one, whose file and title end where they should.
func TestAnnotationsAreOurs(t *testing.T) {
	p := hostilePlan()
	p.Actions[1].Pos.File = "a,line=1::b%3A.yaml"
	p.Notes[0].Severity = "info"
	command := regexp.MustCompile(`^::(error|warning|notice) (file=([^,:]+),line=[0-9]+,col=[0-9]+,)?title=cartosync%3A [^,:]*::`)
	for name, print := range map[string]func(io.Writer) error{
		"plan": planGolden(p, GitHub, Options{}),
		"failure": func(w io.Writer) error {
			return Failure(w, GitHub, hostile, nil, spec.Errors{{Pos: p.Actions[1].Pos, Problem: hostile + "%0A::error::z"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := print(&b); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				line = strings.TrimSuffix(line, "\n")
				at := command.FindStringIndex(line)
				if at == nil {
					t.Fatalf("%q is no annotation", line)
				}
				assertHarmless(t, line[at[1]:])
				if strings.Contains(strings.ReplaceAll(line, "%25", ""), "%0A") {
					t.Errorf("%q breaks its line", line)
				}
			}
			if !strings.Contains(b.String(), "file=a%2Cline=1%3A%3Ab%253A.yaml,") {
				t.Errorf("no annotation has its file: %s", b.String())
			}
		})
	}
}
