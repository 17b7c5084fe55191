package spec

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// parse returns the top-level mapping of a document, nil for one that says nothing.
func (d *document) parse() (*yaml.Node, *Error) {
	data, fault := d.text()
	if fault != nil {
		return nil, fault
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, d.syntaxError(data, err)
	}
	switch err := dec.Decode(&next); {
	case err == nil:
		return nil, &Error{d.at(&next), "a second document begins here", "put one manifest into one file, without a line ---"}
	case !errors.Is(err, io.EOF):
		return nil, d.syntaxError(data, err)
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, &Error{d.at(root), "a manifest is a mapping of keys to values, this is " + kindOf(root), "begin with version: 1"}
	}
	return root, nil
}

func (d *document) at(n *yaml.Node) Position {
	// The document of an empty stream part has no place of its own.
	return Position{File: d.path, Line: max(1, n.Line), Column: max(1, n.Column)}
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "text"
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`)

// syntaxError places an error of the YAML library. The library names the line where
// the enclosing collection begins, or none at all; the line where the text stops
// being YAML is what people need.
func (d *document) syntaxError(data []byte, err error) *Error {
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &Error{d.start(), "the file is not YAML: " + err.Error(), ""}
	}
	line, _ := strconv.Atoi(m[1])
	lines := bytes.SplitAfter(data, []byte("\n"))
	if found := firstBadLine(data, lines); found > 0 {
		line = found
	}
	line = min(max(line, 1), len(lines))
	text := lines[line-1]
	indent := len(text) - len(bytes.TrimLeft(text, " "))
	e := &Error{Pos: Position{File: d.path, Line: line, Column: 1 + utf8.RuneCount(text[:indent])}}
	e.Problem, e.Hint = explainSyntax(m[2], string(text))
	return e
}

// explainSyntax says in words what the library says in terms of its grammar.
func explainSyntax(message, line string) (problem, hint string) {
	trimmed := strings.TrimSpace(line)
	switch {
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		return "a tab indents this line", "indent with spaces"
	case strings.Contains(message, "unknown anchor"):
		return "the alias " + strings.TrimSuffix(strings.TrimPrefix(message, "unknown anchor "), " referenced") + " has no anchor before it", "define it with & before it is used with *"
	case strings.Contains(trimmed, "${") && strings.ContainsAny(trimmed, "{[") && strings.Contains(message, "did not find expected"):
		return "this line is not YAML: " + message, "inside { } and [ ] put quotes around values with ${...}"
	case strings.Contains(message, "mapping values are not allowed"):
		return "a colon is not allowed here", `put quotes around a value that contains ": ", and check the indentation`
	case strings.Contains(message, "could not find expected ':'"):
		return "a key has no colon", "write key: value, with a space after the colon"
	case strings.Contains(message, "unexpected end of stream") && strings.ContainsAny(trimmed, `"'`):
		return "a quotation mark is never closed", "close it, or put the whole value into the other kind of quotes"
	case strings.Contains(message, "found character that cannot start any token"):
		return "a value cannot begin with this character", "put quotes around the value"
	case strings.Contains(message, "did not find expected key"), strings.Contains(message, "did not find expected '-' indicator"):
		return "this line does not fit the lines before it", "check the indentation and the quotes"
	case strings.Contains(message, "did not find expected ',' or"):
		return "a bracket or brace that opens here is not closed, or a comma is missing", "check the brackets and commas"
	case strings.Contains(message, "incompatible YAML document"):
		return "the line %YAML names a version that is not supported", "remove it"
	case strings.Contains(message, "exceeded max depth"):
		return "the file is nested too deeply", ""
	}
	return "this line is not YAML: " + message, ""
}

// searchBudget bounds the bytes parsed to place a syntax error.
const searchBudget = 16 << 20

// firstBadLine returns the number of the first line after which no prefix of the file
// is YAML any more, or 0 if that is too much work. A value of several lines makes
// prefixes that end inside it look bad, hence the look ahead.
func firstBadLine(data []byte, lines [][]byte) int {
	const ahead = 32
	budget := searchBudget
	ends := make([]int, len(lines)+1)
	for i, l := range lines {
		ends[i+1] = ends[i] + len(l)
	}
	good := func(n int) bool {
		budget -= ends[n]
		return isYAML(data[:ends[n]])
	}
	lo, hi := 0, len(lines)
	for budget > 0 {
		for hi-lo > 1 && budget > 0 {
			if mid := (lo + hi) / 2; good(mid) {
				lo = mid
			} else {
				hi = mid
			}
		}
		again := false
		for n := min(hi+ahead, len(lines)-1); n > hi && budget > 0; n-- {
			if good(n) {
				lo, hi, again = n, len(lines), true
				break
			}
		}
		if !again && budget > 0 {
			return hi
		}
	}
	return 0
}

func isYAML(data []byte) bool {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var n yaml.Node
		if err := dec.Decode(&n); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
