package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// outcome is what the table tests compare of an action: what it does and why.
type outcome struct {
	Verb    Verb
	Also    []Verb
	Name    string
	Code    Reason
	Changes []string
	Steps   []Step
}

func outcomes(p Plan) []outcome {
	var out []outcome
	for _, a := range p.Actions {
		o := outcome{Verb: a.Verb, Also: a.Also, Name: a.Name(), Code: a.Code, Steps: a.Steps}
		for _, ch := range a.Changes {
			o.Changes = append(o.Changes, ch.Field)
		}
		out = append(out, o)
	}
	return out
}

// roads is an account in which project city's dataset roads was imported from
// roads.csv and nothing has changed since. The cases begin from it.
func roads() Input {
	d := spec.Dataset{
		Name: "roads", Title: ptr("Roads"), Privacy: ptr(spec.Private), Tags: &[]string{"net"},
		Source: spec.Source{Kind: spec.SourceFile, File: "roads.csv"},
		Import: spec.Import{TypeGuessing: true, QuotedFieldsGuessing: true},
	}
	look := data.Look{
		Recognised: true, SHA256: "aa", Rows: 100, Size: 1000, Geometry: "point",
		Columns: []data.Column{{Name: "name", Type: data.Text}, {Name: "lanes", Type: data.Integer}},
	}
	in := Input{
		Desired: []spec.Manifest{{Project: "city", Datasets: []spec.Dataset{d}}},
		Looks:   map[string]data.Look{"roads": look},
		Account: Account{
			URL: "https://acme.carto.com", User: "acme", ReadAt: readAt, StoredConnections: true,
			Limits: Limits{ImportSlots: 3, PrivateDatasets: true, Synchronizations: true, Connectors: true, RemainingBytes: -1},
		},
		Details: Details{"id-roads": {Rows: 100, Columns: look.Columns, Geometry: "point"}},
		Secrets: Secrets{},
	}
	tags := Marker{Project: "city", NameHash: NameHash("roads"), Fingerprint: Fingerprint(d, look)}.Tags()
	in.Account.Datasets = []Dataset{{
		ID: "id-roads", Name: "roads", Title: "Roads", Privacy: "private", Geometry: "point", Tags: append([]string{"net"}, tags...),
	}}
	return in
}

func ptr[T any](v T) *T { return &v }

// interrupt leaves the marker as a run does that is killed while it replaces what
// the dataset holds.
func interrupt(in *Input) {
	m, rest := ParseMarker(in.Account.Datasets[0].Tags)
	m.Fingerprint = inDoubt
	in.Account.Datasets[0].Tags = append(rest, m.Tags()...)
}

