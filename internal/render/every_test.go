package render

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// An estate is an account on its way to be planned against a manifest in
// testdata/every: what is live of each entry, as it would be if nothing had
// changed, for the caller to change.
type estate struct{ plan.Input }

// newEstate loads a manifest and looks at its files.
func newEstate(manifest string) *estate {
	file := filepath.Join("testdata", "every", manifest)
	desired, err := spec.Load(spec.Options{}, file)
	must(err)
	e := &estate{plan.Input{Desired: desired, Looks: map[string]data.Look{}, Secrets: plan.Secrets{}, Details: plan.Details{}}}
	e.Account = plan.Account{
		URL: "https://acme.carto.com", User: "acme", StoredConnections: true,
		ReadAt: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC),
	}
	for _, d := range desired[0].Datasets {
		if d.Source.Kind == spec.SourceFile {
			e.Looks[d.Name] = lookAt(d)
		}
	}
	return e
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func lookAt(d spec.Dataset) data.Look {
	f, err := os.Open(filepath.Join("testdata", "every", d.Source.File))
	must(err)
	defer f.Close()
	info, err := f.Stat()
	must(err)
	look, err := data.LookAt(context.Background(), d.Source.File, f, info.Size(), data.Options(d.Import))
	must(err)
	return look
}

// plan computes the plan, as if the manifest were named from its own directory.
func (e *estate) plan() plan.Plan {
	return local(plan.Compute(e.Input))
}

func local(p plan.Plan) plan.Plan {
	for i := range p.Actions {
		p.Actions[i].Pos.File = filepath.Base(p.Actions[i].Pos.File)
	}
	for i := range p.Notes {
		p.Notes[i].Pos.File = filepath.Base(p.Notes[i].Pos.File)
	}
	return p
}

func (e *estate) entry(name string) *spec.Dataset {
	all := e.Desired[0].Datasets
	return &all[slices.IndexFunc(all, func(d spec.Dataset) bool { return d.Name == name })]
}

func (e *estate) look(name string, edit func(*data.Look)) {
	l := e.Looks[name]
	edit(&l)
	e.Looks[name] = l
}

// live adds the dataset of an entry as it is declared, marked, with its
// synchronization, and returns it for the caller to change.
func (e *estate) live(name string) *plan.Dataset {
	d := e.entry(name)
	look := e.Looks[name]
	l := plan.Dataset{ID: "id-" + name, Name: name, Privacy: "private", Geometry: look.Geometry, Size: 40_960}
	if d.Privacy != nil {
		l.Privacy = string(*d.Privacy)
	}
	for to, from := range map[*string]*string{&l.Title: d.Title, &l.Description: d.Description, &l.License: d.License, &l.Attributions: d.Attributions} {
		if from != nil {
			*to = *from
		}
	}
	if d.Tags != nil {
		l.Tags = slices.Clone(*d.Tags)
	}
	e.Details[l.ID] = plan.Detail{Rows: look.Rows, Columns: look.Columns, Geometry: look.Geometry, Extent: look.Extent}
	if d.Sync != nil {
		e.sync(name, "id-"+name)
	}
	e.Account.Datasets = append(e.Account.Datasets, l)
	e.mark(name, func(m *plan.Marker) { m.Fingerprint = plan.Fingerprint(*d, look) })
	return &e.Account.Datasets[len(e.Account.Datasets)-1]
}

// stray adds a dataset of the project that no entry declares.
func (e *estate) stray(name string) *plan.Dataset {
	m := plan.Marker{Project: e.Desired[0].Project, NameHash: plan.NameHash(name)}
	e.Account.Datasets = append(e.Account.Datasets, plan.Dataset{ID: "id-" + name, Name: name, Privacy: "private", Tags: m.Tags()})
	return &e.Account.Datasets[len(e.Account.Datasets)-1]
}

// mark changes what the marker of the last dataset says.
func (e *estate) mark(name string, edit func(*plan.Marker)) {
	l := &e.Account.Datasets[len(e.Account.Datasets)-1]
	m, rest := plan.ParseMarker(l.Tags)
	if m.Owners == 0 {
		m = plan.Marker{Project: e.Desired[0].Project, NameHash: plan.NameHash(name)}
	}
	edit(&m)
	l.Tags = append(rest, m.Tags()...)
}

