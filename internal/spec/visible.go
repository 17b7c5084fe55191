package spec

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Invisible reports whether r has no glyph of its own: controls, format characters
// (bidirectional ones, joiners, the byte order mark, tags), line and paragraph
// separators, fillers, variation selectors, and what Unicode does not define.
func Invisible(r rune) bool {
	const brailleBlank = 0x2800
	return !unicode.IsGraphic(r) || r == brailleBlank ||
		unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// LogCommand matches what CI services obey wherever it stands in a line of a
// build log: ##[error], ##vso[task.setvariable ...], ##teamcity[...].
var LogCommand = regexp.MustCompile(`##([A-Za-z]*\[)`)

// needsEscapes reports whether a text must stand in double quotes, which alone know
// escapes: for what a reader would not see, or a build log would obey.
func needsEscapes(s string) bool {
	return strings.ContainsFunc(s, Invisible) || LogCommand.MatchString(s)
}

// escaped writes what stands in a document's double quotes and needs escapes as those.
// The document means the same, and is safe to look at.
func escaped(doc string) string {
	var b strings.Builder
	for _, r := range doc {
		switch {
		case r == '\n' || !Invisible(r):
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	return LogCommand.ReplaceAllString(b.String(), `#\x23$1`)
}
