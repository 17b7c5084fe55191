package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
)

// The exit codes. They are a promise.
const (
	exitDone    = 0  // done, or nothing to do
	exitFailed  = 1  // failed or partly failed, blocked actions included
	exitPending = 2  // changes are pending, with --detailed-exitcode
	exitUsage   = 64 // the command line is wrong
)

const exitCodes = `Exit codes:
  0   done, or nothing to do
  1   failed or partly failed, blocked actions included
  2   changes are pending (with --detailed-exitcode)
  64  the command line is wrong`

// An outcome ends a run whose output has already said why. It is no error to print.
type outcome int

// How a run may end that was carried through.
const (
	changesPending outcome = exitPending
	notAllDone     outcome = exitFailed
)

func (o outcome) Error() string { return fmt.Sprintf("exit code %d", int(o)) }

// said reports whether err needs no words.
func said(err error) bool {
	_, ok := err.(outcome)
	return ok
}

// exitCode maps every way in which a run ends. An error wins over pending changes.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if o, ok := err.(outcome); ok {
		return int(o)
	}
	if usage := (*usageError)(nil); errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// A usageError says what is wrong with the command line.
type usageError struct {
	problem string
	hint    string
}

func (e *usageError) Error() string {
	if e.hint == "" {
		return e.problem
	}
	return e.problem + "; " + e.hint
}

// usage returns a usageError.
func usage(hint, problem string, args ...any) error {
	return &usageError{problem: fmt.Sprintf(problem, args...), hint: hint}
}

// parseFailure turns what kong says into a usage error that names the help page.
func parseFailure(err error) error {
	command := "cartosync"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if selected := parse.Context.Selected(); selected != nil {
			command = selected.FullPath()
		}
	}
	return usage(fmt.Sprintf("see %s --help", command), "%s", err)
}

// An interruptedError says that a signal came before the run ended with an error.
type interruptedError struct {
	cause error  // the signal
	began bool   // carrying out a plan had begun
	doing string // what had begun, if not that
	next  string // what to do next, if not to run the same command again
	err   error  // what the run ended with
}

func (e *interruptedError) Error() string {
	when := "before anything was changed"
	if e.began {
		when = "while " + cmp.Or(e.doing, "the plan was carried out")
	}
	what := ""
	if !errors.Is(e.err, context.Canceled) && !errors.Is(e.err, e.cause) {
		what = ": " + e.err.Error() // more than that the run was interrupted
	}
	return fmt.Sprintf("interrupted %s (%v)%s; %s", when, e.cause, what, cmp.Or(e.next, "run the same command again"))
}

func (e *interruptedError) Unwrap() []error { return []error{context.Canceled, e.err} }

// closing closes what a run has opened, whatever came of the run. A failure to
// close is not lost, and hides no other.
func closing(err *error, close func() error) {
	failed := close()
	if failed != nil && (*err == nil || said(*err)) {
		*err = failed
	}
}
