package carto

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/cartosync/cartosync/internal/secret"
)

const connectionsPath = "/api/v4/connections"

// Types of a [Connection].
const (
	ConnectionDatabase = "db-connector"
	ConnectionOAuth    = "oauth-service"
)

// A Connection is stored in the account: database credentials, or the consent to
// use an online service.
type Connection struct {
	ID       string
	Name     string // unique in the account
	Provider string // postgres, hive, bigquery, ...; for OAuth the service
	Type     string // ConnectionDatabase or ConnectionOAuth
	Complete bool   // nothing is missing to use it
	Params   []Param
}

type wireConnection struct {
	ID       text                                 `json:"id"`
	Name     text                                 `json:"name"`
	Provider text                                 `json:"connector"`
	Type     text                                 `json:"type"`
	Complete flag                                 `json:"complete"`
	Params   optional[map[string]json.RawMessage] `json:"parameters"`
}

// Connections lists the stored connections. supported is false, without an
// error, on servers that know none (before CARTO 4.45).
// Source: CartoDB/cartodb: app/controllers/carto/api/public/connections_controller.rb.
func (c *Client) Connections(ctx context.Context) (all []Connection, supported bool, err error) {
	var w []wireConnection
	if err := c.read(ctx, connectionsPath, nil, &w); err != nil {
		if errors.Is(err, ErrNotFound) {
			return nil, false, nil
		}
		return nil, false, err
	}
	for _, conn := range w {
		all = append(all, Connection{
			ID: string(conn.ID), Name: string(conn.Name), Provider: string(conn.Provider),
			Type: string(conn.Type), Complete: bool(conn.Complete), Params: paramsOf(conn.Params.value),
		})
	}
	return all, true, nil
}

// A ConnectionRequest asks for a stored database connection.
type ConnectionRequest struct {
	Name     string
	Provider string
	Params   []Param
}

// CreateConnection stores a database connection and returns its id. The server
// connects to the database within the request, so it may take a minute. It is
// never repeated; after an error that is [MaybeApplied] look for the name.
// Source: CartoDB/cartodb: lib/carto/connector/connection_manager.rb.
func (c *Client) CreateConnection(ctx context.Context, r ConnectionRequest) (string, error) {
	// With neither name nor parameters CARTO would take the request for an OAuth
	// connection, and delete the existing one of that service.
	if r.Name == "" || r.Provider == "" || len(r.Params) == 0 {
		return "", errors.New("a stored connection needs a name, a provider and parameters")
	}
	params, err := connectionParams(r.Params)
	if err != nil {
		return "", err
	}
	var w struct {
		ID text `json:"id"`
	}
	req := request{
		method: http.MethodPost, path: connectionsPath, timeout: c.timeouts.Connect,
		body:    map[string]any{"name": r.Name, "connector": r.Provider, "parameters": params},
		secrets: secretsOf(r.Params),
	}
	if err := c.doJSON(ctx, req, &w); err != nil {
		return "", err
	}
	if w.ID == "" {
		return "", problem(req.method, req.path, "the answer names no connection", "list the connections")
	}
	return string(w.ID), nil
}

// A ConnectionUpdate holds what is to change. The server merges Params into the
// stored ones: a key that is left out keeps its value, and none can be removed.
type ConnectionUpdate struct {
	Name   *string
	Params []Param
}

// UpdateConnection changes a stored connection. The server connects to the
// database within the request, as in [Client.CreateConnection].
func (c *Client) UpdateConnection(ctx context.Context, id string, u ConnectionUpdate) error {
	if err := checkID("connection", id); err != nil {
		return err
	}
	body := map[string]any{}
	put(body, "name", u.Name)
	if len(u.Params) > 0 {
		params, err := connectionParams(u.Params)
		if err != nil {
			return err
		}
		body["parameters"] = params
	}
	if len(body) == 0 {
		return errors.New("an update of a connection changes nothing")
	}
	_, err := c.do(ctx, request{
		method: http.MethodPut, path: connectionsPath + "/" + id, body: body,
		timeout: c.timeouts.Connect, secrets: secretsOf(u.Params),
	})
	return err
}

// DeleteConnection deletes a stored connection. Synchronizations that use it
// stay, and fail from then on: look for them first.
func (c *Client) DeleteConnection(ctx context.Context, id string) error {
	if err := checkID("connection", id); err != nil {
		return err
	}
	return c.delete(ctx, connectionsPath+"/"+id)
}

// ConnectionConnected has the server try a stored connection. A refusal of the
// remote database comes as an *APIError with its words.
func (c *Client) ConnectionConnected(ctx context.Context, id string) (bool, error) {
	if err := checkID("connection", id); err != nil {
		return false, err
	}
	var w struct {
		Connected flag `json:"connected"`
	}
	err := c.doJSON(ctx, request{
		method: http.MethodGet, path: connectionsPath + "/" + id + "/connect",
		repeat: once, timeout: c.timeouts.Connect,
	}, &w)
	return bool(w.Connected), err
}

// connectionParams refuses what would store asterisks as a password, or two
// values under one key.
func connectionParams(params []Param) (jsonObject, error) {
	var o jsonObject
	seen := map[string]bool{}
	for _, p := range params {
		if p.Masked || p.Value.Equal(secret.New(mask)) {
			return o, fmt.Errorf("connection parameter %q is masked; leave it out to keep what is stored", p.Key)
		}
		if seen[p.Key] {
			return o, fmt.Errorf("connection parameter %q is given twice", p.Key)
		}
		seen[p.Key] = true
		o.addParam(p)
	}
	return o, nil
}
