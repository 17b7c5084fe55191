package secret_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestIsSecretKey(t *testing.T) {
	tests := map[string]bool{
		"password": true, "Password": true, "pwd": true, "PGPASSFILE": true, "api_key": true, "apiKey": true, "AWSAccessKeyId": true,
		"service_account": true, "serviceAccount": true, "refresh_token": true, "access_token": true, "auth_tokens": true,
		"client_secret": true, "X-Amz-Signature": true, "X-Amz-Credential": true, "Authorization": true,
		"server": false, "cluster": false, "port": false, "database": false, "username": false, "warehouse": false,
		"sslmode": false, "billing_project": false, "connection_id": false, "name": false, "sql_query": false, "": false,
	}
	for key, want := range tests {
		t.Run(key, func(t *testing.T) {
			if got := secret.IsSecretKey(key); got != want {
				t.Errorf("IsSecretKey(%q) = %v", key, got)
			}
		})
	}
}

func TestRedactURL(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"nothing to hide":       {"https://example.org/a.csv?format=csv&page=2#top", "https://example.org/a.csv?format=csv&page=2#top"},
		"user and password":     {"https://u:p@example.org/a.csv", "https://(sensitive)@example.org/a.csv"},
		"token as user":         {"https://ghp_abc@example.org", "https://(sensitive)@example.org"},
		"at sign in password":   {"https://u:p@ss@example.org/x", "https://(sensitive)@example.org/x"},
		"slash in password":     {"postgres://u:p/w@db.example.org/x", "postgres://(sensitive)@db.example.org/x"},
		"question in password":  {"https://u:p?w@example.org/x?token=t", "https://(sensitive)@example.org/x?token=(sensitive)"},
		"port is no password":   {"http://example.org:8080/@home", "http://example.org:8080/@home"},
		"address":               {"http://[::1]:80/@x", "http://[::1]:80/@x"},
		"token":                 {"https://e.org/a?token=abc&x=1", "https://e.org/a?token=(sensitive)&x=1"},
		"escaped name":          {"https://e.org/a?%74oken=abc", "https://e.org/a?%74oken=(sensitive)"},
		"case and order":        {"https://e.org/a?b=2&API_KEY=k;a=1", "https://e.org/a?b=2&API_KEY=(sensitive);a=1"},
		"amazon":                {"https://b.s3.amazonaws.com/k.csv?AWSAccessKeyId=AKIA&Expires=1&Signature=abc%3D", "https://b.s3.amazonaws.com/k.csv?AWSAccessKeyId=(sensitive)&Expires=1&Signature=(sensitive)"},
		"azure":                 {"https://e.org/a.csv?sv=2020&sig=abc%3D", "https://e.org/a.csv?sv=2020&sig=(sensitive)"},
		"fragment":              {"https://e.org/cb#access_token=abc&state=1", "https://e.org/cb#access_token=(sensitive)&state=1"},
		"URL in a URL":          {"https://e.org/proxy?url=https://u:p@h/x", "https://e.org/proxy?url=https://(sensitive)@h/x"},
		"empty value":           {"https://e.org/a?token=&token", "https://e.org/a?token=&token"},
		"unresolved reference":  {"https://e.org/a?token=${env:T}", "https://e.org/a?token=(sensitive)"},
		"broken escape":         {"https://u:%zz@e.org/%zz?token=%zz", "https://(sensitive)@e.org/%zz?token=(sensitive)"},
		"control characters":    {"https://u:p\x00@e.org/\n", "https://(sensitive)@e.org/\n"},
		"no scheme":             {"//u:p@e.org/x", "//(sensitive)@e.org/x"},
		"not a URL":             {"data/roads.csv", "data/roads.csv"},
		"empty":                 {"", ""},
		"already redacted":      {"https://(sensitive)@e.org/?token=(sensitive)", "https://(sensitive)@e.org/?token=(sensitive)"},
		"no path before params": {"https://e.org?key=1", "https://e.org?key=(sensitive)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, secret.RedactURL(tt.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRedactText(t *testing.T) {
	known := []secret.Value{secret.New("hunter2"), secret.New("hunter2&more"), secret.New("db"), {}}
	tests := map[string]struct{ in, want string }{
		"plain":                {"relation \"roads\" does not exist", "relation \"roads\" does not exist"},
		"known":                {"login hunter2!", "login (sensitive)!"},
		"longest first":        {"x hunter2&more", "x (sensitive)"},
		"known, in a URL":      {"q=hunter2%26more", "q=(sensitive)"},
		"known, in JSON":       {`hunter2\u0026more`, `(sensitive)`},
		"short known":          {"db dbase db,db adb", "(sensitive) dbase (sensitive),(sensitive) adb"},
		"pair":                 {"host=h password=abc port=1", "host=h password=(sensitive) port=1"},
		"pair after a label":   {"error: password=abc", "error: password=(sensitive)"},
		"quoted pair":          {`password="a b" user='c'`, `password="(sensitive)" user='c'`},
		"colon":                {"Password: abc", "Password: (sensitive)"},
		"colon, not a secret":  {"unknown key: interval", "unknown key: interval"},
		"ruby":                 {`{"password"=>"abc", :token=>nil}`, `{"password"=>"(sensitive)", :token=>nil}`},
		"postgres":             {`password authentication failed for user "carto"`, `password authentication failed for user "carto"`},
		"duplicate key":        {"duplicate key value violates unique constraint", "duplicate key value violates unique constraint"},
		"header":               {"Authorization: Basic YWxpY2U6a2V5MTIz", "Authorization: (sensitive)"},
		"bearer":               {"sent Bearer abcdef123456 to it", "sent Bearer (sensitive) to it"},
		"URL":                  {`Get "https://u:p@h/x?api_key=k": EOF`, `Get "https://(sensitive)@h/x?api_key=(sensitive)": EOF`},
		"escaped slashes":      {`"url":"https:\/\/u:p@h\/x"`, `"url":"https://(sensitive)@h/x"`},
		"upper-case scheme":    {"HTTPS://u:p@h", "HTTPS://(sensitive)@h"},
		"private key":          {"a -----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY----- b", "a (sensitive) b"},
		"private key, cut off": {"-----BEGIN PRIVATE KEY-----\nabc", "(sensitive)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := secret.RedactText(tt.in, known...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(got, secret.RedactText(got, known...)); diff != "" {
				t.Errorf("not stable: %s", diff)
			}
		})
	}
}
