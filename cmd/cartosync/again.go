package main

import (
	"regexp"
	"strings"
)

// again is the command line of this run, as it is typed into a shell. Nothing on it
// is secret: keys and passwords are never written there.
func (a *app) again() string {
	words := []string{"cartosync"}
	for _, arg := range a.args {
		words = append(words, shellWord(arg))
	}
	return strings.Join(words, " ")
}

// harmlessWord is what a shell takes as it stands.
var harmlessWord = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// shellWord quotes a word for a POSIX shell.
func shellWord(word string) string {
	if harmlessWord.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