func TestComputeDecides(t *testing.T) {
	none := outcome{Verb: None, Name: "roads", Code: InSync}
	for _, c := range []struct {
		name string
		edit func(*Input)
		want []outcome
	}{
		{"nothing changed", func(*Input) {}, []outcome{none}},
		{"tags in another order and case of ours", func(in *Input) {
			tags := in.Account.Datasets[0].Tags
			in.Account.Datasets[0].Tags = []string{tags[2], "CARTOSYNC:City", "net", "net"}
		}, []outcome{none}},
		{"metadata changed behind its back", func(in *Input) {
			in.Account.Datasets[0].Title = "Straßen"
			in.Account.Datasets[0].Tags = in.Account.Datasets[0].Tags[1:]
		}, []outcome{{Verb: Update, Name: "roads", Code: MetadataDiffers, Changes: []string{"tags", "title"}, Steps: []Step{StepMetadata}}}},
		{"unmanaged metadata is left alone", func(in *Input) {
			in.Account.Datasets[0].Description = "by hand"
			in.Account.Datasets[0].License = "mit"
		}, []outcome{none}},
		{"made public by hand", func(in *Input) { in.Account.Datasets[0].Privacy = "public" },
			[]outcome{{Verb: Update, Name: "roads", Code: MetadataDiffers, Changes: []string{"privacy"}, Steps: []Step{StepRestrict}}}},
		{"ignored field", func(in *Input) {
			in.Account.Datasets[0].Title = "other"
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"title"}
		}, []outcome{none}},
		{"changed file", func(in *Input) { changeFile(in, func(l *data.Look) { l.Rows = 101 }) },
			[]outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"file lost most rows", func(in *Input) { changeFile(in, func(l *data.Look) { l.Rows = 10 }) },
			[]outcome{{Verb: Blocked, Name: "roads", Code: "guard_shrink"}}},
		{"file lost most rows, allowed by name", func(in *Input) {
			changeFile(in, func(l *data.Look) { l.Rows = 10 })
			in.Options.Allow = []Allowance{{Guard: GuardShrink, Dataset: "roads"}}
		}, []outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"file lost most rows, allowed for another source", func(in *Input) {
			in.Desired[0].Datasets[0].Guards.Allow = []string{"shrink@0000000000000000"}
			changeFile(in, func(l *data.Look) { l.Rows = 10 })
		}, []outcome{{Verb: Blocked, Name: "roads", Code: "guard_shrink"}}},
		{"the live dataset cannot be read", func(in *Input) {
			in.Details["id-roads"] = Detail{Unknown: "permission denied"}
			changeFile(in, func(*data.Look) {})
		}, []outcome{{Verb: Blocked, Name: "roads", Code: "guard_unread"}}},
		{"file is empty now", func(in *Input) { changeFile(in, func(l *data.Look) { l.Rows = 0 }) },
			[]outcome{{Verb: Blocked, Name: "roads", Code: "guard_empty"}}},
		{"file lost a column", func(in *Input) { changeFile(in, func(l *data.Look) { l.Columns = l.Columns[:1] }) },
			[]outcome{{Verb: Blocked, Name: "roads", Code: SchemaBreaking}}},
		{"a number became text", func(in *Input) {
			changeFile(in, func(l *data.Look) {
				l.Columns = []data.Column{{Name: "name", Type: data.Text}, {Name: "lanes", Type: data.Text}}
			})
		}, []outcome{{Verb: Blocked, Name: "roads", Code: SchemaBreaking}}},
		{"file lost a column, which may go", func(in *Input) { loseColumn(in, 0) },
			[]outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepTry, StepAlter, StepOverwrite, StepMetadata}}}},
		{"file lost a column, which may go, and maps depend on it", func(in *Input) { loseColumn(in, 1) },
			[]outcome{{Verb: Blocked, Name: "roads", Code: "guard_maps"}}},
		{"file lost a column, which may go, maps included", func(in *Input) {
			loseColumn(in, 1)
			in.Options.Allow = []Allowance{{Guard: GuardMaps, Dataset: "roads"}}
		}, []outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepTry, StepAlter, StepOverwrite, StepMetadata}}}},
		{"file lost a column, which may go, and its rows", func(in *Input) {
			loseColumn(in, 0)
			changeFile(in, func(l *data.Look) { l.Rows = 10 })
		}, []outcome{{Verb: Blocked, Name: "roads", Code: "guard_shrink"}}},
		{"columns may go, and the geometry changes", func(in *Input) {
			loseColumn(in, 0)
			changeFile(in, func(l *data.Look) { l.Geometry = "multipolygon" })
		}, []outcome{{Verb: Blocked, Name: "roads", Code: SchemaBreaking}}},
		{"a column may go, and there is no room for the test", func(in *Input) {
			loseColumn(in, 0)
			in.Account.Limits.RemainingTables = ptr(0)
		}, []outcome{{Verb: Blocked, Name: "roads", Code: DatasetQuota}}},
		{"rows deleted by hand, and nobody asked", func(in *Input) { drift(in, "") }, []outcome{none}},
		{"rows deleted by hand, noted", func(in *Input) { drift(in, "warn") }, []outcome{none}},
		{"rows deleted by hand, undone", func(in *Input) { drift(in, "reimport") },
			[]outcome{{Verb: Reimport, Name: "roads", Code: ContentsDrifted, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"a column dropped by hand, undone", func(in *Input) {
			drift(in, "reimport")
			in.Details["id-roads"] = Detail{Rows: 100, Columns: in.Looks["roads"].Columns[1:], Geometry: "point"}
		}, []outcome{{Verb: Reimport, Name: "roads", Code: ContentsDrifted, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"a column added by hand", func(in *Input) {
			drift(in, "reimport")
			in.Details["id-roads"] = Detail{Rows: 100, Columns: append([]data.Column{{Name: "mine"}}, in.Looks["roads"].Columns...), Geometry: "point"}
		}, []outcome{none}},
		{"CARTO would refuse the file", func(in *Input) {
			changeFile(in, func(l *data.Look) { l.Fault = &data.Fault{Code: 2003, Problem: "malformed"} })
		}, []outcome{{Verb: Blocked, Name: "roads", Code: "guard_fault"}}},
		{"file is not what is expected", func(in *Input) {
			in.Desired[0].Datasets[0].Expect = &spec.Expect{MinRows: ptr(int64(500))}
			changeFile(in, func(*data.Look) {})
		}, []outcome{{Verb: Blocked, Name: "roads", Code: ExpectationMissed}}},
		{"reimport on request", func(in *Input) { in.Options.Reimport = []string{"roads"} },
			[]outcome{{Verb: Reimport, Name: "roads", Code: ReimportRequested, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"its import was interrupted", func(in *Input) { interrupt(in) },
			[]outcome{{Verb: Reimport, Name: "roads", Code: ReimportUnfinished, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"its import was interrupted, and it comes from a URL", func(in *Input) {
			interrupt(in)
			in.Desired[0].Datasets[0].Source = spec.Source{Kind: spec.SourceURL, URL: text("http://example.org/roads.csv")}
		}, []outcome{{Verb: Reimport, Name: "roads", Code: ReimportUnfinished, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"its import was interrupted, and it is adopted from another project", func(in *Input) {
			interrupt(in)
			in.Desired[0].Project = "town"
			in.Desired[0].Datasets[0].Adopt.From = "city"
		}, []outcome{{Verb: Adopt, Also: []Verb{Reimport}, Name: "roads", Code: AdoptRequested, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"its import was interrupted, and others fill it", func(in *Input) {
			interrupt(in)
			in.Desired[0].Datasets[0].Source = spec.Source{}
		}, []outcome{none}},
		{"its import was interrupted, and other sources are ignored", func(in *Input) {
			interrupt(in)
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"source"}
		}, []outcome{none}},
		{"gone", func(in *Input) { in.Account.Datasets = nil },
			[]outcome{{Verb: Create, Name: "roads", Code: NotInAccount, Changes: []string{"privacy", "source", "tags", "title"}, Steps: []Step{StepStage, StepPublish}}}},
		{"renamed by hand", func(in *Input) { in.Account.Datasets[0].Name = "streets" },
			[]outcome{{Verb: Rename, Name: "roads", Code: RenamedOutside, Changes: []string{"name"}, Steps: []Step{StepRename}}}},
		{"renamed by hand, and the name taken", func(in *Input) {
			in.Account.Datasets[0].Name = "streets"
			in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-new", Name: "roads"})
		}, []outcome{{Verb: Blocked, Name: "roads", Code: ConflictNameTaken, Changes: []string{"name"}}}},
		{"a copy that kept its tags", func(in *Input) {
			dup := in.Account.Datasets[0]
			dup.ID, dup.Name = "id-copy", "roads_copy"
			in.Account.Datasets = append(in.Account.Datasets, dup)
		}, []outcome{{Verb: Blocked, Name: "roads", Code: ConflictAmbiguous}}},
		{"a copy that kept its tags, and pruning", func(in *Input) {
			dup := in.Account.Datasets[0]
			dup.ID, dup.Name = "id-copy", "roads_copy"
			in.Account.Datasets = append(in.Account.Datasets, dup)
			in.Options = Options{Prune: true, Allow: []Allowance{{Guard: GuardMassDelete, Dataset: "roads_copy"}}}
		}, []outcome{{Verb: Blocked, Name: "roads", Code: ConflictAmbiguous}}},
		{"unmanaged of the same name", func(in *Input) { in.Account.Datasets[0].Tags = []string{"net"} },
			[]outcome{{Verb: Blocked, Name: "roads", Code: ConflictUnmanaged}}},
		{"adopted with the file's contents", func(in *Input) {
			in.Account.Datasets[0].Tags = []string{"net"}
			in.Desired[0].Datasets[0].Adopt.Any = true
		}, []outcome{{Verb: Adopt, Name: "roads", Code: AdoptRequested, Steps: []Step{StepMetadata}}}},
		{"adopted with other contents", func(in *Input) {
			in.Account.Datasets[0].Tags = []string{"net"}
			in.Options.Adopt = true
			in.Details["id-roads"] = Detail{Rows: 99, Columns: in.Looks["roads"].Columns, Geometry: "point"}
		}, []outcome{{Verb: Adopt, Also: []Verb{Reimport}, Name: "roads", Code: AdoptRequested, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"of another project", func(in *Input) { remark(in, "other") },
			[]outcome{{Verb: Blocked, Name: "roads", Code: ConflictOtherProject}}},
		{"of another project, adopted from it", func(in *Input) {
			remark(in, "other")
			in.Desired[0].Datasets[0].Adopt.From = "other"
		}, []outcome{{Verb: Adopt, Name: "roads", Code: AdoptRequested, Steps: []Step{StepMetadata}}}},
		{"an interrupted run had staged it", func(in *Input) {
			d := in.Desired[0].Datasets[0]
			in.Account.Datasets = []Dataset{{ID: "id-s", Name: StagingName("city", "roads", Fingerprint(d, in.Looks["roads"])), Privacy: "private"}}
		}, []outcome{{Verb: Resume, Name: "roads", Code: StagingFound, Changes: []string{"privacy", "source", "tags", "title"}, Steps: []Step{StepStage, StepPublish}}}},
		{"no longer declared", func(in *Input) { in.Desired[0].Datasets = nil }, nil},
		{"no longer declared, pruned", func(in *Input) {
			in.Desired[0].Datasets = nil
			in.Options = Options{Prune: true, Allow: []Allowance{{Guard: GuardMassDelete, Dataset: "roads"}}}
		}, []outcome{{Verb: Delete, Name: "roads", Code: NoLongerDeclared, Steps: []Step{StepDelete}}}},
		{"no longer declared, the last one pruned", func(in *Input) {
			in.Desired[0].Datasets = nil
			in.Options.Prune = true
		}, []outcome{{Verb: Blocked, Name: "roads", Code: "guard_mass_delete"}}},
		{"no longer declared, protected", func(in *Input) {
			protect(in)
			in.Desired[0].Datasets = nil
			in.Options.Prune = true
		}, []outcome{{Verb: Blocked, Name: "roads", Code: Protected}}},
		{"no longer declared, its second tag damaged", func(in *Input) {
			protect(in)
			in.Account.Datasets[0].Tags[2] = "cartosync:src:2-what-the-future-brings"
			in.Desired[0].Datasets = nil
			in.Options.Prune = true
		}, []outcome{{Verb: Blocked, Name: "roads", Code: Protected}}},
		{"ignored source", func(in *Input) {
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"source"}
			changeFile(in, func(*data.Look) {})
		}, []outcome{none}},
		{"ignored source of what is adopted", func(in *Input) {
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"source"}
			in.Desired[0].Datasets[0].Adopt.Any = true
			in.Account.Datasets[0].Tags = []string{"net"}
			changeFile(in, func(l *data.Look) { l.Rows = 7 })
		}, []outcome{{Verb: Adopt, Name: "roads", Code: AdoptRequested, Steps: []Step{StepMetadata}}}},
		{"staged, and its name freed by a rename", func(in *Input) {
			second := in.Desired[0].Datasets[0]
			second.Name, second.RenamedFrom = "streets", "roads"
			in.Desired[0].Datasets = append(in.Desired[0].Datasets, second)
			in.Looks["streets"] = in.Looks["roads"]
			m, _ := ParseMarker(in.Account.Datasets[0].Tags)
			m.NameHash = NameHash("streets")
			in.Account.Datasets[0].Tags = append([]string{"net"}, m.Tags()...)
			fp := Fingerprint(in.Desired[0].Datasets[0], in.Looks["roads"])
			in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-s", Name: StagingName("city", "roads", fp), Privacy: "private"})
		}, []outcome{
			{Verb: Rename, Name: "streets", Code: RenamedOutside, Changes: []string{"name"}, Steps: []Step{StepRename}},
			{Verb: Resume, Name: "roads", Code: StagingFound, Changes: []string{"privacy", "source", "tags", "title"}, Steps: []Step{StepStage, StepPublish}},
		}},
		{"no longer declared, maps hang on it", func(in *Input) {
			in.Desired[0].Datasets = nil
			in.Account.Datasets[0].MapCount = 2
			in.Options = Options{Prune: true, Allow: []Allowance{{Guard: GuardMassDelete, Dataset: "roads"}}}
		}, []outcome{{Verb: Blocked, Name: "roads", Code: "guard_maps"}}},
		{"forgotten", func(in *Input) {
			in.Desired[0].Datasets = nil
			in.Desired[0].Forget = []spec.Forget{{Name: "roads"}}
		}, []outcome{{Verb: Forget, Name: "roads", Code: ForgetListed, Changes: []string{"marker"}, Steps: []Step{StepMetadata}}}},
		{"protection outlives its line", func(in *Input) { protect(in) }, []outcome{none}},
		{"protection lifted", func(in *Input) {
			protect(in)
			in.Desired[0].Datasets[0].Lifecycle.PreventDestroy = ptr(false)
		}, []outcome{{Verb: Update, Name: "roads", Code: MarkerDiffers, Changes: []string{protection}, Steps: []Step{StepMetadata}}}},
		{"protection lifted beside other changes", func(in *Input) {
			protect(in)
			in.Account.Datasets[0].Title = "other"
			in.Desired[0].Datasets[0].Lifecycle.PreventDestroy = ptr(false)
		}, []outcome{{Verb: Update, Name: "roads", Code: MetadataDiffers, Changes: []string{protection, "title"}, Steps: []Step{StepMetadata}}}},
		{"protection lifted with its renaming", func(in *Input) {
			protect(in)
			in.Account.Datasets[0].Name = "streets"
			in.Desired[0].Datasets[0].Lifecycle.PreventDestroy = ptr(false)
		}, []outcome{{Verb: Rename, Name: "roads", Code: RenamedOutside, Changes: []string{protection, "name"}, Steps: []Step{StepRename}}}},
		{"marked and protected anew", func(in *Input) {
			in.Desired[0].Datasets[0].Lifecycle.PreventDestroy = ptr(true)
			in.Account.Datasets[0].Tags = in.Account.Datasets[0].Tags[:2]
		}, []outcome{{Verb: Update, Name: "roads", Code: MarkerDiffers, Changes: []string{protection, "marker"}, Steps: []Step{StepMetadata}}}},
		{"a public account cannot make it private", func(in *Input) {
			in.Account.Limits.PrivateDatasets = false
			in.Account.Datasets[0].Privacy = "public"
		}, []outcome{{Verb: Blocked, Name: "roads", Code: PrivateUnavailable, Changes: []string{"privacy"}}}},
		{"no room for another dataset", func(in *Input) {
			in.Account.Datasets = nil
			in.Account.Limits.RemainingTables = ptr(0)
		}, []outcome{{Verb: Blocked, Name: "roads", Code: DatasetQuota, Changes: []string{"privacy", "source", "tags", "title"}}}},
		{"no room for another dataset, nor for a passing one", func(in *Input) {
			in.Desired[0].Datasets[0].Source = spec.Source{Kind: spec.SourceURL, URL: text("https://example.org/roads.csv")}
			in.Desired[0].Datasets[0].Sync = &spec.Sync{Interval: time.Hour}
			in.Account.Limits.RemainingTables = ptr(0)
		}, []outcome{{Verb: Blocked, Name: "roads", Code: DatasetQuota, Changes: []string{"sync.interval"}}}},
		{"no room to rename and attach, so that the name stays taken", func(in *Input) {
			streets := spec.Dataset{
				Name: "streets", RenamedFrom: "roads", Sync: &spec.Sync{Interval: time.Hour},
				Source: spec.Source{Kind: spec.SourceURL, URL: text("https://example.org/roads.csv")},
			}
			in.Desired[0].Datasets = append(in.Desired[0].Datasets, streets)
			m, _ := ParseMarker(in.Account.Datasets[0].Tags)
			m.NameHash = NameHash("streets")
			in.Account.Datasets[0].Tags = append([]string{"net"}, m.Tags()...)
			in.Account.Limits.RemainingTables = ptr(1)
		}, []outcome{
			{Verb: Blocked, Name: "roads", Code: ConflictNameTaken, Changes: []string{"privacy", "source", "tags", "title"}},
			{Verb: Blocked, Name: "streets", Code: DatasetQuota, Changes: []string{"name", "sync.interval"}},
		}},
		{"storage for less than CARTO asks of a file", func(in *Input) {
			in.Account.Limits.RemainingBytes = 299
			changeFile(in, func(*data.Look) {})
		}, []outcome{{Verb: Blocked, Name: "roads", Code: StorageQuota}}},
		{"storage for just as much", func(in *Input) {
			in.Account.Limits.RemainingBytes = 300
			changeFile(in, func(*data.Look) {})
		}, []outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"the data move away", func(in *Input) { moveAway(in, 3.02) },
			[]outcome{{Verb: Blocked, Name: "roads", Code: "guard_extent"}}},
		{"the data move next door", func(in *Input) { moveAway(in, 3.005) },
			[]outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"the data move away, and may", func(in *Input) {
			moveAway(in, 3.02)
			in.Desired[0].Datasets[0].Guards.Extent = ptr(false)
		}, []outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"the data move away, allowed for this source", func(in *Input) {
			moveAway(in, 3.02)
			in.Desired[0].Datasets[0].Guards.Allow = []string{"extent@" + Fingerprint(in.Desired[0].Datasets[0], in.Looks["roads"])}
		}, []outcome{{Verb: Reimport, Name: "roads", Code: SourceChanged, Steps: []Step{StepOverwrite, StepMetadata}}}},
		{"file above the account's limit", func(in *Input) {
			in.Account.Datasets = nil
			in.Account.Limits.ImportFileSize = 999
		}, []outcome{{Verb: Blocked, Name: "roads", Code: FileTooLarge, Changes: []string{"privacy", "source", "tags", "title"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := roads()
			c.edit(&in)
			if diff := cmp.Diff(c.want, outcomes(Compute(in))); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}

func changeFile(in *Input, edit func(*data.Look)) {
	look := in.Looks["roads"]
	look.SHA256 = "bb"
	edit(&look)
	in.Looks = map[string]data.Look{"roads": look}
}

// loseColumn has the file lose a column that may go, of a dataset that some maps
// depend on.
func loseColumn(in *Input, maps int) {
	in.Desired[0].Datasets[0].Lifecycle.OnSchemaChange = "alter"
	in.Account.Datasets[0].MapCount = maps
	changeFile(in, func(l *data.Look) { l.Columns = l.Columns[:1] })
}

// drift has somebody delete rows of a dataset for which on_drift says what to do.
func drift(in *Input, onDrift string) {
	in.Desired[0].Datasets[0].Lifecycle.OnDrift = onDrift
	d := in.Details["id-roads"]
	d.Rows = 90
	in.Details["id-roads"] = d
}

// moveAway has the file begin at a longitude that the live data, which reach to 3
// degrees east, do not.
func moveAway(in *Input, west float64) {
	d := in.Details["id-roads"]
	d.Extent = &data.Extent{West: 2, South: 41, East: 3, North: 42}
	in.Details["id-roads"] = d
	changeFile(in, func(l *data.Look) { l.Extent = &data.Extent{West: west, South: 41, East: west + 1, North: 42} })
}

func remark(in *Input, project string) {
	m, rest := ParseMarker(in.Account.Datasets[0].Tags)
	m.Project = project
	in.Account.Datasets[0].Tags = append(rest, m.Tags()...)
}

func protect(in *Input) {
	m, rest := ParseMarker(in.Account.Datasets[0].Tags)
	m.Protected = true
	in.Account.Datasets[0].Tags = append(rest, m.Tags()...)
}

// air is an account whose dataset air is kept fresh by a synchronization.
func air() Input {
	in := roads()
	d := spec.Dataset{
		Name: "air", Source: spec.Source{Kind: spec.SourceURL, URL: text("https://example.org/air.csv")},
		Sync: &spec.Sync{Interval: time.Hour}, Import: spec.Import{TypeGuessing: true, QuotedFieldsGuessing: true},
	}
	in.Desired[0].Datasets = []spec.Dataset{d}
	in.Account.Datasets = []Dataset{{
		ID: "id-air", Name: "air", Privacy: "private",
		Tags: Marker{Project: "city", NameHash: NameHash("air"), Fingerprint: Fingerprint(d, data.Look{})}.Tags(),
	}}
	in.Account.Synchronizations = []Synchronization{{
		ID: "id-sync", DatasetID: "id-air", Name: "air", State: "success", Interval: time.Hour,
		URL: secret.New("https://example.org/air.csv"), TypeGuessing: true, QuotedFieldsGuessing: true, UpdatedAt: readAt,
	}}
	return in
}

func TestComputeDecidesOnSynchronizations(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*Input, *Synchronization)
		want outcome
	}{
		{"nothing changed", func(*Input, *Synchronization) {}, outcome{Verb: None, Code: InSync}},
		{"interval changed by hand", func(_ *Input, s *Synchronization) { s.Interval = 24 * time.Hour },
			outcome{Verb: Update, Code: SyncDiffers, Changes: []string{"sync.interval"}, Steps: []Step{StepSync}}},
		{"deleted by hand", func(in *Input, _ *Synchronization) { in.Account.Synchronizations = nil },
			outcome{Verb: Update, Code: SyncMissing, Changes: []string{"sync.interval"}, Steps: []Step{StepAttach}}},
		{"another source declared", func(in *Input, _ *Synchronization) {
			in.Desired[0].Datasets[0].Source.URL = text("https://example.org/new.csv")
		}, outcome{Verb: Update, Code: SyncDiffers, Changes: []string{"source.url"}, Steps: []Step{StepSync, StepMetadata}}},
		{"a token in its URL cannot be resolved here", func(in *Input, _ *Synchronization) {
			in.Desired[0].Datasets[0].Source.URL = text("https://example.org/air.csv?t=${env:CARTOSYNC_SECRET_T}")
			remarkAir(in)
		}, outcome{Verb: None, Code: InSync}},
		{"its token changed", func(in *Input, _ *Synchronization) {
			in.Desired[0].Datasets[0].Source.URL = text("https://example.org/air.csv?t=${env:CARTOSYNC_SECRET_T}")
			in.Secrets["https://example.org/air.csv?t=${env:CARTOSYNC_SECRET_T}"] = secret.New("https://example.org/air.csv?t=neu")
			remarkAir(in)
		}, outcome{Verb: Update, Code: SyncDiffers, Changes: []string{"source.url"}, Steps: []Step{StepSync}}},
		{"no longer declared to be synchronized", func(in *Input, _ *Synchronization) { in.Desired[0].Datasets[0].Sync = nil },
			outcome{Verb: Update, Code: SyncUndeclared, Changes: []string{"sync.interval"}, Steps: []Step{StepDetach}}},
		{"it writes to another dataset", func(_ *Input, s *Synchronization) { s.Name = "air_old" },
			outcome{Verb: Heal, Code: SyncNameDiffers, Changes: []string{"sync.name"}, Steps: []Step{StepSyncName}}},
		{"dataset renamed by hand", func(in *Input, s *Synchronization) { in.Account.Datasets[0].Name = "luft" },
			outcome{Verb: Rename, Code: RenamedOutside, Changes: []string{"name"}, Steps: []Step{StepRename}}},
		{"dataset renamed by hand and the synchronization with it", func(in *Input, s *Synchronization) {
			in.Account.Datasets[0].Name, s.Name = "luft", "luft"
		}, outcome{Verb: Rename, Code: RenamedOutside, Changes: []string{"name"}, Steps: []Step{StepRename, StepSyncName}}},
		{"out of retries", func(_ *Input, s *Synchronization) { s.State, s.Retried = "failure", 10 },
			outcome{Verb: Heal, Code: SyncOutOfRetries, Steps: []Step{StepRevive}}},
		{"failing, CARTO will try again", func(_ *Input, s *Synchronization) { s.State, s.Retried = "failure", 2 },
			outcome{Verb: None, Code: InSync}},
		{"it knows no dataset", func(_ *Input, s *Synchronization) { s.Name = "" },
			outcome{Verb: Heal, Code: SyncNameless, Changes: []string{"sync.name"}, Steps: []Step{StepSyncName}}},
		{"a second one, of another kind and healthy", func(in *Input, s *Synchronization) {
			s.State, s.Retried = "failure", 3
			other := *s
			other.ID, other.State, other.URL, other.Connector = "id-other", "success", secret.Value{}, &LiveConnector{Foreign: true}
			in.Account.Synchronizations = append(in.Account.Synchronizations, other)
		}, outcome{Verb: Heal, Code: SyncDuplicate, Changes: []string{"sync.duplicates"}, Steps: []Step{StepClear}}},
		{"a second one whose first import failed", func(in *Input, _ *Synchronization) {
			in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{ID: "id-left", State: "failure", Checksum: SyncMarker("city", "air")})
		}, outcome{Verb: Heal, Code: SyncDuplicate, Changes: []string{"sync.duplicates"}, Steps: []Step{StepClear}}},
		{"a second one whose first import runs", func(in *Input, _ *Synchronization) {
			in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{ID: "id-left", State: "queued", UpdatedAt: readAt, Checksum: SyncMarker("city", "air")})
		}, outcome{Verb: None, Code: InSync}},
		{"a second one, of somebody", func(in *Input, _ *Synchronization) {
			in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{ID: "id-left", Name: "air", State: "failure"})
		}, outcome{Verb: None, Code: InSync}},
		{"a second one and what it made", func(in *Input, _ *Synchronization) {
			in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-made", Name: StagingName("city", "air", "0123456789abcdef")})
			in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{ID: "id-left", DatasetID: "id-made", State: "success", Checksum: SyncMarker("city", "air")})
		}, outcome{Verb: Heal, Code: SyncDuplicate, Changes: []string{"sync.duplicates"}, Steps: []Step{StepClear}}},
		{"a second one whose dataset somebody uses", func(in *Input, _ *Synchronization) {
			in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-made", Name: StagingName("city", "air", "0123456789abcdef"), MapCount: 1})
			in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{ID: "id-left", DatasetID: "id-made", State: "success", Checksum: SyncMarker("city", "air")})
		}, outcome{Verb: None, Code: InSync}},
		{"ignored, and changed in every way", func(in *Input, s *Synchronization) {
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"sync"}
			s.Interval, s.State, s.Retried, s.URL = 24*time.Hour, "failure", 10, secret.New("https://example.org/other.csv")
		}, outcome{Verb: None, Code: InSync}},
		{"ignored, and deleted", func(in *Input, _ *Synchronization) {
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"sync"}
			in.Account.Synchronizations = nil
		}, outcome{Verb: None, Code: InSync}},
		{"ignored, and its dataset renamed by hand with it", func(in *Input, s *Synchronization) {
			in.Desired[0].Datasets[0].Lifecycle.IgnoreChanges = []string{"sync"}
			in.Account.Datasets[0].Name, s.Name = "luft", "luft"
		}, outcome{Verb: Rename, Code: RenamedOutside, Changes: []string{"name"}, Steps: []Step{StepRename, StepSyncName}}},
		{"stuck", func(_ *Input, s *Synchronization) { s.State, s.UpdatedAt = "syncing", readAt.Add(-3*time.Hour) },
			outcome{Verb: Heal, Code: SyncStuck, Steps: []Step{StepRevive}}},
		{"running right now", func(_ *Input, s *Synchronization) { s.State, s.UpdatedAt = "syncing", readAt.Add(-time.Minute) },
			outcome{Verb: None, Code: InSync}},
		{"an account without synchronizations", func(in *Input, _ *Synchronization) {
			in.Account.Synchronizations = nil
			in.Account.Limits.Synchronizations = false
		}, outcome{Verb: Blocked, Code: SyncUnavailable, Changes: []string{"sync.interval"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := air()
			c.edit(&in, &in.Account.Synchronizations[0])
			c.want.Name = "air"
			if diff := cmp.Diff([]outcome{c.want}, outcomes(Compute(in))); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}

func remarkAir(in *Input) {
	d := in.Desired[0].Datasets[0]
	m := Marker{Project: "city", NameHash: NameHash("air"), Fingerprint: Fingerprint(d, data.Look{})}
	in.Account.Datasets[0].Tags = m.Tags()
}

// TestNotesSayWhatThePlanLeavesAlone: leftovers of interrupted runs, and wishes
// that cannot be met.
func TestNotesSayWhatThePlanLeavesAlone(t *testing.T) {
	in := air()
	in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-left", Name: StagingName("city", "gone", "0123456789abcdef")})
	in.Account.Synchronizations = append(in.Account.Synchronizations, Synchronization{ID: "id-left", Checksum: SyncMarker("city", "gone")})
	in.Account.Synchronizations[0].State, in.Account.Synchronizations[0].ErrorCode = "failure", 1100
	in.Account.Synchronizations[0].RanAt = readAt.Add(-37 * time.Hour)
	in.Desired[0].Datasets[0].Expect = &spec.Expect{MaxAge: 36 * time.Hour}
	road := roads()
	drift(&road, "warn")
	in.Desired[0].Datasets = append(in.Desired[0].Datasets, road.Desired[0].Datasets...)
	in.Account.Datasets = append(in.Account.Datasets, road.Account.Datasets...)
	in.Details = road.Details
	in.Options.Reimport = []string{"air"}
	var got []string
	for _, n := range Compute(in).Notes {
		got = append(got, n.Severity+" "+n.Code)
	}
	want := []string{"warning reimport_not_ours", "warning synchronization_failing", "warning synchronization_old", "warning contents_drifted", "warning leftover", "warning leftover"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
}

// TestNoteOfASynchronizationThatApplyGoesOnWith: what apply is about to use is not to
// be deleted before.
func TestNoteOfASynchronizationThatApplyGoesOnWith(t *testing.T) {
	in := air()
	in.Account.Datasets = nil
	in.Account.Synchronizations = []Synchronization{{ID: "id-left", Checksum: SyncMarker("city", "air")}}
	notes := Compute(in).Notes
	if len(notes) != 1 || !strings.Contains(notes[0].Hint, `where dataset "air" needs its import, apply waits for that`) {
		t.Errorf("got %+v", notes)
	}
}

// TestSecretsOfAURLAreNotPlanned: what a plan prints of a source holds no token,
// whether the manifest writes it out or refers to it.
func TestSecretsOfAURLAreNotPlanned(t *testing.T) {
	in := air()
	in.Account.Datasets, in.Account.Synchronizations = nil, nil
	in.Desired[0].Datasets[0].Source.URL = text("https://example.org/air.csv?token=geheim&user=${env:CARTOSYNC_SECRET_U}")
	for _, ch := range Compute(in).Actions[0].Changes {
		if s, ok := ch.After.(string); ok && strings.Contains(s, "geheim") {
			t.Errorf("%s is printed as %s", ch.Field, s)
		}
	}
}

// TestForeignAccountIsLeftAlone: a first run on a full account must not plan a
// single deletion, whatever is asked for.
func TestForeignAccountIsLeftAlone(t *testing.T) {
	in := roads()
	in.Account.Datasets = nil
	for _, name := range []string{"maps", "other", "things"} {
		in.Account.Datasets = append(in.Account.Datasets, Dataset{ID: "id-" + name, Name: name, Tags: []string{"cartosync:elsewhere"}})
	}
	in.Options.Prune = true
	want := []outcome{{Verb: Create, Name: "roads", Code: NotInAccount, Changes: []string{"privacy", "source", "tags", "title"}, Steps: []Step{StepStage, StepPublish}}}
	if diff := cmp.Diff(want, outcomes(Compute(in))); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
}

// TestAskOnlyWhatIsAtStake: a dataset that does not change costs no query.
// A synchronization that ran as lately as it is expected to is not worth a word.
func TestExpectedAge(t *testing.T) {
	for age, want := range map[time.Duration]int{36 * time.Hour: 0, 36*time.Hour + time.Second: 1} {
		in := air()
		in.Account.Synchronizations[0].RanAt = readAt.Add(-age)
		in.Desired[0].Datasets[0].Expect = &spec.Expect{MaxAge: 36 * time.Hour}
		if notes := Compute(in).Notes; len(notes) != want {
			t.Errorf("%s ago: %v", age, notes)
		}
	}
}

func TestAskOnlyWhatIsAtStake(t *testing.T) {
	in := roads()
	if got := Ask(in); len(got) != 0 {
		t.Errorf("asked for %v although nothing changed", got)
	}
	drift(&in, "warn")
	if diff := cmp.Diff([]Question{{ID: "id-roads", Name: "roads"}}, Ask(in)); diff != "" {
		t.Errorf("on_drift: wanted -, got +:\n%s", diff)
	}
	drift(&in, "")
	changeFile(&in, func(*data.Look) {})
	if diff := cmp.Diff([]Question{{ID: "id-roads", Name: "roads"}}, Ask(in)); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
}
