package carto

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// ErrReadOnly is what a read-only client answers to a request that could change
// something.
var ErrReadOnly = errors.New("this client only reads")

// readOnly refuses requests that write. It stands outside of every other layer
// and so holds whatever a caller or a redirect asks for.
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
	path := strings.TrimSuffix(req.URL.Path, "/")
	// Listing import jobs marks waiting ones as failed.
	// Source: CartoDB/cartodb: app/services/carto/data_imports_service.rb.
	if strings.HasSuffix(path, "/api/v1/imports") {
		return fmt.Errorf("%w: the list of import jobs is refused, since asking for it fails jobs that wait", ErrReadOnly)
	}
	if strings.HasSuffix(path, "/api/v2/sql") {
		return selectOnly(req.URL.Query().Get("q"))
	}
	return nil
}
