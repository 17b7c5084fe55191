package main

import (
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"github.com/cartosync/cartosync/internal/render"
)

// streams are where a run reads answers and writes results and messages.
type streams struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// terminal returns the file behind a stream if somebody sits at it.
func terminal(stream any) (*os.File, bool) {
	f, ok := stream.(*os.File)
	if !ok {
		return nil, false
	}
	return f, isatty.IsTerminal(f.Fd()) || isatty.IsCygwinTerminal(f.Fd())
}

// style says how text on a stream looks.
func (a *app) style(w io.Writer, o outputFlags) render.Options {
	opts := render.Options{Verbose: o.Verbose}
	f, ok := terminal(w)
	if !ok {
		return opts
	}
	opts.Color, opts.Shown = a.colored(o), a.drawn
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		opts.Width = width
	}
	return opts
}

// colored reports whether terminals get colours. NO_COLOR counts whatever its value is.
func (a *app) colored(o outputFlags) bool {
	unwanted, _ := a.env("NO_COLOR")
	kind, _ := a.env("TERM")
	return !o.NoColor && unwanted == "" && kind != "dumb"
}
