package spec_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// enter makes a directory of files the working directory, so that positions are short.
func enter(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
}

func load(t *testing.T, o spec.Options, paths ...string) []spec.Manifest {
	t.Helper()
	manifests, err := spec.Load(o, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return manifests
}

// compare leaves out where things stand; positions have their own tests.
var compare = cmp.Options{
	cmpopts.IgnoreUnexported(spec.Dataset{}),
	cmpopts.IgnoreTypes(spec.Position{}),
	cmpopts.IgnoreFields(spec.Manifest{}, "SHA256"),
}

func ptr[T any](v T) *T { return &v }

func text(t *testing.T, s string) secret.Text {
	t.Helper()
	parsed, err := secret.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

const everything = `# yaml-language-server: $schema=../schema/carto.schema.json
version: 1
project: city-open-data
account: HTTPS://acme.carto.com/u/alice/

vars:
  region: north
  rows: 50
  protect: true

connections:
  warehouse:
    provider: hive
    server: hive.${var:region}.example.org
    port: 10000
    database: default
    username: carto
    password: ${env:CARTOSYNC_SECRET_HIVE}
    secret_version: 2

defaults:
  privacy: private
  tags: [open-data]
  license: cc_by
  sync: {interval: 1d}
  import: {content_guessing: true}
  lifecycle: {prevent_destroy: true, on_drift: reimport}
  guards: {shrink: 0.2}

datasets:
  - name: bike_stations
    source: {file: ./data/bike_stations.geojson}
    title: Bike stations
    description: "Docks in ${var:region}; costs $${5}."
    privacy: public
    tags: []
    license: null
    expect: {geometry: point, min_rows: "${var:rows}", columns: {station_id: string, docks: number}, max_age: 36h}
    lifecycle:
      prevent_destroy: ${var:protect}
      ignore_changes: [tags, description]
    guards: {shrink: 1, maps: false, allow: [shrink@0123456789abcdef]}
    share: [{user: alice}, {group: gis, access: rw}, {organization: true}]

  - name: world_borders
    source: {url: "https://example.org/${var:region}.zip?token=${env:CARTOSYNC_SECRET_T}", fetch: server}
    sync: null
    import: null
    lifecycle: null

  - name: air_quality
    source: {url: "http://files.sandbox.test/air.csv"}
    import: {type_guessing: false}

  - name: orders
    source: {connector: warehouse, schema: default, table: order_items}
    sync: {interval: 900}

  - name: roads
    source:
      connector:
        provider: postgres
        connection: {server: db.example.org, port: "5433", database: city, username: u, password: "${file:db}", sslmode: prefer}
        sql_query: SELECT * FROM roads
        encoding: latin1
    sync: null

  - name: parcels
    renamed_from: cadastre
    adopt: {from: old-portal}
    attributions: ""

forget: [old_trees]
`

func TestLoad(t *testing.T) {
	enter(t, map[string]string{
		"carto.yaml":                 strings.ReplaceAll(everything, `"${var:rows}"`, "60"),
		"data/bike_stations.geojson": "{}",
	})
	got := load(t, spec.Options{Vars: map[string]string{"region": "south"}}, "carto.yaml")

	guessed := spec.Import{TypeGuessing: true, QuotedFieldsGuessing: true, ContentGuessing: true}
	fresh := spec.Lifecycle{PreventDestroy: ptr(true), OnSchemaChange: "fail", OnDrift: "reimport"}
	shrink := spec.Guards{Shrink: ptr(0.2)}
	private, tags, license := ptr(spec.Private), &[]string{"open-data"}, ptr("cc_by")
	want := []spec.Manifest{{
		Path: "carto.yaml", Dir: ".", Project: "city-open-data", Account: "https://acme.carto.com/u/alice",
		Connections: []spec.Connection{{
			Key: "inline_roads", Provider: "postgres", SecretVersion: 1, Inline: true,
			Params: []spec.Param{
				{Key: "database", Value: secret.Literal("city")},
				{Key: "password", Value: text(t, "${file:db}"), Secret: true},
				{Key: "port", Value: secret.Literal("5433")},
				{Key: "server", Value: secret.Literal("db.example.org")},
				{Key: "sslmode", Value: secret.Literal("prefer")},
				{Key: "username", Value: secret.Literal("u")},
			},
		}, {
			Key: "warehouse", Provider: "hive", SecretVersion: 2,
			Params: []spec.Param{
				{Key: "database", Value: secret.Literal("default")},
				{Key: "password", Value: text(t, "${env:CARTOSYNC_SECRET_HIVE}"), Secret: true},
				{Key: "port", Value: secret.Literal("10000"), Number: true},
				{Key: "server", Value: secret.Literal("hive.south.example.org")},
				{Key: "username", Value: secret.Literal("carto")},
			},
		}},
		Datasets: []spec.Dataset{{
			Name: "bike_stations", Source: spec.Source{Kind: spec.SourceFile, File: "data/bike_stations.geojson"},
			Title: ptr("Bike stations"), Description: ptr("Docks in south; costs ${5}."), Privacy: ptr(spec.Public),
			Tags:      &[]string{},
			Share:     &[]spec.Share{{Kind: "user", Name: "alice", Access: "r"}, {Kind: "group", Name: "gis", Access: "rw"}, {Kind: "organization", Access: "r"}},
			Import:    guessed,
			Lifecycle: spec.Lifecycle{PreventDestroy: ptr(true), IgnoreChanges: []string{"description", "tags"}, OnSchemaChange: "fail", OnDrift: "reimport"},
			Guards:    spec.Guards{Shrink: ptr(1.0), Maps: ptr(false), Allow: []string{"shrink@0123456789abcdef"}},
			Expect: &spec.Expect{
				Geometry: "point", MinRows: ptr(int64(60)), MaxAge: 36 * time.Hour,
				Columns: []spec.ExpectedColumn{{Name: "docks", Type: "number"}, {Name: "station_id", Type: "string"}},
			},
		}, {
			Name:    "world_borders",
			Source:  spec.Source{Kind: spec.SourceURL, URL: text(t, "https://example.org/south.zip?token=${env:CARTOSYNC_SECRET_T}"), Fetch: spec.FetchServer},
			Privacy: private, Tags: tags, License: license, Guards: shrink,
			Import:    spec.Import{TypeGuessing: true, QuotedFieldsGuessing: true},
			Lifecycle: spec.Lifecycle{OnSchemaChange: "fail"},
		}, {
			Name:    "air_quality",
			Source:  spec.Source{Kind: spec.SourceURL, URL: secret.Literal("http://files.sandbox.test/air.csv"), Fetch: spec.FetchClient},
			Sync:    &spec.Sync{Interval: 24 * time.Hour},
			Privacy: private, Tags: tags, License: license, Lifecycle: fresh, Guards: shrink,
			Import: spec.Import{QuotedFieldsGuessing: true, ContentGuessing: true},
		}, {
			Name: "orders",
			Source: spec.Source{Kind: spec.SourceConnector, Connector: &spec.Connector{
				Connection: "warehouse", Provider: "hive",
				Params: []spec.Param{{Key: "schema", Value: secret.Literal("default")}, {Key: "table", Value: secret.Literal("order_items")}},
			}},
			Sync:    &spec.Sync{Interval: 15 * time.Minute},
			Privacy: private, Tags: tags, License: license, Import: guessed, Lifecycle: fresh, Guards: shrink,
		}, {
			Name: "roads",
			Source: spec.Source{Kind: spec.SourceConnector, Connector: &spec.Connector{
				Connection: "inline_roads", Provider: "postgres",
				Params: []spec.Param{{Key: "encoding", Value: secret.Literal("latin1")}, {Key: "sql_query", Value: secret.Literal("SELECT * FROM roads")}},
			}},
			Privacy: private, Tags: tags, License: license, Import: guessed, Lifecycle: fresh, Guards: shrink,
		}, {
			Name: "parcels", RenamedFrom: "cadastre", Adopt: spec.Adopt{From: "old-portal"}, Attributions: ptr(""),
			Privacy: private, Tags: tags, License: license, Import: guessed, Lifecycle: fresh, Guards: shrink,
		}},
		Forget: []spec.Forget{{Name: "old_trees"}},
	}}
	if diff := cmp.Diff(want, got, compare); diff != "" {
		t.Error(diff)
	}
}

func TestPositions(t *testing.T) {
	enter(t, map[string]string{
		"m/carto.yaml": "version: 1\nproject: p\ninclude: [more/*.yaml]\ndefaults:\n  privacy: private\n  sync: {interval: 1h}\n",
		"m/more/a.yaml": "connections:\n  w: {provider: hive, server: h}\ndatasets:\n" +
			"  - name: a\n    title: A\n    source: {connector: w, table: t}\n",
	})
	m := load(t, spec.Options{}, "m")[0]
	d := m.Datasets[0]
	got := map[string]string{
		"project":       m.ProjectPos.String(),
		"dataset":       d.Pos.String(),
		"connection":    m.Connections[0].Pos.String(),
		"parameter":     m.Connections[0].Params[0].Pos.String(),
		"title":         d.At("title").String(),
		"source.table":  d.At("source.table").String(),
		"privacy":       d.At("privacy").String(),
		"sync.interval": d.At("sync.interval").String(),
		"sync":          d.Sync.Pos.String(),
		"description":   d.At("description").String(),
		"of no manifest": spec.Dataset{Pos: spec.Position{File: "x", Line: 1, Column: 2}}.At("title").
			String(),
	}
	want := map[string]string{
		"project":        filepath.Join("m", "carto.yaml") + ":2:10",
		"dataset":        "m/more/a.yaml:4:5",
		"connection":     "m/more/a.yaml:2:3",
		"parameter":      "m/more/a.yaml:2:23",
		"title":          "m/more/a.yaml:5:5",
		"source.table":   "m/more/a.yaml:6:28",
		"privacy":        "m/carto.yaml:5:3",
		"sync.interval":  "m/carto.yaml:6:10",
		"sync":           "m/carto.yaml:6:20",
		"description":    "m/more/a.yaml:4:5",
		"of no manifest": "x:1:2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInterval(t *testing.T) {
	tests := map[string]struct {
		written string
		want    time.Duration
	}{
		"seconds":        {"900", 15 * time.Minute},
		"quoted seconds": {`"3600"`, time.Hour},
		"with s":         {"900s", 15 * time.Minute},
		"minutes":        {"15m", 15 * time.Minute},
		"hours":          {"1h", time.Hour},
		"days":           {"1d", 24 * time.Hour},
		"weeks":          {"1w", 7 * 24 * time.Hour},
		"float":          {"1800.0", 30 * time.Minute},
		"longest":        {"2147483647", 2147483647 * time.Second},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			enter(t, map[string]string{"carto.yaml": head + "  - name: a\n    source: {url: https://e.org/a.csv}\n    sync: {interval: " + tt.written + "}\n"})
			got := load(t, spec.Options{}, "carto.yaml")[0].Datasets[0].Sync
			if diff := cmp.Diff(&spec.Sync{Interval: tt.want}, got, compare); diff != "" {
				t.Error(diff)
			}
		})
	}
}

const head = "version: 1\nproject: p\ndatasets:\n"

func TestSHA256CoversIncludedFiles(t *testing.T) {
	files := map[string]string{
		"carto.yaml": "version: 1\nproject: p\ninclude: ['*.yaml']\n",
		"a.yaml":     "datasets: [{name: a}]\n",
		"b.yaml":     "datasets: [{name: b}]\n",
	}
	enter(t, files)
	sum := func() string { return load(t, spec.Options{}, "carto.yaml")[0].SHA256 }
	first := sum()
	if len(first) != 64 || first != sum() {
		t.Fatalf("SHA256 = %q, then %q", first, sum())
	}
	for _, name := range []string{"carto.yaml", "a.yaml", "b.yaml"} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(name, []byte(files[name]+"# more\n"), 0o644); err != nil {
				t.Fatal(err)
			}
			if sum() == first {
				t.Error("the hash did not change with the file")
			}
			if err := os.WriteFile(name, []byte(files[name]), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestErrorsAs(t *testing.T) {
	enter(t, map[string]string{"carto.yaml": "version: 2\n"})
	_, err := spec.Load(spec.Options{}, "carto.yaml")
	var fault *spec.Error
	if !errors.As(err, &fault) {
		t.Fatalf("%v holds no *Error", err)
	}
	want := &spec.Error{Pos: spec.Position{File: "carto.yaml", Line: 1, Column: 1}, Problem: "the manifest has no project", Hint: "add project, such as project: city-open-data"}
	if diff := cmp.Diff(want, fault); diff != "" {
		t.Error(diff)
	}
}

func TestOpen(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "secret.csv"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	enter(t, map[string]string{"carto.yaml": "version: 1\nproject: p\n", "data/a.csv": "a\n1\n"})
	if err := os.Symlink(filepath.Join(outside, "secret.csv"), "data/link.csv"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.csv", "data/inside.csv"); err != nil {
		t.Fatal(err)
	}
	m := load(t, spec.Options{}, "carto.yaml")[0]
	tests := map[string]bool{
		"data/a.csv": true, "data/inside.csv": true, "data/link.csv": false, "data": false,
		"../x": false, "/etc/hosts": false, "data/none.csv": false, filepath.Join(outside, "secret.csv"): false,
	}
	for file, want := range tests {
		t.Run(file, func(t *testing.T) {
			f, err := m.Open(file)
			if err == nil {
				f.Close()
			}
			if (err == nil) != want {
				t.Errorf("opened = %v, want %v: %v", err == nil, want, err)
			}
		})
	}
}
