package secret

import (
	"net/url"
	"regexp"
	"strings"
)

// secretKey matches names whose values are secrets. It is wide on purpose: CARTO
// answers with api_key, auth_tokens, password, service_account and refresh_token,
// and masks password only when it is spelt in lower case.
// Source: CartoDB/cartodb: lib/carto/connector/connection_adapter.rb,
// app/controllers/carto/api/user_presenter.rb.
var secretKey = regexp.MustCompile(`(?i)pass|pwd|secret|token|key|service[_-]?account|credential|signature|authori[sz]ation`)

// queryKeys are parameters of signed URLs that secretKey does not match.
var queryKeys = map[string]bool{"sig": true, "auth": true, "code": true, "jwt": true, "sas": true}

// IsSecretKey reports whether a value under this name is to be treated as a secret:
// names that contain pass, pwd, secret, token, key, credential, signature,
// authorization or service account, in any case.
func IsSecretKey(key string) bool { return secretKey.MatchString(key) }

// RedactURL replaces the user info of a URL and the values of query and fragment
// parameters that look like credentials. What does not parse as a URL is treated as
// best it can be: the answer is never an error and never less redacted for being odd.
func RedactURL(raw string) string {
	rest, fragment, hasFragment := strings.Cut(raw, "#")
	base, query, hasQuery := strings.Cut(rest, "?")
	out := redactUserInfo(base)
	if hasQuery {
		out += "?" + redactQuery(query)
	}
	if hasFragment {
		out += "#" + redactQuery(fragment)
	}
	if !hasQuery && !hasFragment {
		return out
	}
	// A password with an unescaped ? or # would have been cut in two above.
	if at := strings.LastIndexByte(raw, '@'); at >= 0 && len(base) < at && brokenAuthority(base) {
		return redactUserInfo(raw[:at+1]) + RedactURL(raw[at+1:])
	}
	return out
}

// redactUserInfo takes a URL up to its query.
func redactUserInfo(base string) string {
	start := authorityStart(base)
	if start < 0 {
		return base
	}
	authority, _, _ := strings.Cut(base[start:], "/")
	at := strings.LastIndexByte(authority, '@')
	if at < 0 && brokenAuthority(base) {
		at = strings.LastIndexByte(base[start:], '@') // a password with an unescaped slash
	}
	if at < 0 {
		return base
	}
	return base[:start] + Placeholder + base[start+at:]
}

func authorityStart(base string) int {
	if i := strings.Index(base, "//"); i >= 0 {
		return i + len("//")
	}
	return -1
}

var port = regexp.MustCompile(`:[0-9]*$`)

// brokenAuthority reports whether what should be host and port cannot be: most
// likely user:password cut short by a character that should have been escaped.
func brokenAuthority(base string) bool {
	start := authorityStart(base)
	if start < 0 {
		return false
	}
	authority, _, _ := strings.Cut(base[start:], "/")
	if strings.HasPrefix(authority, "[") || strings.Contains(authority, "@") {
		return false
	}
	return strings.Contains(authority, ":") && !port.MatchString(authority)
}

func redactQuery(query string) string {
	var b strings.Builder
	for len(query) > 0 {
		end := strings.IndexAny(query, "&;")
		param, sep := query, ""
		if end >= 0 {
			param, sep = query[:end], query[end:end+1]
		}
		key, value, ok := strings.Cut(param, "=")
		switch {
		case ok && value != "" && isSecretParam(key):
			b.WriteString(key + "=" + Placeholder)
		case ok && strings.Contains(value, "://"): // a URL in a URL
			b.WriteString(key + "=" + RedactURL(value))
		default:
			b.WriteString(param)
		}
		b.WriteString(sep)
		query = query[len(param)+len(sep):]
	}
	return b.String()
}

func isSecretParam(key string) bool {
	if plain, err := url.QueryUnescape(key); err == nil {
		key = plain
	}
	return IsSecretKey(key) || queryKeys[strings.ToLower(key)]
}
