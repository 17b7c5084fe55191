package render

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
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

// everyVerb is a plan with each verb, and everything else that is printed.
func everyVerb() plan.Plan {
	connection := plan.Action{
		Verb: plan.Create, Kind: plan.KindConnection, Project: "city-open-data", Connection: "warehouse", Pos: at(5),
		Reason: "not in the account", Code: plan.NotInAccount, Steps: []plan.Step{plan.StepCreateConnection},
		Changes: []plan.Change{
			{Field: "name", After: "city-open-data-warehouse-v1"},
			{Field: "password", After: secret.New("hunter2"), Sensitive: true},
			{Field: "server", After: "hive.example.org"},
		},
	}
	rotated := connection
	rotated.Verb, rotated.Connection, rotated.Pos = plan.Update, "lake", at(9)
	rotated.Reason, rotated.Code = "secret_version says that its secret changed", plan.SecretVersionNewer
	rotated.Steps = []plan.Step{plan.StepUpdateConnection}
	rotated.Changes = []plan.Change{
		{Field: "password", Before: "hunter2", After: "hunter3", Sensitive: true},
		{Field: "secret_version", Before: 1, After: 2},
	}

	create := dataset(plan.Create, "bike_stations", 12)
	create.Reason, create.Code, create.Publishes = "not in the account", plan.NotInAccount, true
	create.Steps = []plan.Step{plan.StepStage, plan.StepPublish, plan.StepPrivacy}
	create.Fingerprint, create.Staging = "0123456789abcdef", "cs_01234567_89abcdef_0123456789abcdef"
	create.After = &plan.Contents{Rows: 120, Size: 12_345, Format: "csv", Geometry: "point",
		Columns: cols("station_id text", "name text", "docks integer", "bikes integer", "open boolean", "since date")}
	create.Changes = []plan.Change{
		{Field: "description", After: "Docks of the public bike scheme, counted every morning by people who would rather ride: one row for each station, with the number of docks and of bikes."},
		{Field: "privacy", After: "public"},
		{Field: "source", After: "data/bike_stations.csv"},
		{Field: "tags", After: []string{"open-data", "bikes"}},
	}

	update := dataset(plan.Update, "air_quality", 20)
	update.Reason, update.Code, update.Publishes = "metadata differs; its synchronization differs", plan.MetadataDiffers, true
	update.Changes = []plan.Change{
		{Field: "description", Before: "Measured at the roadside by the city, in microgrammes of nitrogen dioxide, hourly means",
			After: "Measured at the roadside by the city, in microgrammes of nitrogen dioxide, daily means"},
		{Field: "license", Before: "", After: "cc_by"},
		{Field: "privacy", Before: "private", After: "link"},
		{Field: "share", Before: []plan.Share{{Kind: "user", Name: "bob", Access: "r"}, {Kind: "user", Name: "eve", Access: "rw"}},
			After: []plan.Share{{Kind: "organization", Access: "r"}, {Kind: "user", Name: "bob", Access: "r"}}},
		{Field: "sync.interval", Before: "1h0m0s", After: "15m0s"},
		{Field: "tags", Before: []string{"air", "draft", "a, b"}, After: []string{"air", "open-data"}},
		{Field: "title", Before: "  (none)", After: nil},
	}
	update.Maps, update.MapCount = []plan.Map{{ID: "m0", Name: "Air today", Owner: "eve"}}, 1

	reimport := dataset(plan.Reimport, "parcels", 30)
	reimport.Reason, reimport.Code, reimport.Shrinks = "the source changed since it was imported", plan.SourceChanged, true
	reimport.Before = &plan.Contents{Rows: 12_044, Size: 4_194_304, Geometry: "multipolygon", Columns: cols("id integer", "owner text", "note text"),
		Extent: &data.Extent{West: 2.05, South: 41.32, East: 2.23, North: 41.47}}
	reimport.After = &plan.Contents{Rows: 11_902, Size: 2_500_000, Format: "geojson", Geometry: "multipolygon", Columns: cols("id bigint", "owner text", "zone text"),
		Extent: &data.Extent{West: 2.05, South: 41.32, East: 2.25, North: 41.47}}

	reimport.Drops, reimport.Destroys = []string{"note"}, true

	rename := dataset(plan.Rename, "land", 36)
	rename.Also, rename.LiveName, rename.ID = []plan.Verb{plan.Update}, "cadastre", "b9f0c6ae-1f5d-11f1-8b5a-0242ac120002"
	rename.Reason, rename.Code = `renamed_from says that it was called "cadastre"; metadata differs`, plan.RenamedFrom
	rename.Changes = []plan.Change{{Field: "name", Before: "cadastre", After: "land"}, {Field: "title", Before: "Cadastre", After: "Land"}}
	rename.MapCount, rename.Maps = 8, []plan.Map{
		{ID: "m1", Name: "Land use", Owner: "ana"}, {ID: "m2", Name: "Taxes"}, {ID: "m3", Name: "3"},
		{ID: "m4", Name: "4"}, {ID: "m5", Name: "5"}, {ID: "m6", Name: "6"},
	}

	adopt := dataset(plan.Adopt, "trees", 40)
	adopt.Reason, adopt.Code = "an existing dataset is taken under management", plan.AdoptRequested
	adopt.Before = &plan.Contents{Rows: 3, Size: 8192, Geometry: "point", Columns: cols("species text")}
	adopt.After = &plan.Contents{Rows: 3, Size: 99, Format: "csv", Geometry: "point", Columns: cols("species text")}

	resume := dataset(plan.Resume, "world_borders", 44)
	resume.Reason, resume.Code = `an earlier run imported it as "cs_1" and did not publish it`, plan.StagingFound
	resume.LiveName = "cs_1"
	resume.Changes = []plan.Change{{Field: "source", After: "https://example.org/world_borders.zip?token=(sensitive)"}}
	resume.After = &plan.Contents{Size: 900, Format: "zip", Unknown: "the format is not one that can be looked into"}

	heal := dataset(plan.Heal, "orders", 50)
	heal.Reason, heal.Code = "its synchronization failed 10 times and CARTO stopped trying (error 1002)", plan.SyncOutOfRetries

	forget := dataset(plan.Forget, "old_trees", 70)
	forget.Reason, forget.Code = "listed under forget: it is kept and no longer managed", plan.ForgetListed
	forget.Changes = []plan.Change{{Field: "marker", Before: []string{"cartosync:city-open-data", "cartosync:src:1-01234567-0"}}}

	remove := dataset(plan.Delete, "lampposts", 3)
	remove.Reason, remove.Code, remove.Destroys = "no longer declared", plan.NoLongerDeclared, true
	remove.MapCount, remove.Maps = 1, []plan.Map{{ID: "m9", Name: "Light", Owner: "ana"}}

	disconnect := connection
	disconnect.Verb, disconnect.Connection, disconnect.Pos, disconnect.Changes = plan.Delete, "attic", at(3), nil
	disconnect.Steps = []plan.Step{plan.StepDeleteConnection}
	disconnect.Reason, disconnect.Code, disconnect.Destroys = "no longer declared", plan.NoLongerDeclared, true

	shrink := dataset(plan.Blocked, "schools", 60)
	shrink.Intended, shrink.Code = plan.Reimport, "guard_shrink"
	shrink.Reason = "rows 1,204 -> 12 (-99.0%) is more than may go unasked"
	shrink.Hint = "if this is meant, pass --allow shrink:schools or put shrink@0123456789abcdef into its guards.allow"
	shrink.Before = &plan.Contents{Rows: 1204, Size: 40_960, Geometry: "point", Columns: cols("name text", "pupils integer")}
	shrink.After = &plan.Contents{Rows: 12, Size: 512, Format: "csv", Columns: cols("name integer")}
	shrink.MapCount, shrink.Publishes = 2, true

	conflict := dataset(plan.Blocked, "roads", 64)
	conflict.Intended, conflict.Code = plan.Adopt, plan.ConflictUnmanaged
	conflict.Reason = "a dataset of this name exists and is not managed by cartosync"
	conflict.Hint = "write adopt: true to take it under management, or choose another name"

	none := dataset(plan.None, "cities", 66)
	none.Code = plan.InSync
	none.After = &plan.Contents{Rows: 9, Size: 300, Format: "csv", Columns: cols("name text")}
	noneToo := connection
	noneToo.Verb, noneToo.Connection, noneToo.Reason, noneToo.Code = plan.None, "depot", "", plan.InSync
	noneToo.Changes, noneToo.Steps = nil, nil

	datasetsLeft, bytesLeft := 2, int64(4_000_000)
	return plan.Plan{
		Account: "https://acme.carto.com", User: "acme", Projects: []string{"city-open-data"}, Slots: 3,
		Quota:  plan.Quota{Datasets: 1, DatasetsLeft: &datasetsLeft, Bytes: 2_512_345, BytesLeft: &bytesLeft},
		ReadAt: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC),
		Actions: []plan.Action{
			connection, rotated, forget, resume, rename, adopt, update, create, reimport, heal,
			remove, disconnect, shrink, conflict, none, noneToo,
		},
		Notes: []plan.Note{
			{Severity: "warning", Code: "synchronization_failing", Dataset: "orders", Pos: at(50),
				Problem: `the last run of dataset "orders" failed with CARTO's error 1002`, Hint: "CARTO tries again at 2026-03-14T16:00:00Z"},
			{Severity: "info", Code: "no_longer_declared", Dataset: "benches",
				Problem: `dataset "benches" belongs to project "city-open-data" and is no longer declared`},
		},
	}
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
	r := apply.Report{Started: start, Ended: start.Add(83500 * time.Millisecond)}
	for _, a := range p.Actions {
		res := apply.Result{Action: a, Outcome: apply.Done, Took: 1300 * time.Millisecond}
		switch {
		case a.Verb == plan.None:
			continue
		case a.Verb == plan.Blocked:
			res.Outcome, res.Took = apply.Blocked, 0
		case a.Dataset == "bike_stations":
			res.Rows, res.Bytes = 120, 14_200
			res.Notes = []string{`removed the staging dataset "cs_2" of an earlier run`}
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
