package docstest

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/spec"
	"gopkg.in/yaml.v3"
)

// dataFiles are the files that the manifests of the documents name.
var dataFiles = []string{
	"data/bike_stations.geojson", "data/parcels.geojson", "data/postal_codes.csv", "data/trees.csv",
	"data/world_cities.csv",
}

// TestManifests validates every manifest in the documents. Files of one section belong together:
// what a manifest includes, and the manifests of several projects.
func TestManifests(t *testing.T) {
	for _, d := range documents(t) {
		for _, files := range d.files() {
			t.Run(d.name+"/"+files[0].section, func(t *testing.T) {
				load(t, files)
			})
		}
		for _, b := range d.blocks {
			if part := b.fragment(); part != "" {
				t.Run(d.name+"/"+b.section, func(t *testing.T) {
					whole := complete(t, part, b.body)
					load(t, []block{{line: b.line, body: append([]string{"# carto.yaml"}, whole...)}})
				})
			}
		}
	}
}

// files are the named blocks of YAML of each section that has a manifest.
func (d *document) files() [][]block {
	var sections [][]block
	last := ""
	for _, b := range d.blocks {
		if _, excused := b.excuse(); excused || b.lang != "yaml" || b.file() == "" {
			continue
		}
		if len(sections) == 0 || b.section != last {
			sections = append(sections, nil)
		}
		last = b.section
		sections[len(sections)-1] = append(sections[len(sections)-1], b)
	}
	return sections
}

// load writes the files into a directory and loads the manifests among them.
func load(t *testing.T, files []block) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	var manifests []string
	for _, b := range files {
		write(t, b.file(), strings.Join(b.body, "\n")+"\n")
		if path.Base(b.file()) == "carto.yaml" {
			manifests = append(manifests, b.file())
		}
	}
	if len(manifests) == 0 {
		t.Fatalf("line %d: there is no carto.yaml in this section", files[0].line)
	}
	for _, m := range manifests {
		for _, f := range dataFiles {
			write(t, path.Join(path.Dir(m), f), "")
		}
	}
	if _, err := spec.Load(spec.Options{}, manifests...); err != nil {
		t.Errorf("the block at line %d is not valid:\n%v", files[0].line, err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.FromSlash(name)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// A frame makes a manifest of a part of one.
type frame struct {
	before []string
	indent string
}

var frames = map[string]frame{
	"top":         {[]string{"version: 1", "project: docs"}, ""},
	"connections": {[]string{"version: 1", "project: docs", "connections:"}, "  "},
	"datasets": {[]string{
		"version: 1", "project: docs", "connections:", "  warehouse: {provider: hive, server: hive.example.org}", "datasets:",
	}, ""},
	"dataset": {[]string{
		"version: 1", "project: docs", "connections:", "  warehouse: {provider: hive, server: hive.example.org}",
		"datasets:", "  - name: example",
	}, "    "},
}

// complete makes a manifest of a part of one.
func complete(t *testing.T, part string, body []string) []string {
	t.Helper()
	f, ok := frames[part]
	if !ok {
		t.Fatalf("there is no part %q of a manifest", part)
	}
	whole := slices.Clone(f.before)
	for _, line := range body {
		whole = append(whole, f.indent+line)
	}
	return whole
}

// TestOtherYAML makes sure that what is no manifest is YAML at least.
func TestOtherYAML(t *testing.T) {
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			if _, excused := b.excuse(); !excused || b.lang != "yaml" {
				continue
			}
			var v yaml.Node
			if err := yaml.Unmarshal([]byte(strings.Join(b.body, "\n")), &v); err != nil {
				t.Errorf("%s:%d: %v", d.name, b.line, err)
			}
		}
	}
}
