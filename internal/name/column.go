package name

import (
	"strconv"
	"strings"
)

// SanitizeColumns applies [Column] to the columns of a table, one after the
// other, so that a name which stands later in the table still counts as used.
// Others are columns of the table that are not renamed.
func SanitizeColumns(names []string, others ...string) ([]string, error) {
	result := make([]string, len(names))
	copy(result, names)
	used := make(map[string]int, len(names)+len(others))
	for _, n := range names {
		used[n]++
	}
	for _, n := range others {
		if used[n] == 0 {
			used[n]++
		}
	}
	for i, n := range result {
		used[n]--
		final, err := column(n, func(s string) bool { return used[s] > 0 })
		if err != nil {
			return nil, err
		}
		used[final]++
		result[i] = final
	}
	return result, nil
}

// Column gives the name that CARTO makes of the column called raw in a table
// whose other columns are called others. This is version 2 of the rule, which
// holds for every new import.
//
// Markup is deleted, letters are folded and lowered, everything but a-z, 0-9 and
// "_" separates words, which are joined by "_"; a reserved word or a name that
// does not begin with a letter or "_" gets "_" in front; a name in use gets _1,
// _2, ... appended.
//
// The server crashes on a name that is longer than 63 characters after this
// (99999); Column then returns a [*ColumnError].
//
// Source: CartoDB/cartodb: services/importer/lib/importer/column.rb,
// get_valid_column_name_v2, and string_sanitizer.rb beside it.
func Column(raw string, others []string) (string, error) {
	used := make(map[string]bool, len(others))
	for _, o := range others {
		used[o] = true
	}
	return column(raw, func(s string) bool { return used[s] })
}

func column(raw string, used func(string) bool) (string, error) {
	base := joinWords(dropEntities(lower(foldLetters(dropTags(raw)))))
	if notColumns[base] || base == "" || !isLetter(base[0]) && base[0] != '_' {
		base = "_" + base
	}
	base = squeeze(base, '_')
	if len(base) > MaxLength {
		return "", &ColumnError{99999, raw, "its name grows beyond 63 characters, which the server cannot handle"}
	}
	name := base
	for n := 1; used(name) || notColumns[name]; n++ {
		suffix := "_" + strconv.Itoa(n)
		name = base[:min(len(base), MaxLength+1-len(suffix))] + suffix
	}
	// The server allows itself one character too many; PostgreSQL cuts it.
	return name[:min(len(name), MaxLength)], nil
}

// dropTags deletes what matches /<[^>]+>/.
func dropTags(s string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '<')
		if open < 0 {
			break
		}
		length := strings.IndexByte(s[open:], '>')
		if length < 0 {
			break
		}
		if length == 1 { // "<>" is no tag
			b.WriteString(s[:open+1])
			s = s[open+1:]
			continue
		}
		b.WriteString(s[:open])
		s = s[open+length+1:]
	}
	b.WriteString(s)
	return b.String()
}

// dropEntities replaces what matches /&.+?;/ by "-".
func dropEntities(s string) string {
	var b strings.Builder
	for {
		start := strings.IndexByte(s, '&')
		if start < 0 {
			break
		}
		end := entityEnd(s[start:])
		if end < 0 {
			b.WriteString(s[:start+1])
			s = s[start+1:]
			continue
		}
		b.WriteString(s[:start])
		b.WriteByte('-')
		s = s[start+end:]
	}
	b.WriteString(s)
	return b.String()
}

// entityEnd gives the length of the entity that s begins with, or -1: at least
// one character, none of them a line break, up to the next semicolon.
func entityEnd(s string) int {
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\n':
			return -1
		case s[i] == ';' && i > 1:
			return i + 1
		}
	}
	return -1
}

// joinWords replaces every character that a name cannot hold by a separator,
// drops separators at both ends and turns each run of them into one "_". Typed
// underscores are no separators and stay.
func joinWords(s string) string {
	var b strings.Builder
	separated := false
	for _, r := range s {
		if r >= 0x80 || !isWord(byte(r)) {
			separated = true
			continue
		}
		if separated && b.Len() > 0 {
			b.WriteByte('_')
		}
		separated = false
		b.WriteByte(byte(r))
	}
	return b.String()
}

func squeeze(s string, c byte) string {
	var b strings.Builder
	for i := range len(s) {
		if s[i] != c || i == 0 || s[i-1] != c {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
