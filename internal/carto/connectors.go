package carto

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
)

const connectorsPath = "/api/v1/connectors"

// A Provider is a kind of database that the account could import from.
type Provider struct {
	ID      string // postgres, hive, ...
	Name    string // for people
	Enabled bool   // for this account; checked when a job runs, not before
}

// Connectors lists the providers by id. supported is false, without an error,
// where connectors are not enabled for the account at all.
// Source: CartoDB/cartodb: app/controllers/carto/api/connectors_controller.rb.
func (c *Client) Connectors(ctx context.Context) (all []Provider, supported bool, err error) {
	var w map[string]struct {
		Name    text `json:"name"`
		Enabled flag `json:"enabled"`
	}
	if err := c.read(ctx, connectorsPath, nil, &w); err != nil {
		if errors.Is(err, ErrNotFound) {
			return nil, false, nil
		}
		return nil, false, err
	}
	for id, p := range w {
		all = append(all, Provider{ID: id, Name: string(p.Name), Enabled: bool(p.Enabled)})
	}
	slices.SortFunc(all, func(a, b Provider) int { return strings.Compare(a.ID, b.ID) })
	return all, true, nil
}

// A ProviderParam is a parameter that a provider takes.
type ProviderParam struct {
	Key      string // connection.server for credentials, table for the rest
	Required bool
}

// ConnectorParams lists the parameters that the server accepts for a provider,
// by key. ErrNotFound means that connectors are not enabled for the account.
func (c *Client) ConnectorParams(ctx context.Context, provider string) ([]ProviderParam, error) {
	var w struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
	}
	if err := c.read(ctx, connectorsPath+"/"+url.PathEscape(provider), nil, &w); err != nil {
		return nil, err
	}
	var all []ProviderParam
	for key, raw := range w.Parameters {
		all = append(all, providerParams(key, raw)...)
	}
	slices.SortFunc(all, func(a, b ProviderParam) int { return strings.Compare(a.Key, b.Key) })
	return all, nil
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
