package spec_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// faultsOf loads carto.yaml of the working directory and returns one line per fault.
func faultsOf(t *testing.T, o spec.Options, paths ...string) []string {
	t.Helper()
	_, err := spec.Load(o, paths...)
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// checkMistakes loads each text, which begins with the first line after a head that
// declares a project, and compares every line of the answer.
func checkMistakes(t *testing.T, tests map[string]mistake) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"carto.yaml": tt.text, "data/roads.csv": "a\n1\n"}
			for file, content := range tt.files {
				files[file] = content
			}
			enter(t, files)
			got := faultsOf(t, spec.Options{Vars: tt.vars}, "carto.yaml")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(strings.Join(got, "\n"), "hunter2") {
				t.Error("a secret was printed")
			}
		})
	}
}

type mistake struct {
	text  string
	files map[string]string
	vars  map[string]string
	want  []string
}

// one is a manifest with one dataset a, whose further lines follow.
func one(lines ...string) string {
	return "version: 1\nproject: p\ndatasets:\n  - name: a\n    " + strings.Join(lines, "\n    ") + "\n"
}

func connections(lines ...string) string {
	return "version: 1\nproject: p\nconnections:\n  w:\n    " + strings.Join(lines, "\n    ") + "\n"
}

func TestHeaderMistakes(t *testing.T) {
	account := func(u string) string { return "version: 1\nproject: p\naccount: " + u + "\n" }
	checkMistakes(t, map[string]mistake{
		"no version, no project": {text: "datasets: []\n", want: []string{
			"carto.yaml:1:1: the manifest has no project; add project, such as project: city-open-data",
			"carto.yaml:1:1: the manifest has no version; add version, such as version: 1",
		}},
		"other version":     {text: "version: 2\nproject: p\n", want: []string{"carto.yaml:1:10: version must be 1; write 1"}},
		"version as text":   {text: "version: '1'\nproject: p\n", want: []string{"carto.yaml:1:10: version must be 1; write 1"}},
		"project":           {text: "version: 1\nproject: City Data\n", want: []string{`carto.yaml:2:10: project "City Data" cannot be used; use lower-case letters, digits and hyphens, begin with a letter, at most 40 characters`}},
		"project as number": {text: "version: 1\nproject: 2020\n", want: []string{`carto.yaml:2:10: project must be text, not a number; put it in quotes: "2020"`}},
		"unknown key":       {text: "version: 1\nproject: p\ndatsets: []\n", want: []string{`carto.yaml:3:1: unknown key "datsets"; did you mean "datasets"?`}},
		"key in the manifest": {text: "version: 1\nproject: p\napi_key: abc\n", want: []string{
			`carto.yaml:3:1: unknown key "api_key"; the key never stands in a manifest; set CARTO_API_KEY`}},
		"datasets as a mapping": {text: "version: 1\nproject: p\ndatasets: {a: {}}\n", want: []string{"carto.yaml:3:11: datasets must be a list, not a mapping"}},
		"nulls":                 {text: "version: 1\nproject: p\naccount:\nconnections:\ndefaults:\ndatasets:\nforget:\ninclude:\nvars:\n"},

		"account":                 {text: account("acme.carto.com"), want: []string{`carto.yaml:3:10: account "acme.carto.com" cannot be used; write it as https://USER.carto.com`}},
		"account in clear":        {text: account("http://acme.carto.com"), want: []string{"carto.yaml:3:10: account is not https, so that the key would travel in clear; write https://"}},
		"account on loopback":     {text: account("http://127.0.0.1:8080/user/dev")},
		"account with a password": {text: account("https://u:hunter2@acme.carto.com"), want: []string{"carto.yaml:3:10: account holds a user name or password; remove it; the key comes from CARTO_API_KEY"}},
		"account with a key":      {text: account("https://acme.carto.com?api_key=hunter2"), want: []string{"carto.yaml:3:10: account has a query or fragment; write just https://USER.carto.com"}},
		"account with a path":     {text: account("https://acme.carto.com/dashboard"), want: []string{`carto.yaml:3:10: account has the path "/dashboard"; write https://USER.carto.com, https://ORG.carto.com/u/USER or https://HOST/user/USER`}},
		"account without host":    {text: account("https:///x"), want: []string{"carto.yaml:3:10: account is not a valid URL; write it as https://USER.carto.com"}},

		"forget twice":       {text: "version: 1\nproject: p\nforget: [a, a]\n", want: []string{`carto.yaml:3:13: forget names "a" already at carto.yaml:3:10; remove one of the two`}},
		"forget a declared":  {text: "version: 1\nproject: p\nforget: [a]\ndatasets: [{name: a}]\n", want: []string{`carto.yaml:3:10: forget names "a", which is declared at carto.yaml:4:19; remove one of the two`}},
		"forget a number":    {text: "version: 1\nproject: p\nforget: [1]\n", want: []string{`carto.yaml:3:10: item 1 of forget must be text, not a number; put it in quotes: "1"`}},
		"defaults of tags":   {text: "version: 1\nproject: p\ndefaults: {tags: [Cartosync:x]}\n", want: []string{`carto.yaml:3:19: tag "Cartosync:x" begins with cartosync:, by which cartosync marks its datasets; remove it`}},
		"defaults of sync":   {text: "version: 1\nproject: p\ndefaults: {sync: {interval: 5m}}\ndatasets: [{name: a, source: {url: 'https://e.org/a.csv'}}]\n", want: []string{"carto.yaml:3:29: synchronization interval 5m is below CARTO's minimum of 15m; set interval to 15m or more"}},
		"defaults of source": {text: "version: 1\nproject: p\ndefaults: {source: {}}\n", want: []string{`carto.yaml:3:12: unknown key "source"; each dataset has its own`}},
	})
}

