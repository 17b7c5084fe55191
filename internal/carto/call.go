package carto

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// A request is one call of the API. path is relative to the account's URL.
type request struct {
	method  string
	path    string
	query   url.Values
	body    any    // sent as JSON; nil sends none
	form    string // sent urlencoded, instead of body
	repeat  repeat
	timeout time.Duration // of one attempt; zero means the client's own

	secrets []secret.Value // what the answer may quote of the request
}

// repeat says whether a request may be sent again when its answer is missing.
type repeat int

const (
	byMethod repeat = iota // reads yes, writes no
	safe                   // a write that changes nothing when it is repeated
	once                   // a read that costs somebody something
)

// A call is what the layers of the transport know of the request they carry.
type call struct {
	repeat   repeat
	timeout  time.Duration
	secrets  []secret.Value
	attempts int // how often it was sent
}

type callKey struct{}

// callOf returns the call that a request belongs to; requests that come from
// elsewhere get one that is never repeated.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{repeat: once}
}

func (c *call) repeatable(method string) bool {
	switch c.repeat {
	case safe:
		return method != http.MethodPost
	case once:
		return false
	}
	return method == http.MethodGet || method == http.MethodHead
}

// An answer is a successful response.
type answer struct {
	method, path string
	status       int
	header       http.Header
	body         []byte
	attempts     int
	secrets      []secret.Value
}

// do sends a request and returns the answer if its status is 2xx. Any other
// answer is an *APIError, no answer a *TransportError.
func (c *Client) do(ctx context.Context, r request) (answer, error) {
	body, contentType, err := r.encode()
	if err != nil {
		return answer{}, err
	}
	u := c.account.URL + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, body)
	if err != nil {
		return answer{}, err
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	timeout := r.timeout
	if timeout == 0 {
		timeout = c.timeouts.of(r.method)
	}
	return c.send(req, r.path, &call{repeat: r.repeat, timeout: timeout, secrets: r.secrets})
}

func (t Timeouts) of(method string) time.Duration {
	if method == http.MethodGet || method == http.MethodHead {
		return t.Read
	}
	return t.Write
}

// encode returns the body. A write without one gets an explicitly empty body:
// proxies in front of CARTO answer 411 to a PUT or POST without Content-Length.
func (r request) encode() (io.Reader, string, error) {
	switch {
	case r.form != "":
		return bytes.NewReader([]byte(r.form)), "application/x-www-form-urlencoded", nil
	case r.body == nil:
		return http.NoBody, "", nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r.body); err != nil {
		return nil, "", err
	}
	return bytes.NewReader(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), "application/json", nil
}

func (c *Client) send(req *http.Request, path string, state *call) (answer, error) {
	req.Header.Set("Accept", "application/json")
	req = req.WithContext(context.WithValue(req.Context(), callKey{}, state))
	resp, err := c.next.RoundTrip(req)
	a := answer{method: req.Method, path: path, attempts: state.attempts, secrets: state.secrets}
	if err != nil {
		return a, c.transportError(a, err)
	}
	defer resp.Body.Close()
	a.status, a.header = resp.StatusCode, resp.Header
	if a.body, err = io.ReadAll(resp.Body); err != nil {
		return a, c.transportError(a, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return a, c.apiError(a, req.URL)
	}
	return a, nil
}

// read sends a GET and decodes the JSON answer into v.
func (c *Client) read(ctx context.Context, path string, query url.Values, v any) error {
	return c.doJSON(ctx, request{method: http.MethodGet, path: path, query: query}, v)
}

// doJSON sends a request and decodes the JSON answer into v.
func (c *Client) doJSON(ctx context.Context, r request, v any) error {
	a, err := c.do(ctx, r)
	if err != nil {
		return err
	}
	return c.decode(a, v)
}

// decode reads a 2xx answer. Something else than the JSON that was asked for,
// such as a login page, is an *APIError too.
func (c *Client) decode(a answer, v any) error {
	if err := json.Unmarshal(a.body, v); err != nil {
		return c.bodyError(a, err)
	}
	return nil
}
