package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/secret"
)

// A variable is one declared under vars.
type variable struct {
	value string
	set   bool // has a default, or was given
}

// declareVars reads the vars of a root manifest and gives them the values of the
// command line.
func declareVars(doc *document, root *yaml.Node, given map[string]string, f *faults) map[string]variable {
	vars := map[string]variable{}
	_, node := child(root, "vars")
	node = resolveAlias(node)
	if node == nil || node.Kind != yaml.MappingNode {
		return vars
	}
	plain := &converter{doc: doc, faults: f, verbatim: true}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := resolveAlias(node.Content[i]).Value, resolveAlias(node.Content[i+1])
		v := variable{}
		if strings.Contains(value.Value, "${") {
			f.add(doc.at(value), "a variable cannot hold references", "write the reference where the secret is used")
		}
		if value.Kind == yaml.ScalarNode && plain.value(value) != nil {
			v = variable{value: value.Value, set: true}
		}
		if s, ok := given[name]; ok {
			v = variable{value: s, set: true}
		}
		vars[name] = v
	}
	return vars
}

// interpolate replaces ${var:NAME} in s. Where secrets may stand the result is the
// written form of a [secret.Text], otherwise it is plain text. The second result says
// whether a variable was replaced.
func (c *converter) interpolate(n *yaml.Node, s string) (string, bool) {
	keep := secretsAllowed(c.path)
	var b strings.Builder
	replaced := false
	for s != "" {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			break
		}
		if i > 0 && s[i-1] == '$' { // $${ is a literal ${
			if keep {
				b.WriteString(s[:i+2])
			} else {
				b.WriteString(s[:i-1] + "${")
			}
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		body, rest, closed := strings.Cut(s[i+2:], "}")
		if !closed {
			c.fault(n, "a reference has no closing brace", "write $${ for a literal ${")
			return b.String(), replaced
		}
		kind, name, _ := strings.Cut(body, ":")
		switch {
		case kind == "var":
			replaced = true
			value := c.variable(n, name)
			if keep {
				value = secret.Literal(value).String()
				if strings.HasSuffix(value, "$") && (strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "$")) {
					c.fault(n, fmt.Sprintf("the value of variable %s ends in $ and cannot stand before %s", quote(name), quote(rest[:1])), "")
				}
			}
			b.WriteString(value)
		case keep:
			b.WriteString("${" + body + "}")
		case kind == "env" || kind == "file":
			c.fault(n, "a secret cannot stand here", "secrets are for connections, inline connectors and source.url")
		default:
			c.unknownReference(n, kind)
		}
		s = rest
	}
	return b.String(), replaced
}

func (c *converter) unknownReference(n *yaml.Node, kind string) {
	hint := "write ${var:NAME}, or $${ for a literal ${"
	if _, declared := c.vars[kind]; declared {
		hint = "write ${var:" + kind + "}"
	}
	c.fault(n, "${"+ellipsis(kind)+"} is no reference", hint)
}

// ellipsis shortens text that may be anything.
func ellipsis(s string) string {
	q := quote(s)
	return q[1 : len(q)-1]
}

func (c *converter) variable(n *yaml.Node, name string) string {
	v, declared := c.vars[name]
	switch {
	case !declared:
		hint := didYouMean(name, slices.Sorted(maps.Keys(c.vars)))
		if hint == "" {
			hint = "declare it under vars in the root manifest"
		}
		c.fault(n, fmt.Sprintf("variable %s is not declared", quote(name)), hint)
	case !v.set:
		c.fault(n, fmt.Sprintf("variable %s has no value", quote(name)), fmt.Sprintf("give it with --var %s=VALUE, or a default under vars", name))
	}
	return v.value
}

// secretsAllowed reports whether references to secrets may stand at a path: in the
// parameters of connections and inline connectors, and in source.url.
func secretsAllowed(path []string) bool {
	if len(path) < 3 {
		return false
	}
	switch last := path[len(path)-1]; {
	case last == "provider" || last == "secret_version":
		return false
	case path[0] == "connections":
		return len(path) == 3
	case path[0] == "datasets" && len(path) >= 4 && path[2] == "source":
		return path[3] == "url" && len(path) == 4 || path[3] == "connector" && len(path) > 4
	}
	return false
}
