package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
)

// answering is a transport that says which of several it is, and what it was asked.
type answering string

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	body := string(a) + " " + req.URL.String() + " host " + req.Host
	return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func TestSandboxHosts(t *testing.T) {
	rt := sandboxHosts{account: "http://127.0.0.1:8080/user/me", own: answering("account"), next: answering("network")}
	for url, want := range map[string]string{
		"http://files.sandbox.test/a.csv":      "account http://127.0.0.1:8080/a.csv host files.sandbox.test",
		"http://Files.Sandbox.TEST:80/a?b=c":   "account http://127.0.0.1:8080/a?b=c host Files.Sandbox.TEST:80",
		"https://example.org/a.csv":            "network https://example.org/a.csv host example.org",
		"http://sandbox.test.example.org/":     "network http://sandbox.test.example.org/ host sandbox.test.example.org",
		"http://files.sandbox.test.evil.org/a": "network http://files.sandbox.test.evil.org/a host files.sandbox.test.evil.org",
	} {
		t.Run(url, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = req.URL.Host
			res, err := rt.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Only an account on this machine may stand for sandbox.test: the key of a real
// account must not meet a host of somebody's choosing.
func TestFetcherOfRealAccount(t *testing.T) {
	real := account{URL: "https://acme.carto.com"}
	if _, routed := real.fetcher(false).Transport.(sandboxHosts); routed {
		t.Error("requests for sandbox.test go to a real account")
	}
	local := account{URL: "http://localhost:8080/user/me", loopback: true}
	if _, routed := local.fetcher(false).Transport.(sandboxHosts); !routed {
		t.Error("requests for sandbox.test do not go to the sandbox")
	}
}

func TestClientModes(t *testing.T) {
	ended, end := context.WithCancel(t.Context()) // nothing is sent
	end()
	for mode, readOnly := range map[clientMode]bool{reads: true, writes: false} {
		c := account{URL: "https://acme.carto.com", key: secret.New("abc")}
		client, err := c.client(&app{streams: streams{stderr: new(bytes.Buffer)}}, mode, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Exec(ended, "DROP TABLE roads"); errors.Is(err, carto.ErrReadOnly) != readOnly {
			t.Errorf("mode %v: %v", mode, err)
		}
	}
	if _, err := (&account{URL: "https://acme.carto.com"}).client(&app{}, reads, false); err == nil {
		t.Error("a client without a key")
	}
}
