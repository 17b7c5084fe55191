package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/live"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
	"github.com/cartosync/cartosync/internal/spec"
)

// exportCmd writes a manifest of what is live.
type exportCmd struct {
	Project string `group:"output" placeholder:"NAME" help:"Only the datasets of this project. Without it: those that nobody manages, to be adopted, and those of the only project that there is."`
	accountFlags
	Verbose bool `group:"output" short:"v" help:"Log every request to stderr."`
}

// Help is the rest of the help page.
func (exportCmd) Help() string {
	return `Writes a manifest to stdout that takes the account as it is: planning it adopts datasets and changes nothing else, which is checked before it is written. Synchronizations come with their sources and intervals; of everything else only the metadata is declared, for an account does not say where it was imported from. Secrets are replaced by references, which stderr lists.

Examples:

    cartosync export > carto.yaml
    cartosync export --project city-open-data
    cartosync export --sandbox
`
}

// Run reads the account and writes the manifest.
func (c *exportCmd) Run(ctx context.Context, a *app) (err error) {
	opened, err := a.open(ctx, c.accountFlags, nil)
	if err != nil {
		return err
	}
	defer closing(&err, opened.close)
	client, err := opened.client(a, reads, c.Verbose)
	if err != nil {
		return err
	}
	account, err := live.Read(ctx, client, opened.URL)
	if err != nil {
		return err
	}
	project, err := c.project(a, account)
	if err != nil {
		return err
	}
	exported := plan.Export(account, project, c.Project == "")
	if !c.Sandbox {
		exported.Manifest.Account = opened.URL
	}
	text, err := spec.Encode(exported.Manifest, exported.Comments)
	if err != nil {
		return err
	}
	answer := func(in plan.Input) (plan.Details, error) { return live.Answer(ctx, client, plan.Ask(in)) }
	if err := checkExported(text, plan.Input{Account: account, Secrets: exported.Secrets}, answer); err != nil {
		return err
	}
	if err := a.remarks(exported); err != nil {
		return err
	}
	_, err = a.stdout.Write(text)
	return err
}

// project decides whose manifest it becomes.
func (c *exportCmd) project(a *app, account plan.Account) (string, error) {
	known := account.Projects()
	switch {
	case c.Project != "" && !slices.Contains(known, c.Project):
		hint := "no project has left its marker in it"
		if len(known) > 0 {
			hint = didYouMean(c.Project, known, "its projects are "+strings.Join(known, ", "))
		}
		return "", fmt.Errorf("no dataset of %s belongs to project %q; %s", account.URL, c.Project, hint)
	case c.Project != "":
		return c.Project, nil
	case len(known) == 1:
		return known[0], nil
	case len(known) > 1:
		if _, err := fmt.Fprintf(a.stderr, "the datasets of the projects %s are left out; export each with --project\n", strings.Join(known, ", ")); err != nil {
			return "", err
		}
	}
	return projectName(account.User), nil
}

var notInProject = regexp.MustCompile(`[^a-z0-9-]+`)

// projectName makes the name of a project of a user's.
func projectName(user string) string {
	const longest = 40
	p := strings.Trim(notInProject.ReplaceAllString(strings.ToLower(user), "-"), "-")
	if p == "" || p[0] < 'a' {
		p = "account-" + p
	}
	return strings.TrimRight(p[:min(len(p), longest)], "-")
}

// checkExported reads a manifest as any run would and makes sure that its plan changes nothing.
func checkExported(text []byte, in plan.Input, answer func(plan.Input) (plan.Details, error)) (err error) {
	dir, err := os.MkdirTemp("", "cartosync-export-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, spec.ManifestName)
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return err
	}
	if in.Desired, err = spec.Load(spec.Options{}, file); err != nil {
		return fmt.Errorf("what was exported is no valid manifest, and is not written: %w", err)
	}
	if in.Details, err = answer(in); err != nil {
		return err
	}
	if wrong := plan.Compute(in).BesidesAdoption(); len(wrong) > 0 {
		return fmt.Errorf("what was exported would change %s %q (%s), and is not written; try again, for the account may be changing", wrong[0].Kind, wrong[0].Name(), wrong[0].Reason)
	}
	return nil
}

// remarks says on stderr what is left out and which secrets have to be set.
func (a *app) remarks(x plan.Exported) error {
	var all []error
	for _, n := range x.LeftOut {
		text := n.Problem
		if n.Hint != "" {
			text += "; " + n.Hint
		}
		all = append(all, errors.New(text))
	}
	if names := secretNames(x.Manifest); len(names) > 0 {
		all = append(all, fmt.Errorf("set %s where plan and apply run: they stand for secrets", strings.Join(names, ", ")))
	}
	if len(all) == 0 {
		return nil
	}
	return render.Diagnostics(a.stderr, errors.Join(all...))
}

// secretNames are the variables that a manifest refers to, sorted.
func secretNames(m spec.Manifest) []string {
	var names []string
	for _, d := range m.Datasets {
		for _, r := range d.Source.URL.Refs() {
			names = append(names, r.Name)
		}
	}
	for _, c := range m.Connections {
		for _, p := range c.Params {
			for _, r := range p.Value.Refs() {
				names = append(names, r.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
