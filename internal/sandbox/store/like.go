package store

import (
	"strings"
	"unicode/utf8"
)

// Like is PostgreSQL's LIKE: case-sensitive, % is any text and _ any character, and a backslash takes the meaning of what
// follows it. It never looks at more than the product of both lengths.
func Like(text, pattern string) bool {
	var anything bool        // a % was passed
	var behind, retry string // the pattern behind it, and where in the text that may fit next
	for text != "" {
		s, rest := nextSign(pattern)
		first, size := utf8.DecodeRuneInString(text)
		switch {
		case s.many:
			anything, behind, retry = true, rest, text
			pattern = rest
		case s.one || s.char == first && pattern != "":
			text, pattern = text[size:], rest
		case anything:
			_, size = utf8.DecodeRuneInString(retry)
			retry = retry[size:]
			text, pattern = retry, behind
		default:
			return false
		}
	}
	return strings.TrimLeft(pattern, "%") == ""
}

// A sign is one character of a pattern: itself, or a wildcard for one or for many.
type sign struct {
	char      rune
	one, many bool
}

func nextSign(pattern string) (s sign, rest string) {
	char, size := utf8.DecodeRuneInString(pattern)
	rest = pattern[size:]
	switch {
	case char == '%':
		return sign{many: true}, rest
	case char == '_':
		return sign{one: true}, rest
	case char == '\\' && rest != "":
		char, size = utf8.DecodeRuneInString(rest)
		rest = rest[size:]
	}
	return sign{char: char}, rest
}
