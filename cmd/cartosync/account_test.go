package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// write makes a file of mode 0600 and returns its path.
func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func manifestFor(account string) spec.Manifest {
	return spec.Manifest{Path: "carto.yaml", Account: account, ProjectPos: spec.Position{File: "carto.yaml", Line: 2, Column: 10}}
}

func TestAccess(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir()) // no credentials of whoever runs this
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AppData", t.TempDir())
	const acme, other = "https://acme.carto.com", "https://other.carto.com"
	inEnv := map[string]string{"CARTO_API_KEY": "env_key\n"}
	keyFile := write(t, "key", "file_key\n")
	stored := write(t, "credentials.yaml", "https://acme.carto.com: {api_key: stored_key}\nother.carto.com: {api_key: host_key}\n")

	type result struct{ Account, Key, Err string }
	tests := []struct {
		name      string
		flags     accountFlags
		env       map[string]string
		manifests []spec.Manifest
		want      result
	}{
		{"flag and environment", accountFlags{Account: acme}, inEnv, nil, result{Account: acme, Key: "env_key"}},
		{"key file before environment", accountFlags{Account: acme, APIKeyFile: keyFile}, inEnv, nil, result{Account: acme, Key: "file_key"}},
		{"environment before credentials", accountFlags{Account: acme, Credentials: stored}, inEnv, nil, result{Account: acme, Key: "env_key"}},
		{"credentials by account", accountFlags{Account: acme, Credentials: stored}, nil, nil, result{Account: acme, Key: "stored_key"}},
		{"credentials by another form of the account", accountFlags{Account: "https://ACME.carto.com/user/acme/", Credentials: stored}, nil, nil,
			result{Account: "https://acme.carto.com/user/acme", Key: "stored_key"}},
		{"credentials by host", accountFlags{Account: "https://other.carto.com/u/alice", Credentials: stored}, nil, nil,
			result{Account: "https://other.carto.com/u/alice", Key: "host_key"}},
		{"manifest agrees", accountFlags{Account: acme + "/"}, inEnv, []spec.Manifest{manifestFor(acme)}, result{Account: acme, Key: "env_key"}},
		{"manifest disagrees", accountFlags{Account: acme}, inEnv, []spec.Manifest{manifestFor(""), manifestFor(other)},
			result{Err: "carto.yaml:2:10: the manifest is for the account https://other.carto.com, this run for https://acme.carto.com; " +
				"name the manifest's account with --account or CARTO_ACCOUNT_URL and give its key, or correct the manifest"}},
		{"manifests disagree", accountFlags{Credentials: stored}, nil, []spec.Manifest{manifestFor(acme), manifestFor(other)},
			result{Err: "carto.yaml:2:10: the manifest is for the account https://other.carto.com, this run for https://acme.carto.com; " +
				"name the manifest's account with --account or CARTO_ACCOUNT_URL and give its key, or correct the manifest"}},
		{"manifest and credentials", accountFlags{Credentials: stored}, nil, []spec.Manifest{manifestFor(acme)}, result{Account: acme, Key: "stored_key"}},
		{"a manifest never gets the key of the environment", accountFlags{}, inEnv, []spec.Manifest{manifestFor(acme)},
			result{Err: "carto.yaml:2:10: only the manifest names the account https://acme.carto.com, and a manifest does not decide where a key is sent; " +
				"set CARTO_ACCOUNT_URL=https://acme.carto.com if the key belongs to that account"}},
		{"nor that of a key file", accountFlags{APIKeyFile: keyFile}, nil, []spec.Manifest{manifestFor(acme)},
			result{Err: "carto.yaml:2:10: only the manifest names the account https://acme.carto.com, and a manifest does not decide where a key is sent; " +
				"set CARTO_ACCOUNT_URL=https://acme.carto.com if the key belongs to that account"}},
		{"but its own of the credentials", accountFlags{Credentials: stored}, inEnv, []spec.Manifest{manifestFor(acme)}, result{Account: acme, Key: "stored_key"}},
		{"manifest alone", accountFlags{}, nil, []spec.Manifest{manifestFor(acme)},
			result{Err: "carto.yaml:2:10: only the manifest names the account https://acme.carto.com, and no credentials file has its key; " +
				"set CARTO_ACCOUNT_URL=https://acme.carto.com and CARTO_API_KEY"}},
		{"no account", accountFlags{}, inEnv, []spec.Manifest{manifestFor("")},
			result{Err: "no account is named; set CARTO_ACCOUNT_URL or pass --account, or try --sandbox, which needs none"}},
		{"no key", accountFlags{Account: acme}, nil, nil,
			result{Err: "no API key for https://acme.carto.com; set CARTO_API_KEY to its master key, or use --api-key-file or a credentials file"}},
		{"plain http", accountFlags{Account: "http://acme.carto.com"}, inEnv, nil,
			result{Err: `account URL "http://acme.carto.com" does not use https; the API key is sent over https only (http is for this machine)`}},
		{"plain http on this machine", accountFlags{Account: "http://127.0.0.1:8080/user/me"}, inEnv, nil,
			result{Account: "http://127.0.0.1:8080/user/me", Key: "env_key"}},
		{"empty key file", accountFlags{Account: acme, APIKeyFile: os.DevNull}, inEnv, nil,
			result{Err: "--api-key-file " + os.DevNull + ": not a regular file; name one"}},
		{"missing credentials that were asked for", accountFlags{Account: acme, Credentials: "testdata/none.yaml"}, nil, nil,
			result{Err: "credentials file testdata/none.yaml: no such file or directory; check the path"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.flags.access(environment(test.env), test.manifests)
			is := result{Account: got.account.URL, Key: got.key.Reveal(), Err: message(err)}
			if err != nil {
				is.Account, is.Key = "", ""
			}
			if diff := cmp.Diff(test.want, is); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadCredentials(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"empty", "", ""},
		{"several", "https://a.carto.com: {api_key: one}\nhost.example.org:8443:\n  api_key: two\n", ""},
		{"not a mapping", "- one\n", "FILE:1:1: this must be a mapping; write key: value"},
		{"a key alone", "a.carto.com: hush\n", "FILE:1:14: this must be a mapping; write key: value"},
		{"unknown key", "a.carto.com: {apikey: hush}\n", `FILE:1:15: unknown key "apikey"; did you mean "api_key"?`},
		{"no key", "a.carto.com: {}\n", "FILE:1:1: the entry has no api_key; write {api_key: KEY} with the account's master key"},
		{"null key", "a.carto.com: {api_key: }\n", `FILE:1:15: "api_key" must be a text`},
		{"twice", "a.carto.com: {api_key: hush}\na.carto.com: {api_key: hush}\n", `FILE:2:1: "a.carto.com" is there twice; remove one of the two`},
		{"no account", "ftp://a: {api_key: hush}\n", `FILE:1:1: account URL "ftp://a" does not use https; the API key is sent over https only (http is for this machine); or write a host alone for all its accounts`},
		{"no YAML", "a: b: hush\n", "FILE:1:1: mapping values are not allowed in this context; check quotes, colons and indentation"},
		{"alias", "a.carto.com: &x {api_key: hush}\nb.carto.com: *x\n", "FILE:2:1: keys are plain text here, and there are no aliases; write the value out"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "credentials.yaml", test.text)
			_, err := readCredentials(path)
			if diff := cmp.Diff(test.want, replaced(message(err), path, "FILE")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCredentialsThatOthersCanRead(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps access lists, not modes")
	}
	path := write(t, "credentials.yaml", "a.carto.com: {api_key: hush}\n")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, err := readCredentials(path)
	want := "credentials file FILE can be read by others (mode -rw-r-----); run chmod 600 FILE"
	if diff := cmp.Diff(want, replaced(message(err), path, "FILE")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCredentialsKey(t *testing.T) {
	c, err := readCredentials(write(t, "credentials.yaml",
		"carto.example.org: {api_key: host}\nhttps://carto.example.org/user/alice: {api_key: alice}\nlocalhost:8080: {api_key: port}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"https://carto.example.org/user/alice": "alice", // the nearest entry, whatever their order
		"https://carto.example.org/u/alice":    "alice",
		"https://carto.example.org/user/bob":   "host",
		"http://localhost:8080/user/me":        "port",
		"http://localhost:8081/user/me":        "",
		"https://elsewhere.carto.com":          "",
	}
	got := map[string]string{}
	for url := range want {
		account, err := carto.ParseAccount(url)
		if err != nil {
			t.Fatal(err)
		}
		got[url] = c.key(account).Reveal()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !c.key(carto.Account{}).Equal(secret.Value{}) {
		t.Error("an account without URL has a key")
	}
}