func TestDatasetMistakes(t *testing.T) {
	long := strings.Repeat("a", 63)
	checkMistakes(t, map[string]mistake{
		"text instead of an entry": {text: head + "  - roads\n", want: []string{"carto.yaml:4:5: a dataset must be a mapping, not text"}},
		"no name":                  {text: head + "  - title: x\n", want: []string{"carto.yaml:4:5: a dataset has no name; add name, such as name: bike_stations"}},
		"empty name":               {text: head + "  - name: ''\n", want: []string{"carto.yaml:4:11: the dataset's name is empty; give it one"}},
		"null name":                {text: head + "  - name:\n", want: []string{"carto.yaml:4:10: name is empty; write text"}},
		"number as a name":         {text: head + "  - name: 2020\n", want: []string{`carto.yaml:4:11: name must be text, not a number; put it in quotes: "2020"`}},
		"octal name":               {text: head + "  - name: 0755\n", want: []string{`carto.yaml:4:11: "0755" is a number in octal or another base to YAML; put it in quotes if it is text, or write a plain decimal number`, `carto.yaml:4:11: CARTO would not keep the name "0755": it would become "table_0755"; write "table_0755", or another name`}},
		"reserved word":            {text: head + "  - name: user\n", want: []string{`carto.yaml:4:11: CARTO would not keep the name "user": it would become "user_t"; write "user_t", or another name`}},
		"letters with marks":       {text: head + "  - name: población\n", want: []string{`carto.yaml:4:11: CARTO would not keep the name "población": it would become "poblaci_n"; write "poblaci_n", or another name`}},
		"pipe":                     {text: head + "  - name: a|b\n", want: []string{`carto.yaml:4:11: name "a|b" has a |, which SQL and URLs trip over; write "a_b"`}},
		"62 characters":            {text: head + "  - name: " + long[:62] + "\n"},
		"63 characters":            {text: head + "  - name: " + long + "\n", want: []string{`carto.yaml:4:11: name "` + long + `" has 63 characters, and CARTO tells datasets apart by the first 62; shorten it`}},
		"very long name":           {text: head + "  - name: " + strings.Repeat("x", 5000) + "\n", want: []string{`carto.yaml:4:11: name "` + strings.Repeat("x", 64) + `…" has 5000 characters, and CARTO tells datasets apart by the first 62; shorten it`}},
		"declared twice":           {text: head + "  - name: a\n  - name: a\n", want: []string{`carto.yaml:5:11: dataset "a" is already declared at carto.yaml:4:11; remove or rename one of the two`}},
		"source at the top":        {text: one("file: data/roads.csv"), want: []string{`carto.yaml:5:5: unknown key "file"; write source: {file: ...}`}},
		"fetch beside source":      {text: one("source: {url: 'https://example.org/a.csv'}", "fetch: server"), want: []string{`carto.yaml:6:5: unknown key "fetch"; write source: {url: ..., fetch: ...}`}},
		"a guard beside guards":    {text: one("shrink: 0.5"), want: []string{`carto.yaml:5:5: unknown key "shrink"; write guards: {shrink: ...}`}},
		"on_drift at the top":      {text: one("on_drift: warn"), want: []string{`carto.yaml:5:5: unknown key "on_drift"; write lifecycle: {on_drift: ...}`}},
		"a key within source":      {text: one("source: {url: 'https://example.org/a.csv', privacy: public}"), want: []string{`carto.yaml:5:48: unknown key "privacy"; write it beside source, not in it`}},
		"a key within lifecycle":   {text: one("lifecycle: {adopt: true}"), want: []string{`carto.yaml:5:17: unknown key "adopt"; write it beside lifecycle, not in it`}},
		"many keys known":          {text: one("colour: red"), want: []string{`carto.yaml:5:5: unknown key "colour"; remove it`}},
		"few keys known":           {text: one("sync: {every: 1h}"), want: []string{"carto.yaml:5:5: sync needs a source that is a url or a connector; remove sync, or give a url or a connector as source", "carto.yaml:5:11: sync has no interval; add interval, such as interval: 15m", `carto.yaml:5:12: unknown key "every"; known here: interval`}},

		"privacy":              {text: one("privacy: Public"), want: []string{`carto.yaml:5:14: privacy "Public" is not one of public, link or private; did you mean "public"?`}},
		"privacy of maps":      {text: one("privacy: password"), want: []string{`carto.yaml:5:14: privacy "password" is not one of public, link or private; datasets cannot be protected by a password, only maps can; write link or private`}},
		"privacy as a flag":    {text: one("privacy: true"), want: []string{"carto.yaml:5:14: privacy must be one of public, link or private, not true; write one of public, link or private"}},
		"title as a number":    {text: one("title: 1.10"), want: []string{`carto.yaml:5:12: title must be text, not a number; put it in quotes: "1.10"`}},
		"title as a flag":      {text: one("title: true"), want: []string{`carto.yaml:5:12: title must be text, not true; put it in quotes: "true"`}},
		"words for flags":      {text: one("title: on", "description: yes", "license: 2024-01-31")},
		"tags as text":         {text: one("tags: roads"), want: []string{"carto.yaml:5:11: tags must be a list, not text; write a list: [roads]"}},
		"tags of all kinds":    {text: one("tags: [0123, 2020, 2024-01-31, '', no]"), want: []string{`carto.yaml:5:12: "0123" is a number in octal or another base to YAML; put it in quotes if it is text, or write a plain decimal number`, `carto.yaml:5:18: item 2 of tags must be text, not a number; put it in quotes: "2020"`, "carto.yaml:5:36: item 4 of tags is empty; write some text or leave the tag out; CARTO drops blank tags"}},
		"own tags":             {text: one("tags: ['CartoSync:other', ' cartosync:src:1']"), want: []string{`carto.yaml:5:12: tag "CartoSync:other" begins with cartosync:, by which cartosync marks its datasets; remove it`, `carto.yaml:5:31: tag " cartosync:src:1" begins with cartosync:, by which cartosync marks its datasets; remove it`}},
		"tags twice":           {text: one("tags: [a, b, a]"), want: []string{`carto.yaml:5:18: tag "a" is already at carto.yaml:5:12; remove one of the two`}},
		"share with nobody":    {text: one("share: [{access: r}]"), want: []string{"carto.yaml:5:13: item 1 of share names nobody; add user, group, or organization: true"}},
		"share with two":       {text: one("share: [{user: u, group: g}]"), want: []string{"carto.yaml:5:23: group cannot stand beside user; keep one of the two"}},
		"share twice":          {text: one("share: [{user: u}, {user: u, access: rw}]"), want: []string{"carto.yaml:5:24: user u is already at carto.yaml:5:13; remove one of the two"}},
		"access in words":      {text: one("share: [{user: u, access: read-write}]"), want: []string{`carto.yaml:5:31: access "read-write" is not one of r or rw; write rw`}},
		"flag in words":        {text: one("lifecycle: {prevent_destroy: yes}"), want: []string{"carto.yaml:5:34: prevent_destroy must be true or false, not text; write true"}},
		"fields to ignore":     {text: one("lifecycle: {ignore_changes: [tag]}"), want: []string{`carto.yaml:5:34: item 1 of ignore_changes "tag" is not one of title, description, license, attributions, tags, privacy, share, source or sync; did you mean "tags"?`}},
		"on_drift":             {text: one("lifecycle: {on_drift: ignore}"), want: []string{`carto.yaml:5:27: on_drift "ignore" is not one of warn or reimport; write one of these`}},
		"guards.allow":         {text: one("guards: {allow: [shrink]}"), want: []string{`carto.yaml:5:22: item 1 of allow "shrink" cannot be used; write guard@fingerprint as the plan prints it, such as shrink@0123456789abcdef; the guards are shrink, empty, extent, fault and maps`}},
		"guards.shrink":        {text: one("guards: {shrink: 20}"), want: []string{"carto.yaml:5:22: shrink must be a number from 0 to 1"}},
		"expect":               {text: one("expect: {geometry: polygon, min_rows: 5, max_rows: 4, columns: {a: text, b: nmber}}"), want: []string{`carto.yaml:5:24: geometry "polygon" is not one of none, point, multilinestring, multipolygon or geometry; write multipolygon; CARTO stores polygons as such`, "carto.yaml:5:56: max_rows 4 is below min_rows 5; raise the one or lower the other", `carto.yaml:5:72: a "text" is not one of number, string, boolean, date, geometry or any; write string`, `carto.yaml:5:81: b "nmber" is not one of number, string, boolean, date, geometry or any; did you mean "number"?`}},
		"expect of rows":       {text: one("expect: {min_rows: -1, max_rows: 1.5}"), want: []string{"carto.yaml:5:24: min_rows must be a number from 0 to 1000000000000", "carto.yaml:5:38: max_rows must be a whole number, not a number"}},
		"columns of a file":    {text: one("source: {file: data/roads.csv}", "expect: {columns: {Station ID: string, the_geom: geometry, cartodb_id: number}}"), want: []string{`carto.yaml:6:24: no imported column is called "Station ID"; CARTO would call it "station_id"`}},
		"columns of others":    {text: one("expect: {columns: {Station ID: string}}")},
		"renamed from itself":  {text: one("renamed_from: a"), want: []string{"carto.yaml:5:19: renamed_from is the dataset's own name; remove it, or name the dataset differently"}},
		"renamed onto another": {text: one("renamed_from: b") + "  - name: b\n", want: []string{`carto.yaml:5:19: renamed_from names "b", which is declared at carto.yaml:6:11; remove renamed_from`}},
		"swapped":              {text: one("renamed_from: b") + "  - name: b\n    renamed_from: a\n"},
		"renamed from one":     {text: one("renamed_from: x") + "  - name: b\n    renamed_from: x\n", want: []string{`carto.yaml:7:19: renamed_from names "x" already at carto.yaml:5:19; only one dataset can have borne the name; remove one of the two`}},
		"renamed and forgot":   {text: one("renamed_from: x") + "forget: [x]\n", want: []string{`carto.yaml:5:19: renamed_from names "x", which forget names too; remove one of the two`}},
		"adopt":                {text: one("adopt: {form: x}"), want: []string{`carto.yaml:5:13: unknown key "form"; did you mean "from"?`}},
		"import without file":  {text: one("import: {type_guessing: false}"), want: []string{"carto.yaml:5:5: import options act on files and URLs only; remove import, or give the dataset a source"}},
		"import of the rest":   {text: "version: 1\nproject: p\ndefaults: {import: {type_guessing: false}}\ndatasets: [{name: a}]\n"},
	})
}

