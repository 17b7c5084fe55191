package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
)

// A printing prints one value in a format.
type printing func(w io.Writer, f render.Format, o render.Options) error

// planPrinting prints a plan.
func planPrinting(p plan.Plan) printing {
	return func(w io.Writer, f render.Format, o render.Options) error { return render.Plan(w, f, p, o) }
}

// printPlan ends a run whose result is a plan.
func (a *app) printPlan(o outputFlags, p plan.Plan) error { return a.result(o, planPrinting(p)) }

// result prints what a run ends with: to stdout in the asked format, and as JSON into the file that --json-into names. A
// file that cannot be written is said on stderr, and does not take the result from stdout.
func (a *app) result(o outputFlags, print printing) error {
	failed := a.unreported(a.intoFiles(o.JSONInto, print))
	var b bytes.Buffer
	if err := print(&b, o.Format, a.style(a.stdout, o)); err != nil {
		return errors.Join(err, failed)
	}
	if over := b.Len() - render.CommentBudget; o.Format == render.Markdown && over > 0 {
		if _, err := fmt.Fprintf(a.stderr, "warning: the Markdown is %d bytes longer than the %d that a comment can take: nothing that destroys or publishes is left out\n",
			over, render.CommentBudget); err != nil {
			return err
		}
	}
	if _, err := a.stdout.Write(b.Bytes()); err != nil {
		return errors.Join(a.unreported(err), failed)
	}
	if failed == nil {
		return nil
	}
	if err := render.Failure(a.stderr, render.Text, a.account, a.projects, failed); err != nil {
		return err
	}
	return notAllDone
}

// unreported says of a result that could not be written whether something was done all the same.
func (a *app) unreported(err error) error {
	if err == nil || a.came == "" {
		return err
	}
	return fmt.Errorf("%s: %w", a.came, err)
}

// intoFiles writes a value into the files that were asked for: as JSON into the one of --json-into, if there is such a name,
// and what of it was done into that of --report.
func (a *app) intoFiles(jsonInto string, print printing) error {
	err := errors.Join(into(jsonInto, render.JSON, print), into(a.reportFile, render.Done, print))
	a.kept = a.kept || err == nil
	return err
}

// into writes a value to a file, whole or not at all. Without a name it does nothing.
func into(file string, f render.Format, print printing) error {
	if file == "" {
		return nil
	}
	var b bytes.Buffer
	if err := print(&b, f, render.Options{}); err != nil {
		return err
	}
	return replaceFile(file, aDocument, b.Bytes())
}

// file is what --json-into asks for.
func (o outputFlags) file() outFile { return outFile{"--json-into", o.JSONInto, aDocument} }

// file is what --report asks for.
func (f reportFlags) file() outFile { return outFile{"--report", f.Report, aDocument} }

// asked finds what the command line says about documents, however wrong the rest of it is: whoever parses our output
// needs a document most when the run fails.
func asked(args []string) (o outputFlags, report string) {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	value := func(flag string, i int) (string, bool) {
		if v, ok := strings.CutPrefix(args[i], flag+"="); ok {
			return v, true
		}
		if args[i] == flag && i+1 < len(args) {
			return args[i+1], true
		}
		return "", false
	}
	for i := range args {
		if v, ok := value("--format", i); ok {
			o.Format = render.Format(v)
		}
		if v, ok := value("--json-into", i); ok {
			o.JSONInto = v
		}
		if v, ok := value("--report", i); ok {
			report = v
		}
	}
	return o, report
}
