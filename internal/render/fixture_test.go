package render

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/spec"
)

func at(line int) spec.Position { return spec.Position{File: "carto.yaml", Line: line, Column: 5} }

func cols(pairs ...string) []data.Column {
	var all []data.Column
	for _, p := range pairs {
		name, kind, _ := strings.Cut(p, " ")
		all = append(all, data.Column{Name: name, Header: strings.ToUpper(name), Type: data.Type(kind)})
	}
	return all
}

func dataset(verb plan.Verb, name string, line int) plan.Action {
	return plan.Action{Verb: verb, Kind: plan.KindDataset, Project: "city-open-data", Dataset: name, Pos: at(line)}
}

// hostile is a text that tries everything: to colour, to move, to turn round,
// to vanish, to end its line, to give orders to a build log.
const hostile = "x\x1b[31m\x07\n::error::y\r\u202egpj.exe\u2066\u200b\ufeff##[error]z</details>`|@team\x9b\xff\U000e0041"

// hostilePlan has the hostile text wherever a plan has text.
func hostilePlan() plan.Plan {
	a := dataset(plan.Update, hostile, 1)
	a.Pos.File, a.Project = hostile, hostile
	a.Reason, a.Hint = hostile, hostile
	a.Changes = []plan.Change{
		{Field: hostile, Before: hostile, After: []string{hostile}},
		{Field: "share", Before: []plan.Share{{Kind: hostile, Name: hostile, Access: hostile}}, After: []plan.Share{}},
		{Field: "tags", Before: []string{hostile, "a"}, After: []string{"a", hostile + "b"}},
	}
	a.MapCount, a.Maps = 1, []plan.Map{{ID: hostile, Name: hostile, Owner: hostile}}
	a.Publishes, a.Destroys = true, true
	a.Before = &plan.Contents{Rows: 1, Geometry: hostile, Columns: cols("a text")}
	a.After = &plan.Contents{Rows: 1, Size: 1, Format: hostile, Columns: []data.Column{{Name: hostile, Type: hostile}}}
	b := a
	b.Verb, b.Intended, b.After = plan.Blocked, plan.Delete, &plan.Contents{Unknown: hostile}
	return plan.Plan{
		Account: hostile, User: hostile, Projects: []string{hostile, "b"}, Actions: []plan.Action{a, b},
		Notes: []plan.Note{{Severity: "warning", Code: "x", Problem: hostile, Hint: hostile, Dataset: hostile}},
	}
}

// nothingToDo is a plan without a difference.
func nothingToDo(datasets, connections int) plan.Plan {
	p := plan.Plan{Account: "https://acme.carto.com", Projects: []string{"city-open-data"}}
	for i := range datasets {
		p.Actions = append(p.Actions, dataset(plan.None, fmt.Sprintf("d%d", i), 10+i))
	}
	for i := range connections {
		a := dataset(plan.None, "", 5)
		a.Kind, a.Connection = plan.KindConnection, fmt.Sprintf("c%d", i)
		p.Actions = append(p.Actions, a)
	}
	return p
}

// mixedReport is what became of everyVerb.
func mixedReport(p plan.Plan) apply.Report {
	start := time.Date(2026, 3, 14, 15, 9, 26, 0, time.FixedZone("", 3600))
	r := apply.Report{
		Started: start, Ended: start.Add(83500 * time.Millisecond),
		LeaseWait: 4200 * time.Millisecond, Stopped: true, Next: "cartosync apply --auto-approve 'city data'", Requests: 1041, Repeats: 3,
	}
	for _, a := range p.Actions {
		res := apply.Result{Action: a, Outcome: apply.Done, Took: 1300 * time.Millisecond}
		switch {
		case a.Verb == plan.None:
			continue
		case a.Verb == plan.Blocked:
			res.Outcome, res.Took = apply.Blocked, 0
		case a.Dataset == "bike_stations":
			res.Rows, res.Bytes = 3, 127
			res.Waited, res.Requests, res.Repeats = 1100*time.Millisecond, 9, 1
			res.Notes = []string{`what the URL gave: column "zip": codes with leading zeros become numbers`}
			res.Cleared = []string{`dataset "cs_2", which an interrupted run left`}
		case a.Dataset == "markets":
			res.Outcome, res.Requests = apply.Interrupted, 4
			res.Err = &apply.ActionError{Action: a, Step: plan.StepStage, Err: errors.New("the run was interrupted while CARTO runs import job 9f; apply again to go on")}
		case a.Dataset == "parcels":
			res.Outcome, res.Bytes = apply.Failed, 2_500_000
			res.Err = &apply.ActionError{Action: a, Step: plan.StepOverwrite,
				Err: errors.New("import job 9f: CARTO's error 2012 (columns are missing); keep the columns in the file")}
		case a.Dataset == "land":
			res.Outcome = apply.Refused
			res.Err = &apply.ActionError{Action: a, Err: &apply.MovedError{Field: "privacy", Planned: "private", Now: "public"}}
		case a.Dataset == "orders":
			res.Outcome, res.Took = apply.Skipped, 0
			res.Err = errors.Join(errors.New("the run was interrupted"), errors.New("the lease was lost"))
		}
		r.Results = append(r.Results, res)
	}
	return r
}
