package render

import (
	"io"

	"github.com/cartosync/cartosync/internal/plan"
)

func whyGolden(x plan.Explanation, f Format, o Options) func(io.Writer) error {
	return func(w io.Writer) error { return Why(w, f, x, o) }
}

// explained is an explanation in which nothing is zero.
func explained() plan.Explanation {
	p := everyVerb()
	for _, a := range p.Actions {
		if a.Dataset == "air_quality" {
			a.ID = "b9f0c6ae-1f5d-11f1-8b5a-0242ac120002"
			p.Actions = []plan.Action{a}
			break
		}
	}
	return plan.Explanation{
		Plan: p, Action: p.Actions[0], Match: "by its marker and its name", Live: "air_quality",
		Marker: []string{"cartosync:city-open-data", "cartosync:src:1-01234567-0123456789abcdef"},
		Fields: []plan.Compared{
			{Field: "name", Declared: "air_quality", Live: "air_quality", Verdict: plan.Same},
			{Field: "attributions", Live: "", Verdict: plan.NotManaged},
			{Field: "description", Declared: "", Live: "by hand", Verdict: plan.Ignored},
			{Field: "privacy", Declared: "link", Live: "private", Verdict: plan.Differs},
			{Field: "tags", Declared: []string{"air"}, Live: []string{}, Verdict: plan.Differs},
			{Field: "sync.interval", Declared: "1h", Live: "1d", Verdict: plan.NotCompared},
		},
		Fingerprint: plan.FingerprintParts{Source: "0123456789abcdef", Imported: "fedcba9876543210", Inputs: []string{"url https://example.org/air.csv?token=(sensitive)"}},
		Sync: &plan.SyncExplanation{
			ID: "c1f0c6ae-1f5d-11f1-8b5a-0242ac120002", Name: "air_quality", Source: "https://example.org/air.csv?token=(sensitive)", Interval: "1d",
			State: "failure", Retried: 1, Error: 1100, RanAt: "2026-03-13T15:09:26Z", RunAt: "2026-03-14T15:09:26Z",
		},
		Guards: []plan.GuardValue{
			{Guard: plan.GuardEmpty, State: "off", Limit: "at least one row"},
			{Guard: plan.GuardShrink, State: "trips", Limit: "at most 50% of the rows go", Value: "rows 100 -> 10 (-90.0%)"},
		},
	}
}

// hostileExplained has hostile texts wherever somebody else chooses them.
func hostileExplained() plan.Explanation {
	x := explained()
	x.Plan = hostilePlan()
	x.Action = x.Plan.Actions[0]
	x.Live, x.Marker = hostile, []string{hostile}
	x.Fields[0].Live, x.Fields[4].Live = hostile, []string{hostile, "b"}
	x.Fingerprint.Inputs = []string{hostile}
	x.Sync.Name, x.Sync.Source, x.Sync.State = hostile, hostile, hostile
	x.Guards[1].Value = hostile
	return x
}
