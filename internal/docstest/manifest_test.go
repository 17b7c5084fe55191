package docstest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/schema"
)

// A node is a part of a JSON Schema.
type node = map[string]any

// manifestSchema is the schema of manifests with a way to follow its references.
type manifestSchema struct{ node }

func loadSchema(t *testing.T) manifestSchema {
	t.Helper()
	var s manifestSchema
	if err := json.Unmarshal(schema.Manifest(), &s.node); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s manifestSchema) def(name string) node {
	d, _ := s.node["$defs"].(node)[name].(node)
	return d
}

func (s manifestSchema) follow(n any) node {
	m, _ := n.(node)
	if ref, ok := m["$ref"].(string); ok {
		return s.def(strings.TrimPrefix(ref, "#/$defs/"))
	}
	return m
}

// keys adds the paths of all keys below a part of the schema. What connections and inline
// connectors hold depends on the provider, and has tables of its own.
func (s manifestSchema) keys(prefix string, part any, all map[string]bool) {
	n := s.follow(part)
	for name, p := range properties(n) {
		if p == false {
			continue
		}
		path := strings.TrimPrefix(prefix+"."+name, ".")
		all[path] = true
		switch path {
		case "connections":
			all["connections.KEY.provider"], all["connections.KEY.secret_version"] = true, true
			continue
		case "datasets[].source.connector": // written out, in the shape of the Import API
			continue
		}
		if prefix == "defaults" {
			continue // as in a dataset
		}
		s.keys(path, p, all)
	}
	if items, ok := n["items"]; ok {
		s.keys(prefix+"[]", items, all)
	}
}

func properties(n node) node {
	p, _ := n["properties"].(node)
	return p
}

var keyPath = regexp.MustCompile("`([a-zA-Z_.\\[\\]]+)`$")

// TestKeys compares the keys that docs/manifest.md lists with the schema's. A section whose title
// ends in a path lists the keys below it.
func TestKeys(t *testing.T) {
	s := loadSchema(t)
	want := map[string]bool{}
	s.keys("", s.node, want)
	got := map[string]bool{}
	d := open(t, "docs/manifest.md")
	for i, h := range d.headings {
		prefix := ""
		if m := keyPath.FindStringSubmatch(h.title); m != nil {
			prefix = m[1] + "."
		} else if h.title != "The top of the file" {
			continue
		}
		end := len(d.lines)
		if i+1 < len(d.headings) {
			end = d.headings[i+1].line - 1
		}
		for _, row := range rows(d.lines[h.line:end]) {
			for _, key := range code(row[0]) {
				got[prefix+key] = true
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("-schema/carto.schema.json +docs/manifest.md:\n%s", diff)
	}
}

// A provider is what a table says of a kind of database.
type provider struct{ Required, Optional, Secret []string }

// TestProviders compares the tables of providers in docs/manifest.md with the schema.
func TestProviders(t *testing.T) {
	s := loadSchema(t)
	d := open(t, "docs/manifest.md")
	for _, tt := range []struct{ section, suffix string }{
		{"Parameters by provider", ""}, {"Imports by provider", "_connector"},
	} {
		t.Run(tt.section, func(t *testing.T) {
			want := map[string]provider{}
			for _, name := range s.providers(t) {
				want[name] = s.provider(name + tt.suffix)
			}
			got := map[string]provider{}
			for _, row := range rows(d.section(t, tt.section)) {
				p := provider{Required: code(row[1]), Optional: code(row[2])}
				if len(row) > 3 {
					p.Secret = code(row[3])
				}
				for _, list := range [][]string{p.Required, p.Optional, p.Secret} {
					slices.Sort(list)
				}
				got[strings.Trim(row[0], "`")] = p
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-schema/carto.schema.json +docs/manifest.md:\n%s", diff)
			}
		})
	}
}

func (s manifestSchema) providers(t *testing.T) []string {
	t.Helper()
	for _, alternative := range s.def("provider")["anyOf"].([]any) {
		if list, ok := alternative.(node)["enum"].([]any); ok {
			var names []string
			for _, v := range list {
				names = append(names, v.(string))
			}
			return names
		}
	}
	t.Fatal("the schema names no providers")
	return nil
}

// provider is what the schema says of one, without the keys that all have.
func (s manifestSchema) provider(definition string) provider {
	def := s.def(definition)
	var required []string
	list, _ := def["required"].([]any)
	for _, v := range list {
		required = append(required, v.(string))
	}
	var p provider
	for name, property := range properties(def) {
		switch {
		case name == "provider" || name == "secret_version" || name == "connection":
			continue
		case slices.Contains(required, name):
			p.Required = append(p.Required, name)
		default:
			p.Optional = append(p.Optional, name)
		}
		if s.follow(property)["writeOnly"] == true {
			p.Secret = append(p.Secret, name)
		}
	}
	for _, list := range [][]string{p.Required, p.Optional, p.Secret} {
		slices.Sort(list)
	}
	return p
}
