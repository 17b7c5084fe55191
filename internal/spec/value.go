package spec

import (
	"gopkg.in/yaml.v3"
)

// A value is a converted node together with the node, so that its place is known.
type value struct {
	doc  *document
	key  *yaml.Node // of the mapping that it stands in; nil for items and documents
	node *yaml.Node
	json any
}

// pos is the place of the value itself.
func (v value) pos() Position { return v.doc.at(v.node) }

// keyPos is the place of its key, or its own if it has none.
func (v value) keyPos() Position {
	if v.key == nil {
		return v.pos()
	}
	return v.doc.at(v.key)
}

// has reports whether a mapping holds the key, be it null.
func (v value) has(name string) bool {
	m, ok := v.json.(map[string]any)
	if !ok {
		return false
	}
	_, ok = m[name]
	return ok
}

// get returns what stands under a key; ok is false where that is nothing or null.
func (v value) get(name string) (member value, ok bool) {
	m, _ := v.json.(map[string]any)
	j := m[name]
	if j == nil {
		return value{}, false
	}
	key, node := child(v.node, name)
	return value{v.doc, key, node, j}, true
}

// members returns the entries of a mapping in the order of the file.
func (v value) members() []value {
	m, _ := v.json.(map[string]any)
	node := resolveAlias(v.node)
	if m == nil || node.Kind != yaml.MappingNode {
		return nil
	}
	seen := make(map[string]bool, len(m))
	list := make([]value, 0, len(m))
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := resolveAlias(node.Content[i]).Value
		if _, kept := m[name]; kept && !seen[name] {
			seen[name] = true
			list = append(list, value{v.doc, node.Content[i], node.Content[i+1], m[name]})
		}
	}
	return list
}

func (v value) name() string { return resolveAlias(v.key).Value }

// items returns the items of a list.
func (v value) items() []value {
	l, _ := v.json.([]any)
	list := make([]value, len(l))
	for i := range l {
		list[i] = v.item(i)
	}
	return list
}

func (v value) item(i int) value {
	return value{doc: v.doc, node: resolveAlias(v.node).Content[i], json: v.json.([]any)[i]}
}

// text returns the value if it is text.
func (v value) text() (string, bool) {
	s, ok := v.json.(string)
	return s, ok
}

// textAt returns the text under a key, or "".
func (v value) textAt(name string) string {
	m, _ := v.json.(map[string]any)
	s, _ := m[name].(string)
	return s
}
