package carto

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Errors that callers tell apart with errors.Is.
var (
	// ErrNotFound: the thing is not there, or not the caller's. CARTO also
	// answers 404 for an account that is locked or in maintenance.
	ErrNotFound = errors.New("not found")

	// ErrUnauthorized: the key was refused, or synchronizations are not enabled
	// for the account; CARTO does not tell these apart.
	ErrUnauthorized = errors.New("not authorized")

	// ErrImportSlots: as many import jobs run as the account may have at once.
	// Nothing was created.
	ErrImportSlots = errors.New("all import slots are in use")
)

// An APIError is an answer that is not what was asked for.
type APIError struct {
	Method   string
	Path     string        // relative to the account, without query
	Status   int           // the HTTP status; 2xx if the body was unreadable
	Messages []string      // what the server says, redacted, each on one line
	Cause    string        // the server's errors_cause, if any
	Body     string        // the beginning of a body that is not JSON, redacted, on one line
	Problem  string        // what we found wrong with the answer, if not its status
	Hint     string        // what to do next
	After    time.Duration // Retry-After; zero if the server did not say
}

// Error is one line: the request, the status, what the server says, what to do.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %d", e.Method, e.Path, e.Status)
	if text := http.StatusText(e.Status); text != "" {
		b.WriteString(" " + text)
	}
	switch {
	case len(e.Messages) > 0:
		b.WriteString(": " + strings.Join(e.Messages, ", "))
	case e.Problem != "":
		b.WriteString(": " + e.Problem)
	case e.Body != "":
		b.WriteString(": " + e.Body)
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Is makes errors.Is work with the errors of this package.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrImportSlots:
		return e.Status == http.StatusTooManyRequests && strings.HasSuffix(e.Path, importsPath)
	}
	return false
}

// Temporary reports whether the same request may succeed later without
// anything being changed. CARTO reports a table that is locked for a moment as 400.
// Source: CartoDB/cartodb: app/models/table.rb (remove_table_from_user_database).
func (e *APIError) Temporary() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusInternalServerError:
		return e.Method == http.MethodGet || e.Method == http.MethodHead
	case http.StatusBadRequest:
		return e.mentions("lock timeout", "lock_timeout", "deadlock detected", "could not obtain lock")
	}
	return false
}

func (e *APIError) mentions(fragments ...string) bool {
	for _, m := range e.Messages {
		for _, f := range fragments {
			if strings.Contains(strings.ToLower(m), f) {
				return true
			}
		}
	}
	return false
}

// A TransportError is a request without an answer.
type TransportError struct {
	Method string
	Path   string // relative to the account, without query
	Sent   bool   // the request may have reached the server
	Text   string // the cause, redacted
	Hint   string
	Err    error
}

func (e *TransportError) Error() string {
	s := e.Method + " " + e.Path + ": " + e.Text
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

func (e *TransportError) Unwrap() error { return e.Err }

// Temporary reports whether the same request may get an answer later.
func (e *TransportError) Temporary() bool { return temporaryFailure(e.Err) }

// An IdentityError is a key that belongs to somebody else than the account's
// URL says.
type IdentityError struct {
	Account string // the account's URL
	Want    string // the user that the URL names
	Got     string // the user that the server says the key belongs to
}

func (e *IdentityError) Error() string {
	return fmt.Sprintf("the API key belongs to user %q, but the account %s is that of %q; check the account URL and CARTO_API_KEY",
		e.Got, e.Account, e.Want)
}

// Temporary reports whether err says of itself that it may pass.
func Temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// MaybeApplied reports whether a write that failed with err may have taken
// effect all the same: its answer was lost, or it was an error of the server or
// of a proxy that tells nothing about what happened behind it. Such a write
// must not be repeated without looking first.
func MaybeApplied(err error) bool {
	var api *APIError
	if errors.As(err, &api) {
		return api.Status >= 500 || api.Status == http.StatusRequestTimeout ||
			(api.Status >= 200 && api.Status <= 299)
	}
	var transport *TransportError
	return errors.As(err, &transport) && transport.Sent
}

// apiError describes an answer with another status than 2xx.
func (c *Client) apiError(a answer, from *url.URL) *APIError {
	e := &APIError{Method: a.method, Path: a.path, Status: a.status}
	e.Messages, e.Cause, e.Body = c.bodyText(a.body, a.secrets...)
	e.Messages = slices.DeleteFunc(e.Messages, func(m string) bool { return m == http.StatusText(a.status) })
	if strings.EqualFold(e.Body, http.StatusText(a.status)) || strings.EqualFold(e.Body, fmt.Sprintf("%d %s", a.status, http.StatusText(a.status))) {
		e.Body = "" // the page of a proxy, which says no more
	}
	if after, ok := retryAfter(a.header, time.Now()); ok {
		e.After = after
	}
	if isRedirect(a.status) {
		c.describeRedirect(e, a, from)
		return e
	}
	e.Hint = c.hint(e)
	return e
}

// bodyError describes a 2xx answer that could not be read.
func (c *Client) bodyError(a answer, err error) *APIError {
	e := &APIError{Method: a.method, Path: a.path, Status: a.status}
	_, _, e.Body = c.bodyText(a.body, a.secrets...)
	switch {
	case len(a.body) == 0:
		e.Problem = "the answer is empty"
	case endsEarly(a.body, err):
		e.Problem, e.Hint = fmt.Sprintf("the answer ends in the middle, after %d bytes", len(a.body)), "something on the way cut it off; try again"
		return e
	case e.Body != "":
		e.Problem = fmt.Sprintf("the answer is not JSON but %q", e.Body)
	default:
		e.Problem = "the answer is JSON of another shape than expected" + whichShape(err)
	}
	e.Hint = "check that the account URL points to a CARTO server's API"
	return e
}

// endsEarly reports whether a body is the beginning of a JSON document, cut off behind a part that is sound.
func endsEarly(body []byte, err error) bool {
	var syntax *json.SyntaxError
	begun := bytes.TrimLeft(body, " \t\r\n")
	return errors.As(err, &syntax) && int(syntax.Offset) >= len(body) && len(begun) > 0 && (begun[0] == '{' || begun[0] == '[')
}

// whichShape says what stands where; Go's own words would name our types.
func whichShape(err error) string {
	var shape *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &shape):
		return ""
	case shape.Field == "":
		return " (its top level: " + shape.Value + ")"
	}
	return " (" + shape.Field + ": " + shape.Value + ")"
}

// problem is an answer that is sound JSON and yet cannot be true.
func problem(method, path, text, hint string) *APIError {
	return &APIError{Method: method, Path: path, Status: http.StatusOK, Problem: text, Hint: hint}
}
