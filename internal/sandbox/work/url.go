package work

import (
	"net"
	"net/url"
	"regexp"
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

var githubBlob = regexp.MustCompile(`^(https?://(?:www\.)?github\.com/[^/]+/[^/]+)/blob/`)

// translateURL rewrites addresses of pages to those of the files behind them.
// Source: CartoDB/cartodb: services/importer/lib/importer/url_translator.
func translateURL(raw string) string {
	raw = strings.TrimSpace(raw)
	if githubBlob.MatchString(raw) {
		return githubBlob.ReplaceAllString(raw, "$1/raw/")
	}
	if strings.Contains(raw, "docs.google.com") && strings.Contains(raw, "spreadsheet/ccc") && !strings.Contains(raw, "output=csv") {
		return raw + "&output=csv"
	}
	return raw
}
