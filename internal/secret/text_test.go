package secret_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestParse(t *testing.T) {
	env := func(name string) secret.Ref { return secret.Ref{Kind: secret.Env, Name: name} }
	tests := map[string]struct {
		in      string
		refs    []secret.Ref
		literal string // what it resolves to where it holds no reference
		err     string
	}{
		"empty":                {in: ""},
		"literal":              {in: "plain $5 {x} $", literal: "plain $5 {x} $"},
		"env":                  {in: "${env:A}", refs: []secret.Ref{env("A")}},
		"file":                 {in: "${file:db/pass.txt}", refs: []secret.Ref{{Kind: secret.File, Name: "db/pass.txt"}}},
		"amid text":            {in: "a${env:A}b${env:B}${env:A}", refs: []secret.Ref{env("A"), env("B"), env("A")}},
		"escaped":              {in: "a$${env:A}", literal: "a${env:A}"},
		"dollar before escape": {in: "$$${x", literal: "$${x"},
		"unclosed":             {in: "ab${env:A", err: "the reference at character 3 has no closing brace; write $${ for a literal ${"},
		"no kind":              {in: "${HOME}", err: "a reference has no kind; write ${env:NAME} or ${file:NAME}, or $${ for a literal ${"},
		"unknown kind":         {in: "${vault:x}", err: "unknown kind of reference ${vault:…}; write ${env:NAME} or ${file:NAME}, or $${ for a literal ${"},
		"kind in capitals":     {in: "${ENV:x}", err: "unknown kind of reference ${ENV:…}; write ${env:NAME} or ${file:NAME}, or $${ for a literal ${"},
		"bad env":              {in: "${env:A-B}", err: `"A-B" cannot be the name of an environment variable; use letters, digits and underscores`},
		"file above":           {in: "${file:../x}", err: `"../x" cannot be the name of a secret file; use a name that stays below the secrets directory`},
		"file amid":            {in: "${file:a/../../x}", err: `"a/../../x" cannot be the name of a secret file; use a name that stays below the secrets directory`},
		"absolute file":        {in: "${file:/etc/passwd}", err: `"/etc/passwd" cannot be the name of a secret file; use a name that stays below the secrets directory`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := secret.Parse(tt.in)
			var got string
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tt.err, got); diff != "" {
				t.Fatal(diff)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(tt.refs, text.Refs()); diff != "" {
				t.Error(diff)
			}
			if text.String() != tt.in || text.IsZero() != (tt.in == "") {
				t.Errorf("String = %q, IsZero = %v", text.String(), text.IsZero())
			}
			if len(tt.refs) > 0 {
				return
			}
			v, err := text.Resolve(secret.Resolver{})
			if err != nil || v.Reveal() != tt.literal {
				t.Errorf("Resolve = %q, %v; want %q", v.Reveal(), err, tt.literal)
			}
		})
	}
}

func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"", "a", "$", "${", "$${", "$$${", "${env:A}", "a${b}$", "$${${"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		again, err := secret.Parse(secret.Literal(s).String())
		if err != nil {
			t.Fatal(err)
		}
		v, err := again.Resolve(secret.Resolver{})
		if err != nil || v.Reveal() != s || len(again.Refs()) != 0 {
			t.Errorf("Literal(%q) came back as %q, %v", s, v.Reveal(), err)
		}
	})
}