// changed says that the last dataset was imported from another source.
func (e *estate) changed(name string) {
	e.mark(name, func(m *plan.Marker) { m.Fingerprint = strings.Repeat("0", 15) + "1" })
}

// unmarked takes the marker of the last dataset.
func (e *estate) unmarked() {
	last := &e.Account.Datasets[len(e.Account.Datasets)-1]
	_, last.Tags = plan.ParseMarker(last.Tags)
}

// sync adds the synchronization of an entry as it is declared.
func (e *estate) sync(name, dataset string) *plan.Synchronization {
	d := e.entry(name)
	s := plan.Synchronization{
		ID: "sync-" + name, DatasetID: dataset, Name: name, State: "success", Interval: d.Sync.Interval, UpdatedAt: e.Account.ReadAt,
		RanAt: e.Account.ReadAt.Add(-time.Hour), RunAt: e.Account.ReadAt.Add(time.Hour),
		TypeGuessing: d.Import.TypeGuessing, QuotedFieldsGuessing: d.Import.QuotedFieldsGuessing, ContentGuessing: d.Import.ContentGuessing,
	}
	if d.Source.Kind == spec.SourceURL {
		s.URL = secret.New(d.Source.URL.String())
	} else {
		s.Connector = &plan.LiveConnector{ConnectionID: "conn-" + d.Source.Connector.Connection, Params: map[string]string{}}
		for _, p := range d.Source.Connector.Params {
			s.Connector.Params[p.Key] = p.Value.String()
		}
	}
	e.Account.Synchronizations = append(e.Account.Synchronizations, s)
	return &e.Account.Synchronizations[len(e.Account.Synchronizations)-1]
}

func (e *estate) connection(name, provider string, params map[string]string) *plan.Connection {
	_, key, _ := strings.Cut(strings.TrimPrefix(name, e.Desired[0].Project), "-")
	key, _, _ = strings.Cut(key, "-")
	e.Account.Connections = append(e.Account.Connections, plan.Connection{ID: "conn-" + key, Name: name, Provider: provider, Params: params})
	return &e.Account.Connections[len(e.Account.Connections)-1]
}

// lastSync is the synchronization that was added last.
func (e *estate) lastSync() *plan.Synchronization {
	return &e.Account.Synchronizations[len(e.Account.Synchronizations)-1]
}

func maps(owner string, names ...string) []plan.Map {
	var all []plan.Map
	for _, name := range names {
		all = append(all, plan.Map{ID: "map-" + strings.ReplaceAll(strings.ToLower(name), " ", "-"), Name: name, Owner: owner})
	}
	return all
}

// everyVerb is a plan that does everything that a plan can do in an account
// without limits: each verb for each of its reasons, each guard, each note.
func everyVerb() plan.Plan { return everything().plan() }

func everything() *estate {
	e := newEstate("carto.yaml")
	e.Account.Limits = plan.Limits{
		ImportSlots: 3, ImportFileSize: 50_000_000, ImportRows: 100_000, RemainingBytes: 1_000_000, RemainingTables: ptr(8),
		PrivateDatasets: true, Synchronizations: true, Connectors: true, Organization: "org",
	}
	e.Options = plan.Options{Prune: true, Reimport: []string{"hydrants", "traffic"}, Allow: []plan.Allowance{
		{Guard: plan.GuardMaps, Dataset: "parcels"}, {Guard: plan.GuardMaps, Dataset: "lampposts"}, {Guard: plan.GuardMaps, Dataset: "noise"},
	}}
	e.Secrets["${env:CARTOSYNC_SECRET_HIVE}"] = secret.New("hunter2")
	e.Secrets["${env:CARTOSYNC_SECRET_LAKE}"] = secret.New("hunter3")
	e.connections()
	e.updates()
	e.reimports()
	e.renames()
	e.adoptions()
	e.heals()
	e.deletions()
	e.blocked()
	e.interrupted()
	return e
}

