package main

import (
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/secret"
)

// grammar is the command line. Each command is a file of its own.
type grammar struct {
	Validate validateCmd `cmd:"" help:"Check manifests. Needs no network and no account."`
	Plan     planCmd     `cmd:"" help:"Show what apply would change. Changes nothing."`
	Apply    applyCmd    `cmd:"" help:"Make the account what the manifest says."`
	Why      whyCmd      `cmd:"" help:"Show what was compared for one dataset, and why. Changes nothing."`
	Sync     syncCmd     `cmd:"" help:"Run synchronizations of the manifest now, and wait for their end."`
	Export   exportCmd   `cmd:"" help:"Write a manifest of what is live."`
	Destroy  destroyCmd  `cmd:"" help:"Delete everything that belongs to the project."`

	Dataset         datasetCmd         `cmd:"" help:"List, show, import and delete datasets by hand."`
	Import          importCmd          `cmd:"" help:"Look at import jobs by hand."`
	Synchronization synchronizationCmd `cmd:"" help:"List, show, create, force and delete synchronizations by hand."`
	Connector       connectorCmd       `cmd:"" help:"Look at databases that CARTO can import from."`
	Connection      connectionCmd      `cmd:"" help:"List, show, create and delete stored connections by hand."`

	Sandbox sandboxCmd `cmd:"" help:"Serve a CARTO account on this machine, to try things on."`
	Schema  schemaCmd  `cmd:"" help:"Print the JSON Schema of manifests or of JSON output."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// Help is what the program is about.
func (grammar) Help() string {
	return `A manifest, carto.yaml, declares datasets and where their contents come from: files, URLs, databases. "plan" compares it with the account, "apply" makes the account equal to it, and a second "apply" does nothing.

Try it without an account, on one that runs inside this program:

    cartosync apply --sandbox

On a real one:

    export CARTO_ACCOUNT_URL=https://USER.carto.com CARTO_API_KEY=...
    cartosync plan
    cartosync apply
`
}

// The groups of flags, in the order of the help pages.
var flagGroups = []kong.Group{
	{Key: "plan", Title: "What is planned:"},
	{Key: "source", Title: "What is imported, if not a file or URL:"},
	{Key: "result", Title: "What it becomes:"},
	{Key: "account", Title: "Which account:"},
	{Key: "values", Title: "What the manifest refers to:"},
	{Key: "output", Title: "How it runs and what it prints:"},
}

// errHelp ends a run that has printed a help page.
var errHelp = errors.New("help was asked for")

func newParser(g *grammar, s streams) (*kong.Kong, error) {
	return kong.New(g,
		kong.Name("cartosync"),
		kong.Description("Keep the datasets of a CARTO account equal to a manifest."),
		kong.Vars{
			"secrets_dir":  secret.DefaultDir,
			"sandbox_user": sandbox.DefaultUser,
			"sandbox_key":  sandbox.DefaultAPIKey,
		},
		kong.Writers(s.stdout, s.stderr),
		kong.ExplicitGroups(flagGroups),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
		kong.Help(printHelp),
		kong.ValueFormatter(helpText),
	)
}

// printHelp prints a page of help and ends the run: exiting is up to main.
func printHelp(o kong.HelpOptions, ctx *kong.Context) error {
	if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(ctx.Stdout, "\n%s\n", exitCodes); err != nil {
		return err
	}
	return errHelp
}

// helpText adds the environment variable of a flag to its help.
func helpText(v *kong.Value) string {
	if len(v.Tag.Envs) == 0 {
		return v.Help
	}
	return v.Help + " Environment: " + v.Tag.Envs[0] + "."
}
