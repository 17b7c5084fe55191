package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// connectorCmd holds what can be asked about connectors by hand.
type connectorCmd struct {
	List   connectorListCmd   `cmd:"" help:"List the databases that the account can import from."`
	Show   connectorShowCmd   `cmd:"" help:"Show what a provider can do and which parameters it takes."`
	Tables connectorTablesCmd `cmd:"" help:"List the tables of a remote database."`
	Check  connectorCheckCmd  `cmd:"" help:"Try a connection, and a table or a query, without importing."`
}

// errNoConnectors: the account has no connectors, whatever the provider.
var errNoConnectors = errors.New("connectors are not enabled for this account (feature flag carto-connectors); ask CARTO's support to enable them")

// providers lists what the account could import from, and says so where it has no connectors.
func (h *hand) providers(ctx context.Context) ([]carto.Provider, error) {
	all, supported, err := h.client.Connectors(ctx)
	if err == nil && !supported {
		err = errNoConnectors
	}
	return all, err
}

// checkProvider refuses a provider that the account does not have. Where it cannot be
// found out it is left to the server.
func (h *hand) checkProvider(ctx context.Context, id string) error {
	all, err := h.providers(ctx)
	switch {
	case err != nil:
		return err
	case slices.ContainsFunc(all, func(p carto.Provider) bool { return p.ID == id }):
		return nil
	}
	return unknownProvider(id, all)
}

func unknownProvider(id string, all []carto.Provider) error {
	var ids []string
	for _, p := range all {
		ids = append(ids, p.ID)
		if strings.EqualFold(p.Name, id) || strings.EqualFold(p.ID, id) {
			return fmt.Errorf("there is no provider %q; did you mean %q?", id, p.ID)
		}
	}
	return fmt.Errorf("there is no provider %q; %s", id, didYouMean(id, ids, "it is one of "+strings.Join(ids, ", ")))
}

// connectorListCmd lists providers; it never writes to the account.
type connectorListCmd struct{ handFlags }

// Help is the rest of the help page.
func (connectorListCmd) Help() string {
	return `CARTO checks whether a provider is enabled for the account only when an import runs; where it says so beforehand, it is shown.

Examples:

    cartosync connector list
`
}

// Run lists the providers.
func (c *connectorListCmd) Run(ctx context.Context, a *app) error {
	table := render.Table{Kind: "connector", Columns: []render.Column{{Key: "id"}, {Key: "name"}, {Key: "enabled"}}}
	return a.byHand(ctx, c.handFlags, reads, table, func(ctx context.Context, h *hand) error {
		all, err := h.providers(ctx)
		for _, p := range all {
			h.Add(p.ID, p.Name, truth(p.Enabled))
		}
		return err
	})
}

func truth(b *bool) any {
	if b == nil {
		return nil
	}
	return *b
}

// connectorShowCmd shows one provider; it never writes to the account.
type connectorShowCmd struct {
	Provider string `arg:"" help:"Id of the provider, such as postgres."`
	handFlags
}

// Help is the rest of the help page.
func (connectorShowCmd) Help() string {
	return `What it says comes from the server itself, which is the authority on parameters. Those of the connection are for cartosync connection create, the others for --param of an import.

Examples:

    cartosync connector show postgres
`
}

// Run shows the provider.
func (c *connectorShowCmd) Run(ctx context.Context, a *app) error {
	table := render.Table{Kind: "connector", Columns: []render.Column{
		{Key: "id"}, {Key: "name"}, {Key: "enabled"}, {Key: "features"}, {Key: "connection"}, {Key: "parameters"},
	}}
	return a.byHand(ctx, c.handFlags, reads, single(table), func(ctx context.Context, h *hand) error {
		all, err := h.providers(ctx)
		if err != nil {
			return err
		}
		detail, err := h.client.Connector(ctx, c.Provider)
		if api := (*carto.APIError)(nil); errors.As(err, &api) && api.Status == 422 {
			return unknownProvider(c.Provider, all)
		}
		if err != nil {
			return err
		}
		p := carto.Provider{ID: c.Provider}
		if i := slices.IndexFunc(all, func(p carto.Provider) bool { return p.ID == c.Provider }); i >= 0 {
			p = all[i]
		}
		credentials, others := parameterObjects(detail.Params)
		h.Add(p.ID, p.Name, truth(p.Enabled), append([]string{}, detail.Features...), credentials, others)
		return nil
	})
}

// parameterObjects are the parameters of the connection, and the others.
func parameterObjects(all []carto.ProviderParam) (credentials, others []render.Object) {
	credentials, others = []render.Object{}, []render.Object{}
	for _, p := range all {
		key, ofConnection := strings.CutPrefix(p.Key, "connection.")
		text := key
		if p.Required {
			text += " (required)"
		}
		o := render.Object{Text: text, Fields: []render.Field{{Key: "key", Value: key}, {Key: "required", Value: p.Required}}}
		if ofConnection {
			credentials = append(credentials, o)
		} else {
			others = append(others, o)
		}
	}
	return credentials, others
}
