package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
)

// manifestArgs are the manifests of a run.
type manifestArgs struct {
	Manifests []string `arg:"" optional:"" name:"manifest" default:"carto.yaml" help:"Manifests; a directory stands for the carto.yaml in it. Several are several projects of one account. Default: carto.yaml."`
}

// varFlags give values to variables of the manifest.
type varFlags struct {
	Var map[string]string `group:"values" placeholder:"NAME=VALUE" mapsep:"none" help:"Give a value to $${var:NAME} of the manifest. Repeatable."`
}

// secretFlags say where secrets may be read.
type secretFlags struct {
	SecretEnv  []string `group:"values" placeholder:"NAME" help:"Let the manifest read these environment variables too, beside those that begin with CARTOSYNC_SECRET_."`
	SecretsDir string   `group:"values" placeholder:"DIR" default:"${secrets_dir}" help:"Where $${file:NAME} is looked for. Default: ${default}."`
}

// accountFlags say which account a run speaks to.
type accountFlags struct {
	Account     string `group:"account" placeholder:"URL" env:"CARTO_ACCOUNT_URL" help:"The account: https://USER.carto.com, https://ORG.carto.com/u/USER or https://HOST/user/USER. Its master key is taken from the environment variable CARTO_API_KEY."`
	APIKeyFile  string `group:"account" name:"api-key-file" placeholder:"FILE" help:"Read the account's master key from a file."`
	Credentials string `group:"account" placeholder:"FILE" env:"CARTO_CREDENTIALS" help:"A file of keys by account, used where no other key is given. Default: cartosync/credentials.yaml in your configuration directory."`
	Sandbox     bool   `group:"account" help:"Use an account that runs inside this program and is kept in .cartosync beside the first manifest. Needs no key and no network; the account that the manifest names is ignored."`
}

// choiceFlags say what may be planned.
type choiceFlags struct {
	Target     []string    `group:"plan" placeholder:"NAME" help:"Only these datasets."`
	Exclude    []string    `group:"plan" placeholder:"NAME" help:"Not these datasets."`
	Reimport   []string    `group:"plan" placeholder:"NAME" help:"Import these again although nothing changed."`
	Adopt      bool        `group:"plan" help:"Take existing datasets that nobody manages under management where their names are declared."`
	Allow      []allowance `group:"plan" placeholder:"GUARD:NAME" help:"Lift a guard for one dataset: shrink:parcels."`
	Prune      bool        `group:"plan" help:"Delete what this project made and no longer declares. Not with --target or --exclude."`
	PruneFirst bool        `group:"plan" help:"With --prune: delete first, where a quota needs the room."`
}

// outputFlags say what a run prints.
type outputFlags struct {
	Format   render.Format `group:"output" enum:"text,json,markdown,github,sarif" default:"text" placeholder:"text|json|markdown|github|sarif" help:"text for people; the others for programs, comments and annotations."`
	JSONInto string        `group:"output" name:"json-into" placeholder:"FILE" help:"Write what --format json would print into a file too, also if the run fails."`
	Verbose  bool          `group:"output" short:"v" help:"Shorten nothing, and log every request to stderr."`
	NoColor  bool          `group:"output" help:"No colours, as with the environment variable NO_COLOR."`
}

// reportFlags say where a command that changes the account leaves a report. They
// stand beside outputFlags.
type reportFlags struct {
	Report string `group:"output" placeholder:"FILE" help:"Write what was done into a file, as JSON, also if the run fails or is interrupted."`
}

// planFlags are what plan and apply have in common.
type planFlags struct {
	manifestArgs
	choiceFlags
	accountFlags
	varFlags
	secretFlags
	AllowPrivateURLs bool `group:"values" name:"allow-private-urls" help:"Let apply fetch source URLs from private addresses too."`
	outputFlags
	NoCache          bool `group:"output" help:"Look into every file, also into those that have not changed since they were last looked into, and remember nothing."`
	DetailedExitcode bool `group:"output" help:"Exit 2 if changes are pending: planned, or not approved."`
	Parallelism      int  `group:"output" placeholder:"N" help:"Files looked at, and imports run, at once at most. Default: as many as there are processors, and as many as the account allows."`
}

// check refuses flags that do not go together.
func (f planFlags) check() error {
	switch {
	case f.Prune && len(f.Target) > 0:
		return usage("run --prune on its own", "--prune cannot be combined with --target: it is about everything that is no longer declared")
	case f.Prune && len(f.Exclude) > 0:
		return usage("run --prune on its own", "--prune cannot be combined with --exclude: it is about everything that is no longer declared")
	case f.PruneFirst && !f.Prune:
		return usage("add --prune, or leave it out", "--prune-first says when to delete, but nothing is deleted without --prune")
	case f.Parallelism < 0:
		return usage("give 1 or more", "--parallelism %d is negative", f.Parallelism)
	}
	return nil
}

// options are the wishes that the planner needs to know.
func (f choiceFlags) options() plan.Options {
	o := plan.Options{
		Prune: f.Prune, PruneFirst: f.PruneFirst, Adopt: f.Adopt,
		Targets: f.Target, Excludes: f.Exclude, Reimport: f.Reimport,
	}
	for _, allowed := range f.Allow {
		o.Allow = append(o.Allow, plan.Allowance(allowed))
	}
	return o
}

// An allowance is a plan.Allowance as it is typed: shrink:parcels.
type allowance plan.Allowance

// UnmarshalText reads GUARD:NAME.
func (a *allowance) UnmarshalText(text []byte) error {
	guard, dataset, ok := strings.Cut(string(text), ":")
	if !ok || dataset == "" {
		return fmt.Errorf("%q is not GUARD:NAME, such as shrink:parcels", text)
	}
	if !slices.Contains(plan.Guards(), plan.Guard(guard)) {
		var names []string
		for _, g := range plan.Guards() {
			names = append(names, string(g))
		}
		return fmt.Errorf("there is no guard %q; the guards are %s", guard, strings.Join(names, ", "))
	}
	*a = allowance{Guard: plan.Guard(guard), Dataset: dataset}
	return nil
}