func TestSourceMistakes(t *testing.T) {
	hive := "version: 1\nproject: p\nconnections: {w: {provider: hive, server: h}}\ndatasets:\n  - name: a\n    source: "
	checkMistakes(t, map[string]mistake{
		"empty":                {text: one("source: {}"), want: []string{"carto.yaml:5:13: source is empty; name a file, a url or a connector, or remove source"}},
		"as text":              {text: one("source: data/roads.csv"), want: []string{"carto.yaml:5:13: source must be a mapping, not text"}},
		"file and url":         {text: one("source: {file: data/roads.csv, url: 'https://e.org/a'}"), want: []string{"carto.yaml:5:36: url cannot stand beside file; a dataset has one source: a file, a url or a connector"}},
		"missing file":         {text: one("source: {file: data/raods.csv}"), want: []string{`carto.yaml:5:20: source file "data/raods.csv" does not exist; did you mean "data/roads.csv"?`}},
		"other missing file":   {text: one("source: {file: data/trees.csv}"), want: []string{`carto.yaml:5:20: source file "data/trees.csv" does not exist; names count from the manifest's directory`}},
		"missing directory":    {text: one("source: {file: daten/roads.csv}"), want: []string{`carto.yaml:5:20: source file "daten/roads.csv" does not exist; there is no directory "daten" either; names count from the manifest's directory`}},
		"directory":            {text: one("source: {file: data}"), want: []string{`carto.yaml:5:20: source file "data" is a directory; name a file; zip a directory that is one dataset`}},
		"absolute":             {text: one("source: {file: /etc/passwd}"), want: []string{`carto.yaml:5:20: file "/etc/passwd" is an absolute path; name it from the manifest's directory`}},
		"outside":              {text: one("source: {file: data/../../x.csv}"), want: []string{`carto.yaml:5:20: file "data/../../x.csv" is outside the manifest's directory; move it inside, or move the manifest up`}},
		"around a corner":      {text: one("source: {file: ./data/../data/roads.csv}")},
		"backslashes":          {text: one(`source: {file: 'data\roads.csv'}`), want: []string{`carto.yaml:5:20: file "data\\roads.csv" has backslashes; separate directories with /`}},
		"sync of a file":       {text: one("source: {file: data/roads.csv}", "sync: {interval: 1h}"), want: []string{"carto.yaml:6:5: sync needs a source that is a url or a connector; CARTO cannot fetch a file of yours again; remove sync, or give a url"}},
		"sync of nothing":      {text: one("sync: {interval: 1h}"), want: []string{"carto.yaml:5:5: sync needs a source that is a url or a connector; remove sync, or give a url or a connector as source"}},
		"sync of a bad source": {text: one("source: {urn: x}", "sync: {interval: 1h}"), want: []string{`carto.yaml:5:14: unknown key "urn"; did you mean "url"?`}},
		"interval":             {text: one("source: {url: 'https://e.org/a.csv'}", "sync: {interval: 15min}"), want: []string{`carto.yaml:6:22: interval "15min" cannot be used; write seconds or a number with s, m, h, d or w, such as 900, 15m, 1h, 1d, 1w`}},
		"interval of 899":      {text: one("source: {url: 'https://e.org/a.csv'}", "sync: {interval: 899}"), want: []string{"carto.yaml:6:22: synchronization interval 899 is below CARTO's minimum of 15m; set interval to 15m or more"}},
		"interval of 0":        {text: one("source: {url: 'https://e.org/a.csv'}", "sync: {interval: 0}"), want: []string{"carto.yaml:6:22: synchronization interval 0 is below CARTO's minimum of 15m; set interval to 15m or more"}},
		"interval of ages":     {text: one("source: {url: 'https://e.org/a.csv'}", "sync: {interval: 99999999999999999999w}"), want: []string{`carto.yaml:6:22: synchronization interval "99999999999999999999w" is longer than CARTO can store; write 900, 15m, 1h, 1d or 1w`}},
		"interval with a half": {text: one("source: {url: 'https://e.org/a.csv'}", "sync: {interval: 1000.5}"), want: []string{"carto.yaml:6:22: interval must be a whole number or text, not a number"}},
		"fetch of a file":      {text: one("source: {file: data/roads.csv, fetch: server}"), want: []string{"carto.yaml:5:36: fetch cannot stand beside file; a dataset has one source: a file, a url or a connector", "carto.yaml:5:36: fetch needs url beside it; add url, or remove fetch"}},
		"fetch with sync":      {text: one("source: {url: 'https://e.org/a.csv', fetch: client}", "sync: {interval: 1h}"), want: []string{"carto.yaml:5:42: fetch is for a URL that is imported once, and this one has sync; remove fetch; CARTO fetches what it synchronizes"}},

		"ftp":                   {text: one("source: {url: 'ftp://e.org/a.csv'}"), want: []string{`carto.yaml:5:19: url "ftp://e.org/a.csv" cannot be used; write an address that begins with http:// or https://`}},
		"port":                  {text: one("source: {url: 'https://e.org:8443/a.csv'}"), want: []string{`carto.yaml:5:19: url "https://e.org:8443/a.csv" names port 8443; CARTO fetches from the ports 80 and 443 only; serve the file there`}},
		"ports of CARTO":        {text: one("source: {url: 'http://e.org:443/a.csv'}") + "  - {name: b, source: {url: 'https://[2001:db8::1]:80/a.csv'}}\n"},
		"local ports":           {text: one("source: {url: 'http://127.0.0.1:8080/a.csv'}") + "  - {name: b, source: {url: 'http://u:p@files.sandbox.test:99/a.csv'}}\n  - {name: c, source: {url: 'http://[::1]:99/a.csv'}}\n  - {name: d, source: {url: 'http://LOCALHOST:99/a.csv'}}\n"},
		"nearly local":          {text: one("source: {url: 'http://sandbox.test.example.org:99/a.csv'}"), want: []string{`carto.yaml:5:19: url "http://sandbox.test.example.org:99/a.csv" names port 99; CARTO fetches from the ports 80 and 443 only; serve the file there`}},
		"password in clear":     {text: one("source: {url: 'https://u:hunter2@e.org/a.csv'}"), want: []string{`carto.yaml:5:19: url "https://(sensitive)@e.org/a.csv" holds a user name or password in clear; refer to it: https://${env:CARTOSYNC_SECRET_USER}:${env:CARTOSYNC_SECRET_PASSWORD}@host/path`}},
		"token in clear":        {text: one("source: {url: 'https://hunter2@e.org/a.csv'}"), want: []string{`carto.yaml:5:19: url "https://(sensitive)@e.org/a.csv" holds a user name or password in clear; refer to it: https://${env:CARTOSYNC_SECRET_USER}:${env:CARTOSYNC_SECRET_PASSWORD}@host/path`}},
		"password by reference": {text: one("source: {url: 'https://u:${file:p}@e.org/a.csv'}") + "  - {name: b, source: {url: '${env:CARTOSYNC_SECRET_URL}'}}\n  - {name: c, source: {url: 'https://${env:CARTOSYNC_SECRET_HOST}:99/a'}}\n"},
		"space":                 {text: one("source: {url: 'https://e.org/a b.csv'}"), want: []string{`carto.yaml:5:19: url "https://e.org/a b.csv" is not a valid address; check its spelling; a space is written %20`}},
		"no host":               {text: one("source: {url: 'https:///a.csv'}"), want: []string{`carto.yaml:5:19: url "https:///a.csv" names no host; write it as https://host/path`}},
		"broken reference":      {text: one("source: {url: 'https://e.org/${home:x}'}"), want: []string{"carto.yaml:5:19: unknown kind of reference ${home:…}; write ${env:NAME} or ${file:NAME}, or $${ for a literal ${"}},

		"undeclared connection":   {text: hive + "{connector: v, table: t}\n", want: []string{`carto.yaml:6:25: connection "v" is not declared; declare it under connections`}},
		"misspelt connection":     {text: strings.Replace(hive, "{w:", "{warehouse:", 1) + "{connector: warehose, table: t}\n", want: []string{`carto.yaml:6:25: connection "warehose" is not declared; did you mean "warehouse"?`}},
		"no table":                {text: hive + "{connector: w}\n", want: []string{"carto.yaml:6:13: the connector names no table and no sql_query; add one of the two"}},
		"table and query":         {text: hive + "{connector: w, table: t, sql_query: q}\n", want: []string{"carto.yaml:6:38: sql_query cannot stand beside table; keep one of the two; a query names its tables itself"}},
		"table alone":             {text: hive + "{table: t}\n", want: []string{"carto.yaml:6:14: table needs connector beside it; add connector, or remove table"}},
		"parameter of another":    {text: hive + "{connector: w, table: t, dataset: d}\n", want: []string{"carto.yaml:6:38: dataset is no parameter of provider hive; remove it"}},
		"import_as":               {text: hive + "{connector: w, table: t, import_as: x}\n", want: []string{`carto.yaml:6:38: unknown key "import_as"; remove it; the import bears the dataset's name`}},
		"import options":          {text: hive + "{connector: w, table: t}\n    import: {type_guessing: false}\n", want: []string{"carto.yaml:7:5: import options have no effect on connectors; remove import; convert types in sql_query"}},
		"secret in a query":       {text: hive + "{connector: w, sql_query: 'SELECT ${env:A}'}\n", want: []string{"carto.yaml:6:39: a secret cannot stand here; secrets are for connections, inline connectors and source.url"}},
		"BigQuery, no dataset":    {text: "version: 1\nproject: p\nconnections: {w: {provider: bigquery, billing_project: b, service_account: '${file:bq}'}}\ndatasets: [{name: a, source: {connector: w, table: t}}]\n", want: []string{"carto.yaml:4:30: a table of BigQuery needs its dataset; add dataset"}},
		"table beside inline":     {text: one("source: {connector: {provider: hive, connection: {server: h}, table: t}, table: u}"), want: []string{"carto.yaml:5:78: table cannot stand beside an inline connector; write it inside connector"}},
		"inline without provider": {text: one("source: {connector: {table: t}}"), want: []string{"carto.yaml:5:25: connector has no provider; add provider, such as provider: postgres"}},
		"inline, misspelt":        {text: one("source: {connector: {provider: mysql, connection: {host: h, username: u, password: '${env:P}'}, table: t, import_as: x}}"), want: []string{`carto.yaml:5:56: unknown key "host"; did you mean "server"?`, `carto.yaml:5:111: unknown key "import_as"; remove it; the import bears the dataset's name`}},
		"inline, Google account":  {text: one("source: {connector: {provider: bigquery, billing_project: b, dataset: d, table: t}}")},
		"inline, no payer":        {text: one("source: {connector: {provider: bigquery, dataset: d, table: t}}"), want: []string{"carto.yaml:5:25: connector has no billing_project; add billing_project, such as billing_project: acme-billing"}},
		"inline, location":        {text: one("source: {connector: {provider: bigquery, billing_project: b, dataset: d, table: t, location: EU}}"), want: []string{"carto.yaml:5:88: location is not supported; remove it; CARTO dropped it in January 2021"}},
	})
}

