package spec

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cartosync/cartosync/schema"
)

// schemas are the compiled parts of the manifest's schema, and the schema as plain
// JSON, to look up what a violated part says in words.
type schemas struct {
	doc      map[string]any
	root     *jsonschema.Schema // of a root manifest
	included *jsonschema.Schema // of an included file
	dataset  *jsonschema.Schema // of one entry
}

var compiled = sync.OnceValue(compileSchemas)

// compileSchemas panics where the embedded schema is broken, which a test rules out.
func compileSchemas() *schemas {
	s := &schemas{}
	must(json.Unmarshal(schema.Manifest(), &s.doc))
	withoutVariables(s.doc)
	text, err := json.Marshal(s.doc)
	must(err)
	c := jsonschema.NewCompiler()
	must(c.AddResource(schema.ManifestURL, strings.NewReader(string(text))))
	s.root = c.MustCompile(schema.ManifestURL)
	s.included = c.MustCompile(schema.ManifestURL + "#/$defs/included")
	s.dataset = c.MustCompile(schema.ManifestURL + "#/$defs/dataset")
	return s
}

func must(err error) {
	if err != nil {
		panic("spec: the embedded schema of manifests is broken: " + err.Error())
	}
}

// withoutVariables replaces {"anyOf": [X, variable]} by X throughout. Editors see
// ${var:NAME} where a number or one of some words belongs; the loader has put the
// variable's value there, which must be one.
func withoutVariables(node any) {
	switch n := node.(type) {
	case map[string]any:
		if alternatives, ok := n["anyOf"].([]any); ok {
			delete(n, "anyOf")
			for keyword, v := range alternatives[0].(map[string]any) {
				n[keyword] = v
			}
		}
		for _, v := range n {
			withoutVariables(v)
		}
	case []any:
		for _, v := range n {
			withoutVariables(v)
		}
	}
}

// lookup returns what stands in the schema at an absolute location, such as
// …/carto.schema.json#/$defs/dataset/properties/name.
func (s *schemas) lookup(location string) any {
	_, fragment, _ := strings.Cut(location, "#")
	var node any = s.doc
	for _, token := range pointerTokens(fragment) {
		switch n := node.(type) {
		case map[string]any:
			node = n[token]
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(n) {
				return nil
			}
			node = n[i]
		default:
			return nil
		}
	}
	return node
}

// def returns one of the schema's definitions.
func (s *schemas) def(name string) map[string]any {
	d, _ := s.doc["$defs"].(map[string]any)[name].(map[string]any)
	return d
}

// follow returns the schema that a $ref points at, or the schema itself.
func (s *schemas) follow(node any) map[string]any {
	m, _ := node.(map[string]any)
	if ref, ok := m["$ref"].(string); ok {
		m, _ = s.lookup(ref).(map[string]any)
	}
	return m
}

var unescapeToken = strings.NewReplacer("~1", "/", "~0", "~")

// pointerTokens splits a JSON pointer in the form of a URL's fragment.
func pointerTokens(pointer string) []string {
	pointer = strings.TrimPrefix(pointer, "/")
	if pointer == "" {
		return nil
	}
	tokens := strings.Split(pointer, "/")
	for i, t := range tokens {
		if plain, err := url.PathUnescape(t); err == nil {
			t = plain
		}
		tokens[i] = unescapeToken.Replace(t)
	}
	return tokens
}