func TestResolveEnv(t *testing.T) {
	vars := map[string]string{
		"CARTOSYNC_SECRET_HIVE": "hive", "CARTOSYNC_SECRET_EMPTY": "", "PGPASSWORD": "pg", "HOME": "/root",
		"CARTO_API_KEY": "master", "carto_api_key": "master",
	}
	r := secret.Resolver{
		Env:   func(name string) (string, bool) { s, ok := vars[name]; return s, ok },
		Allow: []string{"PGPASSWORD", "CARTO_API_KEY", "carto_api_key"},
	}
	tests := map[string]struct{ in, want, err string }{
		"by prefix":     {in: "a${env:CARTOSYNC_SECRET_HIVE}b", want: "ahiveb"},
		"allowed":       {in: "${env:PGPASSWORD}", want: "pg"},
		"not allowed":   {in: "${env:HOME}", err: "${env:HOME}: the variable is not one that manifests may read; rename it to CARTOSYNC_SECRET_HOME or allow it with --secret-env HOME"},
		"own":           {in: "${env:CARTO_API_KEY}", err: "${env:CARTO_API_KEY}: variables that begin with CARTO_ are never read for a manifest; copy the value to CARTOSYNC_SECRET_NAME"},
		"own, in lower": {in: "${env:carto_api_key}", err: "${env:carto_api_key}: variables that begin with CARTO_ are never read for a manifest; copy the value to CARTOSYNC_SECRET_NAME"},
		"unset":         {in: "${env:CARTOSYNC_SECRET_X}", err: "${env:CARTOSYNC_SECRET_X}: the environment variable is not set; set CARTOSYNC_SECRET_X to the secret"},
		"empty":         {in: "${env:CARTOSYNC_SECRET_EMPTY}", err: "${env:CARTOSYNC_SECRET_EMPTY}: the environment variable is empty; set CARTOSYNC_SECRET_EMPTY to the secret"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { checkResolve(t, r, tt.in, tt.want, tt.err) })
	}
}

func checkResolve(t *testing.T, r secret.Resolver, in, want, wantErr string) {
	t.Helper()
	text, err := secret.Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	v, err := text.Resolve(r)
	var got string
	if err != nil {
		got = err.Error()
	}
	if diff := cmp.Diff([]string{want, wantErr}, []string{v.Reveal(), got}); diff != "" {
		t.Error(diff)
	}
}

func TestResolveFile(t *testing.T) {
	outside := t.TempDir()
	dir := t.TempDir()
	write := func(path, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, path string) {
		t.Helper()
		if err := os.Symlink(target, filepath.Join(dir, path)); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "master"), "stolen")
	write(filepath.Join(dir, "plain"), "s3cret")
	write(filepath.Join(dir, "newline"), "two\nlines\n\n")
	write(filepath.Join(dir, "crlf"), "windows\r\n")
	write(filepath.Join(dir, "empty"), "\n")
	write(filepath.Join(dir, "large"), strings.Repeat("x", secret.MaxFileSize+1))
	write(filepath.Join(dir, "full"), strings.Repeat("x", secret.MaxFileSize))
	write(filepath.Join(dir, "..data", "mounted"), "kubernetes")
	link("..data/mounted", "mounted")
	link(filepath.Join(outside, "master"), "escape")
	link(outside, "dir")

	regular := "the secret file cannot be read; check that it is a regular file inside " + dir
	tests := map[string]struct{ name, want, err string }{
		"plain":                   {name: "plain", want: "s3cret"},
		"one line break trimmed":  {name: "newline", want: "two\nlines\n"},
		"windows line break":      {name: "crlf", want: "windows"},
		"link inside":             {name: "mounted", want: "kubernetes"},
		"largest":                 {name: "full", want: strings.Repeat("x", secret.MaxFileSize)},
		"too large":               {name: "large", err: "the secret file is larger than 65536 bytes; name the file that holds just the secret"},
		"empty":                   {name: "empty", err: "the secret file is empty; write the secret into it"},
		"missing":                 {name: "nope", err: "there is no such secret file in " + dir + "; create it or name another directory with --secrets-dir"},
		"link outside":            {name: "escape", err: regular},
		"through a linked folder": {name: "dir/master", err: regular},
		"directory":               {name: "..data", err: regular},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			ref := "${file:" + tt.name + "}"
			if tt.err != "" {
				tt.err = ref + ": " + tt.err
			}
			checkResolve(t, secret.Resolver{Dir: dir}, ref, tt.want, tt.err)
		})
	}
	t.Run("cause is kept", func(t *testing.T) {
		text, err := secret.Parse("${file:nope}")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := text.Resolve(secret.Resolver{Dir: dir}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v does not wrap fs.ErrNotExist", err)
		}
	})
}
