package spec

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
)

// source builds the source of a dataset, and the connection of an inline connector.
func (b *builder) source(v value, d *Dataset) *Connection {
	src, _ := v.get("source")
	if file, ok := src.get("file"); ok {
		d.Source.Kind = SourceFile
		d.Source.File = b.file(file)
		return nil
	}
	if u, ok := src.get("url"); ok {
		d.Source.Kind = SourceURL
		d.Source.URL = b.url(u)
		d.Source.Fetch = FetchClient
		if f := src.textAt("fetch"); f != "" {
			d.Source.Fetch = Fetch(f)
		}
		return nil
	}
	connector, ok := src.get("connector")
	if !ok {
		return nil
	}
	d.Source.Kind = SourceConnector
	if key, ok := connector.text(); ok {
		d.Source.Connector = b.stored(src, connector, key)
		return nil
	}
	var inline *Connection
	d.Source.Connector, inline = b.inline(connector, d)
	return inline
}

func (b *builder) file(v value) string {
	written, ok := v.text()
	if !ok || written == "" {
		return ""
	}
	file, fault := localName(written)
	if fault == (problem{}) {
		fault = b.dir.check(file)
	}
	if fault != (problem{}) {
		b.faults.add(v.pos(), fault.text, fault.hint)
	}
	return file
}

// parse reads the references to secrets in a text.
func (b *builder) parse(v value) secret.Text {
	s, _ := v.text()
	t, err := secret.Parse(s)
	if err != nil {
		text, hint, _ := strings.Cut(err.Error(), "; ")
		b.faults.add(v.pos(), text, hint)
	}
	return t
}

// mark stands for a secret where the shape of a URL is checked. It could be part of a
// host name, a path, a user or a password; a secret is none of a URL's separators.
const mark = "cartosyncsecretmark"

// url checks the address of a source. What a secret hides cannot be checked.
func (b *builder) url(v value) secret.Text {
	t := b.parse(v)
	shape := t.Skeleton(mark)
	if shape == "" || strings.HasPrefix(shape, mark) || b.faults.at(v.pos()) {
		return t
	}
	shown := quote(secret.RedactURL(t.String()))
	u, err := url.Parse(strings.ReplaceAll(shape, ":"+mark+"/", ":80/")) // a secret port
	switch {
	case err != nil || strings.ContainsAny(shape, " \t\r\n"):
		b.faults.add(v.pos(), fmt.Sprintf("url %s is not a valid address", shown), "check its spelling; a space is written %20")
	case u.Hostname() == "":
		b.faults.add(v.pos(), fmt.Sprintf("url %s names no host", shown), "write it as https://host/path")
	case strings.Contains(u.Host, mark):
	case clearUserInfo(u):
		b.faults.add(v.pos(), fmt.Sprintf("url %s holds a user name or password in clear", shown), "refer to it: https://${env:CARTOSYNC_SECRET_USER}:${env:CARTOSYNC_SECRET_PASSWORD}@host/path")
	case u.Port() != "" && u.Port() != "80" && u.Port() != "443" && !isLocal(u.Hostname()):
		b.faults.add(v.pos(), fmt.Sprintf("url %s names port %s", shown, u.Port()), "CARTO fetches from the ports 80 and 443 only; serve the file there")
	}
	return t
}

// clearUserInfo reports whether a password, or a token in its place, is written out.
func clearUserInfo(u *url.URL) bool {
	if u.User == nil || isLocal(u.Hostname()) {
		return false
	}
	if password, ok := u.User.Password(); ok {
		return !strings.Contains(password, mark)
	}
	return !strings.Contains(u.User.Username(), mark)
}

// isLocal reports whether a host is this machine, or one of the sandbox's own names.
func isLocal(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".sandbox.test") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// importKeys are the parameters of an import that may stand beside the key of a
// connection.
var importKeys = []string{"billing_project", "dataset", "encoding", "project", "schema", "sql_query", "table"}

// stored builds a connector that refers to a declared connection.
func (b *builder) stored(src, connector value, key string) *Connector {
	c := &Connector{Connection: key}
	provider, declared := b.connections[key]
	c.Provider = provider
	if !declared {
		hint := didYouMean(key, sortedKeys(b.connections))
		if hint == "" {
			hint = "declare it under connections"
		}
		b.faults.add(connector.pos(), fmt.Sprintf("connection %s is not declared", quote(key)), hint)
	}
	takes := b.schemas.parameters(provider + "_connector")
	for _, k := range importKeys {
		v, ok := src.get(k)
		if !ok {
			continue
		}
		if s, isText := v.text(); isText {
			c.Params = append(c.Params, Param{Key: k, Value: secret.Literal(s), Pos: v.keyPos()})
		}
		if provider != "" && takes[k] == nil {
			b.faults.add(v.keyPos(), fmt.Sprintf("%s is no parameter of provider %s", k, provider), "remove it")
		}
	}
	if provider == "bigquery" && src.has("table") && !src.has("dataset") {
		b.faults.add(src.pos(), "a table of BigQuery needs its dataset", "add dataset")
	}
	return c
}

// inline builds a connector in the Import API's shape. Its credentials become a
// connection of their own: sent inline, CARTO would store them under a name of its
// choice, again at each change.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func (b *builder) inline(v value, d *Dataset) (*Connector, *Connection) {
	c := &Connector{Provider: v.textAt("provider")}
	takes := b.schemas.parameters(c.Provider + "_connector")
	for _, m := range v.members() {
		if m.name() != "provider" && m.name() != "connection" {
			c.Params = append(c.Params, b.param(m, takes))
		}
	}
	sortParams(c.Params)
	credentials, ok := v.get("connection")
	if !ok {
		return c, nil
	}
	c.Connection = inlinePrefix + d.Name
	connection := &Connection{
		Key: c.Connection, Pos: credentials.keyPos(), Provider: c.Provider,
		Params: b.params(credentials, c.Provider), SecretVersion: 1, Inline: true,
	}
	return c, connection
}

func sortParams(params []Param) {
	slices.SortFunc(params, func(a, b Param) int { return strings.Compare(a.Key, b.Key) })
}

// param builds one parameter of a connection or connector, without letting a secret
// stand in clear.
func (b *builder) param(v value, takes map[string]any) Param {
	p := Param{Key: v.name(), Pos: v.keyPos(), Secret: b.schemas.isSecret(takes, v.name())}
	switch j := v.json.(type) {
	case string:
		p.Value = b.parse(v)
	case bool:
		p.Value = secret.Literal(strconv.FormatBool(j))
	case int64:
		p.Value, p.Number = secret.Literal(strconv.FormatInt(j, 10)), true
	case float64:
		p.Value, p.Number = secret.Literal(strconv.FormatFloat(j, 'f', -1, 64)), true
	}
	if hint := unsupported[p.Key]; hint != "" && takes[p.Key] == nil && !b.faults.at(v.keyPos()) {
		b.faults.add(v.keyPos(), p.Key+" is not supported", hint)
	}
	if p.Secret && v.json != nil && len(p.Value.Refs()) == 0 && !b.faults.at(v.pos()) {
		b.faults.add(v.pos(), p.Key+" holds a secret in clear", "refer to it: ${env:CARTOSYNC_SECRET_NAME} or ${file:NAME}")
	}
	if n, err := strconv.Atoi(p.Value.String()); p.Key == "port" && !p.Number && err == nil && (n < 1 || n > 65535) {
		b.faults.add(v.pos(), fmt.Sprintf("port %d is not a port", n), "write a number from 1 to 65535")
	}
	return p
}
