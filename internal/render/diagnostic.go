package render

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/spec"
)

// Diagnostics prints errors, one line each: "file:line:col: problem; hint" for
// the faults of a manifest, the error's text for others. Errors that hold
// several are taken apart.
func Diagnostics(w io.Writer, err error) error {
	var b bytes.Buffer
	for _, e := range flatten(err) {
		p := newPage(Options{})
		p.line(0, span{plain, e.Error()})
		b.Write(p.bytes())
	}
	return write(w, b.Bytes(), nil)
}

func textFailure(_ string, _ []string, err error) ([]byte, error) {
	var b bytes.Buffer
	err = Diagnostics(&b, err)
	return b.Bytes(), err
}

// flatten takes lists of errors apart: those of manifests wherever they are
// wrapped, others where they are nothing but a list. A wrapped error stays
// whole, since its message says where it happened.
func flatten(err error) []error {
	if err == nil {
		return nil
	}
	var faults spec.Errors
	list, ok := err.(interface{ Unwrap() []error })
	switch {
	case ok && isList(err, list.Unwrap()):
		var all []error
		for _, e := range list.Unwrap() {
			all = append(all, flatten(e)...)
		}
		return all
	case errors.As(err, &faults) && len(faults) > 0:
		return faults.Unwrap()
	}
	return []error{err}
}

// isList reports whether err says no more than its parts do.
func isList(err error, parts []error) bool {
	lines := make([]string, 0, len(parts))
	for _, e := range parts {
		lines = append(lines, e.Error())
	}
	return len(parts) > 0 && err.Error() == strings.Join(lines, "\n")
}

// A diagnostic is an error or a note as JSON. All keys are always there.
type diagnostic struct {
	Severity string `json:"severity"` // error, warning or info
	Code     string `json:"code"`
	File     string `json:"file"` // "" where it belongs to no place in a manifest
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Problem  string `json:"problem"`
	Hint     string `json:"hint"`
	Dataset  string `json:"dataset"`
}

func (d diagnostic) at(pos spec.Position) diagnostic {
	d.File, d.Line, d.Column = pos.File, pos.Line, pos.Column
	return d
}

// diagnose makes diagnostics of an error.
func diagnose(err error) []diagnostic {
	all := []diagnostic{}
	for _, e := range flatten(err) {
		d := diagnostic{Severity: "error", Code: errorCode(e), Problem: e.Error()}
		var fault *spec.Error
		if errors.As(e, &fault) {
			d.Problem, d.Hint = fault.Problem, fault.Hint
			d = d.at(fault.Pos)
		}
		all = append(all, d)
	}
	return all
}

// errorCode is a stable code for what scripts may want to tell apart.
func errorCode(err error) string {
	var fault *spec.Error
	var held *apply.HeldError
	switch {
	case errors.As(err, &fault):
		return "invalid_manifest"
	case errors.As(err, &held):
		return "lease_held"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, context.DeadlineExceeded):
		return "timed_out"
	}
	return "failed"
}
