package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/secret"
)

// inlinePrefix begins the keys of connections that are written inside a source.
const inlinePrefix = "inline_"

// connection builds a declared connection.
func (b *builder) connection(v value) Connection {
	c := Connection{Key: v.name(), Pos: v.keyPos(), Provider: v.textAt("provider"), SecretVersion: 1}
	if strings.HasPrefix(c.Key, inlinePrefix) {
		b.faults.add(c.Pos, fmt.Sprintf("connection keys that begin with %s are cartosync's own", inlinePrefix), "choose another key")
	}
	if version, ok := v.get("secret_version"); ok {
		if n := whole(version.json); n != nil {
			c.SecretVersion = int(*n)
		}
	}
	c.Params = b.params(v, c.Provider)
	return c
}

// params builds the credentials of a connection.
func (b *builder) params(v value, provider string) []Param {
	takes := b.schemas.parameters(provider)
	var params []Param
	for _, m := range v.members() {
		if m.name() != "provider" && m.name() != "secret_version" {
			params = append(params, b.param(m, takes))
		}
	}
	sortParams(params)
	return params
}

// ConnectionParams are the parameters that a manifest may give to a connection of a provider, and which of them hold
// secrets; both sorted.
func ConnectionParams(provider string) (plain, secrets []string) {
	s := compiled()
	takes := s.parameters(provider)
	for _, key := range sortedKeys(takes) {
		switch {
		case key == "provider" || key == "secret_version":
		case s.isSecret(takes, key):
			secrets = append(secrets, key)
		default:
			plain = append(plain, key)
		}
	}
	return plain, secrets
}

// parameters returns the schemas of the parameters that a definition lists: of a
// provider's connections, or with _connector after its name, of its imports.
func (s *schemas) parameters(definition string) map[string]any {
	properties, _ := s.def(definition)["properties"].(map[string]any)
	return properties
}

// isSecret reports whether a parameter holds a secret: by the schema where it lists
// the parameter, by its name where it does not.
func (s *schemas) isSecret(takes map[string]any, key string) bool {
	if property, listed := takes[key]; listed {
		return s.follow(property)["writeOnly"] == true
	}
	return secret.IsSecretKey(key)
}

// checkBigQuery holds the connections of one account to one for BigQuery: CARTO
// refuses a second.
// Source: CartoDB/cartodb: lib/carto/connector/connection_adapter/bigquery.rb.
func checkBigQuery(manifests []Manifest, f *faults) {
	var first *Connection
	for _, m := range manifests {
		byPlace := slices.Clone(m.Connections)
		slices.SortFunc(byPlace, func(a, b Connection) int { return a.Pos.compare(b.Pos) })
		for _, c := range byPlace {
			switch {
			case c.Provider != "bigquery":
			case first == nil:
				first = &c
			default:
				f.add(c.Pos, fmt.Sprintf("an account has one BigQuery connection at most, and one is at %s", first.Pos), "let both datasets refer to the same connection")
			}
		}
	}
}
