package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
)

// An app is one run of the program.
type app struct {
	streams
	env func(string) (string, bool) // as os.LookupEnv

	// What is known so far, for the document that says why a run failed.
	account  string
	projects []string

	args       []string
	valued     map[string]bool // flags that are followed by a value
	reportFile string          // where --report leaves a report
	kept       bool            // the files that were asked for hold a result, which no failure replaces

	leaseWait time.Duration // for other runs of the same projects
	refused   *plan.Plan    // that was made, and not begun

	began bool   // carrying out a plan has begun, so that something may be changed
	came  string // what became of that, "" until it is over
	drawn bool   // the terminal shows how each action ended

	// What a command by hand has found or done, and what of it an interruption leaves.
	listing     *render.Listing // nil for other commands
	doing, next string
}

// A command is one of the grammar's.
type command interface {
	Run(ctx context.Context, a *app) error
}

// run executes a command line and returns the exit code. It is the whole
// program but for the process around it.
func run(ctx context.Context, args []string, s streams, env func(string) (string, bool)) int {
	a := &app{streams: s, env: env, args: args, listing: listingFor(args)}
	err := a.execute(ctx, args)
	if err != nil && !said(err) {
		var o outputFlags
		o, a.reportFile = asked(args)
		err = a.explain(ctx, err, o)
	}
	return exitCode(err)
}

func (a *app) execute(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return a.greet()
	}
	var g grammar
	parser, err := newParser(&g, a.streams)
	if err != nil {
		return err
	}
	selected, err := parser.Parse(args)
	if errors.Is(err, errHelp) {
		return nil
	}
	if err != nil {
		return parseFailure(err)
	}
	a.valued = valueFlags(selected)
	// Not by kong's own Run, which wraps what a command returns.
	return selected.Selected().Target.Addr().Interface().(command).Run(ctx, a)
}

// greet shows newcomers, who type the bare name, what there is.
func (a *app) greet() error {
	parser, err := newParser(new(grammar), streams{stdout: a.stderr, stderr: a.stderr})
	if err != nil {
		return err
	}
	if _, err := parser.Parse([]string{"--help"}); !errors.Is(err, errHelp) {
		return err
	}
	return outcome(exitUsage)
}

// explain prints why a run failed and returns that reason.
func (a *app) explain(ctx context.Context, err error, o outputFlags) error {
	if ctx.Err() != nil {
		err = &interruptedError{cause: context.Cause(ctx), began: a.began, doing: a.doing, next: a.next, err: err}
	}
	print := func(w io.Writer, f render.Format, _ render.Options) error {
		if a.refused != nil {
			return render.Refused(w, f, *a.refused, err)
		}
		if a.listing == nil {
			return render.Failure(w, f, a.account, a.projects, err)
		}
		// In the shape that the command has when it does not fail.
		a.listing.Account, a.listing.Err = a.account, err
		return render.List(w, f, *a.listing, render.Options{})
	}
	failed := render.Failure(a.stderr, render.Text, a.account, a.projects, err)
	switch o.Format {
	case render.JSON, render.Markdown, render.GitHub, render.SARIF:
		failed = errors.Join(failed, print(a.stdout, o.Format, render.Options{}))
	}
	if !a.kept {
		failed = errors.Join(failed, a.intoFiles(o.JSONInto, print))
	}
	return errors.Join(err, failed)
}
