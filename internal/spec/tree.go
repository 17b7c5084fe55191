package spec

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// A tree is a mapping in a file, kept so that places can be looked up when somebody
// asks for them: few of the values of a large manifest are ever complained about.
type tree struct {
	file string
	node *yaml.Node
}

// At returns the place of a key of the entry, such as "privacy", "source.url" or
// "sync.interval": in the entry, else in the defaults that it takes the value from,
// else the entry's own place.
func (d Dataset) At(field string) Position {
	key, _ := d.places(field)
	return key
}

// valueAt returns the place of what stands under a key.
func (d Dataset) valueAt(field string) Position {
	_, value := d.places(field)
	return value
}

func (d Dataset) places(field string) (key, value Position) {
	for _, t := range []*tree{d.written, d.defaults} {
		if t == nil {
			continue
		}
		if k, v := lookup(t.node, strings.Split(field, ".")); k != nil {
			return t.at(k), t.at(v)
		}
	}
	return d.Pos, d.Pos
}

func (t *tree) at(n *yaml.Node) Position {
	return Position{File: t.file, Line: n.Line, Column: n.Column}
}

// lookup follows keys through mappings, aliases included.
func lookup(n *yaml.Node, path []string) (key, value *yaml.Node) {
	value = n
	for _, name := range path {
		key, value = child(value, name)
		if key == nil {
			return nil, nil
		}
	}
	return key, value
}

func child(n *yaml.Node, name string) (key, value *yaml.Node) {
	n = resolveAlias(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if resolveAlias(n.Content[i]).Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func resolveAlias(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
