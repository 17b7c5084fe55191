package carto

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const connectorsPath = "/api/v1/connectors"

// A Provider is a kind of database that the account could import from.
type Provider struct {
	ID      string // postgres, hive, ...
	Name    string // for people
	Enabled *bool  // for this account, nil if the server does not say; checked when a job runs, not before
}

// Connectors lists the providers by id. supported is false, without an error,
// where connectors are not enabled for the account at all.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *Client) Connectors(ctx context.Context) (all []Provider, supported bool, err error) {
	var w map[string]struct {
		Name    text  `json:"name"`
		Enabled *flag `json:"enabled"`
	}
	if err := c.read(ctx, connectorsPath, nil, &w); err != nil {
		if errors.Is(err, ErrNotFound) {
			return nil, false, nil
		}
		return nil, false, err
	}
	for id, p := range w {
		all = append(all, Provider{ID: id, Name: string(p.Name), Enabled: (*bool)(p.Enabled)})
	}
	slices.SortFunc(all, func(a, b Provider) int { return strings.Compare(a.ID, b.ID) })
	return all, true, nil
}

// A ProviderParam is a parameter that a provider takes.
type ProviderParam struct {
	Key      string // connection.server for credentials, table for the rest
	Required bool
}

// A ProviderDetail is what the server says of one provider.
type ProviderDetail struct {
	Features []string // what it can do: sql_queries, list_tables, dry_run, ...; sorted
	Params   []ProviderParam
}

// Connector describes a provider: what it can do and which parameters the server
// accepts, by key. ErrNotFound means that connectors are not enabled for the account,
// whatever the provider.
func (c *Client) Connector(ctx context.Context, provider string) (ProviderDetail, error) {
	var w struct {
		Features   map[string]flag            `json:"features"`
		Parameters map[string]json.RawMessage `json:"parameters"`
	}
	if err := c.read(ctx, connectorsPath+"/"+url.PathEscape(provider), nil, &w); err != nil {
		return ProviderDetail{}, err
	}
	var d ProviderDetail
	for name, can := range w.Features {
		if can {
			d.Features = append(d.Features, name)
		}
	}
	slices.Sort(d.Features)
	for key, raw := range w.Parameters {
		d.Params = append(d.Params, providerParams(key, raw)...)
	}
	slices.SortFunc(d.Params, func(a, b ProviderParam) int { return strings.Compare(a.Key, b.Key) })
	return d, nil
}

// providerParams reads {"required": ...}, or a group of such under one key.
func providerParams(key string, raw json.RawMessage) []ProviderParam {
	var group map[string]json.RawMessage
	if json.Unmarshal(raw, &group) != nil {
		return nil
	}
	if required, ok := group["required"]; ok || len(group) == 0 {
		return []ProviderParam{{Key: key, Required: scalar(required) == "true"}}
	}
	var all []ProviderParam
	for inner, raw := range group {
		all = append(all, providerParams(key+"."+inner, raw)...)
	}
	return all
}

// A RemoteTable is a table of a remote database.
type RemoteTable struct{ Schema, Name string }

// MaxRemoteTables is the most tables that the server lists.
// Source: CartoDB/cartodb: lib/carto/connector.rb.
const MaxRemoteTables = 500

// RemoteTables has the server open a remote database and list its tables. The
// request knows no stored connections: the parameters, a password included, travel
// in its URL, where proxies may log them. It is never repeated.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *Client) RemoteTables(ctx context.Context, provider string, connection []Param) ([]RemoteTable, error) {
	query := url.Values{}
	for _, p := range connection {
		query.Set(strings.ToLower(p.Key), p.Value.Reveal())
	}
	var w []struct {
		Schema text `json:"schema"`
		Name   text `json:"name"`
	}
	r := request{
		method: http.MethodGet, path: connectorsPath + "/" + url.PathEscape(provider) + "/tables", query: query,
		repeat: once, timeout: c.timeouts.Connect, secrets: secretsOf(connection),
	}
	if err := c.doJSON(ctx, r, &w); err != nil {
		return nil, err
	}
	all := make([]RemoteTable, 0, len(w))
	for _, t := range w {
		all = append(all, RemoteTable{Schema: string(t.Schema), Name: string(t.Name)})
	}
	return all, nil
}

// A DryRun is what a query would cost.
type DryRun struct {
	Bytes *int64 // read by the query, where the provider says
}

// DryRun has the server try a query or a table without importing it. A provider
// that knows no dry runs is an *APIError of status 422, one that refuses of 400.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *Client) DryRun(ctx context.Context, provider string, conn Connector) (DryRun, error) {
	var w struct {
		Bytes number `json:"total_bytes_processed"`
	}
	r := request{
		method: http.MethodPost, path: connectorsPath + "/" + url.PathEscape(provider) + "/dryrun", body: conn.object(),
		timeout: c.timeouts.Connect, secrets: secretsOf(conn.Connection, conn.Params),
	}
	if err := c.doJSON(ctx, r, &w); err != nil {
		return DryRun{}, err
	}
	if !w.Bytes.ok {
		return DryRun{}, nil
	}
	return DryRun{Bytes: &w.Bytes.n}, nil
}
