package main

import (
	"context"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// connectorTablesCmd lists remote tables; it never writes to the account.
type connectorTablesCmd struct {
	Provider    string            `arg:"" help:"Id of the provider, such as postgres."`
	Connection  map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Credentials: server, port, database, username, password. Secrets as KEY=@FILE, KEY=- for standard input, or KEY=$${env:NAME}. Repeatable."`
	SecretInURL bool              `name:"secret-in-url" help:"Send a secret in the URL of the request, where proxies on the way may log it."`
	handFlags
}

// Help is the rest of the help page.
func (connectorTablesCmd) Help() string {
	return `CARTO takes the credentials in the URL of this request, and knows no stored connections here. URLs end up in logs, so a password is sent only with --secret-in-url. It lists at most 500 tables.

Examples:

    cartosync connector tables hive --connection server=hive.example.org --connection database=default
    cartosync connector tables postgres --connection server=db.example.org --connection database=shop --connection username=carto --connection password=@pw --secret-in-url
`
}

// Run lists the tables.
func (c *connectorTablesCmd) Run(ctx context.Context, a *app) error {
	table := render.Table{Kind: "remote_table", Columns: []render.Column{{Key: "schema"}, {Key: "name"}, {Key: "id", Detail: true}}}
	a.listing.Table = table
	params, err := a.params("connection", c.Connection)
	if err != nil {
		return err
	}
	for _, p := range params {
		if p.Secret && !c.SecretInURL {
			return usage("pass --secret-in-url if that is meant, or use cartosync connector check with a stored connection",
				"CARTO takes %q in the URL of this request, where proxies may log it", p.Key)
		}
	}
	return a.byHand(ctx, c.handFlags, reads, table, func(ctx context.Context, h *hand) error {
		if err := h.checkProvider(ctx, c.Provider); err != nil {
			return err
		}
		h.say(c.Provider, "connecting", "CARTO opens the database, which may take a minute")
		all, err := h.client.RemoteTables(ctx, c.Provider, params)
		for _, t := range all {
			id := t.Name
			if t.Schema != "" {
				id = t.Schema + "." + t.Name
			}
			h.Add(t.Schema, t.Name, id)
		}
		if len(all) >= carto.MaxRemoteTables {
			h.warn(render.Notice{Code: "list_cut", Problem: fmt.Sprintf("CARTO lists %d tables at most; there may be more", carto.MaxRemoteTables)})
		}
		return err
	})
}