// interrupted has earlier runs begin imports of which no end is known.
func (e *estate) interrupted() {
	begun := func(name string, p plan.Pending) {
		p.ID, p.Dataset, p.Project = "begun-"+name, name, "city-open-data"
		p.ImportID, p.State, p.Since = "job-"+name, plan.JobRunning, e.Account.ReadAt.Add(-10*time.Minute)
		e.Pending = append(e.Pending, p)
	}
	begun("quays", plan.Pending{Kind: plan.PendingUpload, Fingerprint: plan.Fingerprint(*e.entry("quays"), e.Looks["quays"])})
	begun("docks", plan.Pending{Kind: plan.PendingOverwrite, Fingerprint: "0000000000000002", DatasetID: e.live("docks").ID})
	begun("barges", plan.Pending{Kind: plan.PendingUpload, Fingerprint: "0000000000000003"})
}

// forced is what sync would run of everything.
func forced() plan.Plan {
	e := everything()
	e.live("buses")
	*e.lastSync() = failed(*e.lastSync(), 3)
	names := []string{"sales", "air_quality", "orders", "trams", "weather", "queues", "ferries", "tides", "markets", "cities", "roads", "paths", "buses"}
	e.Account.Synchronizations = append(e.Account.Synchronizations, plan.Synchronization{
		ID: "sync-sales", State: "queued", Checksum: plan.SyncMarker("city-open-data", "sales"), UpdatedAt: e.Account.ReadAt,
	})
	return local(plan.ForceRuns(e.Input, names, true))
}

// destroyed is what destroy would leave of everything.
func destroyed() plan.Plan {
	e := everything()
	e.Account.Synchronizations = append(e.Account.Synchronizations, plan.Synchronization{
		ID: "sync-sales", State: "failure", Checksum: plan.SyncMarker("city-open-data", "sales"), UpdatedAt: e.Account.ReadAt,
	})
	return local(plan.Destroy(e.Input, false))
}

// why explains one dataset of everything.
func why(name string) plan.Explanation {
	x, ok := plan.Explain(everything().Input, name)
	if !ok {
		panic("no entry of the name " + name)
	}
	x.Plan = local(x.Plan)
	x.Action = x.Plan.Actions[0]
	return x
}

func ptr[T any](v T) *T { return &v }

func (e *estate) connections() {
	e.connection("city-open-data-lake-v1", "postgres", map[string]string{"server": "lake.example.org", "database": "city", "username": "reader"})
	e.connection("city-open-data-depot-v1", "hive", map[string]string{"server": "depot.example.org"})
	e.connection("city-open-data-wharf-v1", "hive", map[string]string{"server": "old-wharf.example.org", "database": "port"})
	e.connection("city-open-data-till-v1", "postgres", map[string]string{"server": "till.example.org"})
	e.connection("city-open-data-attic-v1", "hive", map[string]string{"server": "attic.example.org"})
	e.connection("city-open-data-tax-v1", "hive", map[string]string{"server": "tax.example.org"})
	e.Account.Synchronizations = append(e.Account.Synchronizations, plan.Synchronization{
		ID: "sync-taxes", Name: "taxes", State: "success", Connector: &plan.LiveConnector{ConnectionID: "conn-tax"},
	})
}

func (e *estate) updates() {
	l := e.live("noise")
	l.Description = "Measured at the roadside by the city, in microgrammes of nitrogen dioxide, hourly means"
	l.License, l.Privacy, l.Title = "", "private", "  (none)"
	l.Tags = append([]string{"air", "draft", "a, b"}, l.Tags[2:]...)
	l.Shares = []plan.Share{{Kind: "user", Name: "bob", ID: "1", Access: "r"}, {Kind: "user", Name: "eve", ID: "2", Access: "rw"}}
	l.Maps, l.MapCount = maps("eve", "Noise at night"), 1
	e.live("budget").Privacy = "public"
	e.live("air_quality")
	e.lastSync().Interval, e.lastSync().TypeGuessing = time.Hour, true
	e.lastSync().URL = secret.New("https://example.org/air-2025.csv?token=hunter2")
	e.live("trams")
	e.Account.Synchronizations = e.Account.Synchronizations[:len(e.Account.Synchronizations)-1]
	e.live("weather")
	e.Account.Synchronizations = append(e.Account.Synchronizations, plan.Synchronization{
		ID: "sync-weather", DatasetID: "id-weather", Name: "weather", State: "success", Interval: time.Hour, URL: secret.New("https://example.org/weather.csv"),
	})
	e.live("stops")
	e.lastSync().Connector, e.lastSync().URL = nil, secret.New("https://example.org/stops.csv")
	e.live("markers")
}