func TestConnectionMistakes(t *testing.T) {
	checkMistakes(t, map[string]mistake{
		"no provider":        {text: connections("server: h"), want: []string{"carto.yaml:5:5: w has no provider; add provider, such as provider: postgres"}},
		"misspelt provider":  {text: connections("provider: postgers"), want: []string{`carto.yaml:5:15: provider "postgers" is not one of postgres, mysql, sqlserver, hive, redshift, snowflake or bigquery; did you mean "postgres"?`}},
		"name of another":    {text: connections("provider: postgresql"), want: []string{`carto.yaml:5:15: provider "postgresql" is not one of postgres, mysql, sqlserver, hive, redshift, snowflake or bigquery; write postgres`}},
		"odbc":               {text: connections("provider: odbc"), want: []string{`carto.yaml:5:15: provider "odbc" is not one of postgres, mysql, sqlserver, hive, redshift, snowflake or bigquery; CARTO keeps this provider for its own tests; use the database's own provider`}},
		"old BigQuery":       {text: connections("provider: bigquery-beta"), want: []string{`carto.yaml:5:15: provider "bigquery-beta" is not one of postgres, mysql, sqlserver, hive, redshift, snowflake or bigquery; write bigquery`}},
		"Data Observatory":   {text: connections("provider: do-v2-sample"), want: []string{`carto.yaml:5:15: provider "do-v2-sample" is not one of postgres, mysql, sqlserver, hive, redshift, snowflake or bigquery; subscriptions of the Data Observatory are not managed by cartosync`}},
		"no password":        {text: connections("provider: mysql", "server: h", "username: u"), want: []string{"carto.yaml:5:5: w has no password; add password, such as password: ${env:CARTOSYNC_SECRET_WAREHOUSE}"}},
		"password in clear":  {text: connections("provider: hive", "server: h", "password: hunter2"), want: []string{"carto.yaml:7:15: password holds a secret in clear; refer to it: ${env:CARTOSYNC_SECRET_NAME} or ${file:NAME}"}},
		"escaped password":   {text: connections("provider: hive", "server: h", "password: $${env:X}"), want: []string{"carto.yaml:7:15: password holds a secret in clear; refer to it: ${env:CARTOSYNC_SECRET_NAME} or ${file:NAME}"}},
		"octal password":     {text: connections("provider: hive", "server: h", "password: 0755"), want: []string{"carto.yaml:7:15: the value is a number in octal or another base to YAML; put it in quotes if it is text, or write a plain decimal number"}},
		"number as password": {text: connections("provider: hive", "server: h", "password: 12345"), want: []string{"carto.yaml:7:15: password must be text, not a number"}},
		"password of a var":  {text: "vars: {pw: hunter2}\n" + connections("provider: hive", "server: h", "password: ${var:pw}"), want: []string{"carto.yaml:8:15: password holds a secret in clear; refer to it: ${env:CARTOSYNC_SECRET_NAME} or ${file:NAME}"}},
		"capitals":           {text: connections("provider: snowflake", "server: h", "database: d", "username: u", "password: ${env:A}", "Token: x"), want: []string{`carto.yaml:10:5: "Token" cannot be a key here; write parameters in lower case; CARTO masks secrets only under lower-case names`, "carto.yaml:10:12: Token holds a secret in clear; refer to it: ${env:CARTOSYNC_SECRET_NAME} or ${file:NAME}"}},
		"unlisted secret":    {text: connections("provider: snowflake", "server: h", "database: d", "username: u", "password: ${env:A}", "private_key: abc", "role: r"), want: []string{"carto.yaml:10:18: private_key holds a secret in clear; refer to it: ${env:CARTOSYNC_SECRET_NAME} or ${file:NAME}"}},
		"token of Google":    {text: connections("provider: bigquery", "billing_project: b", "service_account: ${file:bq}", "refresh_token: ${env:A}"), want: []string{"carto.yaml:8:5: refresh_token is not supported; remove it; CARTO adds it itself for accounts linked to Google"}},
		"key file as object": {text: connections("provider: bigquery", "billing_project: b", "service_account: {type: service_account}"), want: []string{"carto.yaml:7:22: service_account must be text, not a mapping; write the key file's JSON as one text, best by reference: ${file:bigquery.json}"}},
		"ports":              {text: connections("provider: hive", "server: h", "port: 70000"), want: []string{"carto.yaml:7:11: port must be a number from 1 to 65535"}},
		"port as text":       {text: connections("provider: hive", "server: h", "port: '70000'"), want: []string{"carto.yaml:7:11: port 70000 is not a port; write a number from 1 to 65535"}},
		"port in words":      {text: connections("provider: hive", "server: h", "port: default"), want: []string{`carto.yaml:7:11: port "default" cannot be used; write a number from 1 to 65535`}},
		"port by reference":  {text: connections("provider: hive", "server: h", "port: ${env:CARTOSYNC_SECRET_PORT}")},
		"sslmode":            {text: connections("provider: postgres", "server: h", "database: d", "username: u", "sslmode: required"), want: []string{`carto.yaml:9:14: sslmode "required" is not one of require, prefer or disable; did you mean "require"?`}},
		"secret_version":     {text: connections("provider: hive", "server: h", "secret_version: 0"), want: []string{"carto.yaml:7:21: secret_version must be a number from 1 to 1000000"}},
		"hyphen in a key":    {text: "version: 1\nproject: p\nconnections:\n  my-db: {provider: hive, server: h}\n", want: []string{`carto.yaml:4:3: "my-db" cannot be a key here; use lower-case letters, digits and underscores, begin with a letter, at most 40 characters`}},
		"key of our own":     {text: "version: 1\nproject: p\nconnections:\n  inline_x: {provider: hive, server: h}\n", want: []string{"carto.yaml:4:3: connection keys that begin with inline_ are cartosync's own; choose another key"}},
		"twice":              {text: connections("provider: hive", "server: h") + "include: [x.yaml]\n", files: map[string]string{"x.yaml": "connections: {w: {provider: hive, server: h}}\n"}, want: []string{`x.yaml:1:15: connection "w" is already declared at carto.yaml:4:3; remove one of the two`}},
		"two for BigQuery": {text: connections("provider: bigquery", "billing_project: b", "service_account: ${file:bq}") + "  v: {provider: bigquery, billing_project: c, service_account: '${file:bq2}'}\n", want: []string{
			"carto.yaml:8:3: an account has one BigQuery connection at most, and one is at carto.yaml:4:3; let both datasets refer to the same connection"}},
		"null":     {text: "version: 1\nproject: p\nconnections: {w: null}\n", want: []string{"carto.yaml:3:18: w is empty; write a mapping"}},
		"a server": {text: connections("provider: redshift", "server: h", "database: d", "username: u", "password: ${env:A}"), want: []string{"carto.yaml:5:5: w has no cluster; add cluster, such as cluster: example.abc123.eu-west-1.redshift.amazonaws.com"}},
	})
}

