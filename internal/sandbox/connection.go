package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
	"github.com/cartosync/cartosync/internal/sandbox/work"
)

// mask is what is shown in the place of a secret.
const mask = "********"

// connectionShape is a stored connection as the API shows it. Secrets are masked by the exact spelling of their key: one
// stored as Password is shown in clear.
// Source: CartoDB/cartodb: lib/carto/connector/connection_adapter.rb.
func connectionShape(k store.Connection) fields {
	f := fields{{"id", k.ID}, {"name", k.Name}, {"connector", k.Connector}, {"type", "db-connector"}, {"complete", true}}
	secrets := []string{"password"}
	if k.Connector == "bigquery" {
		secrets = []string{"service_account", "refresh_token", "access_token"}
	}
	parameters := k.Parameters
	for _, secret := range secrets {
		parameters = maskKey(parameters, secret)
	}
	if string(parameters) != "{}" {
		f = append(f, field{"parameters", parameters})
	}
	return f
}

// maskKey masks one key of an object, if it is there.
func maskKey(parameters json.RawMessage, key string) json.RawMessage {
	var known map[string]json.RawMessage
	if json.Unmarshal(parameters, &known) != nil || known[key] == nil {
		return parameters
	}
	patch, _ := json.Marshal(map[string]string{key: mask})
	merged, err := work.MergeObject(parameters, patch)
	if err != nil {
		return json.RawMessage("{}")
	}
	return merged
}

func (c *call) listConnections() (reply, error) {
	list := []fields{}
	err := c.view(func(t *store.Tx) error {
		all, err := t.Connections(c.ctx(), c.target.ID)
		for _, k := range all {
			list = append(list, connectionShape(k))
		}
		return err
	})
	return ok(list), err
}

// connection finds the one that the path names; done is the answer when there is none.
func (c *call) connection() (k store.Connection, done *reply, err error) {
	err = c.view(func(t *store.Tx) error {
		k, err = t.Connection(c.ctx(), c.target.ID, c.id)
		return err
	})
	if store.IsNotFound(err) {
		answer := errorsOf(http.StatusNotFound, "Record not found")
		return k, &answer, nil
	}
	return k, nil, err
}

func (c *call) showConnection() (reply, error) {
	k, done, err := c.connection()
	if done != nil {
		return *done, nil
	}
	return ok(connectionShape(k)), err
}

// createConnection stores credentials, after the remote database was opened with them once.
// Source: CartoDB/cartodb: app/controllers/carto/api/public/connections_controller.rb.
func (c *call) createConnection() (reply, error) {
	connector := c.text("connector")
	if !c.present("name") && !c.hasObject("parameters") {
		return wrongConnector(connector, "[]"), nil // no OAuth service is configured
	}
	k := store.Connection{UserID: c.target.ID, Name: c.text("name"), Connector: connector, Parameters: c.object("parameters")}
	if !work.StoresConnections(connector) {
		return wrongConnector(connector, work.ProviderIDs()), nil
	}
	if !isObject(k.Parameters) {
		k.Parameters = json.RawMessage("{}")
	}
	if err := c.s.worker.AddConnection(c.ctx(), &k); err != nil {
		return connectionFailure(err)
	}
	return with(http.StatusCreated, fields{{"id", k.ID}}), nil
}

func wrongConnector(connector, valid string) reply {
	return errorsOf(http.StatusUnprocessableEntity, "Wrong 'connector: "+connector+"' parameter value. Valid values are one of "+valid)
}

func isObject(raw json.RawMessage) bool {
	var m map[string]json.RawMessage
	return json.Unmarshal(raw, &m) == nil && m != nil
}

func connectionFailure(err error) (reply, error) {
	var refusal *work.ConnectionError
	if !errors.As(err, &refusal) {
		return reply{}, err
	}
	if strings.Contains(refusal.Message, "Access Denied") {
		return errorsOf(http.StatusForbidden, refusal.Message), nil
	}
	return errorsOf(http.StatusUnprocessableEntity, refusal.Message), nil
}

// changeConnection lays the sent parameters over the stored ones: keys that are not sent stay, and a mask that is sent
// back becomes the password.
func (c *call) changeConnection() (reply, error) {
	k, done, err := c.connection()
	if done != nil {
		return *done, nil
	}
	if err != nil {
		return reply{}, err
	}
	if c.present("name") {
		k.Name = c.text("name")
	}
	if c.hasObject("parameters") {
		if k.Parameters, err = work.MergeObject(k.Parameters, c.object("parameters")); err != nil {
			return errorsOf(http.StatusUnprocessableEntity, "Validation failed: Parameters must be an object"), nil
		}
	}
	if err := c.s.worker.ChangeConnection(c.ctx(), k); err != nil {
		return connectionFailure(err)
	}
	return empty(http.StatusOK), nil
}

// deleteConnection leaves the synchronizations alone that use it.
func (c *call) deleteConnection() (reply, error) {
	err := c.update(func(t *store.Tx) error { return t.DeleteConnection(c.ctx(), c.target.ID, c.id) })
	if store.IsNotFound(err) {
		return errorsOf(http.StatusNotFound, "Record not found"), nil
	}
	return empty(http.StatusOK), err
}

// checkConnection opens the remote database now.
func (c *call) checkConnection() (reply, error) {
	k, done, err := c.connection()
	if done != nil {
		return *done, nil
	}
	if err != nil {
		return reply{}, err
	}
	connected, err := c.s.worker.CheckConnection(c.ctx(), k.Connector, k.Parameters)
	if err != nil {
		return errorsOf(http.StatusInternalServerError, err.Error()), nil
	}
	return ok(fields{{"connected", connected}}), nil
}

// checkOAuth looks for the user's connection to an OAuth service, of which the sandbox has none.
func (c *call) checkOAuth() (reply, error) {
	return errorsOf(http.StatusNotFound, "OAuth connection for "+c.id+" not found"), nil
}

// dryRunConnection passes over the body, so that it has nothing to try.
func (c *call) dryRunConnection() (reply, error) {
	k, done, err := c.connection()
	if done != nil {
		return *done, nil
	}
	if err != nil {
		return reply{}, err
	}
	p, _ := work.FindProvider(k.Connector)
	return c.dryRunOf(p, map[string]any{"connection_id": k.ID})
}

// listConnectionProjects is listProjects with stored credentials.
func (c *call) listConnectionProjects() (reply, error) {
	k, done, err := c.connection()
	if done != nil {
		return *done, nil
	}
	if err != nil {
		return reply{}, err
	}
	values, err := work.StoredParameters(k.Parameters)
	if err != nil {
		return reply{}, err
	}
	for key, v := range values {
		c.params[key] = param{text: fmt.Sprint(v)}
	}
	c.id = k.Connector
	return c.listProjects()
}
