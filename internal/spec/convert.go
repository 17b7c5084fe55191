package spec

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/secret"
)

// A converter makes JSON values of YAML nodes: map[string]any, []any, string, bool,
// int64, float64 and nil, which is what JSON Schema judges. Whatever YAML would read
// as a date stays the text that was written; whatever would silently become another
// number, such as 0755, is a fault.
type converter struct {
	doc      *document
	faults   *faults
	vars     map[string]variable
	verbatim bool // ${ means nothing
	path     []string
}

func (c *converter) fault(n *yaml.Node, problem, hint string) {
	c.faults.add(c.doc.at(n), problem, hint)
}

// value converts a node whose structure was checked.
func (c *converter) value(n *yaml.Node) any {
	n = resolveAlias(n)
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := resolveAlias(n.Content[i])
			if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
				continue // complained about already
			}
			if _, twice := m[key.Value]; !twice {
				m[key.Value] = c.in(key.Value, n.Content[i+1])
			}
		}
		return m
	case yaml.SequenceNode:
		l := make([]any, len(n.Content))
		for i, item := range n.Content {
			l[i] = c.in("", item)
		}
		return l
	}
	return c.scalar(n)
}

// in converts a node one step further down: under a key, or "" for an item of a list.
func (c *converter) in(key string, n *yaml.Node) any {
	c.path = append(c.path, key)
	v := c.value(n)
	c.path = c.path[:len(c.path)-1]
	return v
}

func (c *converter) scalar(n *yaml.Node) any {
	if c.verbatim || !strings.Contains(n.Value, "${") {
		return c.tagged(n, n.Tag, n.Value)
	}
	s, replaced := c.interpolate(n, n.Value)
	if !replaced || isQuoted(n) {
		return c.text(n, s)
	}
	// Unquoted, a variable may stand for a number, or for true and false.
	switch {
	case s == "true", s == "false":
		return s == "true"
	case decimal.MatchString(s):
		return c.number(n, s)
	}
	return c.text(n, s)
}

// isQuoted reports whether a scalar was written so that it is text whatever it says.
func isQuoted(n *yaml.Node) bool {
	const quoted = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle | yaml.TaggedStyle
	return resolveAlias(n).Style&quoted != 0
}

func (c *converter) tagged(n *yaml.Node, tag, s string) any {
	switch tag {
	case "!!str", "!!timestamp", "!!merge":
		return c.text(n, s)
	case "!!null":
		return nil
	case "!!bool":
		return strings.EqualFold(s, "true")
	case "!!int", "!!float":
		return c.number(n, s)
	}
	c.fault(n, fmt.Sprintf("the tag %s is not supported", quote(tag)), "remove it")
	return nil
}

func (c *converter) text(n *yaml.Node, s string) any {
	if strings.IndexByte(s, 0) >= 0 {
		c.fault(n, "the character U+0000 cannot be stored", "remove it")
	}
	return s
}

var (
	decimal      = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`)
	wholeDecimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
)

// number takes plain decimal numbers only: people and parsers disagree on the others.
func (c *converter) number(n *yaml.Node, s string) any {
	if !decimal.MatchString(s) {
		c.fault(n, c.shown(s)+oddNumber(s), "put it in quotes if it is text, or write a plain decimal number")
		return s
	}
	if wholeDecimal.MatchString(s) {
		if i, err := strconv.ParseInt(s, 10, 64); err == nil {
			return i
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) {
		c.fault(n, c.shown(s)+" is too large a number", "put it in quotes if it is text")
		return s
	}
	return f
}

// shown quotes a value, but for one that may be a password.
func (c *converter) shown(s string) string {
	if len(c.path) > 0 && secret.IsSecretKey(c.path[len(c.path)-1]) {
		return "the value"
	}
	return quote(s)
}

func oddNumber(s string) string {
	digits := strings.TrimLeft(s, "+-")
	switch {
	case strings.HasPrefix(digits, "0") && len(digits) > 1 && digits[1] != '.':
		return " is a number in octal or another base to YAML"
	case strings.ContainsAny(digits, "_+"), strings.HasPrefix(s, "+"), strings.HasPrefix(digits, "."), strings.HasSuffix(digits, "."):
		if strings.ContainsAny(digits, "0123456789") {
			return " is a number to YAML, in a form that not every program reads alike"
		}
	}
	return " is not a number"
}
