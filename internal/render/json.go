package render

import (
	"bytes"
	"encoding/json"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

// formatVersion is the version of the JSON documents: the second number grows
// with new keys, the first when a key changes its meaning or goes.
const formatVersion = "1.0"

// A document is everything that is printed as JSON, on every path.
type document struct {
	FormatVersion  string       `json:"format_version"`
	Account        string       `json:"account"`
	Project        string       `json:"project"` // "" where there are several, or none is known
	Projects       []string     `json:"projects"`
	Actions        []action     `json:"actions"`
	Summary        summary      `json:"summary"`
	Blocked        int          `json:"blocked"`
	Quota          *plan.Quota  `json:"quota,omitempty"` // of what the account may still hold
	ChangesPending bool         `json:"changes_pending"`
	Diagnostics    []diagnostic `json:"diagnostics"`
	Result         *result      `json:"result,omitempty"` // of apply

	Why *plan.Explanation `json:"why,omitempty"` // of why
}

// An action is a [plan.Action] whose most wanted keys are always there; they
// stand in for those of the embedded one.
type action struct {
	Verb       plan.Verb      `json:"verb"`
	Kind       plan.Kind      `json:"kind"`
	Project    string         `json:"project"`
	Dataset    string         `json:"dataset"` // "" for a connection
	Reason     string         `json:"reason"`
	ReasonCode plan.Reason    `json:"reason_code"`
	Changes    []plan.Change  `json:"changes"`
	Position   *spec.Position `json:"position,omitempty"`
	Before     *contents      `json:"contents_before,omitempty"`
	After      *contents      `json:"contents_after,omitempty"`
	plan.Action
}

// contents are [plan.Contents] with columns as others know them, by name and type.
type contents struct {
	Columns []column `json:"columns"`
	plan.Contents
}

type column struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// A summary counts actions; one that does two things counts for both. Publish
// and Destroy count those that are carried out.
type summary struct {
	Create   int `json:"create"`
	Update   int `json:"update"`
	Reimport int `json:"reimport"`
	Rename   int `json:"rename"`
	Adopt    int `json:"adopt"`
	Resume   int `json:"resume"`
	Heal     int `json:"heal"`
	Forget   int `json:"forget"`
	Delete   int `json:"delete"`
	Force    int `json:"force,omitempty"`
	Blocked  int `json:"blocked"`
	None     int `json:"none"`
	Publish  int `json:"publish"`
	Destroy  int `json:"destroy"`
}

func jsonPlan(p plan.Plan, _ Options) ([]byte, error) { return encode(planDocument(p)) }

func jsonReport(p plan.Plan, r apply.Report, _ Options) ([]byte, error) {
	return encode(reportDocument(p, r))
}

func reportDocument(p plan.Plan, r apply.Report) document {
	doc := planDocument(p)
	doc.ChangesPending = !r.OK()
	doc.Result = resultOf(r)
	doc.Diagnostics = append(doc.Diagnostics, resultDiagnostics(r)...)
	return doc
}

func jsonFailure(account string, projects []string, err error) ([]byte, error) {
	return encode(failureDocument(account, projects, err))
}

func failureDocument(account string, projects []string, err error) document {
	doc := planDocument(plan.Plan{Account: account, Projects: projects})
	doc.Diagnostics = diagnose(err)
	return doc
}

func planDocument(p plan.Plan) document {
	doc := document{
		FormatVersion:  formatVersion,
		Account:        p.Account,
		Projects:       append([]string{}, p.Projects...),
		Actions:        make([]action, 0, len(p.Actions)),
		Summary:        summarize(p),
		Blocked:        p.Count(plan.Blocked),
		ChangesPending: !p.Empty(),
	}
	if len(p.Projects) == 1 {
		doc.Project = p.Projects[0]
	}
	if p.Quota != (plan.Quota{}) {
		doc.Quota = &p.Quota
	}
	for _, a := range p.Actions {
		doc.Actions = append(doc.Actions, jsonAction(a))
	}
	doc.Diagnostics = noteDiagnostics(p)
	return doc
}

// noteDiagnostics are the notes of a plan.
func noteDiagnostics(p plan.Plan) []diagnostic {
	all := make([]diagnostic, 0, len(p.Notes))
	for _, n := range p.Notes {
		all = append(all, diagnostic{
			Severity: n.Severity, Code: n.Code, Problem: n.Problem, Hint: n.Hint, Dataset: n.Dataset,
		}.at(n.Pos))
	}
	return all
}

func jsonAction(a plan.Action) action {
	out := action{
		Verb: a.Verb, Kind: a.Kind, Project: a.Project, Dataset: a.Dataset, Reason: a.Reason, ReasonCode: a.Code,
		Changes: make([]plan.Change, 0, len(a.Changes)),
		Before:  jsonContents(a.Before), After: jsonContents(a.After),
		Action: a,
	}
	if a.Pos != (spec.Position{}) {
		out.Position = &a.Pos
	}
	for _, c := range a.Changes {
		out.Changes = append(out.Changes, c.Redacted())
	}
	return out
}

func jsonContents(c *plan.Contents) *contents {
	if c == nil {
		return nil
	}
	out := &contents{Columns: make([]column, 0, len(c.Columns)), Contents: *c}
	for _, col := range c.Columns {
		out.Columns = append(out.Columns, column{Name: col.Name, Type: string(col.Type)})
	}
	return out
}

func summarize(p plan.Plan) summary {
	s := summary{
		Create: p.Count(plan.Create), Update: p.Count(plan.Update), Reimport: p.Count(plan.Reimport),
		Rename: p.Count(plan.Rename), Adopt: p.Count(plan.Adopt), Resume: p.Count(plan.Resume),
		Heal: p.Count(plan.Heal), Forget: p.Count(plan.Forget), Delete: p.Count(plan.Delete), Force: p.Count(plan.Force),
		Blocked: p.Count(plan.Blocked), None: p.Count(plan.None), Publish: p.Publishing(),
	}
	for _, a := range p.Actions {
		if a.Destroys && a.Verb != plan.Blocked {
			s.Destroy++
		}
	}
	return s
}

// encode prints a document with a line end, readable and safe to look at.
func encode(doc any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	return visibleJSON(b.Bytes()), nil
}
