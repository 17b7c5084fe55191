package render

import (
	"errors"
	"fmt"
	"strings"
	"time"

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
		if !o.Shown || t.verbose || !plainlyDone(res) {
			t.result(res)
		}
	}
	t.blank()
	t.undone(p, r)
	if next := nextCommand(r); next != "" {
		t.line(4, span{plain, next}) // whole, so that it can be copied
	}
	t.totals(r)
	t.applied(p, r)
	return t.bytes(), nil
}

// plainlyDone reports whether one line says all that there is to say of an action.
func plainlyDone(res apply.Result) bool {
	return res.Outcome == apply.Done && res.Run == nil && len(res.Notes) == 0 && len(res.Cleared) == 0
}

// undone counts what was not done, if anything.
func (t *text) undone(p plan.Plan, r apply.Report) {
	undone := len(r.Results) - r.Count(apply.Done)
	if undone == 0 {
		return
	}
	why := ""
	if r.Stopped {
		why = "The run was interrupted. "
	}
	then := fmt.Sprintf("The next %s takes up only what is left.", p.Command())
	if onlyBlocked(r) {
		then = "Each is blocked until something is done about it, as said above."
		if undone == 1 {
			then = "It is blocked until something is done about it, as said above."
		}
	}
	t.prose(0, plain, fmt.Sprintf("%s%s of %s %s not done. %s",
		why, count(int64(undone)), plural(int64(len(r.Results)), "action"), isAre(undone), then))
}

// onlyBlocked reports whether the plan itself blocked all that was not done: to run
// the same once more would change nothing.
func onlyBlocked(r apply.Report) bool {
	return r.Count(apply.Done)+r.Count(apply.Blocked) == len(r.Results)
}

// nextCommand takes up what was not done; "" where no command does.
func nextCommand(r apply.Report) string {
	if onlyBlocked(r) {
		return ""
	}
	return r.Next
}

// totals are what the whole run took.
func (t *text) totals(r apply.Report) {
	if !t.verbose {
		return
	}
	lead := "In " + took(r.Ended.Sub(r.Started))
	if r.LeaseWait > 0 {
		lead += ", after " + took(r.LeaseWait) + " of waiting for another run"
	}
	t.line(0, span{plain, strings.Join(append([]string{lead}, traffic(r.Bytes(), r.Requests, r.Repeats)...), ", ") + "."})
}

// traffic is what was sent, in words.
func traffic(bytes, requests, repeats int64) []string {
	var parts []string
	if bytes > 0 {
		parts = append(parts, size(bytes)+" sent")
	}
	parts = append(parts, plural(requests, "request"))
	if repeats > 0 {
		parts = append(parts, count(repeats)+" of them repeated")
	}
	return parts
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
	if res.Run != nil {
		t.ran(*res.Run)
	}
	for _, n := range res.Notes {
		t.prose(4, plain, "note: "+n)
	}
	for _, c := range res.Cleared {
		t.prose(4, plain, "cleared: "+c)
	}
	if t.verbose && res.Requests > 0 {
		parts := traffic(0, res.Requests, res.Repeats) // the line above has the bytes
		if res.Waited >= time.Second {
			parts = append(parts, took(res.Waited)+" waited for an import slot")
		}
		t.prose(4, faint, strings.Join(parts, ", "))
	}
}

func (t *text) resultLine(lead string, s style, res apply.Result) []span {
	spans := []span{{s, lead}, {plain, " "}, {strong, subject(res.Action)}}
	if t.projects {
		spans = append(spans, span{faint, "  project " + res.Action.Project})
	}
	return append(spans, span{faint, amounts(res)})
}

// amounts are what an action brought and how long it took, set off from what
// stands before.
func amounts(res apply.Result) string {
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
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, ", ")
}

// why says what kept an action from being done. The lead of an
// [apply.ActionError] is left out: the line above has said it.
func (t *text) why(res apply.Result) {
	if res.Outcome == apply.Blocked {
		t.prose(4, plain, res.Action.Reason)
		if res.Action.Hint != "" {
			t.prose(4, plain, "hint: "+res.Action.Hint)
		}
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

// leads are the words that the last line of a report begins with.
var leads = map[string]string{"apply": "Apply", "sync": "Sync", "destroy": "Destroy"}

// applied counts what was done, and what was not.
func (t *text) applied(p plan.Plan, r apply.Report) {
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
	ever, some := summed(p)
	for _, v := range ever {
		parts = append(parts, count(int64(done(v)))+" "+past(v))
	}
	for _, v := range some {
		if n := done(v); n > 0 {
			parts = append(parts, count(int64(n))+" "+past(v))
		}
	}
	for _, o := range apply.Outcomes()[1:] {
		if n := r.Count(o); n > 0 {
			parts = append(parts, count(int64(n))+" "+string(o))
		}
	}
	t.line(0, span{strong, leads[p.Command()] + ": " + strings.Join(parts, ", ") + "."})
}
