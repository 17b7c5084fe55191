package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// sourceFlags say where contents come from and what they become.
type sourceFlags struct {
	Connector  string            `group:"source" placeholder:"CONNECTION|PROVIDER" help:"Read a database: a stored connection by its name or id, or a provider such as postgres together with --connection."`
	Connection map[string]string `group:"source" placeholder:"KEY=VALUE" mapsep:"none" help:"Credentials for a provider. CARTO stores them as a connection. Secrets as KEY=@FILE, KEY=- for standard input, or KEY=$${env:NAME}. Repeatable."`
	Table      string            `group:"source" placeholder:"NAME" help:"The remote table."`
	Schema     string            `group:"source" placeholder:"NAME" help:"The remote schema."`
	SQLQuery   string            `group:"source" name:"sql-query" placeholder:"SQL" help:"A query in the remote database's language, instead of --table. Needs --name."`
	Param      map[string]string `group:"source" placeholder:"KEY=VALUE" mapsep:"none" help:"Another parameter of the connector: encoding, project, dataset, billing_project. Repeatable."`
	Name       string            `group:"result" placeholder:"NAME" help:"What the dataset shall be called. Default: what CARTO makes of the name of the file, the URL or the table."`
	Privacy    string            `group:"result" enum:",public,link,private" default:"" placeholder:"public|link|private" help:"Who may see it. Default: private where the account allows it."`
}

// guessFlags switch CARTO's guessing.
type guessFlags struct {
	TypeGuessing         bool `group:"result" negatable:"" default:"true" help:"Let CARTO guess the types of columns of text formats."`
	QuotedFieldsGuessing bool `group:"result" negatable:"" default:"true" help:"Also those of fields in quotes."`
	ContentGuessing      bool `group:"result" help:"Let CARTO look for places in the contents and georeference by them."`
}

func (f guessFlags) guessing() carto.Guessing {
	return carto.Guessing{Types: &f.TypeGuessing, QuotedFields: &f.QuotedFieldsGuessing, Content: &f.ContentGuessing}
}

// check refuses what does not go together, as far as it can be said without asking
// anybody.
func (f sourceFlags) check(source string) error {
	database := f.Table != "" || f.SQLQuery != "" || f.Schema != "" || len(f.Connection) > 0 || len(f.Param) > 0
	switch {
	case source == "" && f.Connector == "":
		return usage("name one", "there is nothing to import: neither a file or URL nor a --connector")
	case source != "" && f.Connector != "":
		return usage("leave one of the two out", "%s and --connector are two sources", quoteSource(source))
	case f.Connector == "" && database:
		return usage("add --connector, or leave them out", "--table, --schema, --sql-query, --connection and --param are about a database")
	case f.Connector != "" && f.Table == "" && f.SQLQuery == "":
		return usage("add one of the two", "--connector needs a --table or a --sql-query")
	case f.Table != "" && f.SQLQuery != "":
		return usage("leave one of the two out", "--table and --sql-query are two sources")
	case f.SQLQuery != "" && f.Name == "":
		return usage("add --name", "the result of --sql-query has no name of its own")
	}
	return checkName(f.Name)
}

func quoteSource(source string) string { return strconv.Quote(secret.RedactURL(source)) }

// checkName refuses names that CARTO would change.
func checkName(wanted string) error {
	if wanted == "" || name.IsDataset(wanted) {
		return nil
	}
	hint := "use small letters, digits and single underscores, begin with a letter, and at most 62 characters"
	if proposed := name.Sanitize(wanted); name.IsDataset(proposed) {
		hint = fmt.Sprintf("it would become %q", proposed)
	}
	return usage(hint, "--name %q is none that CARTO would keep", wanted)
}

// isURL reports whether a source is to be fetched by CARTO.
func isURL(source string) bool { return strings.Contains(source, "://") }

