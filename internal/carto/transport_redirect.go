package carto

import (
	"net/http"
	"net/url"
)

// maxRedirects is how many redirects within the account's host are followed.
const maxRedirects = 5

// redirected follows redirects of reads within the account's own scheme and
// host. All others are answers like any other, and become errors above: a
// redirect to another host must not take the key along, and a redirected write
// would lose its method and body.
type redirected struct {
	next   http.RoundTripper
	origin string
}

func (t redirected) RoundTrip(req *http.Request) (*http.Response, error) {
	for hops := 0; ; hops++ {
		resp, err := t.next.RoundTrip(req)
		if err != nil || !isRedirect(resp.StatusCode) || hops == maxRedirects {
			return resp, err
		}
		target, ok := t.target(req, resp)
		if !ok {
			return resp, nil
		}
		resp.Body.Close()
		req = req.Clone(req.Context())
		req.URL, req.Host = target, ""
	}
}

// target is where a redirect may be followed to.
func (t redirected) target(req *http.Request, resp *http.Response) (*url.URL, bool) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return nil, false
	}
	target, err := location(req.URL, resp.Header)
	if err != nil || target.User != nil || originOf(target) != t.origin {
		return nil, false
	}
	return target, true
}

func location(from *url.URL, h http.Header) (*url.URL, error) {
	to := h.Get("Location")
	if to == "" {
		return nil, http.ErrNoLocation
	}
	return from.Parse(to)
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
