package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// faults collects what is wrong.
type faults struct{ list Errors }

func (f *faults) add(pos Position, problem, hint string) {
	f.list = append(f.list, &Error{Pos: pos, Problem: problem, Hint: hint})
}

// at reports whether something is wrong at this very place already.
func (f *faults) at(pos Position) bool {
	for _, e := range f.list {
		if e.Pos == pos {
			return true
		}
	}
	return false
}

// longest is the length in characters to which quoted values are cut.
const longest = 64

// quote puts a value of a manifest into a message: on one line, without control
// characters, and not too long.
func quote(s string) string {
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest]) + "…"
	}
	return strconv.Quote(s)
}

// list joins words with commas and a last "and" or "or".
func list(words []string, last string) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
