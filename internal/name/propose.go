package name

import (
	"strconv"
	"strings"
	"unicode"
)

// untitled is what CARTO calls a dataset that was given a blank name.
const untitled = "untitled_table"

// proposals is how many names CARTO tries before it gives up.
const proposals = 10000

// Propose gives the name that CARTO chooses for a new dataset: the sanitised
// wanted name or, while a taken name equals it or shares its first 62
// characters, that name with _1, _2, ... in place of its end. A blank name
// counts as "untitled_table". The result is empty when 10,000 names were
// tried in vain, where CARTO fails the import.
//
// Taken holds what the account holds: tables, registered datasets, foreign
// tables. With the collision strategy "overwrite" CARTO passes none. To propose
// several names against one account use a [Set].
//
// Source: CartoDB/cartodb: lib/carto/valid_table_name_proposer.rb.
func Propose(wanted string, taken []string) string {
	return NewSet(taken...).Propose(wanted)
}

// A Set is a set of taken names, indexed by what makes two names clash. The zero
// value is an empty set that is ready to use.
type Set struct {
	heads map[string]int // how many names begin with these 62 characters
	names map[string]bool
}

// NewSet gives a set of the names.
func NewSet(names ...string) *Set {
	s := &Set{
		heads: make(map[string]int, len(names)),
		names: make(map[string]bool, len(names)),
	}
	for _, n := range names {
		s.Add(n)
	}
	return s
}

// Add puts a name into the set.
func (s *Set) Add(name string) {
	if s.names[name] {
		return
	}
	if s.names == nil {
		s.names = make(map[string]bool)
		s.heads = make(map[string]int)
	}
	s.names[name] = true
	s.heads[head(name)]++
}

// Clashes reports whether a new dataset cannot get this name: a name of the set
// or of CARTO's own tables agrees with it in the first 62 characters.
func (s *Set) Clashes(name string) bool {
	return s.heads[head(name)] > 0 || alwaysTaken[name]
}

// Propose is [Propose] against the names of the set. It does not add the result.
func (s *Set) Propose(wanted string) string {
	if strings.TrimFunc(wanted, unicode.IsSpace) == "" {
		wanted = untitled
	}
	first := Sanitize(wanted)
	candidate := first
	for i := 1; i <= proposals; i++ {
		if !s.Clashes(candidate) {
			return candidate
		}
		suffix := "_" + strconv.Itoa(i)
		candidate = Sanitize(first[:min(len(first), MaxLength-len(suffix))] + suffix)
	}
	return ""
}

// head gives the part of a name that must differ from all others: moving a table
// to another schema creates a type called "_" and the first 62 characters.
func head(name string) string {
	n := 0
	for i := range name {
		if n == maxDataset {
			return name[:i]
		}
		n++
	}
	return name
}