func TestVariableMistakes(t *testing.T) {
	vars := "version: 1\nproject: p\nvars: {region: north, api: null, flag: true}\ndatasets:\n  - name: a\n    "
	checkMistakes(t, map[string]mistake{
		"all is well":                       {text: vars + "title: ${var:region} ${var:api}\n", vars: map[string]string{"api": "x"}},
		"undeclared":                        {text: vars + "title: ${var:regoin}\n", want: []string{`carto.yaml:6:12: variable "regoin" is not declared; did you mean "region"?`}},
		"undeclared, unlike":                {text: vars + "title: ${var:x}\n", want: []string{`carto.yaml:6:12: variable "x" is not declared; declare it under vars in the root manifest`}},
		"without a value":                   {text: vars + "title: ${var:api}\n", want: []string{`carto.yaml:6:12: variable "api" has no value; give it with --var api=VALUE, or a default under vars`}},
		"given, not declared":               {text: vars + "title: x\n", vars: map[string]string{"regoin": "x"}, want: []string{`carto.yaml:1:1: variable "regoin" of --var is not declared; did you mean "region"?`}},
		"kind left out":                     {text: vars + "title: ${region}\n", want: []string{"carto.yaml:6:12: ${region} is no reference; write ${var:region}"}},
		"unknown kind":                      {text: vars + "title: ${x:y}\n", want: []string{"carto.yaml:6:12: ${x} is no reference; write ${var:NAME}, or $${ for a literal ${"}},
		"unclosed":                          {text: vars + "title: 'a ${var:region'\n", want: []string{"carto.yaml:6:12: a reference has no closing brace; write $${ for a literal ${"}},
		"secret in a title":                 {text: vars + "title: ${env:HOME}\n", want: []string{"carto.yaml:6:12: a secret cannot stand here; secrets are for connections, inline connectors and source.url"}},
		"secret in a variable":              {text: "version: 1\nproject: p\nvars: {x: '${env:HOME}'}\n", want: []string{"carto.yaml:3:11: a variable cannot hold references; write the reference where the secret is used"}},
		"flags and numbers":                 {text: vars + "lifecycle:\n      prevent_destroy: ${var:flag}\n    expect:\n      min_rows: ${var:api}\n", vars: map[string]string{"api": "20"}},
		"number in quotes":                  {text: vars + "expect:\n      min_rows: '${var:api}'\n", vars: map[string]string{"api": "20"}, want: []string{"carto.yaml:7:17: min_rows must be a whole number, not text; write ${var:api} without quotes, on a line of its own"}},
		"value of a wrong kind":             {text: vars + "privacy: ${var:region}\n", want: []string{`carto.yaml:6:14: privacy "north" is not one of public, link or private; write one of these`}},
		"braces without quotes":             {text: vars + "source: {url: ${var:api}/x}\n", want: []string{"carto.yaml:6:5: this line is not YAML: did not find expected ',' or '}'; inside { } and [ ] put quotes around values with ${...}"}},
		"bad name":                          {text: "version: 1\nproject: p\nvars: {a-b: c}\n", want: []string{`carto.yaml:3:8: "a-b" cannot be a key here; use letters, digits and underscores, and do not begin with a digit`}},
		"no text":                           {text: "version: 1\nproject: p\nvars: {a: [b]}\n", want: []string{"carto.yaml:3:11: a must be text, a number or true or false, not a list"}},
		"value that looks like a reference": {text: "version: 1\nproject: p\nvars: {a: x}\nconnections: {w: {provider: hive, server: 'h${var:a}'}}\n", vars: map[string]string{"a": "${env:HOME}"}},
		"value that would make a reference": {text: "version: 1\nproject: p\nvars: {a: x}\nconnections: {w: {provider: hive, server: '${var:a}{env:HOME}'}}\n", vars: map[string]string{"a": "$"},
			want: []string{`carto.yaml:4:43: the value of variable "a" ends in $ and cannot stand before "{"`}},
	})
}

