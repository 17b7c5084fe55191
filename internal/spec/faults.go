package spec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// faults collects what is wrong.
type faults struct {
	list    Errors
	places  map[Position]bool // of the first indexed faults
	indexed int
}

func (f *faults) add(pos Position, problem, hint string) {
	f.list = append(f.list, &Error{Pos: pos, Problem: problem, Hint: hint})
}

// at reports whether something is wrong at this very place already.
func (f *faults) at(pos Position) bool {
	if len(f.list) == 0 {
		return false
	}
	if f.places == nil {
		f.places = map[Position]bool{}
	}
	for ; f.indexed < len(f.list); f.indexed++ {
		f.places[f.list[f.indexed].Pos] = true
	}
	return f.places[pos]
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
