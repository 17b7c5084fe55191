package spec

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A Position is a place in a manifest. Line and Column count from 1, Column in
// characters. The zero Position belongs to nothing in a file.
type Position struct {
	File   string `json:"file"` // as typed on the command line, or below the directory typed there
	Line   int    `json:"line"`
	Column int    `json:"column"`
}

// String returns file:line:column.
func (p Position) String() string {
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

func (p Position) compare(o Position) int {
	return cmp.Or(
		cmp.Compare(p.File, o.File),
		cmp.Compare(p.Line, o.Line),
		cmp.Compare(p.Column, o.Column),
	)
}

// An Error is one fault of a manifest.
type Error struct {
	Pos     Position `json:"position"`
	Problem string   `json:"problem"`
	Hint    string   `json:"hint,omitempty"` // what to do next
}

// Error returns "file:line:column: problem; hint" on one line.
func (e *Error) Error() string {
	s := e.Pos.String() + ": " + e.Problem
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Errors are the faults of all manifests of a run, by file, line and column. It is
// never empty.
type Errors []*Error

// Error returns one line for each fault.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the faults, for errors.As.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

// sorted orders faults by place and drops repetitions.
func sorted(es Errors) Errors {
	slices.SortStableFunc(es, func(a, b *Error) int {
		return cmp.Or(a.Pos.compare(b.Pos), cmp.Compare(a.Problem, b.Problem), cmp.Compare(a.Hint, b.Hint))
	})
	return slices.CompactFunc(es, func(a, b *Error) bool { return *a == *b })
}
