package spec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// sameWhenEncoded writes a manifest beside the files that it names, reads it again and compares.
func sameWhenEncoded(t *testing.T, m spec.Manifest) string {
	t.Helper()
	comments := map[string]string{"": "of the whole"}
	for _, d := range m.Datasets {
		comments[d.Name] = "of " + d.Name + "\nin two lines: #"
	}
	encoded, err := spec.Encode(m, comments)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(m.Dir, "encoded.yaml")
	if err := os.WriteFile(path, encoded, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := spec.Load(spec.Options{}, path)
	if err != nil {
		t.Fatalf("%v in\n%s", err, encoded)
	}
	for _, datasets := range [][]spec.Dataset{m.Datasets, again[0].Datasets} {
		for i, d := range datasets {
			if d.Source.Kind != spec.SourceFile && d.Source.Kind != spec.SourceURL {
				datasets[i].Import = spec.Import{} // has no effect
			}
		}
	}
	same := cmp.Options{compare, cmpopts.IgnoreFields(spec.Manifest{}, "Path"), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(m, again[0], same); diff != "" {
		t.Fatalf("written and read again (-before +after):\n%s\nin\n%s", diff, encoded)
	}
	return string(encoded)
}

func TestEncode(t *testing.T) {
	enter(t, map[string]string{
		"carto.yaml":                 strings.ReplaceAll(everything, `"${var:rows}"`, "60"),
		"data/bike_stations.geojson": "{}",
	})
	sameWhenEncoded(t, load(t, spec.Options{Vars: map[string]string{"region": "south"}}, "carto.yaml")[0])
}

// What people write into titles is not for YAML, nor for our references, to understand.
func TestEncodeHostileTexts(t *testing.T) {
	var datasets []spec.Dataset
	for i, s := range []string{
		"", "~", "null", "yes", "0755", "1e5", "2020-01-01", "12:30:45", "- a", "a: b", "a #b", "#", "'", `"`, `\`, "{a}", "[a]", "*a", "&a", "!a", "%a", "@a", "`a`",
		"${", "$${", "$$${x}", "${env:A}", "${var:a}", "$", " lead", "trail ", "a\nb", "a\n", "\n\na\n\n", "a\r\nb", "\tb", "a\tb", "\u0085", "\u2028", "\u202e", "\ufeff", "\x7f", "\x1b[31m",
		"é", "日本", "🗺", "---", "...", "? a", "| a", "> a", "<<", "=", strings.Repeat("long ", 60), "a\u00a0b", "\u200b", "##[error]z", `\##vso[task.x]`, "a\u2066b\U000e0041", "e\u0301", "\u0939\u093f", "\u3164", "x\ufe0f",
	} {
		datasets = append(datasets, spec.Dataset{
			Name: "d" + string(rune('a'+i%26)) + string(rune('a'+i/26)), Description: ptr(s), Title: ptr(s), Attributions: ptr(s), License: ptr(s),
			Tags:      &[]string{"x" + s, "a"},
			Import:    spec.Import{TypeGuessing: true, QuotedFieldsGuessing: true},
			Lifecycle: spec.Lifecycle{OnSchemaChange: "fail"},
		})
	}
	datasets[0].Source = spec.Source{Kind: spec.SourceURL, Fetch: spec.FetchClient, URL: text(t, "https://example.org/a.csv?q=$${x}&t=${env:CARTOSYNC_SECRET_T}")}
	datasets[0].Sync = &spec.Sync{Interval: 900*time.Second + time.Second}
	datasets[1].Source = spec.Source{Kind: spec.SourceConnector, Connector: &spec.Connector{
		Connection: "w", Provider: "postgres", Params: []spec.Param{{Key: "sql_query", Value: secret.Literal("SELECT '${x}'\n -- # $${y}")}},
	}}
	m := spec.Manifest{Dir: t.TempDir(), Project: "p", Datasets: datasets, Connections: []spec.Connection{{
		Key: "w", Provider: "postgres", SecretVersion: 1, Params: []spec.Param{
			{Key: "database", Value: secret.Literal("d${x}")}, {Key: "password", Value: text(t, "${env:CARTOSYNC_SECRET_W}"), Secret: true},
			{Key: "port", Value: secret.Literal("5432"), Number: true}, {Key: "server", Value: secret.Literal("db.example.org")}, {Key: "username", Value: secret.Literal("u")},
		},
	}}}
	for line := range strings.SplitSeq(sameWhenEncoded(t, m), "\n") {
		if strings.ContainsFunc(line, spec.Invisible) || spec.LogCommand.MatchString(line) {
			t.Errorf("%+q is not safe to look at", line)
		}
	}
}
