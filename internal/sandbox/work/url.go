package work

import (
	"net"
	"net/url"
	"strings"
)

// ValidURL tells whether a URL may be the source of an import: http, https or ftp, and port 21, 80 or 443. Loopback
// addresses may have any port, other than at CARTO, so that a sandbox can import from a server on the same machine.
// Source: CartoDB/cartodb: lib/carto/url_validator.rb.
func ValidURL(raw string) bool {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Hostname() == "" {
		return false
	}
	switch u.Scheme {
	case "http", "https", "ftp":
	default:
		return false
	}
	switch u.Port() {
	case "", "21", "80", "443":
		return true
	}
	return isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
