package render

import (
	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// A doneDocument is what was done, without what was planned: the same result as in
// the other documents, for whoever keeps reports.
type doneDocument struct {
	FormatVersion string       `json:"format_version"`
	Account       string       `json:"account"`
	Project       string       `json:"project"` // "" where there are several, or none is known
	Projects      []string     `json:"projects"`
	Diagnostics   []diagnostic `json:"diagnostics"`
	Result        *result      `json:"result,omitempty"` // missing where nothing was begun
}

func donePlan(p plan.Plan, _ Options) ([]byte, error) { return encode(doneOf(planDocument(p))) }

func doneReport(p plan.Plan, r apply.Report, _ Options) ([]byte, error) {
	return encode(doneOf(reportDocument(p, r)))
}

func doneFailure(account string, projects []string, err error) ([]byte, error) {
	return encode(doneOf(failureDocument(account, projects, err)))
}

func doneOf(d document) doneDocument {
	return doneDocument{
		FormatVersion: d.FormatVersion, Account: d.Account, Project: d.Project, Projects: d.Projects,
		Diagnostics: d.Diagnostics, Result: d.Result,
	}
}