// checkURL refuses what CARTO cannot fetch: of a bad URL a new synchronization would
// remain. Source: CartoDB/cartodb: lib/carto/url_validator.rb.
func checkURL(raw secret.Value, loopback bool) error {
	shown := quoteSource(raw.Reveal())
	u, err := url.Parse(raw.Reveal())
	switch {
	case err != nil || u.Hostname() == "":
		return usage("write https://HOST/PATH", "%s is not a URL", shown)
	case u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ftp":
		return usage("use http, https or ftp", "CARTO cannot fetch %s", shown)
	case !loopback && u.Port() != "" && !slices.Contains([]string{"80", "443", "21"}, u.Port()):
		return usage("serve it on port 80 or 443", "CARTO does not fetch from the port of %s", shown)
	}
	return nil
}

// An interval is a synchronization's, as manifests write it: 900, 15m, 1h, 1d, 1w.
type interval time.Duration

// UnmarshalText reads an interval.
func (i *interval) UnmarshalText(text []byte) error {
	s := string(text)
	units := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}
	unit := time.Second
	if n := len(s); n > 0 {
		if u, ok := units[s[n-1:]]; ok {
			unit, s = u, s[:n-1]
		}
	}
	const most = 1<<31 - 1 // seconds: the server's column
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > most/int64(unit/time.Second) {
		return fmt.Errorf("%q is no interval; write 900, 15m, 1h, 1d or 1w", text)
	}
	*i = interval(time.Duration(n) * unit)
	return nil
}

// check refuses an interval below CARTO's minimum.
func (i interval) check(flag string) error {
	if time.Duration(i) < carto.MinInterval {
		return usage("give 15m or more", "%s %s is below CARTO's minimum of 15m", flag, spec.Interval(time.Duration(i)))
	}
	return nil
}

// A connectorSource is a database, as CARTO is told of it.
type connectorSource struct {
	connector carto.Connector
	stored    map[string]bool // ids of the connections that there were before; nil where none is stored
}

// connector finds out what --connector names. Credentials given by hand become a
// stored connection of an invented name, if no stored one has the very same.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func (f sourceFlags) connector(ctx context.Context, h *hand, params, credentials []carto.Param) (connectorSource, error) {
	all, supported, err := h.client.Connections(ctx)
	if err != nil {
		return connectorSource{}, err
	}
	c := connectorSource{connector: carto.Connector{ImportAs: f.importAs(), Params: f.params(params)}}
	if len(credentials) > 0 {
		if err := h.checkProvider(ctx, f.Connector); err != nil {
			return connectorSource{}, err
		}
		c.connector.Provider, c.connector.Connection = f.Connector, credentials
		if supported {
			c.stored = map[string]bool{}
			for _, stored := range all {
				c.stored[stored.ID] = true
			}
		}
		return c, nil
	}
	stored, err := matchConnection(all, f.Connector)
	switch {
	case err == nil:
	case f.Connector == "bigquery":
		c.connector.Provider = f.Connector // by the consent that was given in the dashboard
		return c, nil
	case h.checkProvider(ctx, f.Connector) == nil:
		return c, fmt.Errorf("%q is a provider and no stored connection; give credentials with --connection, or store them with cartosync connection create", f.Connector)
	}
	c.connector.ConnectionID = stored.ID
	return c, err
}

func (f sourceFlags) importAs() string {
	if f.Name != "" {
		return f.Name
	}
	return name.Sanitize(f.Table)
}

// params are the parameters besides the credentials.
func (f sourceFlags) params(more []carto.Param) []carto.Param {
	all := slices.Clone(more)
	add := func(key, value string) {
		if value != "" {
			all = append(all, carto.Param{Key: key, Value: secret.New(value)})
		}
	}
	add("table", f.Table)
	add("schema", f.Schema)
	add("sql_query", f.SQLQuery)
	return all
}

// newConnections tells which connections CARTO has stored meanwhile.
func (c connectorSource) newConnections(ctx context.Context, h *hand) {
	if c.stored == nil {
		return
	}
	all, _, err := h.client.Connections(ctx)
	if err != nil {
		return // it was told beforehand that this may happen
	}
	for _, now := range all {
		if !c.stored[now.ID] {
			h.warn(render.Notice{Code: "connection_stored",
				Problem: fmt.Sprintf("CARTO keeps the credentials as the stored connection %q, and nothing deletes it", now.Name),
				Hint:    fmt.Sprintf("use it from now on with --connector %s, or remove it with cartosync connection delete %s", now.Name, now.Name)})
		}
	}
}
