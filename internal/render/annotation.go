package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// As annotations and as SARIF, a plan is what its reader must look at: what is blocked, and the notes.

func githubPlan(p plan.Plan, _ Options) ([]byte, error) { return annotate(planDiagnostics(p)), nil }

func githubReport(p plan.Plan, r apply.Report, _ Options) ([]byte, error) {
	return annotate(append(planDiagnostics(p), resultDiagnostics(r)...)), nil
}

func githubFailure(_ string, _ []string, err error) ([]byte, error) {
	return annotate(diagnose(err)), nil
}

// planDiagnostics are what is blocked and the notes of a plan.
func planDiagnostics(p plan.Plan) []diagnostic {
	all := []diagnostic{}
	for _, a := range p.Actions {
		if a.Verb == plan.Blocked {
			all = append(all, diagnostic{
				Severity: "error", Code: string(a.Code), Dataset: a.Dataset, Hint: a.Hint,
				Problem: fmt.Sprintf("%s %q is blocked: %s", a.Kind, a.Name(), a.Reason),
			}.at(a.Pos))
		}
	}
	return append(all, noteDiagnostics(p)...)
}

// annotationLevels are GitHub's words for severities.
var annotationLevels = map[string]string{"error": "error", "warning": "warning", "info": "notice"}

// annotate writes diagnostics as workflow commands, which GitHub Actions shows beside the lines of a pull request.
// Source of the escapes: actions/toolkit, packages/core/src/command.ts.
func annotate(all []diagnostic) []byte {
	var b bytes.Buffer
	for _, d := range all {
		var properties []string
		if d.File != "" {
			properties = append(properties, "file="+commandProperty(d.File), fmt.Sprintf("line=%d", max(d.Line, 1)), fmt.Sprintf("col=%d", max(d.Column, 1)))
		}
		properties = append(properties, "title="+commandProperty("cartosync: "+strings.ReplaceAll(d.Code, "_", " ")))
		fmt.Fprintf(&b, "::%s %s::%s\n", annotationLevels[d.Severity], strings.Join(properties, ","), commandData(d.message()))
	}
	return b.Bytes()
}

// message is the problem and what to do about it.
func (d diagnostic) message() string {
	if d.Hint == "" {
		return d.Problem
	}
	return d.Problem + "; " + d.Hint
}

// commandData is text as the message of a workflow command.
func commandData(s string) string { return strings.ReplaceAll(visible(s), "%", "%25") }

// commandProperty is text as the value of a workflow command's property.
func commandProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(commandData(s))
}
