package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
)

func TestParams(t *testing.T) {
	file := write(t, "pw", "from-file\r\n")
	long := write(t, "long", strings.Repeat("x", secret.MaxFileSize+1))
	env := environment(map[string]string{"PW": "from-env", "HOST": "db.example.org", "CARTO_API_KEY": "k"})
	plain := func(key, value string) carto.Param { return carto.Param{Key: key, Value: secret.New(value)} }
	hidden := func(key, value string) carto.Param {
		return carto.Param{Key: key, Value: secret.New(value), Secret: true}
	}
	tests := []struct {
		name  string
		given map[string]string
		stdin string
		want  []carto.Param
		err   string
	}{
		{"sorted, in small letters", map[string]string{"Server": "h", "DATABASE": "d"}, "", []carto.Param{plain("database", "d"), plain("server", "h")}, ""},
		{"a port is a number", map[string]string{"port": "5432"}, "", []carto.Param{{Key: "port", Value: secret.New("5432"), Number: true}}, ""},
		{"unless it is none", map[string]string{"port": "05432"}, "", []carto.Param{plain("port", "05432")}, ""},
		{"file", map[string]string{"Password": "@" + file}, "", []carto.Param{hidden("password", "from-file")}, ""},
		{"standard input", map[string]string{"password": "-"}, "from-stdin\n", []carto.Param{hidden("password", "from-stdin")}, ""},
		{"variable", map[string]string{"password": "${env:PW}", "server": "${env:HOST}"}, "", []carto.Param{hidden("password", "from-env"), plain("server", "db.example.org")}, ""},
		{"only secrets come from files", map[string]string{"username": "@me", "table": "-"}, "", []carto.Param{plain("table", "-"), plain("username", "@me")}, ""},

		{"written out", map[string]string{"password": "hunter2"}, "", nil, "--param password: a secret is not written on the command line, which everybody on this machine can read; " +
			"write --param password=@FILE, password=- for standard input, or 'password=${env:NAME}'"},
		{"twice", map[string]string{"server": "a", "SERVER": "b"}, "", nil, "--param server is given twice, in capitals and in small letters; give it once"},
		{"no such file", map[string]string{"password": "@none"}, "", nil, "--param password: file none: no such file or directory; check the path"},
		{"a long file", map[string]string{"password": "@" + long}, "", nil, "--param password: file " + long + ": larger than 65536 bytes; is this the right file?"},
		{"an empty input", map[string]string{"password": "-"}, "\n", nil, "--param password: the secret is empty"},
		{"the account's own key", map[string]string{"password": "${env:CARTO_API_KEY}"}, "", nil,
			"--param password: ${env:CARTO_API_KEY}: variables that begin with CARTO_ are never read for a manifest; copy the value to CARTOSYNC_SECRET_NAME"},
		{"a manifest's file", map[string]string{"username": "${file:pw}"}, "", nil, "--param username: ${file:pw} is for manifests; write @FILE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := &app{streams: streams{stdin: strings.NewReader(tt.stdin)}, env: env}
			got, err := a.params("param", tt.given)
			if diff := cmp.Diff(tt.want, got, cmp.Comparer(secret.Value.Equal)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.err, message(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
