package spec

import (
	"bytes"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/secret"
)

// Encode writes a manifest that [Load] reads as the same, but for what does not change what is wanted: places, variables,
// defaults and includes are gone, and what has its default value is left out. Comments stand above the entries of the
// datasets that they are given for, by name, and above the whole for "".
func Encode(m Manifest, comments map[string]string) ([]byte, error) {
	root := &yaml.Node{Kind: yaml.MappingNode}
	put(root, "version", integer(1))
	put(root, "project", plainText(m.Project))
	if m.Account != "" {
		put(root, "account", plainText(m.Account))
	}
	inline := map[string]Connection{}
	connections := &yaml.Node{Kind: yaml.MappingNode}
	for _, c := range m.Connections {
		if c.Inline {
			inline[c.Key] = c
			continue
		}
		put(connections, c.Key, encodeConnection(c))
	}
	if len(connections.Content) > 0 {
		put(root, "connections", connections)
	}
	datasets := &yaml.Node{Kind: yaml.SequenceNode}
	for _, d := range m.Datasets {
		node := encodeDataset(d, inline)
		node.HeadComment = comment(comments[d.Name])
		datasets.Content = append(datasets.Content, node)
	}
	if len(datasets.Content) > 0 {
		put(root, "datasets", datasets)
	}
	if len(m.Forget) > 0 {
		var names []string
		for _, f := range m.Forget {
			names = append(names, f.Name)
		}
		put(root, "forget", texts(names))
	}
	root.HeadComment = comment(comments[""])
	return write(root)
}

func write(root *yaml.Node) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root); err != nil {
		return nil, err
	}
	if err := e.Close(); err != nil {
		return nil, err
	}
	return []byte(escaped(b.String())), nil
}

// comment makes comment lines of text. Its characters must be visible ones.
func comment(s string) string {
	if s == "" {
		return ""
	}
	return "# " + strings.ReplaceAll(s, "\n", "\n# ")
}

func encodeConnection(c Connection) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	put(n, "provider", plainText(c.Provider))
	params(n, c.Params)
	if c.SecretVersion > 1 {
		put(n, "secret_version", integer(int64(c.SecretVersion)))
	}
	return n
}

func params(n *yaml.Node, list []Param) {
	for _, p := range list {
		if p.Number {
			put(n, p.Key, decimalNumber(p.Value.String()))
			continue
		}
		put(n, p.Key, secretText(p.Value))
	}
}

func encodeDataset(d Dataset, inline map[string]Connection) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	put(n, "name", plainText(d.Name))
	if d.Source.Kind != SourceNone {
		put(n, "source", encodeSource(d.Source, inline))
	}
	if d.Sync != nil {
		put(n, "sync", flow(mapping("interval", plainText(Interval(d.Sync.Interval)))))
	}
	if d.RenamedFrom != "" {
		put(n, "renamed_from", plainText(d.RenamedFrom))
	}
	switch {
	case d.Adopt.From != "":
		put(n, "adopt", flow(mapping("from", plainText(d.Adopt.From))))
	case d.Adopt.Any:
		put(n, "adopt", flag(true))
	}
	putText(n, "title", d.Title)
	putText(n, "description", d.Description)
	putText(n, "license", d.License)
	putText(n, "attributions", d.Attributions)
	if d.Tags != nil {
		put(n, "tags", texts(*d.Tags))
	}
	if d.Privacy != nil {
		put(n, "privacy", plainText(string(*d.Privacy)))
	}
	if d.Share != nil {
		put(n, "share", encodeShares(*d.Share))
	}
	if d.Source.Kind == SourceFile || d.Source.Kind == SourceURL { // the others have none, whatever the defaults said
		putMapping(n, "import", encodeImport(d.Import))
	}
	putMapping(n, "lifecycle", encodeLifecycle(d.Lifecycle))
	putMapping(n, "guards", encodeGuards(d.Guards))
	if d.Expect != nil {
		put(n, "expect", encodeExpect(*d.Expect))
	}
	return n
}

func encodeSource(s Source, inline map[string]Connection) *yaml.Node {
	switch s.Kind {
	case SourceFile:
		return flow(mapping("file", plainText(s.File)))
	case SourceURL:
		n := mapping("url", secretText(s.URL))
		if s.Fetch == FetchServer {
			put(n, "fetch", plainText(string(s.Fetch)))
		}
		return flow(n)
	}
	c := *s.Connector
	stored, isInline := inline[c.Connection]
	if c.Connection != "" && !isInline {
		n := mapping("connector", plainText(c.Connection))
		params(n, c.Params)
		return flow(n)
	}
	n := mapping("provider", plainText(c.Provider))
	if isInline {
		credentials := &yaml.Node{Kind: yaml.MappingNode}
		params(credentials, stored.Params)
		put(n, "connection", credentials)
	}
	params(n, c.Params)
	return mapping("connector", n)
}

