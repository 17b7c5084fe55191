package sandbox

import (
	"net/url"
	"strings"
)

// parseQuery splits a query or a form into its parameters. To the application a semicolon separates them like an
// ampersand. The SQL API is another server: a semicolon, which ends a statement, is a character like any other, and a value
// whose percent signs encode nothing is taken as it stands.
// Source: rack/rack 1.6: lib/rack/utils.rb; ljharb/qs: lib/utils.js.
func parseQuery(text string, sql bool) (url.Values, error) {
	if !sql {
		return url.ParseQuery(strings.ReplaceAll(text, ";", "&"))
	}
	all := url.Values{}
	for pair := range strings.SplitSeq(text, "&") {
		if key, value, _ := strings.Cut(pair, "="); key != "" {
			all.Add(unescapeLeniently(key), unescapeLeniently(value))
		}
	}
	return all, nil
}

func unescapeLeniently(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return strings.ReplaceAll(text, "+", " ")
}
