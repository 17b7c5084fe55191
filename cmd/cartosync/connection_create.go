package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
)

// connectionCreateCmd stores a connection.
type connectionCreateCmd struct {
	Name     string            `arg:"" help:"What to call it; unique in the account."`
	Provider string            `arg:"" help:"postgres, mysql, sqlserver, hive, bigquery, redshift or snowflake, as far as the account has them."`
	Param    map[string]string `placeholder:"KEY=VALUE" mapsep:"none" help:"A parameter: server, port, database, username, password. Secrets as KEY=@FILE, KEY=- for standard input, or KEY=$${env:NAME}. Repeatable."`
	handFlags
}

// Help is the rest of the help page.
func (connectionCreateCmd) Help() string {
	return `CARTO opens the database before it answers, which may take a minute; the database must let CARTO's addresses in. Which parameters a provider takes is what cartosync connector show says.

Passwords are not written on the command line, which everybody on the machine can read.

Examples:

    cartosync connection create warehouse hive --param server=hive.example.org --param username=carto --param password=@/run/secrets/hive
    cartosync connection create orders postgres --param server=db.example.org --param database=shop --param username=carto --param 'password=${env:PGPASSWORD}'
    pass show bigquery | cartosync connection create bq bigquery --param billing_project=acme --param service_account=-
`
}

// Run stores the connection.
func (c *connectionCreateCmd) Run(ctx context.Context, a *app) error {
	if len(c.Param) == 0 {
		return usage("give server, username and the like with --param", "a connection needs parameters")
	}
	params, err := a.params("param", c.Param)
	if err != nil {
		return err
	}
	return a.byHand(ctx, c.handFlags, writes, single(connectionTable()), func(ctx context.Context, h *hand) error {
		if err := c.free(ctx, h); err != nil {
			return err
		}
		if err := c.complete(ctx, h, params); err != nil {
			return err
		}
		h.say("connection "+c.Name, "creating", "CARTO tries it, which may take a minute")
		h.begun("the connection was created", "look with cartosync connection list whether it is there")
		id, err := h.client.CreateConnection(ctx, carto.ConnectionRequest{Name: c.Name, Provider: c.Provider, Params: params})
		if err != nil && !carto.MaybeApplied(err) {
			return err
		}
		return c.created(ctx, h, id, err)
	})
}

// free makes sure that the name and, of BigQuery, the only place are free.
func (c *connectionCreateCmd) free(ctx context.Context, h *hand) error {
	all, err := h.connections(ctx)
	if err != nil {
		return err
	}
	for _, conn := range all {
		switch {
		case conn.Name == c.Name:
			return fmt.Errorf("there is a stored connection %q already (of %s, %s); choose another name, or delete it first", c.Name, conn.Provider, conn.ID)
		case c.Provider == "bigquery" && conn.Provider == "bigquery":
			return fmt.Errorf("CARTO keeps one BigQuery connection per account, and there is %q already; use that, or delete it first", conn.Name)
		}
	}
	return nil
}

// complete checks the parameters by what the server itself says that it takes.
func (c *connectionCreateCmd) complete(ctx context.Context, h *hand, params []carto.Param) error {
	if err := h.checkProvider(ctx, c.Provider); err != nil {
		return err
	}
	detail, err := h.client.Connector(ctx, c.Provider)
	if err != nil {
		return nil // CARTO will say itself what it misses
	}
	const prefix = "connection."
	var known, missing []string
	for _, p := range detail.Params {
		key, ok := strings.CutPrefix(p.Key, prefix)
		if !ok {
			continue
		}
		known = append(known, key)
		if p.Required && !slices.ContainsFunc(params, func(given carto.Param) bool { return given.Key == key }) {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("a %s connection needs %s too; give it with --param %s=VALUE", c.Provider, strings.Join(missing, " and "), missing[0])
	}
	for _, p := range params {
		if len(known) > 0 && !slices.Contains(known, p.Key) {
			return fmt.Errorf("a %s connection has no parameter %q; %s", c.Provider, p.Key, didYouMean(p.Key, known, "it takes "+strings.Join(known, ", ")))
		}
	}
	return nil
}

// created shows what was stored. Where the answer was lost it looks whether it was.
func (c *connectionCreateCmd) created(ctx context.Context, h *hand, id string, lost error) error {
	all, err := h.connections(ctx)
	if err != nil {
		return errors.Join(lost, err)
	}
	if id == "" {
		id = c.Name
	}
	conn, err := matchConnection(all, id)
	switch {
	case err != nil && lost != nil:
		return fmt.Errorf("%w; it was not stored", lost)
	case err != nil:
		return err
	}
	addConnection(h.Table, conn)
	return nil
}
