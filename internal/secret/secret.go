// Package secret keeps passwords, tokens and keys out of everything that is printed.
//
// It has three parts. A [Text] is what a manifest may say about a secret: literal
// text with references such as ${env:CARTOSYNC_SECRET_HIVE}, safe to print, to
// compare and to hash. A [Value] is the secret itself, once a [Resolver] has read
// it; it prints as [Placeholder] whatever the verb or encoder, and only
// [Value.Reveal] gives it away. The Redact functions clean what came from outside:
// URLs and free text, JSON or not, that may quote a secret.
//
// The package promises that no error of its own contains a secret's value. It does
// not keep secrets out of memory dumps, and it does not find secrets that look like
// ordinary words and stand where nothing names them.
package secret

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// Placeholder is what stands where a secret was.
const Placeholder = "(sensitive)"

// A Value is a secret in clear. The zero Value is "no secret".
//
// The content is held by a closure: fmt cannot call methods of a Value that sits in
// somebody's unexported field, and would print a string field as it is, as would
// any other printer that walks values by reflection.
type Value struct {
	reveal func() string
}

// New wraps s. An empty s gives the zero Value.
func New(s string) Value {
	if s == "" {
		return Value{}
	}
	return Value{reveal: func() string { return s }}
}

// Reveal returns the secret in clear. Call it only where the secret is sent to the
// service that it is for.
func (v Value) Reveal() string {
	if v.reveal == nil {
		return ""
	}
	return v.reveal()
}

// Equal reports whether both have the same content, in a time that does not depend
// on where they differ.
func (v Value) Equal(o Value) bool {
	return subtle.ConstantTimeCompare([]byte(v.Reveal()), []byte(o.Reveal())) == 1
}

// IsZero reports whether there is no secret.
func (v Value) IsZero() bool { return v.reveal == nil }

// String returns [Placeholder].
func (v Value) String() string { return Placeholder }

// Format writes [Placeholder], whatever the verb and its flags.
func (v Value) Format(f fmt.State, verb rune) { io.WriteString(f, Placeholder) }

// LogValue returns [Placeholder].
func (v Value) LogValue() slog.Value { return slog.StringValue(Placeholder) }

// MarshalText returns [Placeholder]. It also serves encoders of XML and map keys.
func (v Value) MarshalText() ([]byte, error) { return []byte(Placeholder), nil }

// MarshalJSON returns [Placeholder] as a JSON string.
func (v Value) MarshalJSON() ([]byte, error) { return []byte(`"` + Placeholder + `"`), nil }

// MarshalYAML returns [Placeholder].
func (v Value) MarshalYAML() (any, error) { return Placeholder, nil }
