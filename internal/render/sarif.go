package render

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// The parts of SARIF 2.1.0 that diagnostics need.
// Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool       sarifTool     `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		PhysicalLocation sarifPlace `json:"physicalLocation"`
	}
	sarifPlace struct {
		ArtifactLocation sarifArtifact `json:"artifactLocation"`
		Region           sarifRegion   `json:"region"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// sarifLevels are SARIF's words for severities.
var sarifLevels = map[string]string{"error": "error", "warning": "warning", "info": "note"}

func sarifPlan(p plan.Plan, _ Options) ([]byte, error) { return sarif(planDiagnostics(p)) }

func sarifReport(p plan.Plan, r apply.Report, _ Options) ([]byte, error) {
	return sarif(append(planDiagnostics(p), resultDiagnostics(r)...))
}

func sarifFailure(_ string, _ []string, err error) ([]byte, error) { return sarif(diagnose(err)) }

// sarif writes diagnostics as a SARIF log. What belongs to no place in a manifest gets the beginning of one: GitHub
// refuses a whole log for one result that has no location.
// Source: github/codeql-action, issue 1738.
func sarif(all []diagnostic) ([]byte, error) {
	run := sarifRun{Tool: sarifTool{sarifDriver{Name: "cartosync", Rules: rulesOf(all)}}, ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	for _, d := range all {
		r := sarifResult{RuleID: d.Code, Level: sarifLevels[d.Severity], Message: sarifMessage{d.message()}}
		r.RuleIndex = slices.Index(run.Tool.Driver.Rules, sarifRule{d.Code})
		r.Locations = []sarifLocation{{sarifPlace{sarifArtifact{uriOf(cmp.Or(d.File, spec.ManifestName))}, sarifRegion{max(d.Line, 1), max(d.Column, 1)}}}}
		run.Results = append(run.Results, r)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run}})
	return visibleJSON(b.Bytes()), err
}

// rulesOf are the codes that occur, sorted.
func rulesOf(all []diagnostic) []sarifRule {
	rules := []sarifRule{}
	for _, d := range all {
		rules = append(rules, sarifRule{d.Code})
	}
	slices.SortFunc(rules, func(a, b sarifRule) int { return strings.Compare(a.ID, b.ID) })
	return slices.Compact(rules)
}

// uriOf is a file name as a relative reference.
func uriOf(file string) string {
	u := url.URL{Path: strings.ReplaceAll(file, `\`, "/")}
	return u.String()
}
