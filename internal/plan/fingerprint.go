package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// Fingerprint identifies the source of a dataset: 16 hex digits that change
// when another import would be due, "" without a source.
//
// For a file they hash its bytes and the import options; for the others the
// manifest's text with references unresolved, and the options. A secret's value
// is never part of it: the tags of public datasets are public, and the hash of
// a password can be guessed. How often a synchronization runs is no part
// either, since that changes in place.
func Fingerprint(d spec.Dataset, look data.Look) string {
	switch d.Source.Kind {
	case spec.SourceFile:
		return short("file", look.SHA256, options(d.Import))
	case spec.SourceURL:
		return short("url", d.Source.URL.String(), options(d.Import))
	case spec.SourceConnector:
		return short("connector", connectorText(*d.Source.Connector))
	}
	return ""
}

func short(parts ...string) string { return digest(parts...)[:16] }

func options(i spec.Import) string {
	return fmt.Sprintf("type_guessing=%t quoted_fields_guessing=%t content_guessing=%t",
		i.TypeGuessing, i.QuotedFieldsGuessing, i.ContentGuessing)
}

// connectorText is the canonical text of what a connector asks for. Connectors
// ignore import options.
func connectorText(c spec.Connector) string {
	var b strings.Builder
	fmt.Fprintf(&b, "connection=%s provider=%s", strconv.Quote(c.Connection), strconv.Quote(c.Provider))
	for _, p := range c.Params {
		fmt.Fprintf(&b, " %s=%s", p.Key, strconv.Quote(p.Value.String()))
	}
	return b.String()
}
