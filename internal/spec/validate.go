package spec

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"gopkg.in/yaml.v3"
)

// A violation is one thing that the schema found, with all that a message needs.
type violation struct {
	schemas  *schemas
	value    value          // what is wrong
	path     []string       // the way to it, keys and numbers of items
	keyword  string         // of the schema: type, enum, pattern; "" for an excluded key
	schema   map[string]any // the part that the keyword stands in
	location []string       // of the keyword in the schema
}

// validate lets the schema judge a value and translates what it finds.
func (s *schemas) validate(sch *jsonschema.Schema, v value, f *faults) {
	err := sch.Validate(v.json)
	if err == nil {
		return
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		f.add(v.pos(), "the manifest cannot be checked: "+err.Error(), "")
		return
	}
	s.explainAll(v, invalid, f)
}

func (s *schemas) explainAll(v value, e *jsonschema.ValidationError, f *faults) {
	if len(e.Causes) == 0 {
		s.violation(v, e).explain(f)
		return
	}
	for _, c := range e.Causes {
		s.explainAll(v, c, f)
	}
}

func (s *schemas) violation(v value, e *jsonschema.ValidationError) violation {
	x := violation{schemas: s, path: pointerTokens(e.InstanceLocation)}
	x.value = v.follow(x.path)
	_, fragment, _ := strings.Cut(e.AbsoluteKeywordLocation, "#")
	x.location = pointerTokens(fragment)
	node := s.lookup(e.AbsoluteKeywordLocation)
	if b, ok := node.(bool); ok && !b && !x.under("additionalProperties") {
		return x // a key that is excluded altogether
	}
	at := len(x.location) - 1
	if i := slices.Index(x.location, "dependentRequired"); i >= 0 {
		at = i // followed by the key and the number of what it needs
	}
	x.keyword, x.schema = x.location[at], s.schemaAt(x.location[:at])
	return x
}

// under reports whether a keyword is the last of the location.
func (x violation) under(keyword string) bool {
	return len(x.location) > 0 && x.location[len(x.location)-1] == keyword
}

func (s *schemas) schemaAt(tokens []string) map[string]any {
	var b strings.Builder
	for _, t := range tokens {
		b.WriteString("/" + strings.NewReplacer("~", "~0", "/", "~1", "%", "%25").Replace(t))
	}
	m, _ := s.lookup("#" + b.String()).(map[string]any)
	return m
}

// follow goes down a path that a schema error names. The value of a key that stands
// for itself, as in propertyNames, is the key.
func (v value) follow(path []string) value {
	for _, token := range path {
		switch v.json.(type) {
		case map[string]any:
			key, node := child(v.node, token)
			if key == nil {
				return v
			}
			v = value{v.doc, key, node, v.json.(map[string]any)[token]}
		case []any:
			i, err := strconv.Atoi(token)
			if err != nil || i >= len(v.json.([]any)) || resolveAlias(v.node).Kind != yaml.SequenceNode {
				return v
			}
			v = v.item(i)
		}
	}
	return v
}
