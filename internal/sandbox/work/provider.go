package work

import (
	"fmt"
	"slices"
	"strings"
)

// A Provider is a kind of remote database that a connector can read.
type Provider struct {
	ID, Name string
	Hidden   bool     // not listed, and no credentials of it are stored
	Required []string // connection parameters that must be there
	Optional []string // those that may be
	AnyKey   bool     // the connection takes every other parameter too
	Extra    []string // parameters beside the connection that only this provider has
	Schema   string   // default schema
	Projects bool     // its tables are in datasets, and those in projects
}

// allProviders are the providers in the order of their guide, and the hidden one behind them.
// Source: CartoDB/cartodb: doc/developer-center/import-api/guides/07-database-connectors.md.
func allProviders() []Provider {
	return []Provider{
		{ID: "postgres", Name: "PostgreSQL", Required: []string{"server", "database", "username"}, Optional: []string{"port", "password", "sslmode"}, Schema: "public"},
		{ID: "mysql", Name: "MySQL", Required: []string{"server", "username", "password"}, Optional: []string{"port", "database"}},
		{ID: "sqlserver", Name: "Microsoft SQL Server", Required: []string{"server", "database", "username", "password"}, Optional: []string{"port"}, Schema: "dbo"},
		{ID: "hive", Name: "Hive", Required: []string{"server"}, Optional: []string{"port", "database", "username", "password"}, Schema: "default"},
		{ID: "bigquery", Name: "Google BigQuery", Optional: []string{"billing_project", "service_account", "access_token", "refresh_token", "default_project", "default_dataset"},
			Extra: []string{"billing_project", "project", "dataset"}, Projects: true},
		{ID: "redshift", Name: "Redshift", Required: []string{"cluster", "database", "username", "password"}, Optional: []string{"port"}, Schema: "public"},
		{ID: "snowflake", Name: "Snowflake", Required: []string{"server", "database", "username", "password"}, Optional: []string{"warehouse"}, Schema: "PUBLIC"},
		{ID: "odbc", Name: "ODBC", Hidden: true, Required: []string{"driver"}, AnyKey: true},
	}
}

// Providers lists the ones that users see.
func Providers() []Provider {
	return slices.DeleteFunc(allProviders(), func(p Provider) bool { return p.Hidden })
}

// FindProvider finds one by id, hidden ones too.
func FindProvider(id string) (Provider, bool) {
	all := allProviders()
	i := slices.IndexFunc(all, func(p Provider) bool { return p.ID == id })
	if i < 0 {
		return Provider{}, false
	}
	return all[i], true
}

// StoresConnections tells whether credentials of a provider can be stored.
func StoresConnections(id string) bool {
	p, known := FindProvider(id)
	return known && !p.Hidden
}

// ProviderIDs lists the ids as the server's error messages do.
func ProviderIDs() string {
	var ids []string
	for _, p := range Providers() {
		ids = append(ids, fmt.Sprintf("%q", p.ID))
	}
	return "[" + strings.Join(ids, ", ") + "]"
}

// Enabled tells whether this sandbox can read a provider's databases: PostgreSQL's always, others where a directory of
// CSV files stands for them.
func (w *Worker) Enabled(provider string) bool {
	return !w.NoConnectors && (provider == "postgres" || w.Connectors[provider] != "")
}

// common are the parameters of a connector that every provider takes beside its connection.
var common = []string{"provider", "connection", "connection_id", "table", "sql_query", "import_as", "schema", "encoding", "sql_count", "columns"}

// A Query says what to read from a remote database.
type query struct {
	provider   Provider
	connection map[string]string // parameters of the connection, keys in lower case
	table      string
	schema     string
	sql        string
	importAs   string
}

// base is the name from which the dataset's is made.
func (q query) base() string {
	if q.importAs != "" {
		return q.importAs
	}
	return q.table
}

// parseQuery checks the parameters of a connector as the job does when it begins. Nothing of this is checked when the
// job is posted.
// Source: CartoDB/cartodb: lib/carto/connector/parameters.rb.
func parseQuery(p Provider, parameters, connection map[string]any) (query, error) {
	text := func(key string) string {
		if v, ok := parameters[key]; ok && v != nil {
			return fmt.Sprint(v)
		}
		return ""
	}
	q := query{provider: p, table: text("table"), schema: text("schema"), sql: text("sql_query"), importAs: text("import_as")}
	var problems []string
	if unknown := unknownKeys(parameters, common, p.Extra); len(unknown) > 0 {
		problems = append(problems, "Invalid parameters: "+strings.Join(unknown, ", "))
	}
	values, err := p.values(connection)
	if err != nil {
		problems = append(problems, err.Error())
	}
	q.connection = values
	switch {
	case q.sql == "" && q.table == "":
		problems = append(problems, "The table parameter is required if no sql_query parameter is provided")
	case q.base() == "":
		problems = append(problems, "The import_as parameter is required to name the sql_query results")
	case p.ID == "bigquery" && q.sql == "" && text("dataset") == "":
		problems = append(problems, "The dataset parameter is needed for tables")
	}
	if len(problems) > 0 {
		return q, fail(codeParameters, "%s", strings.Join(problems, "\n"))
	}
	if p.ID == "bigquery" {
		q.schema = text("dataset")
	}
	q.schema = p.schemaOf(q.schema, q.connection)
	return q, nil
}

// schemaOf is the schema in which tables are looked for, the provider's own if none is given.
func (p Provider) schemaOf(given string, connection map[string]string) string {
	database := connection["database"]
	switch {
	case given != "":
		return given
	case database != "" && (p.ID == "mysql" || p.ID == "hive"):
		return database
	}
	return p.Schema
}

// values are the parameters of a connection as text, with an error for those that are missing or unknown.
// Source: CartoDB/cartodb: lib/carto/connector/parameters.rb.
func (p Provider) values(connection map[string]any) (map[string]string, error) {
	values := map[string]string{}
	for key, v := range connection {
		if v != nil {
			values[key] = fmt.Sprint(v)
		}
	}
	var problems, missing []string
	if unknown := unknownKeys(connection, p.Required, p.Optional); len(unknown) > 0 && !p.AnyKey {
		problems = append(problems, "Invalid connection parameters: "+strings.Join(unknown, ", "))
	}
	for _, key := range p.Required {
		if values[key] == "" {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		problems = append(problems, "Missing required connection parameters "+strings.Join(missing, ","))
	}
	if len(problems) > 0 {
		return values, &ParameterError{strings.Join(problems, "\n")}
	}
	return values, nil
}

func unknownKeys(m map[string]any, known ...[]string) []string {
	var unknown []string
	all := slices.Concat(known...)
	for key := range m {
		if !slices.Contains(all, key) {
			unknown = append(unknown, key)
		}
	}
	slices.Sort(unknown)
	return unknown
}
