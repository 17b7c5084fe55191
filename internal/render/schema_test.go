package render

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/schema"
)

// closedSchema is a published schema, made to refuse keys that it does not
// describe: readers must ignore those, but we must not print them unannounced.
func closedSchema(t *testing.T, published []byte) *jsonschema.Schema {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(published, &doc); err != nil {
		t.Fatal(err)
	}
	closed, err := json.Marshal(closeObjects(doc))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft2020
	c.AssertFormat = true
	if err := c.AddResource("plan.json", bytes.NewReader(closed)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeObjects(node any) any {
	switch node := node.(type) {
	case map[string]any:
		for key, sub := range node {
			if key != "examples" {
				node[key] = closeObjects(sub)
			}
		}
		if _, isObject := node["properties"].(map[string]any); isObject && node["type"] == "object" {
			node["additionalProperties"] = false
		}
		delete(node, "$id")
	case []any:
		for i := range node {
			node[i] = closeObjects(node[i])
		}
	}
	return node
}

func TestJSONKeepsItsSchema(t *testing.T) {
	whole, done := closedSchema(t, schema.Plan()), closedSchema(t, schema.Report())
	prints := map[string]func(io.Writer) error{
		"zero plan":   planGolden(plan.Plan{}, JSON, Options{}),
		"zero report": func(w io.Writer) error { return Report(w, JSON, plan.Plan{}, apply.Report{}, Options{}) },
		"all keys":    planGolden(plan.Plan{Actions: []plan.Action{everyKey(t)}}, JSON, Options{}),
		"no account":  func(w io.Writer) error { return Failure(w, JSON, "", nil, errors.New("no key")) },
		"no error":    func(w io.Writer) error { return Failure(w, JSON, "", nil, nil) },

		"zero plan.done":   planGolden(plan.Plan{}, Done, Options{}),
		"zero report.done": func(w io.Writer) error { return Report(w, Done, plan.Plan{}, apply.Report{}, Options{}) },
		"no account.done":  func(w io.Writer) error { return Failure(w, Done, "", nil, errors.New("no key")) },
	}
	for name, print := range goldens {
		if strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".done") {
			prints[name] = print
		}
	}
	for name, print := range prints {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := print(&b); err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(b.String(), "}\n") || strings.HasSuffix(b.String(), "\n\n") {
				t.Errorf("%q does not end with one line end", b.String())
			}
			var doc any
			dec := json.NewDecoder(&b)
			if err := dec.Decode(&doc); err != nil {
				t.Fatal(err)
			}
			kept := whole
			if strings.HasSuffix(name, ".done") {
				kept = done
			}
			if err := kept.Validate(doc); err != nil {
				t.Errorf("%#v", err)
			}
			if _, err := dec.Token(); err != io.EOF {
				t.Error("there is more than one document")
			}
		})
	}
}

// everyKey is an action in which nothing is zero, so that a key which plan gets
// and the schema does not is noticed.
func everyKey(t *testing.T) plan.Action {
	t.Helper()
	a := everyVerb().Actions[0]
	for _, from := range everyVerb().Actions {
		v, into := reflect.ValueOf(from), reflect.ValueOf(&a).Elem()
		for i := range v.NumField() {
			if into.Field(i).IsZero() {
				into.Field(i).Set(v.Field(i))
			}
		}
	}
	for i := range reflect.TypeFor[plan.Action]().NumField() {
		f := reflect.TypeFor[plan.Action]().Field(i)
		if f.Tag.Get("json") != "-" && reflect.ValueOf(a).Field(i).IsZero() {
			t.Errorf("no action of the fixture has a %s: give it one", f.Name)
		}
	}
	return a
}

// The schema must be able to refuse, or the test above means nothing.
func TestSchemaRefuses(t *testing.T) {
	schema := closedSchema(t, schema.Plan())
	for name, spoil := range map[string]func(map[string]any){
		"another major version": func(d map[string]any) { d["format_version"] = "2.0" },
		"a missing key":         func(d map[string]any) { delete(d, "summary") },
		"an unknown key":        func(d map[string]any) { d["extra"] = 1 },
		"an unknown verb": func(d map[string]any) {
			d["actions"].([]any)[0].(map[string]any)["verb"] = "destroy"
		},
		"a nested unknown key": func(d map[string]any) {
			d["actions"].([]any)[0].(map[string]any)["extra"] = 1
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := goldens["report.json"](&b); err != nil {
				t.Fatal(err)
			}
			var doc map[string]any
			if err := json.Unmarshal(b.Bytes(), &doc); err != nil {
				t.Fatal(err)
			}
			spoil(doc)
			if schema.Validate(doc) == nil {
				t.Error("the schema lets it pass")
			}
		})
	}
}
