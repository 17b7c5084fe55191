package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// provider finds the provider that the path names; refused is the answer when there is none.
func (c *call) provider() (p work.Provider, refused *reply) {
	if answer, none := c.noConnectors(); none {
		return p, &answer
	}
	p, found := work.FindProvider(c.id)
	if !found {
		answer := errorsOf(http.StatusUnprocessableEntity, "Invalid provider Provider: "+c.id)
		return p, &answer
	}
	return p, nil
}

// flatConnection reads the parameters of a connection, which discovery takes as they are and without an id of a stored
// one. What the provider does not know is passed over.
func (c *call) flatConnection(p work.Provider) map[string]any {
	connection := map[string]any{}
	for _, key := range slices.Concat(p.Required, p.Optional) {
		if c.present(key) {
			connection[key] = c.text(key)
		}
	}
	return connection
}

// remoteFault is the answer to what a provider or its database refuses. Introduction stands before what the database said.
func remoteFault(err error, introduction string) reply {
	if wrong := (*work.ParameterError)(nil); errors.As(err, &wrong) {
		return errorsOf(http.StatusUnprocessableEntity, wrong.Message)
	}
	return errorsOf(http.StatusBadRequest, introduction+err.Error())
}

// connectConnector tries whether a remote database can be opened.
// Source of this and what follows: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *call) connectConnector() (reply, error) {
	p, refused := c.provider()
	if refused != nil {
		return *refused, nil
	}
	raw, err := json.Marshal(c.flatConnection(p))
	if err != nil {
		return reply{}, err
	}
	connected, err := c.s.worker.CheckConnection(c.ctx(), p.ID, raw)
	if err != nil {
		answer := remoteFault(err, "")
		answer.body = fields{{"connected", false}, {"errors", err.Error()}}
		return answer, nil
	}
	return ok(fields{{"connected", connected}}), nil
}

// listRemoteTables lists at most 500 tables of a remote database.
func (c *call) listRemoteTables() (reply, error) {
	p, refused := c.provider()
	if refused != nil {
		return *refused, nil
	}
	tables, err := c.s.worker.RemoteTables(c.ctx(), p, c.flatConnection(p))
	if err != nil {
		return remoteFault(err, "Error connecting to provider "+p.ID+", "), nil
	}
	list := []fields{}
	for _, t := range tables {
		list = append(list, fields{{"schema", t.Schema}, {"name", t.Name}})
	}
	return ok(list), nil
}

// projectTables reads the tables behind a listing of projects, datasets or their tables; what is the listing's name.
func (c *call) projectTables(what string) (tables []work.RemoteTable, refused *reply) {
	p, refused := c.provider()
	if refused != nil {
		return nil, refused
	}
	if !p.Projects {
		answer := errorsOf(http.StatusUnprocessableEntity, "Provider "+p.ID+" doesn't support list "+what)
		return nil, &answer
	}
	tables, err := c.s.worker.RemoteTables(c.ctx(), p, c.flatConnection(p))
	if err != nil {
		answer := remoteFault(err, "Error connecting to provider "+p.ID+": ")
		return nil, &answer
	}
	return tables, nil
}

// listProjects knows one project: a directory of files has no more. It is the one that pays, if the request says which.
func (c *call) listProjects() (reply, error) {
	if _, refused := c.projectTables("projects"); refused != nil {
		return *refused, nil
	}
	id := c.text("billing_project")
	if id == "" {
		id = c.s.owner.Name
	}
	return ok([]fields{{{"id", id}, {"friendly_name", id}}}), nil
}

func (c *call) listProjectDatasets() (reply, error) {
	tables, refused := c.projectTables("projects/datasets")
	if refused != nil {
		return *refused, nil
	}
	list := []fields{}
	seen := map[string]bool{"": true} // files beside the datasets are in none
	for _, t := range tables {
		if !seen[t.Schema] {
			seen[t.Schema] = true
			list = append(list, fields{{"id", t.Schema}, {"qualified_name", c.ids[1] + "." + t.Schema}, {"location", "US"}})
		}
	}
	return ok(list), nil
}

func (c *call) listDatasetTables() (reply, error) {
	tables, refused := c.projectTables("projects/datasets/tables")
	if refused != nil {
		return *refused, nil
	}
	list := []fields{}
	for _, t := range tables {
		if t.Schema == c.ids[2] {
			list = append(list, fields{{"id", t.Name}, {"qualified_name", strings.Join([]string{c.ids[1], t.Schema, t.Name}, ".")}, {"creation_time", t.Created.UnixMilli()}})
		}
	}
	return ok(list), nil
}

// dryRun tries what a connector would import. The parameters are those of an import without the object around them.
func (c *call) dryRun() (reply, error) {
	p, refused := c.provider()
	if refused != nil {
		return *refused, nil
	}
	if given := c.text("provider"); given != "" && given != p.ID {
		return errorsOf(http.StatusUnprocessableEntity, "Provider doesn't match"), nil
	}
	parameters := map[string]any{}
	for _, key := range slices.Concat([]string{"connection_id", "table", "sql_query", "import_as", "schema", "encoding"}, p.Extra) {
		if c.present(key) {
			parameters[key] = c.text(key)
		}
	}
	if c.hasObject("connection") {
		connection, err := work.StoredParameters(c.object("connection"))
		if err != nil {
			return errorsOf(http.StatusBadRequest, fmt.Sprintf("Error connecting to provider %s: the connection must be an object", p.ID)), nil
		}
		parameters["connection"] = connection
	}
	return c.dryRunOf(p, parameters)
}

func (c *call) dryRunOf(p work.Provider, parameters map[string]any) (reply, error) {
	if err := c.s.worker.DryRun(c.ctx(), p, parameters); err != nil {
		return remoteFault(err, "Error connecting to provider "+p.ID+": "), nil
	}
	if p.Projects {
		return ok(fields{{"total_bytes_processed", 0}, {"cache_hit", false}}), nil
	}
	return ok(fields{}), nil
}
