// Package render prints what the other packages return as values: plans,
// reports, errors and progress, as text for people, as JSON for programs, as Markdown for comments.
//
// It promises that the same value gives the same bytes; that nothing in a
// value, however hostile, reaches a terminal or a build log as anything but
// visible text; that secrets stay out; and that JSON is one document, described
// by schema/plan.schema.json or schema/report.schema.json, on success and on
// failure alike.
//
// It decides nothing, opens nothing and knows no stream but the one it is
// given: where output goes, and whether it is coloured, is the caller's choice.
package render

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// A Format is a way of printing.
type Format string

// The formats.
const (
	Text     Format = "text"     // for people
	JSON     Format = "json"     // for programs; one document
	Markdown Format = "markdown" // for a comment on a pull request; see [CommentBudget]
	GitHub   Format = "github"   // what is wrong or blocked, as annotations of GitHub Actions
	SARIF    Format = "sarif"    // the same as a SARIF 2.1.0 log

	// Done is what a run leaves behind in a file: the JSON of what was done,
	// without what was planned.
	Done Format = "done"
)

// Options say how text looks. The other formats have none.
type Options struct {
	Color   bool // use ANSI colours
	Width   int  // columns of the terminal; 0 = not a terminal, lines are never wrapped
	Verbose bool // nothing is shortened, and what is as declared is counted
	Shown   bool // [Bars] has shown on this screen how each action ended: a report adds what it has not said
}

// A printer prints one format.
type printer struct {
	plan    func(plan.Plan, Options) ([]byte, error)
	report  func(plan.Plan, apply.Report, Options) ([]byte, error)
	failure func(account string, projects []string, err error) ([]byte, error)
}

// printers are all formats; each is a file of its own.
var printers = map[Format]printer{
	Text:     {plan: textPlan, report: textReport, failure: textFailure},
	JSON:     {plan: jsonPlan, report: jsonReport, failure: jsonFailure},
	Markdown: {plan: markdownPlan, report: markdownReport, failure: markdownFailure},
	GitHub:   {plan: githubPlan, report: githubReport, failure: githubFailure},
	SARIF:    {plan: sarifPlan, report: sarifReport, failure: sarifFailure},
	Done:     {plan: donePlan, report: doneReport, failure: doneFailure},
}

func printerFor(f Format) (printer, error) {
	p, ok := printers[f]
	if !ok {
		return printer{}, fmt.Errorf("unknown format %q; use one of %s", f, strings.Join(formats(), ", "))
	}
	return p, nil
}

func formats() []string {
	var names []string
	for f := range printers {
		if f != Done { // nobody asks for that by its name
			names = append(names, string(f))
		}
	}
	slices.Sort(names)
	return names
}

// Plan prints what apply would do. As text, a plan with nothing to do and
// nothing blocked begins with the line "No changes."; any other ends with a
// summary that begins "Plan: ".
func Plan(w io.Writer, f Format, p plan.Plan, o Options) error {
	out, err := printerFor(f)
	if err != nil {
		return err
	}
	b, err := out.plan(p, o)
	return write(w, b, err)
}

// Report prints what apply did of the plan p. As text, a run that had nothing
// to do begins with the line "No changes."; any other ends with a line that
// begins "Apply: ". As JSON it is the plan's document with a result.
func Report(w io.Writer, f Format, p plan.Plan, r apply.Report, o Options) error {
	out, err := printerFor(f)
	if err != nil {
		return err
	}
	b, err := out.report(p, r, o)
	return write(w, b, err)
}

// Failure prints why there is no plan. As JSON it is a document with the keys
// of a plan, without actions and with the errors as diagnostics; account and
// projects may be empty, as far as they were not known yet.
func Failure(w io.Writer, f Format, account string, projects []string, failure error) error {
	out, err := printerFor(f)
	if err != nil {
		return err
	}
	b, err := out.failure(account, projects, failure)
	return write(w, b, err)
}

// Refused prints why a plan that was made is not carried out. As JSON it is the plan's
// document with the error among the diagnostics; otherwise it is as [Failure].
func Refused(w io.Writer, f Format, p plan.Plan, failure error) error {
	if f != JSON {
		return Failure(w, f, p.Account, p.Projects, failure)
	}
	doc := planDocument(p)
	doc.Diagnostics = append(doc.Diagnostics, diagnose(failure)...)
	b, err := encode(doc)
	return write(w, b, err)
}

// write hands a whole document over at once: what cannot be rendered leaves
// nothing half printed.
func write(w io.Writer, b []byte, err error) error {
	if err != nil {
		return err
	}
	_, err = w.Write(b)
	return err
}
