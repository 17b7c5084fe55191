package sandbox

import (
	"net/http"

	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// noConnectors is the answer to an account without the feature flag of connectors, whatever was asked for. Whether a single
// provider is enabled is another question, which only the list and a job ask.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *call) noConnectors() (reply, bool) {
	return empty(http.StatusNotFound), c.s.config.NoConnectors
}

// listConnectors tells which providers there are and which this sandbox can read.
func (c *call) listConnectors() (reply, error) {
	if answer, none := c.noConnectors(); none {
		return answer, nil
	}
	var list fields
	for _, p := range work.Providers() {
		list = append(list, field{p.ID, fields{{"name", p.Name}, {"description", nil}, {"enabled", c.s.worker.Enabled(p.ID)}}})
	}
	return ok(list), nil
}

// showConnector tells what a provider can do, and the parameters that it takes, hidden ones too.
func (c *call) showConnector() (reply, error) {
	if answer, none := c.noConnectors(); none {
		return answer, nil
	}
	p, found := work.FindProvider(c.id)
	if !found {
		return errorsOf(http.StatusUnprocessableEntity, "Provider "+c.id+" unknown"), nil
	}
	parameters := fields{{"connection", append(requires(p.Required, true), requires(p.Optional, false)...)}}
	parameters = append(parameters, requires([]string{"table", "sql_query", "import_as", "schema", "encoding"}, false)...)
	return ok(fields{
		// The last open version of the code said that only BigQuery knows dry runs; CARTO's own pages asked all for them later.
		{"features", fields{{"sql_queries", true}, {"list_databases", false}, {"list_tables", true}, {"preview_table", false}, {"dry_run", true}, {"list_projects", p.Projects}}},
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
		enabled := c.s.worker.Enabled(p.ID)
		list = append(list, fields{{"type", "db-connector"}, {"connector", p.ID}, {"enabled", enabled}, {"available", enabled}})
	}
	return ok(list), nil
}
