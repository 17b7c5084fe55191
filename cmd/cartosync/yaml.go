package main

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/spec"
)

// A mapping is a mapping in one of the small YAML files beside the manifest's: read
// strictly, each fault with its place, no fault quoting a value.
type mapping struct{ entries []entry }

// An entry is a key and its value.
type entry struct {
	key   string
	value *yaml.Node
	pos   spec.Position // of the key
}

// parseMapping reads a file that is one mapping, or empty.
func parseMapping(path string, text []byte) (mapping, spec.Errors) {
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return mapping{}, spec.Errors{syntaxFault(path, err)}
	}
	if len(doc.Content) == 0 {
		return mapping{}, nil
	}
	return mappingOf(path, doc.Content[0])
}

func mappingOf(path string, n *yaml.Node) (mapping, spec.Errors) {
	at := func(n *yaml.Node) spec.Position { return spec.Position{File: path, Line: n.Line, Column: n.Column} }
	if n.Kind != yaml.MappingNode {
		return mapping{}, spec.Errors{{Pos: at(n), Problem: "this must be a mapping", Hint: "write key: value"}}
	}
	var m mapping
	var faults spec.Errors
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode || value.Kind == yaml.AliasNode:
			faults = append(faults, &spec.Error{Pos: at(key), Problem: "keys are plain text here, and there are no aliases", Hint: "write the value out"})
		case slices.ContainsFunc(m.entries, func(e entry) bool { return e.key == key.Value }):
			faults = append(faults, &spec.Error{Pos: at(key), Problem: fmt.Sprintf("%q is there twice", key.Value), Hint: "remove one of the two"})
		default:
			m.entries = append(m.entries, entry{key: key.Value, value: value, pos: at(key)})
		}
	}
	return m, faults
}

// known refuses keys other than those.
func (m mapping) known(keys ...string) spec.Errors {
	var faults spec.Errors
	for _, e := range m.entries {
		if slices.Contains(keys, e.key) {
			continue
		}
		hint := "the keys are " + strings.Join(keys, ", ")
		if near := nearest(e.key, keys); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		faults = append(faults, e.fault(fmt.Sprintf("unknown key %q", e.key), hint))
	}
	return faults
}

// mapping is the value as a mapping with no keys but those; none given allows all.
func (e entry) mapping(keys ...string) (mapping, spec.Errors) {
	m, faults := mappingOf(e.pos.File, e.value)
	if faults == nil && len(keys) > 0 {
		faults = m.known(keys...)
	}
	return m, faults
}

// text is the value as a text.
func (e entry) text() (string, *spec.Error) {
	if e.value.Kind != yaml.ScalarNode || e.value.Tag == "!!null" {
		return "", e.fault(fmt.Sprintf("%q must be a text", e.key), "")
	}
	return e.value.Value, nil
}

// items are the values of a list, each an entry of its own at its own place.
func (e entry) items() ([]entry, *spec.Error) {
	if e.value.Kind != yaml.SequenceNode {
		return nil, e.fault(fmt.Sprintf("%q must be a list", e.key), "write [a, b]")
	}
	all := make([]entry, len(e.value.Content))
	for i, n := range e.value.Content {
		all[i] = entry{key: e.key, value: n, pos: spec.Position{File: e.pos.File, Line: n.Line, Column: n.Column}}
	}
	return all, nil
}

func (e entry) fault(problem, hint string) *spec.Error {
	return &spec.Error{Pos: e.pos, Problem: problem, Hint: hint}
}

var yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)`)

// syntaxFault gives an error of the YAML parser its place. It leaves the line out
// where that is the first.
func syntaxFault(path string, err error) *spec.Error {
	e := &spec.Error{Pos: spec.Position{File: path, Line: 1, Column: 1}, Problem: err.Error(), Hint: "check quotes, colons and indentation"}
	if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
		e.Problem = m[2]
		if line, err := strconv.Atoi(m[1]); err == nil {
			e.Pos.Line = line
		}
	}
	return e
}
