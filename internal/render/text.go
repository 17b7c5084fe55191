package render

import (
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// A text is a plan on its way to a page.
type text struct {
	*page
	verbose  bool
	projects bool // several, so that each action must say its own
}

func textPlan(p plan.Plan, o Options) ([]byte, error) {
	t := &text{page: newPage(o), verbose: o.Verbose, projects: len(p.Projects) > 1}
	if p.Empty() {
		t.noChanges(p)
		t.notes(p)
		return t.bytes(), nil
	}
	t.header(p)
	for _, a := range p.Actions {
		if a.Verb != plan.None {
			t.blank()
			t.action(a)
		}
	}
	t.notes(p)
	t.blank()
	t.summary(p)
	return t.bytes(), nil
}

// noChanges says that there is nothing to do, and for how much.
func (t *text) noChanges(p plan.Plan) {
	t.line(0, span{plain, "No changes."})
	t.asDeclared(p)
}

// asDeclared counts what needs nothing.
func (t *text) asDeclared(p plan.Plan) {
	datasets, connections := 0, 0
	for _, a := range p.Actions {
		switch {
		case a.Verb != plan.None:
		case a.Kind == plan.KindConnection:
			connections++
		default:
			datasets++
		}
	}
	var parts []string
	if datasets > 0 {
		parts = append(parts, plural(int64(datasets), "dataset"))
	}
	if connections > 0 {
		parts = append(parts, plural(int64(connections), "connection"))
	}
	if len(parts) > 0 {
		t.line(0, span{plain, and(parts) + " " + isAre(datasets+connections) + " as declared."})
	}
}

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func (t *text) header(p plan.Plan) {
	account := "Account " + p.Account
	switch len(p.Projects) {
	case 0:
	case 1:
		account += ", project " + p.Projects[0]
	default:
		account += ", projects " + and(p.Projects)
	}
	t.line(0, span{strong, account})
}

// action adds one action's block.
func (t *text) action(a plan.Action) {
	t.headline(a)
	t.prose(4, plain, a.Reason)
	if a.Verb == plan.Blocked && a.Hint != "" {
		t.prose(4, plain, "hint: "+a.Hint)
	}
	t.contents(a)
	t.changes(a)
	t.consequences(a)
}

func (t *text) headline(a plan.Action) {
	w := words[a.Verb]
	verb := verbs(a, present)
	switch {
	case a.Verb != plan.Blocked:
	case verb == "":
		verb = "blocked:"
	default:
		verb = "blocked: " + verb
	}
	spans := []span{{w.style, w.symbol + " " + verb}, {plain, " "}, {strong, subject(a)}}
	if t.projects {
		spans = append(spans, span{faint, "  project " + a.Project})
	}
	if a.Pos != (spec.Position{}) {
		spans = append(spans, span{faint, "  " + a.Pos.String()})
	}
	t.line(0, spans...)
}

// notes adds what is no action, in the form of compilers' messages.
func (t *text) notes(p plan.Plan) {
	if len(p.Notes) == 0 {
		return
	}
	t.blank()
	for _, n := range p.Notes {
		t.note(n)
	}
}

func (t *text) note(n plan.Note) {
	s := faint
	if n.Severity == "warning" {
		s = yellow
	}
	line := n.Severity + ": " + n.Problem
	if n.Pos != (spec.Position{}) {
		line = n.Pos.String() + ": " + line
	}
	if n.Hint != "" {
		line += "; " + n.Hint
	}
	t.prose(0, s, line)
}
