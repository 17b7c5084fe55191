package schema_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cartosync/cartosync/schema"
)

func decode(t *testing.T) map[string]any {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(schema.Manifest(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func compiler(t *testing.T) *jsonschema.Compiler {
	t.Helper()
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schema.ManifestURL, bytes.NewReader(schema.Manifest())); err != nil {
		t.Fatal(err)
	}
	return c
}

// compile compiles the part of the manifest's schema at a JSON pointer. Compiling
// checks it against the meta-schema of the draft that $schema names.
func compile(t *testing.T, c *jsonschema.Compiler, pointer string) *jsonschema.Schema {
	t.Helper()
	s, err := c.Compile(schema.ManifestURL + "#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestManifestIsDraft2020(t *testing.T) {
	doc := decode(t)
	got := []any{doc["$schema"], doc["$id"], compile(t, compiler(t), "").Draft.String()}
	want := []any{"https://json-schema.org/draft/2020-12/schema", schema.ManifestURL, jsonschema.Draft2020.String()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentsAreDraft2020(t *testing.T) {
	for name, published := range map[string][]byte{"plan": schema.Plan(), "report": schema.Report()} {
		t.Run(name, func(t *testing.T) {
			var doc struct {
				Schema string `json:"$schema"`
				ID     string `json:"$id"`
			}
			if err := json.Unmarshal(published, &doc); err != nil {
				t.Fatal(err)
			}
			c := jsonschema.NewCompiler()
			if err := c.AddResource(doc.ID, bytes.NewReader(published)); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Compile(doc.ID); err != nil {
				t.Fatal(err)
			}
			if want := "https://json-schema.org/draft/2020-12/schema"; doc.Schema != want {
				t.Errorf("$schema = %q, want %q", doc.Schema, want)
			}
		})
	}
}

// A report describes a result as a plan's document does: each has to stand alone,
// and a reader of both has one shape to know.
func TestReportHasThePlansResult(t *testing.T) {
	parts := func(published []byte) map[string]any {
		var doc struct {
			Defs map[string]any `json:"$defs"`
		}
		if err := json.Unmarshal(published, &doc); err != nil {
			t.Fatal(err)
		}
		return doc.Defs
	}
	want, got := parts(schema.Plan()), parts(schema.Report())
	maps.DeleteFunc(want, func(name string, _ any) bool { _, shared := got[name]; return !shared })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("schema/report.schema.json differs from schema/plan.schema.json (-plan +report):\n%s", diff)
	}
	for _, name := range []string{"result", "action_result"} {
		if got[name] == nil {
			t.Errorf("a report has no %s", name)
		}
	}
}

// visit calls f for every schema of the document with its pointer, conditions and
// exclusions left out: they describe no key of a manifest.
func visit(node any, pointer string, f func(pointer string, s map[string]any)) {
	s, ok := node.(map[string]any)
	if !ok {
		return
	}
	f(pointer, s)
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		at := pointer + "/" + keyword
		switch keyword {
		case "properties", "patternProperties", "$defs":
			for _, name := range slices.Sorted(maps.Keys(s[keyword].(map[string]any))) {
				visit(s[keyword].(map[string]any)[name], at+"/"+escape(name), f)
			}
		case "items", "additionalProperties", "then", "else":
			visit(s[keyword], at, f)
		case "anyOf", "allOf":
			for i, sub := range s[keyword].([]any) {
				visit(sub, at+"/"+strconv.Itoa(i), f)
			}
		}
	}
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "^", "%5E", "[", "%5B", "]", "%5D", "*", "%2A").Replace(name)
}

func follow(doc, s map[string]any) map[string]any {
	if ref, ok := s["$ref"].(string); ok {
		return doc["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
	}
	return s
}

func TestEveryKeyIsDescribed(t *testing.T) {
	doc := decode(t)
	keys := 0
	check := func(pointer string, node any) {
		s, ok := node.(map[string]any)
		if !ok {
			return // false: the key is excluded here, and described where it is allowed
		}
		keys++
		s = follow(doc, s)
		for _, want := range []string{"title", "description", "examples"} {
			if text, list := s[want], s[want]; text == nil || text == "" || cmp.Equal(list, []any{}) {
				t.Errorf("%s has no %s", pointer, want)
			}
		}
	}
	visit(doc, "", func(pointer string, s map[string]any) {
		for _, keyword := range []string{"properties", "patternProperties"} {
			if properties, ok := s[keyword].(map[string]any); ok {
				for name, property := range properties {
					check(pointer+"/"+keyword+"/"+name, property)
				}
			}
		}
		if strings.Count(pointer, "/") == 2 && strings.HasPrefix(pointer, "/$defs/") {
			check(pointer, s)
		}
	})
	if keys < 150 {
		t.Errorf("only %d keys were found: the walk is broken", keys)
	}
}

func TestEveryExampleIsValid(t *testing.T) {
	examples := 0
	c := compiler(t)
	visit(decode(t), "", func(pointer string, s map[string]any) {
		list, _ := s["examples"].([]any)
		if d, ok := s["default"]; ok {
			list = append(list, d)
		}
		if len(list) == 0 {
			return
		}
		compiled := compile(t, c, pointer)
		for _, example := range list {
			examples++
			if err := compiled.Validate(example); err != nil {
				t.Errorf("%s: example %v: %#v", pointer, example, err)
			}
		}
	})
	if examples < 100 {
		t.Errorf("only %d examples were found: the walk is broken", examples)
	}
}

// Objects are closed, but for those whose keys are the user's own.
func TestUnknownKeysAreErrors(t *testing.T) {
	visit(decode(t), "", func(pointer string, s map[string]any) {
		if s["properties"] == nil || strings.Contains(pointer, "/then") || strings.Contains(pointer, "/else") {
			return
		}
		switch pointer {
		case "/$defs/connection", "/$defs/connector": // closed by the schema of the provider
			return
		}
		for _, provider := range []string{"bigquery", "redshift", "snowflake"} { // CARTO never published their code
			if strings.HasPrefix(pointer, "/$defs/"+provider) && s["propertyNames"] != nil {
				return
			}
		}
		if s["additionalProperties"] != false {
			t.Errorf("%s takes unknown keys", pointer)
		}
	})
}

// Nobody can read what a failed oneOf says, and descriptions show in editors as they are.
func TestStyle(t *testing.T) {
	markdown := regexp.MustCompile("`|\\*\\*|\\]\\(")
	visit(decode(t), "", func(pointer string, s map[string]any) {
		if s["oneOf"] != nil {
			t.Errorf("%s uses oneOf", pointer)
		}
		if text, _ := s["description"].(string); markdown.MatchString(text) || (text != "" && !strings.HasSuffix(text, ".")) {
			t.Errorf("%s: description is not plain sentences: %s", pointer, text)
		}
		if s["pattern"] != nil && s["patternErrorMessage"] == nil {
			t.Errorf("%s has a pattern and no words for it", pointer)
		}
		if list, ok := s["anyOf"].([]any); ok && (len(list) != 2 || !cmp.Equal(list[1], map[string]any{"$ref": "#/$defs/variable"})) {
			t.Errorf("%s uses anyOf for more than a variable", pointer)
		}
	})
}

func TestManifests(t *testing.T) {
	s := compile(t, compiler(t), "")
	const head = `{"version": 1, "project": "p", `
	tests := map[string]struct {
		doc   string
		valid bool
	}{
		"smallest":                  {`{"version": 1, "project": "p"}`, true},
		"no version":                {`{"project": "p"}`, false},
		"other version":             {`{"version": 2, "project": "p"}`, false},
		"unknown key":               {head + `"dataset": []}`, false},
		"project with capitals":     {`{"version": 1, "project": "P"}`, false},
		"project from a variable":   {`{"version": 1, "project": "${var:project}"}`, true},
		"nulls":                     {head + `"datasets": [{"name": "a", "source": null, "sync": null, "tags": null, "privacy": null, "guards": null}]}`, true},
		"privacy from a variable":   {head + `"datasets": [{"name": "a", "privacy": "${var:p}"}]}`, true},
		"privacy misspelt":          {head + `"datasets": [{"name": "a", "privacy": "pubic"}]}`, false},
		"two sources":               {head + `"datasets": [{"name": "a", "source": {"file": "a.csv", "url": "https://e.org/a.csv"}}]}`, false},
		"empty source":              {head + `"datasets": [{"name": "a", "source": {}}]}`, false},
		"connector without a table": {head + `"datasets": [{"name": "a", "source": {"connector": "w"}}]}`, false},
		"table and query":           {head + `"datasets": [{"name": "a", "source": {"connector": "w", "table": "t", "sql_query": "q"}}]}`, false},
		"table without connector":   {head + `"datasets": [{"name": "a", "source": {"table": "t"}}]}`, false},
		"fetch beside file":         {head + `"datasets": [{"name": "a", "source": {"file": "a.csv", "fetch": "server"}}]}`, false},
		"inline connector":          {head + `"datasets": [{"name": "a", "source": {"connector": {"provider": "mysql", "connection": {"server": "h", "username": "u", "password": "${env:CARTOSYNC_SECRET_P}"}, "table": "t"}}}]}`, true},
		"inline connector, misspelt": {head + `"datasets": [{"name": "a", "source": {"connector": {"provider": "mysql", "connection": {"server": "h", "user": "u", "password": "${env:CARTOSYNC_SECRET_P}"}, "table": "t"}}}]}`,
			false},
		"BigQuery by OAuth":           {head + `"datasets": [{"name": "a", "source": {"connector": {"provider": "bigquery", "billing_project": "b", "dataset": "d", "table": "t"}}}]}`, true},
		"BigQuery without a payer":    {head + `"datasets": [{"name": "a", "source": {"connector": {"provider": "bigquery", "dataset": "d", "table": "t"}}}]}`, false},
		"odbc":                        {head + `"connections": {"w": {"provider": "odbc"}}}`, false},
		"password in clear":           {head + `"connections": {"w": {"provider": "hive", "server": "h", "password": "hunter2"}}}`, false},
		"Redshift with server":        {head + `"connections": {"w": {"provider": "redshift", "server": "h", "database": "d", "username": "u", "password": "${env:A}"}}}`, false},
		"Snowflake with extras":       {head + `"connections": {"w": {"provider": "snowflake", "server": "h", "database": "d", "username": "u", "password": "${env:A}", "role": "r"}}}`, true},
		"PostgreSQL with extras":      {head + `"connections": {"w": {"provider": "postgres", "server": "h", "database": "d", "username": "u", "role": "r"}}}`, false},
		"connection key with hyphen":  {head + `"connections": {"a-b": {"provider": "hive", "server": "h"}}}`, false},
		"share with two":              {head + `"datasets": [{"name": "a", "share": [{"user": "u", "group": "g"}]}]}`, false},
		"share with nobody":           {head + `"datasets": [{"name": "a", "share": [{"access": "r"}]}]}`, false},
		"share with the organization": {head + `"datasets": [{"name": "a", "share": [{"organization": true}]}]}`, true},
		"guards.allow in defaults":    {head + `"defaults": {"guards": {"allow": []}}}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var doc any
			if err := json.Unmarshal([]byte(tt.doc), &doc); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(doc); (err == nil) != tt.valid {
				t.Errorf("valid = %v, want %v: %v", err == nil, tt.valid, err)
			}
		})
	}
}
