package data

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a look says of a file is bounded, however many columns are suspicious.
const (
	warningsPerCode = 5   // further ones are counted
	namesPerWarning = 5   // further ones are counted
	detailLength    = 400 // bytes
)

// warn adds a warning.
func (s *Schema) warn(code WarningCode, column, format string, args ...any) {
	s.Warnings = append(s.Warnings, Warning{Code: code, Column: column, Detail: fmt.Sprintf(format, args...)})
}

// advise adds what to do about the warning that was added last.
func (s *Schema) advise(hint string) {
	s.Warnings[len(s.Warnings)-1].Hint = hint
}

// bounded keeps the first few warnings of each code, in their order, and says how
// many there are besides. Details are cut where a file puts much into them.
func bounded(all []Warning) []Warning {
	total := map[WarningCode]int{}
	for _, w := range all {
		total[w.Code]++
	}
	var kept []Warning
	seen := map[WarningCode]int{}
	for _, w := range all {
		seen[w.Code]++
		switch n := seen[w.Code]; {
		case n <= warningsPerCode:
			w.Detail = cut(w.Detail, detailLength)
			kept = append(kept, w)
		case n == warningsPerCode+1:
			kept = append(kept, Warning{Code: w.Code, Detail: fmt.Sprintf("the same holds for %d more columns", total[w.Code]-warningsPerCode)})
		}
	}
	return kept
}

// cut shortens a text to n bytes at most, at the end of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n -= len("..."); !utf8.RuneStart(s[n]); n-- {
	}
	return s[:n] + "..."
}

// warnNames tells of columns that get other names than their headers suggest.
func (s *Schema) warnNames() {
	var twice, renamed []string
	seen := make(map[string]bool, len(s.Columns))
	for _, c := range s.Columns {
		key := strings.ToLower(c.Header)
		switch {
		case c.Header == "" && len(s.Columns) > 1 && !s.noHeader():
			renamed = append(renamed, fmt.Sprintf("one without a header becomes %q", c.Name))
		case c.Header == "":
		case seen[key]:
			twice = append(twice, fmt.Sprintf("another %q becomes %q", cut(c.Header, 80), c.Name))
		case c.Name != suggested(c.Header):
			renamed = append(renamed, fmt.Sprintf("%q becomes %q", cut(c.Header, 80), c.Name))
		}
		seen[key] = true
	}
	if len(twice) > 0 {
		s.warn(WarnDuplicateNames, "", "columns of the same name: %s", listed(twice))
	}
	if len(renamed) > 0 {
		s.warn(WarnRenamedColumns, "", "columns are renamed: %s", listed(renamed))
	}
}

// noHeader reports whether the first line was taken for data, which has been said.
func (s *Schema) noHeader() bool {
	return slices.ContainsFunc(s.Warnings, func(w Warning) bool { return w.Code == WarnNoHeader })
}

// suggested is the name that everybody expects a column to get: in lower case,
// with underscores between words.
func suggested(header string) string {
	words := strings.FieldsFunc(strings.ToLower(header), func(r rune) bool { return strings.ContainsRune(" -_./", r) })
	name := strings.Join(words, "_")
	if lead := len(header) - len(strings.TrimLeft(header, "_")); lead > 0 {
		name = "_" + name
	}
	if trail := len(header) - len(strings.TrimRight(header, "_")); trail > 0 {
		name += "_"
	}
	return name
}

// listed joins the first few and counts the others.
func listed(all []string) string {
	if more := len(all) - namesPerWarning; more > 1 {
		all = append(slices.Clone(all[:namesPerWarning]), fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}
