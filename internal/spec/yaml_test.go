package spec_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

func TestYAML(t *testing.T) {
	const small = "version: 1\nproject: p\n"
	checkMistakes(t, map[string]mistake{
		"empty":           {text: "", want: []string{"carto.yaml:1:1: the file says nothing; begin with version: 1 and project: NAME"}},
		"comments only":   {text: "# nothing\n\n# here\n", want: []string{"carto.yaml:1:1: the file says nothing; begin with version: 1 and project: NAME"}},
		"null":            {text: "---\n", want: []string{"carto.yaml:1:1: the file says nothing; begin with version: 1 and project: NAME"}},
		"a list":          {text: "- a\n", want: []string{"carto.yaml:1:1: a manifest is a mapping of keys to values, this is a list; begin with version: 1"}},
		"text":            {text: "hello\n", want: []string{"carto.yaml:1:1: a manifest is a mapping of keys to values, this is text; begin with version: 1"}},
		"two documents":   {text: small + "---\nversion: 1\n", want: []string{"carto.yaml:3:1: a second document begins here; put one manifest into one file, without a line ---"}},
		"document marks":  {text: "---\n" + small + "...\n"},
		"directive":       {text: "%YAML 1.2\n---\n" + small, want: []string{"carto.yaml:1:1: the line %YAML names a version that is not supported; remove it"}},
		"byte order mark": {text: "\ufeff" + small + "x: 1\n", want: []string{`carto.yaml:3:1: unknown key "x"; known here: account, connections, datasets, defaults, forget, include, project, vars and version`}},
		"mark on line 1":  {text: "\ufeffversion: 2\nproject: p\n", want: []string{"carto.yaml:1:10: version must be 1; write 1"}},
		"CRLF":            {text: "version: 1\r\nproject: p\r\ndatasets:\r\n  - name: a\r\n    title: A\r\n    privacy: x\r\n", want: []string{`carto.yaml:6:14: privacy "x" is not one of public, link or private; write one of these`}},
		"no last newline": {text: "version: 1\nproject: p"},

		"UTF-16, little end":  {text: "\xff\xfev\x00e\x00", want: []string{"carto.yaml:1:1: the file is UTF-16; save it as UTF-8"}},
		"UTF-16, big end":     {text: "\xfe\xff\x00v\x00e", want: []string{"carto.yaml:1:1: the file is UTF-16; save it as UTF-8"}},
		"UTF-16 without mark": {text: "v\x00e\x00r\x00", want: []string{"carto.yaml:1:2: the character U+0000 is not allowed in YAML; save the file as UTF-8 text"}},
		"Latin-1":             {text: small + "datasets:\n  - name: a\n    title: Stra\xdfe\n", want: []string{"carto.yaml:5:16: byte 0xDF is not UTF-8; save the file as UTF-8"}},
		"columns count characters": {text: small + "datasets: [{name: a, title: 'ÄÖÜ', privacy: x}]\n",
			want: []string{`carto.yaml:3:45: privacy "x" is not one of public, link or private; write one of these`}},
		"control character": {text: small + "datasets: [{name: a, title: 'b\x1bc'}]\n", want: []string{"carto.yaml:3:31: the character U+001B is not allowed in YAML; remove it, or write it as an escape in double quotes"}},
		"escaped NUL":       {text: small + "datasets: [{name: a, title: \"b\\0c\"}]\n", want: []string{"carto.yaml:3:29: the character U+0000 cannot be stored; remove it"}},
		"control characters in messages": {text: small + "datasets: [{name: a, privacy: \"b\\e[31m\\u202e\"}]\n",
			want: []string{`carto.yaml:3:31: privacy "b\x1b[31m\u202e" is not one of public, link or private; write one of these`}},

		"tab":               {text: small + "datasets:\n\t- name: a\n", want: []string{"carto.yaml:4:1: a tab indents this line; indent with spaces"}},
		"no colon":          {text: "version: 1\nproject p\ndatasets: []\n", want: []string{"carto.yaml:2:1: a key has no colon; write key: value, with a space after the colon"}},
		"colon in a value":  {text: small + "datasets:\n  - name: a\n    title: Roads: all\n", want: []string{`carto.yaml:5:5: a colon is not allowed here; put quotes around a value that contains ": ", and check the indentation`}},
		"indentation":       {text: small + "datasets:\n  - name: a\n   title: x\n", want: []string{"carto.yaml:5:4: this line does not fit the lines before it; check the indentation and the quotes"}},
		"open quote":        {text: small + "datasets:\n  - name: a\n    title: \"Roads\n    tags: []\n", want: []string{"carto.yaml:5:5: a quotation mark is never closed; close it, or put the whole value into the other kind of quotes"}},
		"open bracket":      {text: small + "datasets:\n  - name: a\n    tags: [a, b\n    title: x\n", want: []string{"carto.yaml:5:5: a bracket or brace that opens here is not closed, or a comma is missing; check the brackets and commas"}},
		"after long values": {text: small + "datasets:\n  - name: a\n    tags: [a,\n      b,\n\n      c]\n    title: \"x\n      y\"\n   license: z\n", want: []string{"carto.yaml:11:4: this line does not fit the lines before it; check the indentation and the quotes"}},
		"at sign":           {text: small + "datasets:\n  - name: a\n    title: @home\n", want: []string{"carto.yaml:5:5: a value cannot begin with this character; put quotes around the value"}},

		"key twice":           {text: small + "datasets:\n  - name: a\n    title: x\n    title: y\n", want: []string{`carto.yaml:6:5: key "title" is already at carto.yaml:5:5; remove one of the two`}},
		"key twice at top":    {text: small + "project: q\n", want: []string{`carto.yaml:3:1: key "project" is already at carto.yaml:2:1; remove one of the two`}},
		"key of many twice":   {text: small + "vars:\n" + manyVars(40) + "  v07: x\n", want: []string{`carto.yaml:44:3: key "v07" is already at carto.yaml:11:3; remove one of the two`}},
		"key that is a list":  {text: small + "? [a, b]\n: c\n", want: []string{"carto.yaml:3:3: a key must be text, this is a list"}},
		"key that is no text": {text: small + "2020: x\ntrue: y\n", want: []string{`carto.yaml:3:1: unknown key "2020"; known here: account, connections, datasets, defaults, forget, include, project, vars and version`, `carto.yaml:4:1: unknown key "true"; known here: account, connections, datasets, defaults, forget, include, project, vars and version`}},
		"merge key":           {text: small + "datasets:\n  - &a {name: a}\n  - <<: *a\n    name: b\n", want: []string{"carto.yaml:5:5: merge keys (<<) are not supported; put common values under defaults, or write them out"}},
		"merge key at top":    {text: small + "<<: {}\n", want: []string{"carto.yaml:3:1: merge keys (<<) are not supported; put common values under defaults, or write them out"}},
		"anchors and aliases": {text: small + "datasets:\n  - {name: a, tags: &t [x, y]}\n  - {name: b, tags: *t}\n  - {name: c, description: &d long, title: *d}\n"},
		"mistake by alias":    {text: small + "datasets:\n  - {name: a, expect: &e {min_rows: -1}}\n  - {name: b, expect: *e}\n", want: []string{"carto.yaml:4:37: min_rows must be a number from 0 to 1000000000000"}},
		"unknown alias":       {text: small + "datasets:\n  - {name: a, tags: *t}\n", want: []string{"carto.yaml:4:3: the alias 't' has no anchor before it; define it with & before it is used with *"}},
		"alias of itself":     {text: small + "datasets: &d\n  - {name: a, tags: *d}\n", want: []string{"carto.yaml:4:21: the alias *d stands inside the value that it repeats; write the value out"}},
		"billion laughs":      {text: small + laughs(), want: []string{"carto.yaml:9:32: aliases make more than 500000 values of this; write the values out, or put common ones under defaults"}},
		"deep nesting":        {text: small + "datasets: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n", want: []string{"carto.yaml:3:110: values nest deeper than 100 levels"}},
		"deep by aliases":     {text: small + deepAliases(), want: []string{"carto.yaml:12:23: values nest deeper than 100 levels"}},
		"deeper than YAML":    {text: small + "datasets: " + strings.Repeat("[", 20000) + "\n", want: []string{"carto.yaml:3:1: the file is nested too deeply"}},

		"tags of YAML":   {text: small + "datasets:\n  - {name: a, title: !!str 2020, expect: !!map {min_rows: !!int \"5\"}}\n"},
		"binary":         {text: small + "datasets:\n  - {name: a, title: !!binary aGk=}\n", want: []string{`carto.yaml:4:22: the tag "!!binary" is not supported; remove it`}},
		"unknown tag":    {text: small + "datasets:\n  - {name: a, tags: !mine [x]}\n", want: []string{`carto.yaml:4:21: the tag "!mine" is not supported; remove it`}},
		"hexadecimal":    {text: one("expect: {min_rows: 0x1F}"), want: []string{`carto.yaml:5:24: "0x1F" is a number in octal or another base to YAML; put it in quotes if it is text, or write a plain decimal number`, "carto.yaml:5:24: min_rows must be a whole number, not text"}},
		"underscores":    {text: one("expect: {min_rows: 1_000}"), want: []string{`carto.yaml:5:24: "1_000" is a number to YAML, in a form that not every program reads alike; put it in quotes if it is text, or write a plain decimal number`, "carto.yaml:5:24: min_rows must be a whole number, not text"}},
		"infinity":       {text: one("guards: {shrink: .inf}"), want: []string{`carto.yaml:5:22: ".inf" is not a number; put it in quotes if it is text, or write a plain decimal number`, "carto.yaml:5:22: shrink must be a number, not text"}},
		"huge exponent":  {text: one("guards: {shrink: 1e999999999}"), want: []string{"carto.yaml:5:22: shrink must be a number, not text"}},
		"huge integer":   {text: one("expect: {min_rows: 99999999999999999999}"), want: []string{"carto.yaml:5:24: min_rows must be a number from 0 to 1000000000000"}},
		"date as a text": {text: one("title: 2024-01-31")},
	})
}

