// Package schema holds the JSON Schemas of what cartosync reads and writes, embedded
// so that the binary can print them and check against them without a network.
//
// The schemas are draft 2020-12. That of the manifest serves editors and the loader
// alike. Of its keywords three are not JSON Schema's own but editors know them:
// patternErrorMessage says in words what a pattern wants, enumDescriptions says what
// each value means, and writeOnly (an annotation of the standard) marks secrets.
package schema

import "embed"

//go:embed *.json
var files embed.FS

// ManifestURL identifies the manifest's schema: its $id.
const ManifestURL = "https://raw.githubusercontent.com/cartosync/cartosync/main/schema/carto.schema.json"

// Manifest returns the JSON Schema of carto.yaml. The caller may change the bytes.
func Manifest() []byte { return read("carto.schema.json") }

// Plan returns the JSON Schema of what plan and apply print with --format json. The
// caller may change the bytes.
func Plan() []byte { return read("plan.schema.json") }

// Report returns the JSON Schema of what --report writes. The caller may change the
// bytes.
func Report() []byte { return read("report.schema.json") }

func read(name string) []byte {
	b, err := files.ReadFile(name)
	if err != nil {
		panic("schema: " + name + " was not embedded: " + err.Error())
	}
	return b
}
