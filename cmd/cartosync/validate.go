package main

import (
	"context"
	"fmt"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/spec"
)

// validateCmd checks manifests and nothing else: it opens no socket and needs no
// credentials, so that it is safe on a stranger's pull request.
type validateCmd struct {
	manifestArgs
	varFlags
	Format render.Format `group:"output" enum:"text,json,markdown,github,sarif" default:"text" placeholder:"text|json|markdown|github|sarif" help:"text for people; the others for programs, comments and annotations."`
}

// Help is the rest of the help page.
func (validateCmd) Help() string {
	return `Finds every mistake at once: each is one line with file, line, column, what is wrong and what to do about it.

Examples:

    cartosync validate
    cartosync validate city/carto.yaml region
    cartosync validate --format json | jq '.diagnostics[]'
`
}

// Run loads the manifests and says what they declare.
func (c *validateCmd) Run(_ context.Context, a *app) error {
	desired, err := a.load(c.manifestArgs, c.varFlags)
	if err != nil {
		return err
	}
	if c.Format != render.Text {
		return render.Plan(a.stdout, c.Format, plan.Plan{Projects: a.projects}, render.Options{})
	}
	for _, m := range desired {
		if _, err := fmt.Fprintf(a.stdout, "%s: project %s is valid: %s\n", m.Path, m.Project, contents(m)); err != nil {
			return err
		}
	}
	return nil
}

// load reads the manifests of a run.
func (a *app) load(args manifestArgs, vars varFlags) ([]spec.Manifest, error) {
	desired, err := spec.Load(spec.Options{Vars: vars.Var}, args.Manifests...)
	for _, m := range desired {
		a.projects = append(a.projects, m.Project)
	}
	return desired, err
}

// contents counts what a manifest declares.
func contents(m spec.Manifest) string {
	s := plural(len(m.Datasets), "dataset")
	if n := len(m.Connections); n > 0 {
		s += ", " + plural(n, "connection")
	}
	return s
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
