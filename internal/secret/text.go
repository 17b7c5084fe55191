package secret

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A Kind says where a reference is looked up.
type Kind string

// The kinds of references.
const (
	Env  Kind = "env"  // an environment variable
	File Kind = "file" // a file below the secrets directory
)

// A Ref names a secret that is kept elsewhere.
type Ref struct {
	Kind Kind
	Name string
}

// String returns the reference as a manifest spells it, such as ${env:NAME}.
func (r Ref) String() string { return "${" + string(r.Kind) + ":" + r.Name + "}" }

// A Text is literal text with references in it, unresolved. Two Texts that say the
// same are equal with ==. The zero Text is empty.
type Text struct {
	written string // valid by construction: Parse and Literal are the only ways in
}

// Parse reads literal text with references ${env:NAME} and ${file:NAME}; $${ stands
// for a literal ${. The error says what is wrong and where, without quoting the
// literal text, which may be a password that happens to contain ${.
func Parse(s string) (Text, error) {
	_, err := split(s)
	if err != nil {
		return Text{}, err
	}
	return Text{written: s}, nil
}

// Literal returns the Text that stands for exactly s, whatever s looks like.
func Literal(s string) Text {
	return Text{written: strings.ReplaceAll(s, "${", "$${")}
}

// String returns the text as written, references unresolved, so that Parse gives
// the same Text again.
func (t Text) String() string { return t.written }

// Equal reports whether both say the same.
func (t Text) Equal(o Text) bool { return t == o }

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t.written == "" }

// Refs returns the references in order of appearance, repetitions included.
func (t Text) Refs() []Ref {
	var refs []Ref
	for _, p := range t.parts() {
		if p.ref != (Ref{}) {
			refs = append(refs, p.ref)
		}
	}
	return refs
}

// Skeleton returns the text with s in place of every reference, to look at its shape.
func (t Text) Skeleton(s string) string {
	var b strings.Builder
	for _, p := range t.parts() {
		if p.ref == (Ref{}) {
			b.WriteString(p.literal)
		} else {
			b.WriteString(s)
		}
	}
	return b.String()
}

// Resolve puts the secrets in place of the references. Where one cannot be had the
// error is a [*MissingError] for the first of them.
func (t Text) Resolve(r Resolver) (Value, error) {
	var b strings.Builder
	for _, p := range t.parts() {
		if p.ref == (Ref{}) {
			b.WriteString(p.literal)
			continue
		}
		s, err := r.lookup(p.ref)
		if err != nil {
			return Value{}, err
		}
		b.WriteString(s)
	}
	return New(b.String()), nil
}

func (t Text) parts() []part {
	parts, err := split(t.written)
	if err != nil {
		panic("secret: a Text was built from text that does not parse")
	}
	return parts
}

// A part is either literal text or, if ref is not zero, a reference.
type part struct {
	literal string
	ref     Ref
}

func split(s string) ([]part, error) {
	var parts []part
	var literal strings.Builder
	flush := func() {
		if literal.Len() > 0 {
			parts = append(parts, part{literal: literal.String()})
			literal.Reset()
		}
	}
	for i := 0; i < len(s); {
		switch {
		case strings.HasPrefix(s[i:], "$${"):
			literal.WriteString("${")
			i += len("$${")
		case strings.HasPrefix(s[i:], "${"):
			body, _, closed := strings.Cut(s[i+len("${"):], "}")
			if !closed {
				return nil, fmt.Errorf("the reference at character %d has no closing brace; write $${ for a literal ${", i+1)
			}
			ref, err := parseRef(body)
			if err != nil {
				return nil, err
			}
			flush()
			parts = append(parts, part{ref: ref})
			i += len("${") + len(body) + len("}")
		default:
			literal.WriteByte(s[i])
			i++
		}
	}
	flush()
	return parts, nil
}

var (
	kindPattern = regexp.MustCompile(`^[A-Za-z]{1,12}$`)
	envPattern  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	filePattern = regexp.MustCompile(`^[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)
)

func parseRef(body string) (Ref, error) {
	kind, name, ok := strings.Cut(body, ":")
	if !ok {
		return Ref{}, fmt.Errorf("a reference has no kind; write ${env:NAME} or ${file:NAME}, or $${ for a literal ${")
	}
	switch Kind(kind) {
	case Env:
		if !envPattern.MatchString(name) {
			return Ref{}, fmt.Errorf("%q cannot be the name of an environment variable; use letters, digits and underscores", name)
		}
	case File:
		if !filePattern.MatchString(name) || path.Clean(name) != name || name == ".." || strings.HasPrefix(name, "../") {
			return Ref{}, fmt.Errorf("%q cannot be the name of a secret file; use a name that stays below the secrets directory", name)
		}
	default:
		if !kindPattern.MatchString(kind) {
			kind = "…" // not a slip of the pen: perhaps part of a password
		}
		return Ref{}, fmt.Errorf("unknown kind of reference ${%s:…}; write ${env:NAME} or ${file:NAME}, or $${ for a literal ${", kind)
	}
	return Ref{Kind: Kind(kind), Name: name}, nil
}
