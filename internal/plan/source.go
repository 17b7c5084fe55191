package plan

import (
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// connectorKeys are the parameters that say what a connector imports, import_as
// excepted: that one names the first import and means nothing later.
var connectorKeys = []string{"billing_project", "dataset", "encoding", "project", "schema", "sql_query", "table"}

// schemaDefaults are the schemas that providers read when none is given.
// Source: CartoDB/cartodb, lib/carto/connector/providers/fdw/odbc (2020).
var schemaDefaults = map[string]string{
	"postgres": "public", "sqlserver": "dbo", "redshift": "public", "snowflake": "PUBLIC",
}

// defaultSchema is the schema that a connector's provider reads when none is
// written, so that writing it is no difference.
func (x *index) defaultSchema(project string, c spec.Connector) string {
	if c.Provider != "mysql" && c.Provider != "hive" {
		return schemaDefaults[c.Provider]
	}
	database, _ := x.param(x.params[project+" "+c.Connection], "database")
	if database == "" && c.Provider == "hive" {
		return "default"
	}
	return database
}

// param is the value of a parameter, "" if it is not declared. ok is false
// where it refers to what is not set here.
func (x *index) param(params []spec.Param, key string) (value string, ok bool) {
	for _, p := range params {
		if p.Key == key {
			v, ok := x.resolved(p.Value)
			return v.Reveal(), ok
		}
	}
	return "", true
}

// paramText is a parameter as the manifest has it, for showing.
func paramText(params []spec.Param, key string) string {
	for _, p := range params {
		if p.Key == key {
			return p.Value.String()
		}
	}
	return ""
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// describeConnector says in a few words what a connector imports.
func describeConnector(c spec.Connector) string {
	what := paramText(c.Params, "table")
	if schema := paramText(c.Params, "schema"); schema != "" && what != "" {
		what = schema + "." + what
	}
	if q := paramText(c.Params, "sql_query"); q != "" {
		what = q
	}
	return or(c.Connection, c.Provider) + ": " + what
}

// describeLive says the same of a live synchronization's source.
func describeLive(x *index, s Synchronization) string {
	switch {
	case s.Connector != nil:
		what := or(s.Connector.Params["sql_query"], s.Connector.Params["table"])
		return or(x.connectionName(s.Connector.ConnectionID), or(s.Connector.Provider, "connector")) + ": " + what
	case s.Service != "":
		return s.Service
	}
	return redactedURL(s.URL)
}

// connectionName is the name of a stored connection, "" if there is none.
func (x *index) connectionName(id string) string { return x.stored[id].Name }

// connectionKey is the manifest's key for the connection that a live connector
// uses, or its name in the account where it is not one of the project's.
func (x *index) connectionKey(project string, l LiveConnector) string {
	if l.ConnectionID == "" {
		return ""
	}
	name := x.connectionName(l.ConnectionID)
	if p, key, _, ok := parseConnectionName(name); ok && p == project {
		return key
	}
	return or(name, "id "+l.ConnectionID)
}

// redacted is a text as the manifest has it; its literal parts may hold a token.
func redacted(t secret.Text) string {
	return secret.RedactURL(t.String()) // references themselves may be shown
}

func redactedURL(v secret.Value) string { return strings.TrimSpace(secret.RedactURL(v.Reveal())) }

// resolved is the value of a text; a text without references needs nothing to
// be resolved. ok is false where a reference has no value here.
func (x *index) resolved(t secret.Text) (v secret.Value, ok bool) {
	if len(t.Refs()) == 0 {
		v, err := t.Resolve(secret.Resolver{})
		return v, err == nil
	}
	v, ok = x.in.Secrets[t.String()]
	return v, ok
}
