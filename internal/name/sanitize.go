package name

import "strings"

// MaxLength is the longest table or column name, in characters: PostgreSQL cuts
// identifiers there.
const MaxLength = 63

// maxDataset is the longest dataset name that CARTO keeps: two names that agree
// in their first 62 characters clash (see [Propose]), and importing under 63
// characters therefore collides with the dataset itself.
const maxDataset = 62

// Sanitize gives the table name that CARTO makes of s: lower case, beginning
// with a letter (else "table_" goes in front), everything but a-z, 0-9, "_" and
// "|" replaced by "_", runs of "_" collapsed, at most 63 characters, and "_t"
// appended to a reserved word. Nothing is transliterated. The empty string stays
// empty, and a sanitised name does not change when sanitised again.
//
// Source: CartoDB/cartodb: lib/carto/db/sanitize.rb, sanitize_identifier.
func Sanitize(s string) string {
	s = strip(lower(s))
	if beginsBadly(s) {
		s = "table_" + s
	}
	s = replaceRest(s)
	if len(s) > MaxLength {
		s = s[:MaxLength]
	}
	if notTables[s] {
		s += "_t"
	}
	return s
}

// IsDataset reports whether CARTO would keep s as the name of a dataset: it is
// already sanitised and has 1 to 62 characters.
func IsDataset(s string) bool {
	return s != "" && len(s) <= maxDataset && s == Sanitize(s)
}

// lower is Ruby's downcase. It differs from strings.ToLower in one character:
// the dotted capital I becomes two code points, each of which is later replaced
// on its own.
func lower(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307"))
}

// strip is Ruby's strip, which knows ASCII white space only and takes NUL off
// the end but not off the beginning.
func strip(s string) string {
	return strings.TrimRight(strings.TrimLeft(s, "\t\n\v\f\r "), "\x00\t\n\v\f\r ")
}

// beginsBadly matches /^[^a-z]+/, where ^ is the beginning of any line.
func beginsBadly(s string) bool {
	for i := 0; i < len(s); i++ {
		if (i == 0 || s[i-1] == '\n') && !isLetter(s[i]) {
			return true
		}
	}
	return false
}

// replaceRest turns every character that a table name cannot hold into "_" and
// collapses runs of "_".
func replaceRest(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	underscore := false
	for _, r := range s {
		if r != '_' && (r == '|' || r < 0x80 && isWord(byte(r))) {
			b.WriteByte(byte(r))
			underscore = false
			continue
		}
		if !underscore {
			b.WriteByte('_')
		}
		underscore = true
	}
	return b.String()
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) || c == '_' }
