package work

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A ConnectionError is why a connection cannot be stored or used, in the server's words.
type ConnectionError struct{ Message string }

func (e *ConnectionError) Error() string { return e.Message }

// A missingConnection is a reference to a stored connection that is not there, in the server's words.
type missingConnection struct {
	id  string
	err error // ErrNotFound
}

func (e *missingConnection) Error() string { return "Couldn't find Carto::Connection with id " + e.id }

func (e *missingConnection) Unwrap() error { return e.err }

// Invalid is a ConnectionError of a record that the server would not save.
func Invalid(format string, args ...any) error {
	return &ConnectionError{"Validation failed: " + fmt.Sprintf(format, args...)}
}

// CheckConnection opens the remote database that parameters describe. False without an error means that the sandbox
// cannot tell, because nothing stands for the provider: such a connection is stored, and jobs that use it fail with 1501.
func (w *Worker) CheckConnection(ctx context.Context, provider string, parameters json.RawMessage) (bool, error) {
	values, err := StoredParameters(parameters)
	if err != nil {
		return false, &ConnectionError{"the parameters of a connection must be a JSON object"}
	}
	p, _ := FindProvider(provider)
	texts, err := p.values(values)
	if err != nil {
		return false, err
	}
	if dir := w.Connectors[provider]; dir != "" {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			err = fmt.Errorf("%s is no directory", dir)
		}
		return err == nil, err
	}
	if provider != "postgres" {
		return false, nil
	}
	conn, err := w.connectPostgres(ctx, texts)
	if err != nil {
		return false, err
	}
	return true, conn.Close(ctx)
}

// NormalizeConnector turns the connector object of a request into the text that is stored with the job: credentials are
// replaced by the id of a stored connection, an existing one with equal parameters or a new one.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func (w *Worker) NormalizeConnector(ctx context.Context, raw json.RawMessage) (string, error) {
	fields, err := parseObject(raw)
	if err != nil {
		return "", &ConnectionError{"the connector parameter must be an object"}
	}
	var provider string
	if f := fields.get("provider"); f != nil {
		json.Unmarshal(f, &provider)
	}
	id, given := fields.get("connection_id"), fields.get("connection")
	switch {
	case id != nil:
		var text string
		json.Unmarshal(id, &text)
		c, err := w.connection(ctx, text)
		if store.IsNotFound(err) {
			return "", &missingConnection{text, err}
		}
		if err != nil {
			return "", err
		}
		if provider != "" && provider != c.Connector {
			return "", &ConnectionError{fmt.Sprintf("Wrong 'provider: %s' parameter value. Valid values are one of [%q]", provider, c.Connector)}
		}
		return fields.without("connection", "provider", "connection_id").with("connection_id", id).String(), nil
	case provider == "":
		return "", &ConnectionError{"Provider not defined"}
	case blank(given):
		if _, ok := FindProvider(provider); !ok {
			return "", &ConnectionError{"Invalid provider Provider: " + provider}
		}
		return fields.String(), nil
	}
	c, err := w.findOrCreate(ctx, provider, given)
	if err != nil {
		return "", err
	}
	text, _ := json.Marshal(c.ID)
	return fields.without("connection", "provider").with("connection_id", text).String(), nil
}

func blank(raw json.RawMessage) bool {
	var m map[string]json.RawMessage
	return raw == nil || json.Unmarshal(raw, &m) == nil && len(m) == 0
}

func (w *Worker) findOrCreate(ctx context.Context, provider string, parameters json.RawMessage) (store.Connection, error) {
	if !StoresConnections(provider) {
		return store.Connection{}, &ConnectionError{fmt.Sprintf("Wrong 'connector: %s' parameter value. Valid values are one of %s", provider, ProviderIDs())}
	}
	var all []store.Connection
	err := w.Store.View(ctx, func(t *store.Tx) (err error) {
		all, err = t.Connections(ctx, w.Owner.ID)
		return err
	})
	if err != nil {
		return store.Connection{}, err
	}
	n := 0
	for _, c := range all {
		if c.Connector != provider {
			continue
		}
		if n++; sameObject(c.Parameters, parameters) {
			return c, nil
		}
	}
	c := store.Connection{UserID: w.Owner.ID, Connector: provider, Name: provider, Parameters: parameters}
	if n > 0 {
		c.Name = fmt.Sprintf("%s_%d", provider, n+1)
	}
	return c, w.AddConnection(ctx, &c)
}

