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

// defaultParams are the values that a connector's provider assumes for what is
// not written, so that writing the default is no difference.
func defaultParams(desired []spec.Manifest, project string, c spec.Connector) map[string]string {
	schema := schemaDefaults[c.Provider]
	if c.Provider == "mysql" || c.Provider == "hive" {
		schema = paramText(connectionParams(desired, project, c.Connection), "database")
		if schema == "" && c.Provider == "hive" {
			schema = "default"
		}
	}
	return map[string]string{"schema": schema}
}

func connectionParams(desired []spec.Manifest, project, key string) []spec.Param {
	for _, m := range desired {
		if m.Project != project {
			continue
		}
		for _, c := range m.Connections {
			if c.Key == key {
				return c.Params
			}
		}
	}
	return nil
}

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
func (x *index) connectionName(id string) string {
	for _, c := range x.in.Account.Connections {
		if c.ID == id {
			return c.Name
		}
	}
	return ""
}

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
	if len(t.Refs()) > 0 {
		return t.String() // references are what may be shown
	}
	return secret.RedactURL(t.String())
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
