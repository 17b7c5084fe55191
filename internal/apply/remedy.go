package apply

import (
	"context"
	"errors"
	"fmt"

	"github.com/cartosync/cartosync/internal/carto"
)

// A fleeting error is one after which the same command goes on; again says from when
// on, "" for at once. Which command that is only the run knows.
type fleeting interface{ again() string }

// again makes a fleeting error of an error, which then has the last word on what to
// do about it.
func again(err error, when string) error { return againError{err, when} }

type againError struct {
	error
	when string
}

func (e againError) again() string { return e.when }
func (e againError) Unwrap() error { return e.error }

// advised adds to why an action was not carried out what to do next, unless the
// error says so.
func (r *run) advised(ctx context.Context, err error) error {
	var p fleeting
	when := ""
	switch {
	case interruption(ctx, err):
		when = "to go on"
	case errors.As(err, &p):
		when = p.again()
	case !unexplained(err):
		return err
	}
	if when != "" {
		when = " " + when
	}
	return fmt.Errorf("%w; %s again%s", err, r.Plan.Command(), when)
}

// unexplained reports whether an error is an answer, or the lack of one, that says
// nothing about what to do, so that trying again is all there is.
func unexplained(err error) bool {
	var api *carto.APIError
	var transport *carto.TransportError
	var failed *carto.ImportError
	switch {
	case errors.As(err, &failed):
		return false
	case errors.As(err, &api):
		return api.Hint == ""
	case errors.As(err, &transport):
		return transport.Hint == "" && transport.Temporary()
	}
	return carto.Temporary(err)
}
