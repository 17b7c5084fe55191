package main

import (
	"context"

	"github.com/cartosync/cartosync/schema"
)

// schemaCmd prints a JSON Schema.
type schemaCmd struct {
	Of string `arg:"" optional:"" name:"document" enum:"manifest,plan" default:"manifest" help:"manifest: carto.yaml. plan: what --format json prints. Default: ${default}."`
}

// Help is the rest of the help page.
func (schemaCmd) Help() string {
	return `Editors with YAML support complete and check a manifest by its schema.

Examples:

    cartosync schema > carto.schema.json
    cartosync schema plan > plan.schema.json

and as the first line of carto.yaml:

    # yaml-language-server: $schema=carto.schema.json
`
}

// Run prints the schema.
func (c *schemaCmd) Run(_ context.Context, a *app) error {
	text := schema.Manifest()
	if c.Of == "plan" {
		text = schema.Plan()
	}
	_, err := a.stdout.Write(text)
	return err
}