func TestIncludeMistakes(t *testing.T) {
	root := func(include string) string { return "version: 1\nproject: p\ninclude: [" + include + "]\n" }
	checkMistakes(t, map[string]mistake{
		"none":             {text: root("datasets/*.yaml"), want: []string{`carto.yaml:3:11: include "datasets/*.yaml" matches no file; patterns count from the manifest's directory`}},
		"double star":      {text: root("'**/x/*.yaml'"), want: []string{`carto.yaml:3:11: include "**/x/*.yaml" matches no file; ** means no more than *; list each directory`}},
		"itself":           {text: root("carto.yaml"), want: []string{`carto.yaml:3:11: include "carto.yaml" matches no file; patterns count from the manifest's directory`}},
		"outside":          {text: root("../*.yaml"), want: []string{`carto.yaml:3:11: include "../*.yaml" is outside the manifest's directory; move it inside, or move the manifest up`}},
		"absolute":         {text: root("/etc/*.yaml"), want: []string{`carto.yaml:3:11: include "/etc/*.yaml" is an absolute path; name it from the manifest's directory`}},
		"not a pattern":    {text: root("'[a'"), want: []string{`carto.yaml:3:11: include "[a" is not a pattern: syntax error in pattern; use * ? and [a-z]`}},
		"directory":        {text: root("data"), want: []string{`carto.yaml:3:11: included file "data" cannot be read: not a regular file; include regular files inside the manifest's directory only`}},
		"further includes": {text: root("x.yaml"), files: map[string]string{"x.yaml": "include: [y.yaml]\nproject: q\n"}, want: []string{`x.yaml:1:1: unknown key "include"; it belongs into the root manifest`, `x.yaml:2:1: unknown key "project"; it belongs into the root manifest`}},
		"empty file":       {text: root("x.yaml"), files: map[string]string{"x.yaml": "# nothing yet\n"}, want: []string{"x.yaml:1:1: the file says nothing; list datasets or connections in it, or delete it"}},
		"mistakes inside": {text: root("'d/*.yaml', d/a.yaml"), files: map[string]string{
			"d/a.yaml": "datasets: [{name: a, privacy: x}]\n",
			"d/b.yaml": "datasets: [{name: a}, {name: b, source: {connector: w, table: t}}]\n",
		}, want: []string{
			`d/a.yaml:1:31: privacy "x" is not one of public, link or private; write one of these`,
			`d/b.yaml:1:19: dataset "a" is already declared at d/a.yaml:1:19; remove or rename one of the two`,
			`d/b.yaml:1:53: connection "w" is not declared; declare it under connections`,
		}},
	})
}