// sameObject compares parameters exactly: 5432 is not "5432", and keys differ in case; their order does not count.
func sameObject(a, b json.RawMessage) bool {
	x, y := map[string]any{}, map[string]any{}
	if decodeObject(a, &x) != nil || decodeObject(b, &y) != nil {
		return false
	}
	// json.Marshal sorts keys.
	left, _ := json.Marshal(x)
	right, _ := json.Marshal(y)
	return bytes.Equal(left, right)
}

// AddConnection validates a new connection, opens the remote database once, and stores it.
func (w *Worker) AddConnection(ctx context.Context, c *store.Connection) error {
	if err := w.validate(ctx, *c); err != nil {
		return err
	}
	return w.Store.Update(ctx, func(t *store.Tx) error {
		if err := nameFree(ctx, t, *c); err != nil {
			return err
		}
		return t.AddConnection(ctx, c)
	})
}

// ChangeConnection does the same for the new name and parameters of a stored one.
func (w *Worker) ChangeConnection(ctx context.Context, c store.Connection) error {
	if err := w.validate(ctx, c); err != nil {
		return err
	}
	return w.Store.Update(ctx, func(t *store.Tx) error {
		if err := nameFree(ctx, t, c); err != nil {
			return err
		}
		return t.SaveConnection(ctx, c)
	})
}

// validate is what the server checks before it stores a connection.
// Source: CartoDB/cartodb: app/models/carto/connection.rb, lib/carto/connector/connection_adapter.
func (w *Worker) validate(ctx context.Context, c store.Connection) error {
	if strings.TrimSpace(c.Name) == "" {
		return Invalid("Name can't be blank")
	}
	if !StoresConnections(c.Connector) {
		return Invalid("Connector Not a valid DB connector: %s", c.Connector)
	}
	if err := w.Store.View(ctx, func(t *store.Tx) error { return nameFree(ctx, t, c) }); err != nil {
		return err
	}
	_, err := w.CheckConnection(ctx, c.Connector, c.Parameters)
	if wrong := (*ParameterError)(nil); errors.As(err, &wrong) {
		return Invalid("Parameters %s", wrong.Message)
	}
	if err != nil {
		return Invalid("%s", strings.ReplaceAll(err.Error(), "\n", " "))
	}
	return nil
}

// nameFree also holds what is said of BigQuery: a user has one connection to it.
func nameFree(ctx context.Context, t *store.Tx, c store.Connection) error {
	all, err := t.Connections(ctx, c.UserID)
	if err != nil {
		return err
	}
	for _, other := range all {
		switch {
		case other.ID == c.ID:
		case other.Name == c.Name:
			return Invalid("Name has already been taken")
		case c.Connector == "bigquery" && other.Connector == "bigquery":
			return Invalid("Connector has already been taken")
		}
	}
	if c.Connector != "bigquery" {
		return nil
	}
	parameters := map[string]any{}
	if err := decodeObject(c.Parameters, &parameters); err != nil {
		return err
	}
	present := func(key string) bool { return parameters[key] != nil && parameters[key] != "" }
	switch {
	case present("refresh_token"):
		return Invalid("Connector Parameter refresh_token not supported for db-connection; use OAuth connection instead")
	case present("access_token"):
		return Invalid("Connector Parameter access_token not supported through connections; use import API")
	case !present("billing_project"):
		return Invalid("Connector Parameter 'billing_project' must be assigned")
	}
	return nil
}
