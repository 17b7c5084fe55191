package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/render"
)

// connectorCheckCmd tries a stored connection.
type connectorCheckCmd struct {
	Connection string            `arg:"" help:"Name or id of the stored connection."`
	Table      string            `placeholder:"NAME" help:"Try this remote table too."`
	Schema     string            `placeholder:"NAME" help:"The remote schema."`
	SQLQuery   string            `name:"sql-query" placeholder:"SQL" help:"Try this query too, instead of --table."`
	Param      map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"Another parameter of the connector. Repeatable."`
	handFlags
}

// Help is the rest of the help page.
func (connectorCheckCmd) Help() string {
	return `CARTO opens the database with the stored credentials. With --table or --sql-query it does a dry run besides, as far as the provider knows dry runs; BigQuery says how many bytes the query would read. Nothing is imported.

Examples:

    cartosync connector check warehouse
    cartosync connector check bq --sql-query 'SELECT name FROM acme.city.trees'
`
}

// Run tries the connection.
func (c *connectorCheckCmd) Run(ctx context.Context, a *app) error {
	table := single(render.Table{Kind: "connector", Columns: []render.Column{
		{Key: "connection"}, {Key: "provider"}, {Key: "connected"}, {Key: "dry_run"}, {Key: "bytes_processed"}, {Key: "id"},
	}})
	a.listing.Table = table
	switch {
	case c.Table != "" && c.SQLQuery != "":
		return usage("leave one of the two out", "--table and --sql-query are two sources")
	case (c.Schema != "" || len(c.Param) > 0) && c.Table == "" && c.SQLQuery == "":
		return usage("add one of the two", "--schema and --param are about a --table or a --sql-query")
	}
	params, err := a.params("param", c.Param)
	if err != nil {
		return err
	}
	return a.byHand(ctx, c.handFlags, writes, table, func(ctx context.Context, h *hand) error {
		all, err := h.connections(ctx)
		if err != nil {
			return err
		}
		conn, err := matchConnection(all, c.Connection)
		if err != nil {
			return err
		}
		h.say("connection "+conn.Name, "connecting", "CARTO opens the database, which may take a minute")
		connected, err := h.client.ConnectionConnected(ctx, conn.ID)
		switch {
		case err != nil:
			return fmt.Errorf("connection %q does not work: %w", conn.Name, err)
		case !connected:
			return fmt.Errorf("connection %q does not work: the database refuses it; check its parameters with cartosync connection show %s", conn.Name, conn.Name)
		}
		return c.dryRun(ctx, h, conn, params)
	})
}

// dryRun tries the table or the query, if one is given.
func (c *connectorCheckCmd) dryRun(ctx context.Context, h *hand, conn carto.Connection, params []carto.Param) error {
	if c.Table == "" && c.SQLQuery == "" {
		h.Add(conn.Name, conn.Provider, true, "not asked for", nil, conn.ID)
		return nil
	}
	f := sourceFlags{Table: c.Table, Schema: c.Schema, SQLQuery: c.SQLQuery}
	source := carto.Connector{ConnectionID: conn.ID, ImportAs: f.importAs(), Params: f.params(params)}
	if c.SQLQuery != "" {
		source.ImportAs = "dry_run" // a query must have a name, although nothing is made
	}
	run, err := h.client.DryRun(ctx, conn.Provider, source)
	api := (*carto.APIError)(nil)
	switch {
	case errors.As(err, &api) && (api.Status == http.StatusUnprocessableEntity || api.Status == http.StatusNotImplemented || api.Status == http.StatusNotFound):
		h.warn(render.Notice{Code: "no_dry_run", Problem: fmt.Sprintf("the connection works, but %s was not tried: %s", c.what(), err)})
		h.Add(conn.Name, conn.Provider, true, "not supported", nil, conn.ID)
		return nil
	case err != nil:
		return fmt.Errorf("the connection works, but %s does not: %w", c.what(), err)
	}
	var bytes any
	if run.Bytes != nil {
		bytes = render.Bytes(*run.Bytes)
	}
	h.Add(conn.Name, conn.Provider, true, "passed", bytes, conn.ID)
	return nil
}

func (c *connectorCheckCmd) what() string {
	if c.Table != "" {
		return fmt.Sprintf("the table %q", c.Table)
	}
	return "the query"
}