func encodeShares(list []Share) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode}
	if len(list) == 0 {
		n.Style = yaml.FlowStyle
	}
	for _, s := range list {
		who := &yaml.Node{Kind: yaml.MappingNode}
		if s.Kind == "organization" {
			put(who, s.Kind, flag(true))
		} else {
			put(who, s.Kind, plainText(s.Name))
		}
		put(who, "access", plainText(s.Access))
		n.Content = append(n.Content, flow(who))
	}
	return n
}

func encodeImport(i Import) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	putFlag(n, "type_guessing", i.TypeGuessing, true)
	putFlag(n, "quoted_fields_guessing", i.QuotedFieldsGuessing, true)
	putFlag(n, "content_guessing", i.ContentGuessing, false)
	return n
}

func encodeLifecycle(l Lifecycle) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	putKnown(n, "prevent_destroy", l.PreventDestroy)
	if len(l.IgnoreChanges) > 0 {
		put(n, "ignore_changes", texts(l.IgnoreChanges))
	}
	if l.OnSchemaChange != "" && l.OnSchemaChange != "fail" {
		put(n, "on_schema_change", plainText(l.OnSchemaChange))
	}
	if l.OnDrift != "" {
		put(n, "on_drift", plainText(l.OnDrift))
	}
	return n
}

func encodeGuards(g Guards) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	if g.Shrink != nil {
		put(n, "shrink", decimalNumber(strconv.FormatFloat(*g.Shrink, 'f', -1, 64)))
	}
	putKnown(n, "empty", g.Empty)
	putKnown(n, "extent", g.Extent)
	putKnown(n, "maps", g.Maps)
	if len(g.Allow) > 0 {
		put(n, "allow", texts(g.Allow))
	}
	return n
}

func encodeExpect(x Expect) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	if x.Geometry != "" {
		put(n, "geometry", plainText(x.Geometry))
	}
	if x.MinRows != nil {
		put(n, "min_rows", integer(*x.MinRows))
	}
	if x.MaxRows != nil {
		put(n, "max_rows", integer(*x.MaxRows))
	}
	columns := &yaml.Node{Kind: yaml.MappingNode}
	for _, c := range x.Columns {
		put(columns, c.Name, plainText(c.Type))
	}
	putMapping(n, "columns", columns)
	if x.MaxAge > 0 {
		put(n, "max_age", plainText(Interval(x.MaxAge)))
	}
	return flow(n)
}

func put(n *yaml.Node, key string, value *yaml.Node) {
	n.Content = append(n.Content, scalarText(key), value)
}

// putMapping adds a mapping that says something, on one line.
func putMapping(n *yaml.Node, key string, value *yaml.Node) {
	if len(value.Content) > 0 {
		put(n, key, flow(value))
	}
}

func putText(n *yaml.Node, key string, s *string) {
	if s != nil {
		put(n, key, plainText(*s))
	}
}

func putFlag(n *yaml.Node, key string, b, otherwise bool) {
	if b != otherwise {
		put(n, key, flag(b))
	}
}

func putKnown(n *yaml.Node, key string, b *bool) {
	if b != nil {
		put(n, key, flag(*b))
	}
}

func mapping(key string, value *yaml.Node) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode}
	put(n, key, value)
	return n
}

func flow(n *yaml.Node) *yaml.Node {
	n.Style = yaml.FlowStyle
	return n
}

func flag(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

func integer(i int64) *yaml.Node { return decimalNumber(strconv.FormatInt(i, 10)) }

// decimalNumber is a number as it is written.
func decimalNumber(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// plainText is text in which nothing is a reference.
func plainText(s string) *yaml.Node { return scalarText(secret.Literal(s).String()) }

// secretText is text as it is written where references may stand.
func secretText(t secret.Text) *yaml.Node { return scalarText(t.String()) }

func scalarText(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	if needsEscapes(s) { // line ends among it: a block would change them, and trailing blanks
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

func texts(list []string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range list {
		n.Content = append(n.Content, plainText(s))
	}
	return n
}
