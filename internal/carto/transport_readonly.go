package carto

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
)

// ErrReadOnly is what a read-only client answers to a request that could change
// something.
var ErrReadOnly = errors.New("this client only reads")

// readOnly refuses requests that write. It stands inside of the layer that follows
// redirects, and so holds for what a caller asks for and for every hop after it.
type readOnly struct{ next http.RoundTripper }

func (t readOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := refuseWrite(req); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, err
	}
	return t.next.RoundTrip(req)
}

func refuseWrite(req *http.Request) error {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return fmt.Errorf("%w: %s is refused", ErrReadOnly, req.Method)
	}
	resource := writingGet.FindStringSubmatch(req.URL.Path)
	switch {
	case resource == nil:
		return nil
	case resource[1] == "imports":
		return fmt.Errorf("%w: the list of import jobs is refused, since asking for it fails jobs that wait", ErrReadOnly)
	}
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil || len(query["q"]) != 1 {
		return fmt.Errorf("%w: only one query is sent at a time", ErrReadOnly)
	}
	return selectOnly(query.Get("q"))
}

// writingGet matches what may change something by GET, in any version and format:
// listing import jobs marks waiting ones as failed, and the SQL API runs any statement.
// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
var writingGet = regexp.MustCompile(`/api/v[0-9.]+/(imports|sql)(?:\.[a-z]+)?/*$`)
