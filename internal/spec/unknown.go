package spec

import (
	"slices"
	"strings"
)

// otherWords are keys that people bring along from elsewhere.
var otherWords = map[string]string{
	"user": "username", "login": "username", "host": "server", "hostname": "server",
	"db": "database", "dbname": "database", "pass": "password", "query": "sql_query", "sql": "sql_query",
	"path": "file", "uri": "url", "visibility": "privacy", "attribution": "attributions",
}

// elsewhere are keys that belong somewhere else, or nowhere, by the title of the
// schema of the mapping that they were written into.
var elsewhere = map[string]map[string]string{
	"Dataset": {
		"interval":               "write sync: {interval: ...}",
		"file":                   "write source: {file: ...}",
		"url":                    "write source: {url: ...}",
		"connector":              "write source: {connector: ...}",
		"table":                  "write source: {connector: ..., table: ...}",
		"sql_query":              "write source: {connector: ..., sql_query: ...}",
		"type_guessing":          "write import: {type_guessing: ...}",
		"quoted_fields_guessing": "write import: {quoted_fields_guessing: ...}",
		"content_guessing":       "write import: {content_guessing: ...}",
		"prevent_destroy":        "write lifecycle: {prevent_destroy: ...}",
		"ignore_changes":         "write lifecycle: {ignore_changes: [...]}",
		"on_schema_change":       "write lifecycle: {on_schema_change: ...}",
		"on_drift":               "write lifecycle: {on_drift: ...}",
		"shrink":                 "write guards: {shrink: ...}",
		"empty":                  "write guards: {empty: ...}",
		"extent":                 "write guards: {extent: ...}",
		"maps":                   "write guards: {maps: ...}",
		"allow":                  "write guards: {allow: [...]}",
		"fetch":                  "write source: {url: ..., fetch: ...}",
		"schema":                 "write source: {connector: ..., schema: ...}",
		"encoding":               "write source: {connector: ..., encoding: ...}",
		"billing_project":        "write source: {connector: ..., billing_project: ...}",
		"max_rows":               "write expect: {max_rows: ...}",
		"max_age":                "write expect: {max_age: ...}",
		"min_rows":               "write expect: {min_rows: ...}",
		"columns":                "write expect: {columns: {...}}",
		"geometry":               "write expect: {geometry: ...}",
	},
	"Source": {
		"interval":      "write sync: {interval: ...} beside source",
		"import_as":     "remove it; the import bears the dataset's name",
		"table_name":    "remove it; the import bears the dataset's name",
		"connection":    "write connector: KEY for a declared connection, or connector: {provider: ..., connection: {...}, ...}",
		"connection_id": "declare the connection under connections and name its key",
		"provider":      "write connector: KEY for a declared connection, or connector: {provider: ..., connection: {...}, ...}",
	},
	"Included file": {
		"defaults": "it belongs into the root manifest",
		"vars":     "it belongs into the root manifest",
		"include":  "it belongs into the root manifest",
		"forget":   "it belongs into the root manifest",
		"project":  "it belongs into the root manifest",
		"account":  "it belongs into the root manifest",
		"version":  "it belongs into the root manifest",
	},
	"cartosync manifest": {
		"api_key": "the key never stands in a manifest; set CARTO_API_KEY",
		"dataset": "write datasets, a list",
	},
	"Defaults": {
		"source": "each dataset has its own",
		"expect": "each dataset has its own",
		"allow":  "each dataset has its own",
	},
}

// unsupported are parameters of connectors that CARTO has or had, and that do harm.
var unsupported = map[string]string{
	"import_as":     "remove it; the import bears the dataset's name",
	"connection_id": "declare the connection under connections and name its key",
	"interval":      "write sync: {interval: ...} beside source",
	"sql_count":     "remove it; CARTO never documented it",
	"columns":       "remove it; CARTO never documented it",
	"location":      "remove it; CARTO dropped it in January 2021",
	"storage_api":   "remove it; CARTO dropped it in January 2021",
	"refresh_token": "remove it; CARTO adds it itself for accounts linked to Google",
	"access_token":  "remove it; CARTO refuses it in stored connections",
}

// within are the mappings of a dataset, by the titles of their schemas.
var within = map[string]string{
	"Source": "source", "Synchronization": "sync", "Import options": "import", "Lifecycle": "lifecycle",
	"Guards": "guards", "Expectations": "expect",
}

// besideHint says of a key that the dataset itself has, and that was written into one
// of its mappings, that it belongs one level up.
func (x violation) besideHint(title, name string) string {
	key := within[title]
	if key == "" || slices.Contains(x.path, "defaults") { // which have not all that a dataset has
		return ""
	}
	properties, _ := x.schemas.schemaAt([]string{"$defs", "dataset", "properties"})[name]
	if properties == nil {
		return ""
	}
	return "write it beside " + key + ", not in it"
}

// unknownHint says what to do about a key that the mapping may not have.
func (x violation) unknownHint(name string, known []string) string {
	title, _ := x.schema["title"].(string)
	if hint := elsewhere[title][name]; hint != "" {
		return hint
	}
	if hint := x.besideHint(title, name); hint != "" {
		return hint
	}
	if other := otherWords[strings.ToLower(name)]; slices.Contains(known, other) {
		return didYouMean(other, known)
	}
	if hint := didYouMean(name, known); hint != "" {
		return hint
	}
	if hint := unsupported[name]; hint != "" && slices.Contains(x.path, "connector") {
		return hint
	}
	const few = 12
	if len(known) == 0 || len(known) > few {
		return "remove it"
	}
	return "known here: " + list(known, "and")
}