func manyVars(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  v%02d: x\n", i)
	}
	return b.String()
}

// laughs makes ten of each line before, seven times.
func laughs() string {
	var b strings.Builder
	b.WriteString("vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 8; i++ {
		fmt.Fprintf(&b, "  a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

// deepAliases nests twelve levels in each line, of which each repeats the one before.
func deepAliases() string {
	var b strings.Builder
	b.WriteString("vars:\n")
	inner := "x"
	for i := range 10 {
		fmt.Fprintf(&b, "  a%d: &a%d %s%s%s\n", i, i, strings.Repeat("[", 12), inner, strings.Repeat("]", 12))
		inner = fmt.Sprintf("*a%d ", i)
	}
	return b.String()
}

func TestTooLarge(t *testing.T) {
	pad := func(n int) string {
		return "version: 1\nproject: p\n#" + strings.Repeat("x", n-len("version: 1\nproject: p\n#\n")) + "\n"
	}
	enter(t, map[string]string{"fits.yaml": pad(spec.MaxFileSize), "large.yaml": pad(spec.MaxFileSize + 1)})
	got := [][]string{faultsOf(t, spec.Options{}, "fits.yaml"), faultsOf(t, spec.Options{}, "large.yaml")}
	want := [][]string{nil, {"large.yaml:1:1: the file is larger than 10 MB; split it with include"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Ten thousand faults must not take minutes, and the order is that of the file.
func TestManyFaults(t *testing.T) {
	var b strings.Builder
	b.WriteString(head)
	const n = 2_500
	for i := range n {
		fmt.Fprintf(&b, "  - {name: a%d, privcy: public, source: {file: none_%d.csv}, sync: {interval: 1}}\n", i, i)
	}
	enter(t, map[string]string{"carto.yaml": b.String()})
	first := faultsOf(t, spec.Options{}, "carto.yaml")
	if len(first) != 4*n {
		t.Errorf("%d faults, want %d: %q", len(first), 4*n, first[:min(8, len(first))])
	}
	if diff := cmp.Diff(first, faultsOf(t, spec.Options{}, "carto.yaml")); diff != "" {
		t.Error("the same manifest gave other faults: " + diff)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(everything))
	mistakes, err := os.ReadFile("testdata/ten_mistakes.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(mistakes)
	for _, s := range []string{
		"", "a", "- a", "---\n---\n", "a: &a [*a]", "? {}\n: x", "<<: {a: b}", "\ufeffversion: 1", "\xff\xfe", "version: !!binary x",
		one("source: {connector: {provider: hive, connection: {server: ${x}}}}"), laughs(), deepAliases(), connections("provider: bigquery", "port: 0755"),
		"include: ['[', '../x', '*.yaml']", "vars: {a: b}\nproject: ${var:a}${var:b}$${", "datasets:\n- *x", "a: !!map\nb: !<!x> y", "account: 'https://%zz'",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		path := dir + "/carto.yaml"
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := spec.Load(spec.Options{Vars: map[string]string{"a": "${env:B}"}}, path)
		if err == nil {
			sameWhenEncoded(t, m[0])
			return
		}
		faults, ok := err.(spec.Errors)
		if !ok || len(faults) == 0 {
			t.Fatalf("%T: %v", err, err)
		}
		for _, e := range faults {
			if e.Pos.File == "" || e.Pos.Line < 1 || e.Pos.Column < 1 || e.Problem == "" || strings.ContainsAny(e.Error(), "\n\x1b") {
				t.Errorf("%+v", e)
			}
		}
	})
}
