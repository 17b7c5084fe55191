package carto

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestParseAccount(t *testing.T) {
	tests := []struct {
		raw  string
		want Account
	}{
		{"https://acme.carto.com", Account{URL: "https://acme.carto.com", User: "acme"}},
		{" HTTPS://Acme.CARTO.com:443/ ", Account{URL: "https://acme.carto.com", User: "acme"}},
		{"https://team.carto.com/u/alice", Account{URL: "https://team.carto.com/u/alice", User: "alice"}},
		{"https://team.carto.com/user/Alice/", Account{URL: "https://team.carto.com/user/Alice", User: "Alice"}},
		{"https://maps.example.org:8443/user/bob", Account{URL: "https://maps.example.org:8443/user/bob", User: "bob"}},
		{"https://localhost/user/bob", Account{URL: "https://localhost/user/bob", User: "bob", Loopback: true}},
		{"http://127.0.0.1:8080/user/dev", Account{URL: "http://127.0.0.1:8080/user/dev", User: "dev", Loopback: true}},
		{"http://127.8.8.8:80/user/dev", Account{URL: "http://127.8.8.8/user/dev", User: "dev", Loopback: true}},
		{"http://[::1]:8080/u/dev", Account{URL: "http://[::1]:8080/u/dev", User: "dev", Loopback: true}},
		{"http://[::1]/u/dev", Account{URL: "http://[::1]/u/dev", User: "dev", Loopback: true}},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			got, err := ParseAccount(tt.raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			again, err := ParseAccount(got.URL)
			if diff := cmp.Diff(got, again); diff != "" || err != nil {
				t.Errorf("the canonical URL reads back differently: %v\n%s", err, diff)
			}
		})
	}
}

func TestParseAccountRefuses(t *testing.T) {
	tests := []struct{ raw, want string }{
		{"", "is not a URL"},
		{"acme", "is not a URL"},
		{"acme.carto.com", "is not a URL"},
		{"http://acme.carto.com", "does not use https"},
		{"http://127.0.0.1.example.org/user/x", "does not use https"},
		{"http://dev.localhost/user/x", "does not use https"},
		{"ftp://acme.carto.com", "does not use https"},
		{"https://carto.com", "names no user"},
		{"https://www.carto.com", "names no user"},
		{"https://10.0.0.1", "names no user"},
		{"http://127.0.0.1:8080", "names no user"},
		{"https://maps.example.org/user/", `path "/user/"`},
		{"https://maps.example.org/user/../admin", `path "/user/../admin"`},
		{"https://acme.carto.com/dashboard/datasets", `path "/dashboard/datasets"`},
		{"https://maps.example.org/user/a%2Fb", `path "/user/a/b"`},
		{"https://maps.example.org/user/a%20b", `user "a b"`},
		{"https://acme.carto.com?api_key=" + testKey, "query or fragment"},
		{"https://acme.carto.com#x", "query or fragment"},
		{"https://alice:" + testKey + "@acme.carto.com", "user or password"},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			_, err := ParseAccount(tt.raw)
			if !strings.Contains(message(err), tt.want) {
				t.Errorf("error %q does not say %q", message(err), tt.want)
			}
			if strings.Contains(message(err), testKey) {
				t.Errorf("error %q shows a secret", err)
			}
		})
	}
}

func TestSameAccount(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://team.carto.com/u/alice", "https://TEAM.carto.com:443/user/alice/", true},
		{"https://acme.carto.com", "https://acme.carto.com/u/acme", true},
		{"https://team.carto.com/u/alice", "https://team.carto.com/u/Alice", false},
		{"https://team.carto.com/u/alice", "https://other.carto.com/u/alice", false},
		{"http://127.0.0.1:1/user/a", "http://127.0.0.1:2/user/a", false},
		{"http://127.0.0.1/user/a", "https://127.0.0.1/user/a", false},
	}
	for _, tt := range tests {
		t.Run(tt.a+" "+tt.b, func(t *testing.T) {
			a, errA := ParseAccount(tt.a)
			b, errB := ParseAccount(tt.b)
			if errA != nil || errB != nil {
				t.Fatal(errA, errB)
			}
			if got := []bool{a.Same(b), b.Same(a)}; got[0] != tt.want || got[1] != tt.want {
				t.Errorf("Same = %v, want %v both ways", got, tt.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		cfg  Config
		want string
	}{
		{"no account", Config{APIKey: secret.New(testKey)}, "is not a URL"},
		{"no key", Config{Account: testAccount}, "no API key for https://acme.carto.com; set CARTO_API_KEY"},
		{"key with line break", Config{Account: testAccount, APIKey: secret.New(testKey + "\n")}, "perhaps a line break"},
		{"key with colon", Config{Account: testAccount, APIKey: secret.New("acme:" + testKey)}, "characters that no CARTO key has"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.cfg)
			if !strings.Contains(message(err), tt.want) || strings.Contains(message(err), testKey) {
				t.Errorf("error %q does not say %q, or says too much", message(err), tt.want)
			}
		})
	}
}