func (e *estate) reimports() {
	e.look("parcels", func(l *data.Look) { l.Rows, l.Size = 11_902, 2_500_000 })
	l := e.live("parcels")
	l.Size, l.Maps, l.MapCount = 4_194_304, append(maps("ana", "Land use"), maps("", "Taxes")...), 2
	e.changed("parcels")
	e.Details[l.ID] = plan.Detail{
		Rows: 12_044, Geometry: "multipolygon", Columns: cols("owner text", "note text"),
		Extent: &data.Extent{West: 2.05, South: 41.32, East: 2.23, North: 41.47},
	}
	l = e.live("buildings")
	l.Maps, l.MapCount = maps("ana", "Skyline", "Heights", "Land use", "Solar potential of roofs", "Noise at the facade"), 7
	e.changed("buildings")
	e.Details[l.ID] = plan.Detail{Rows: 2, Geometry: "multipolygon", Columns: cols("owner text"), Extent: e.Looks["buildings"].Extent}
	l = e.live("benches")
	e.Details[l.ID] = plan.Detail{Rows: 3, Columns: cols("name text")}
	l = e.live("hedges")
	e.mark("hedges", func(m *plan.Marker) { m.Fingerprint = "" })
	e.Details[l.ID] = plan.Detail{Rows: 3, Columns: cols("name text")}
	e.live("hydrants")
	e.live("lamps")
	e.mark("lamps", func(m *plan.Marker) { m.Fingerprint = strings.Repeat("0", 16) })
	l = e.live("invoices")
	e.Details[l.ID] = plan.Detail{Rows: 52_340, Columns: cols("number integer", "paid date")}
	e.changed("invoices")
}

func (e *estate) renames() {
	l := e.live("land")
	l.Name, l.Title, l.MapCount = "cadastre", "Cadastre", 8
	l.Maps = append(maps("ana", "Land use"), maps("eve", "Taxes", "Heights", "Soil", "Owners", "Borders")...)
	e.mark("land", func(m *plan.Marker) { m.NameHash = plan.NameHash("cadastre") })
	e.lastSync().Name = "cadastre"
	e.live("north")
	e.live("south")
	e.live("rivers").Name = "rivers_2024"
	e.live("lakes").Name = plan.ParkingName("city-open-data", "lakes")
	e.live("ponds")
}

func (e *estate) adoptions() {
	e.live("trees")
	e.unmarked()
	l := e.live("shrubs")
	e.Details[l.ID] = plan.Detail{Rows: 3, Columns: e.Looks["shrubs"].Columns}
	e.unmarked()
	e.live("fountains").License = ""
	e.mark("fountains", func(m *plan.Marker) { m.Project = "parks" })
	l = e.live("markets")
	l.Name = plan.StagingName("city-open-data", "markets", plan.Fingerprint(*e.entry("markets"), e.Looks["markets"]))
	l.Privacy = "private"
	e.unmarked()
}

func (e *estate) heals() {
	e.live("orders")
	*e.lastSync() = failed(*e.lastSync(), 10)
	e.live("tides")
	e.lastSync().State, e.lastSync().UpdatedAt = "syncing", e.Account.ReadAt.Add(-5*time.Hour)
	e.live("queues")
	e.lastSync().Name = ""
	e.live("ferries")
	e.lastSync().Name = "ferries_old"
	e.live("pollen")
	second := *e.lastSync()
	second.ID = "sync-pollen-2"
	e.Account.Synchronizations = append(e.Account.Synchronizations, second)
	e.live("cities")
	e.live("traffic")
	*e.lastSync() = failed(*e.lastSync(), 2)
	e.lastSync().RanAt = e.Account.ReadAt.Add(-50 * time.Hour)
}

