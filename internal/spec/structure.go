package spec

import (
	"fmt"

	"gopkg.in/yaml.v3"
)

const (
	maxDepth  = 100     // of nested collections
	maxValues = 500_000 // that aliases may expand to
)

// A structure checks what YAML allows and manifests do not, in one walk over the
// nodes as written, so that whoever walks them afterwards need not fear aliases.
type structure struct {
	doc    *document
	faults *faults
	fatal  bool // the nodes must not be walked
	open   map[*yaml.Node]bool
	extent map[*yaml.Node]extent // of anchored nodes
}

// An extent says how many values a node has and how deep they nest, aliases expanded.
type extent struct{ values, height int }

// checkStructure reports whether the nodes may be walked.
func checkStructure(doc *document, root *yaml.Node, f *faults) bool {
	s := &structure{doc: doc, faults: f, open: map[*yaml.Node]bool{}, extent: map[*yaml.Node]extent{}}
	s.walk(root, 1)
	return !s.fatal
}

func (s *structure) walk(n *yaml.Node, depth int) extent {
	if s.fatal {
		return extent{}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return s.alias(n, depth)
	case yaml.MappingNode:
		s.keys(n)
	case yaml.ScalarNode:
		e := extent{values: 1}
		s.remember(n, e)
		return e
	}
	return s.collection(n, depth)
}

func (s *structure) collection(n *yaml.Node, depth int) extent {
	if depth > maxDepth {
		s.stop(n, fmt.Sprintf("values nest deeper than %d levels", maxDepth), "")
		return extent{}
	}
	s.tag(n)
	if n.Anchor != "" {
		s.open[n] = true
		defer delete(s.open, n)
	}
	e := extent{values: 1}
	for _, c := range n.Content {
		inner := s.walk(c, depth+1)
		e.values += inner.values
		e.height = max(e.height, inner.height)
		if e.values > maxValues && c.Kind == yaml.AliasNode {
			s.stop(c, fmt.Sprintf("aliases make more than %d values of this", maxValues), "write the values out, or put common ones under defaults")
			return extent{}
		}
	}
	e.height++
	s.remember(n, e)
	return e
}

func (s *structure) alias(n *yaml.Node, depth int) extent {
	if s.open[n.Alias] {
		s.stop(n, fmt.Sprintf("the alias *%s stands inside the value that it repeats", n.Value), "write the value out")
		return extent{}
	}
	e := s.extent[n.Alias]
	if depth+e.height > maxDepth {
		s.stop(n, fmt.Sprintf("values nest deeper than %d levels", maxDepth), "")
	}
	return e
}

func (s *structure) remember(n *yaml.Node, e extent) {
	if n.Anchor != "" {
		s.extent[n] = e
	}
}

func (s *structure) stop(n *yaml.Node, problem, hint string) {
	if !s.fatal {
		s.faults.add(s.doc.at(n), problem, hint)
	}
	s.fatal = true
}

func (s *structure) tag(n *yaml.Node) {
	if n.Tag != "!!map" && n.Tag != "!!seq" {
		s.faults.add(s.doc.at(n), fmt.Sprintf("the tag %s is not supported", quote(n.Tag)), "remove it")
	}
}

// manyKeys is the number of keys from which on an index pays.
const manyKeys = 24

// keys checks the keys of a mapping: text, none of them twice, no merging.
func (s *structure) keys(n *yaml.Node) {
	var index map[string]*yaml.Node
	if len(n.Content) > 2*manyKeys {
		index = make(map[string]*yaml.Node, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolveAlias(n.Content[i])
		if key.Kind != yaml.ScalarNode {
			s.faults.add(s.doc.at(n.Content[i]), "a key must be text, this is "+kindOf(key), "")
			continue
		}
		if key.Tag == "!!merge" {
			s.faults.add(s.doc.at(n.Content[i]), "merge keys (<<) are not supported", "put common values under defaults, or write them out")
			continue
		}
		if first := s.earlier(n, i, key, index); first != nil {
			s.faults.add(s.doc.at(n.Content[i]), fmt.Sprintf("key %s is already at %s", quote(key.Value), s.doc.at(first)), "remove one of the two")
		}
	}
}

// earlier returns the key of the mapping before i that says the same.
func (s *structure) earlier(n *yaml.Node, i int, key *yaml.Node, index map[string]*yaml.Node) *yaml.Node {
	if index != nil {
		first := index[key.Value]
		if first == nil {
			index[key.Value] = n.Content[i]
		}
		return first
	}
	for j := 0; j < i; j += 2 {
		if k := resolveAlias(n.Content[j]); k.Kind == yaml.ScalarNode && k.Value == key.Value {
			return n.Content[j]
		}
	}
	return nil
}
