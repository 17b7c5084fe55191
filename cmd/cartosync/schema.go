package main

import (
	"context"

	"github.com/cartosync/cartosync/schema"
)

// schemaCmd prints a JSON Schema.
type schemaCmd struct {
	Of string `arg:"" optional:"" name:"document" enum:"manifest,plan,report" default:"manifest" help:"manifest: carto.yaml. plan: what --format json prints. report: what --report writes. Default: ${default}."`
}

// Help is the rest of the help page.
func (schemaCmd) Help() string {
	return `Editors with YAML support complete and check a manifest by its schema.

Examples:

    cartosync schema > carto.schema.json
    cartosync schema plan > plan.schema.json
    cartosync schema report > report.schema.json

and as the first line of carto.yaml:

    # yaml-language-server: $schema=carto.schema.json
`
}

// Run prints the schema.
func (c *schemaCmd) Run(_ context.Context, a *app) error {
	text := schema.Manifest()
	switch c.Of {
	case "plan":
		text = schema.Plan()
	case "report":
		text = schema.Report()
	}
	_, err := a.stdout.Write(text)
	return err
}