func TestLinksAreNotFollowedOutside(t *testing.T) {
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "x.yaml"), []byte("datasets: []\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	enter(t, map[string]string{"carto.yaml": "version: 1\nproject: p\ninclude: [x.yaml]\ndatasets: [{name: a, source: {file: x.yaml}}, {name: b, source: {file: null.csv}}]\n"})
	if err := os.Symlink(filepath.Join(outside, "x.yaml"), "x.yaml"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/null", "null.csv"); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`carto.yaml:3:11: included file "x.yaml" cannot be read: path escapes from parent; include regular files inside the manifest's directory only`,
		`carto.yaml:4:37: source file "x.yaml" leads outside the manifest's directory; put the file itself there instead of a link`,
		`carto.yaml:4:72: source file "null.csv" leads outside the manifest's directory; put the file itself there instead of a link`,
	}
	if diff := cmp.Diff(want, faultsOf(t, spec.Options{}, "carto.yaml")); diff != "" {
		t.Error(diff)
	}
}

func TestSeveralManifests(t *testing.T) {
	enter(t, map[string]string{
		"a/carto.yaml": "version: 1\nproject: p\naccount: https://a.carto.com\ndatasets: [{name: x}, {name: y, renamed_from: z}]\n",
		"b/carto.yaml": "version: 1\nproject: p\naccount: https://b.carto.com\ndatasets: [{name: x}]\nforget: [y]\n",
		"c/carto.yaml": "version: 1\nproject: q\ndatasets: [{name: w}]\n",
	})
	if err := os.Mkdir("empty", 0o755); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		paths []string
		want  []string
	}{
		"two projects": {[]string{"a", "c/carto.yaml"}, nil},
		"conflicts": {[]string{"a", "b"}, []string{
			`b/carto.yaml:2:10: project "p" is already declared at a/carto.yaml:2:10; put both into one manifest with include, or rename one`,
			"b/carto.yaml:3:10: this manifest is for account https://b.carto.com, and a/carto.yaml for https://a.carto.com; apply manifests of different accounts one by one",
			`b/carto.yaml:4:19: dataset "x" is already declared at a/carto.yaml:4:19; remove or rename one of the two`,
			`b/carto.yaml:5:10: forget names "y", which is declared at a/carto.yaml:4:30; remove one of the two`,
		}},
		"given twice":  {[]string{"a", "./a/carto.yaml"}, []string{"./a/carto.yaml:1:1: the manifest is given twice; name it once"}},
		"not there":    {[]string{"nope.yaml"}, []string{"nope.yaml:1:1: there is no such file; name a manifest or a directory that holds a carto.yaml"}},
		"none in it":   {[]string{"empty"}, []string{"empty/carto.yaml:1:1: there is no such file; name a manifest or a directory that holds a carto.yaml"}},
		"no manifests": {nil, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, faultsOf(t, spec.Options{}, tt.paths...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
