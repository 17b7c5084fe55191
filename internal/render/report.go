package render

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

func textReport(p plan.Plan, r apply.Report, o Options) ([]byte, error) {
	t := &text{page: newPage(o), verbose: o.Verbose, projects: len(p.Projects) > 1}
	if len(r.Results) == 0 {
		t.noChanges(p)
		return t.bytes(), nil
	}
	for _, res := range r.Results {
		t.result(res)
	}
	t.blank()
	t.undone(r)
	t.applied(r)
	return t.bytes(), nil
}

// undone counts what was not done, if anything.
func (t *text) undone(r apply.Report) {
	if undone := len(r.Results) - r.Count(apply.Done); undone > 0 {
		t.prose(0, plain, fmt.Sprintf("%s of %s %s not done. The next apply takes up only what is left.",
			count(int64(undone)), plural(int64(len(r.Results)), "action"), isAre(undone)))
	}
}

// result adds how one action ended: what was done in one line, and under
// anything else why.
func (t *text) result(res apply.Result) {
	a := res.Action
	if res.Outcome == apply.Done {
		t.line(0, t.resultLine(words[a.Verb].symbol+" "+verbs(a, past), words[a.Verb].style, res)...)
	} else {
		verb := string(res.Outcome) + ":"
		if v := verbs(a, present); v != "" {
			verb += " " + v
		}
		t.line(0, t.resultLine(words[plan.Blocked].symbol+" "+verb, alarm, res)...)
		t.why(res)
	}
	for _, n := range res.Notes {
		t.prose(4, plain, "note: "+n)
	}
}

func (t *text) resultLine(lead string, s style, res apply.Result) []span {
	spans := []span{{s, lead}, {plain, " "}, {strong, subject(res.Action)}}
	if t.projects {
		spans = append(spans, span{faint, "  project " + res.Action.Project})
	}
	var parts []string
	if res.Rows > 0 {
		parts = append(parts, plural(res.Rows, "row"))
	}
	if res.Bytes > 0 {
		parts = append(parts, size(res.Bytes))
	}
	if res.Took > 0 {
		parts = append(parts, took(res.Took))
	}
	if len(parts) > 0 {
		spans = append(spans, span{faint, "  " + strings.Join(parts, ", ")})
	}
	return spans
}

// why says what kept an action from being done. The lead of an
// [apply.ActionError] is left out: the line above has said it.
func (t *text) why(res apply.Result) {
	if res.Outcome == apply.Blocked {
		t.prose(4, plain, res.Action.Reason) // the plan above it has the hint
		return
	}
	for _, err := range flatten(res.Err) {
		lead := ""
		var failed *apply.ActionError
		if errors.As(err, &failed) && failed == err {
			if failed.Step != "" {
				lead = stepName(failed.Step) + ": "
			}
			err = failed.Err
		}
		for _, e := range flatten(err) {
			t.prose(4, plain, "error: "+lead+e.Error())
		}
	}
}

func stepName(s plan.Step) string { return strings.ReplaceAll(string(s), "_", " ") }

// applied counts what was done, and what was not.
func (t *text) applied(r apply.Report) {
	done := func(v plan.Verb) int {
		n := 0
		for _, res := range r.Results {
			if res.Outcome == apply.Done && res.Action.Does(v) {
				n++
			}
		}
		return n
	}
	var parts []string
	for _, v := range always {
		parts = append(parts, count(int64(done(v)))+" "+past(v))
	}
	for _, v := range sometimes {
		if n := done(v); n > 0 {
			parts = append(parts, count(int64(n))+" "+past(v))
		}
	}
	for _, o := range apply.Outcomes()[1:] {
		if n := r.Count(o); n > 0 {
			parts = append(parts, count(int64(n))+" "+string(o))
		}
	}
	t.line(0, span{strong, "Apply: " + strings.Join(parts, ", ") + "."})
}