func failed(s plan.Synchronization, times int) plan.Synchronization {
	s.State, s.Retried, s.ErrorCode, s.ErrorMessage = "failure", times, 1002, "Unsupported file type"
	return s
}

func (e *estate) deletions() {
	e.stray("old_trees")
	l := e.stray("lampposts")
	l.Maps, l.MapCount = maps("ana", "Light"), 1
	l.Shares = []plan.Share{{Kind: "organization", Access: "r"}, {Kind: "user", Name: "bob", Access: "rw"}}
	e.stray("sheds")
	l = e.stray("statues")
	l.Maps, l.MapCount = maps("eve", "Art in the streets"), 1
	e.stray("palace")
	e.mark("palace", func(m *plan.Marker) { m.Protected = true })
	e.Account.Datasets = append(e.Account.Datasets, plan.Dataset{ID: "id-left", Name: plan.StagingName("city-open-data", "sheds", ""), Privacy: "private"})
}

func (e *estate) blocked() {
	rows := func(name string, rows int64, columns ...string) *plan.Dataset {
		l := e.live(name)
		e.changed(name)
		d := e.Details[l.ID]
		d.Rows = rows
		if columns != nil {
			d.Columns = cols(columns...)
		}
		e.Details[l.ID] = d
		return l
	}
	rows("schools", 1204).MapCount = 2
	rows("kiosks", 12, "name text")
	l := rows("islands", 2)
	d := e.Details[l.ID]
	d.Extent = &data.Extent{West: -16.9, South: 28.0, East: -16.1, North: 28.6}
	e.Details[l.ID] = d
	rows("borders", 7, "name text")
	l = e.live("gardens")
	l.Shares = []plan.Share{{Kind: "group", Name: "gis", Access: "r"}}
	l.Maps, l.MapCount = maps("eve", "Green city"), 1
	l = rows("towers", 4)
	e.Details[l.ID] = plan.Detail{Unknown: "permission denied"}
	e.live("roads")
	e.unmarked()
	e.live("paths")
	e.mark("paths", func(m *plan.Marker) { m.Project = "parks" })
	e.live("bridges")
	bridges := e.Account.Datasets[len(e.Account.Datasets)-1]
	bridges.ID, bridges.Name = "id-bridges-2", "bridges_copy"
	e.Account.Datasets = append(e.Account.Datasets, bridges)
	e.live("tunnels").Name = "tunnels_2024"
	e.Account.Datasets = append(e.Account.Datasets, plan.Dataset{ID: "id-other", Name: "tunnels", Privacy: "private"})
	rows("pumps", 4, "name text", "height text", "owner text").MapCount = 3
	e.live("wells")
	e.changed("wells")
	e.look("maps_1900", func(l *data.Look) { l.Layers, l.LayerNames = 2, []string{"north", "south"} })
	e.look("lidar", func(l *data.Look) { l.Size = 80_000_000 })
	e.look("addresses", func(l *data.Look) { l.Rows = 250_000 })
	e.look("photos", func(l *data.Look) { l.Size = 10_000_000 })
}

// old is a plan against a server that keeps no connections.
func old() plan.Plan {
	e := newEstate("poor.yaml")
	e.Account.StoredConnections = false
	e.Account.Limits = plan.Limits{RemainingBytes: -1, PrivateDatasets: true, Synchronizations: true, Connectors: true, Organization: "org"}
	return e.plan()
}

// poor is a plan against an account that has nothing of what the manifest needs.
func poor() plan.Plan {
	e := newEstate("poor.yaml")
	e.Account.Limits = plan.Limits{ImportSlots: 1, RemainingBytes: -1, RemainingTables: ptr(0)}
	e.Options = plan.Options{Prune: true}
	e.live("cows").Privacy = "public"
	e.live("fields").Privacy = "public"
	e.live("hens")
	e.Account.Synchronizations = nil
	for _, name := range []string{"oxen", "pigs", "goats", "geese"} {
		e.stray(name)
	}
	return e.plan()
}
