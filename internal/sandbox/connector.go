package sandbox

import (
	"net/http"

	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// listConnectors tells which providers there are and which this sandbox can read.
func (c *call) listConnectors() (reply, error) {
	var list fields
	for _, p := range work.Providers() {
		list = append(list, field{p.ID, fields{{"name", p.Name}, {"description", nil}, {"enabled", c.s.worker.Enabled(p.ID)}}})
	}
	return ok(list), nil
}

// showConnector tells the parameters of a provider.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *call) showConnector() (reply, error) {
	p, found := work.FindProvider(c.id)
	if !found {
		return errorsOf(http.StatusUnprocessableEntity, "Provider "+c.id+" unknown"), nil
	}
	parameters := fields{{"connection", append(requires(p.Required, true), requires(p.Optional, false)...)}}
	parameters = append(parameters, requires([]string{"table", "sql_query", "import_as", "schema", "encoding"}, false)...)
	return ok(fields{
		{"features", fields{{"sql_queries", true}, {"list_databases", false}, {"list_tables", false}, {"preview_table", false}, {"dry_run", false}, {"list_projects", false}}},
		{"parameters", append(parameters, requires(p.Extra, false)...)},
	}), nil
}

func requires(names []string, is bool) (list fields) {
	for _, name := range names {
		list = append(list, field{name, fields{{"required", is}}})
	}
	return list
}

func (c *call) listConnectorsV4() (reply, error) {
	list := []fields{}
	for _, p := range work.Providers() {
		list = append(list, fields{{"type", "db-connector"}, {"connector", p.ID}, {"enabled", c.s.worker.Enabled(p.ID)}, {"available", true}})
	}
	return ok(list), nil
}
