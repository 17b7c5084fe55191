package store

import (
	"database/sql/driver"
	"fmt"
	"regexp"
	"sync"
)

// mostRegexps is how many compiled patterns are kept.
const mostRegexps = 100

// regexps keeps compiled patterns, since a query asks for the same one at every row. They may also come from the rows.
type regexps struct {
	mu       sync.Mutex
	compiled map[string]*regexp.Regexp
}

func (r *regexps) compile(pattern string) (*regexp.Regexp, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.compiled[pattern]; known != nil {
		return known, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("invalid regular expression: %s", pattern)
	}
	if r.compiled == nil || len(r.compiled) == mostRegexps {
		r.compiled = map[string]*regexp.Regexp{}
	}
	r.compiled[pattern] = re
	return re, nil
}

// match is the SQL function regexp(pattern, text).
func (r *regexps) match(a values) (driver.Value, error) {
	re, err := r.compile(asText(a[0]))
	if err != nil {
		return nil, err
	}
	return re.MatchString(asText(a[1])), nil
}
