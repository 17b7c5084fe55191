package carto

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
)

// An Account is one CARTO user as its URL names it.
type Account struct {
	URL      string // canonical: lower-case scheme and host, no default port, no trailing slash
	User     string // exactly as CARTO spells it; the server compares case-sensitively
	Loopback bool   // the host is this machine
}

// String returns the canonical URL.
func (a Account) String() string { return a.URL }

// Same reports whether both URLs name the same user of the same host: CARTO
// takes /u/NAME and /user/NAME alike, and a name in the path beats the one in
// the host. Source: CartoDB/cartodb: config/routes.rb.
func (a Account) Same(b Account) bool {
	return a.User == b.User && a.origin() == b.origin()
}

// origin is the scheme and host: everything before the path.
func (a Account) origin() string {
	scheme, rest, _ := strings.Cut(a.URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	return scheme + "://" + host
}

// Accounts are written https://USER.carto.com, https://ORG.carto.com/u/USER or
// https://HOST/user/USER.
const accountForms = "write https://USER.carto.com, https://ORG.carto.com/u/USER or https://HOST/user/USER"

var userName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// ParseAccount reads an account URL. It refuses plain http to any host but this
// machine, anything after the user's name, and a URL that names no user.
func ParseAccount(raw string) (Account, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return Account{}, fmt.Errorf("account URL %s is not a URL; %s", quoteURL(raw), accountForms)
	}
	if u.User != nil {
		return Account{}, fmt.Errorf("account URL for %s carries a user or password; %s and give the key in CARTO_API_KEY", u.Host, accountForms)
	}
	if u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return Account{}, fmt.Errorf("account URL for %s has a query or fragment; %s", u.Host, accountForms)
	}
	a := Account{Loopback: isLoopback(u.Hostname())}
	scheme := strings.ToLower(u.Scheme)
	if scheme != "https" && (scheme != "http" || !a.Loopback) {
		return Account{}, fmt.Errorf("account URL %s does not use https; the API key is sent over https only (http is for this machine)", quoteURL(raw))
	}
	prefix, user, err := pathUser(u)
	if err != nil {
		return Account{}, err
	}
	if user == "" {
		if user = hostUser(u.Hostname()); user == "" {
			return Account{}, fmt.Errorf("account URL %s names no user; %s", quoteURL(raw), accountForms)
		}
	}
	a.User = user
	a.URL = scheme + "://" + canonicalHost(u, scheme) + prefix
	return a, nil
}

// pathUser reads /u/NAME or /user/NAME; prefix is that path without a trailing
// slash, empty when the URL has no path.
func pathUser(u *url.URL) (prefix, user string, err error) {
	path := strings.TrimSuffix(u.Path, "/")
	if path == "" {
		return "", "", nil
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) != 2 || (parts[0] != "u" && parts[0] != "user") {
		return "", "", fmt.Errorf("account URL for %s has the path %q, which names no user; %s", u.Host, u.Path, accountForms)
	}
	if !userName.MatchString(parts[1]) {
		return "", "", fmt.Errorf("account URL for %s names the user %q, which no CARTO user is called; %s", u.Host, parts[1], accountForms)
	}
	return path, parts[1], nil
}

// hostUser is the user that a personal address names: the first label of a
// host with at least three.
func hostUser(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	labels := strings.Split(strings.ToLower(host), ".")
	if len(labels) < 3 || labels[0] == "www" || !userName.MatchString(labels[0]) {
		return ""
	}
	return labels[0]
}

func canonicalHost(u *url.URL, scheme string) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if (scheme == "https" && port == "443") || (scheme == "http" && port == "80") {
		port = ""
	}
	if port != "" {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// isLoopback knows addresses and the one name every machine gives itself; a
// name that a resolver could answer otherwise does not count.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

func quoteURL(raw string) string { return strconv.Quote(secret.RedactURL(raw)) }
