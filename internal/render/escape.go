package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cartosync/cartosync/internal/spec"
)

// maxMarks is how many combining marks may follow one another: enough for every
// script in use, too few to paint over the neighbouring lines.
const maxMarks = 4

// visible returns s as one line of harmless text. What a terminal would obey or
// a reader would not see is written as an escape of Go's: control characters,
// line ends included, bidirectional controls, zero-width characters, invalid
// UTF-8. A backslash stays as it is, so that escaping twice changes nothing.
func visible(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	marks := maxMarks // a mark at the beginning would sit on what was printed before
	for i, r := range s {
		if escaped, ok := escapeRune(s[i:], r); ok {
			b.WriteString(escaped)
			marks = 0
			continue
		}
		if !unicode.In(r, unicode.Mn, unicode.Me) {
			marks = 0
		} else if marks++; marks > maxMarks {
			b.WriteString(runeEscape(r))
			marks = 0
			continue
		}
		b.WriteRune(r)
	}
	return spec.LogCommand.ReplaceAllString(b.String(), `#\x23$1`)
}

// isPlain reports whether s is printable ASCII without "##".
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || s[i] == '#' {
			return false
		}
	}
	return true
}

// escapeRune returns the escape for the rune r at the beginning of rest, if it
// needs one.
func escapeRune(rest string, r rune) (string, bool) {
	if r == utf8.RuneError {
		if _, size := utf8.DecodeRuneInString(rest); size == 1 {
			return fmt.Sprintf(`\x%02x`, rest[0]), true
		}
	}
	if !spec.Invisible(r) {
		return "", false
	}
	return runeEscape(r), true
}

func runeEscape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// visibleJSON writes the hidden characters of a JSON document, and what build
// logs obey, as JSON escapes: the document means the same and is safe to look
// at. Both stand in strings only, since the rest of JSON is plain ASCII.
func visibleJSON(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	for _, r := range string(doc) {
		if r <= '~' || !spec.Invisible(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return spec.LogCommand.ReplaceAll(out, []byte(`#\u0023$1`))
}

// cells is how many columns of a terminal s takes: wide characters take two,
// marks none. It is an estimate that keeps columns straight in common scripts.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana),
		r >= 0xff01 && r <= 0xff60, r >= 0x1f300 && r <= 0x1faff:
		return 2
	}
	return 1
}
