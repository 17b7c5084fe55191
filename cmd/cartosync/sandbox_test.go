package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

func TestSandboxCheck(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"default", nil, ""},
		{"any port", []string{"--listen", "localhost:0"}, ""},
		{"IPv6", []string{"--listen", "[::1]:0"}, ""},
		{"no port", []string{"--listen", "127.0.0.1"}, `--listen "127.0.0.1" is no address; write HOST:PORT, such as 127.0.0.1:8080`},
		{"open to others", []string{"--listen", "0.0.0.0:80"}, "--listen 0.0.0.0:80 lets others in, and everybody knows the default key; listen on 127.0.0.1, or choose a key with --api-key"},
		{"open by an empty host", []string{"--listen", ":80"}, "--listen :80 lets others in, and everybody knows the default key; listen on 127.0.0.1, or choose a key with --api-key"},
		{"open by a name", []string{"--listen", "localhost.example.org:80"}, "--listen localhost.example.org:80 lets others in, and everybody knows the default key; listen on 127.0.0.1, or choose a key with --api-key"},
		{"open, with a key of one's own", []string{"--listen", "0.0.0.0:80", "--api-key", "mine"}, ""},
		{"open, with the known key in so many words", []string{"--listen", "0.0.0.0:80", "--api-key", sandbox.DefaultAPIKey},
			"--listen 0.0.0.0:80 lets others in, and everybody knows the default key; listen on 127.0.0.1, or choose a key with --api-key"},
		{"key", []string{"--api-key", "it's"}, "--api-key holds characters that no CARTO key has; use letters, digits and underscores"},
		{"user", []string{"--user", "a/b"}, `--user "a/b" is no user name; use letters, digits and hyphens`},
		{"clock", []string{"--clock-speed", "0"}, "--clock-speed 0 would stop the clock; give a number above 0"},
		{"faults", []string{"--fault", "lose@POST/api/v1/imports*1", "--fault", "delay=2s"}, ""},
		{"unknown fault", []string{"--fault", "lose", "--fault", "explode"}, `--fault "explode": unknown kind "explode"; kinds are ` + strings.Join(fault.Kinds(), ", ") + `; see cartosync sandbox --help`},
		{"all limits", []string{"--import-file-size=1", "--import-rows=1", "--import-slots=1", "--connector-rows=1", "--storage=1", "--tables=1", "--public-datasets=1"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g, err := parse(t, append([]string{"sandbox"}, test.args...)...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, message(g.Sandbox.check())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A limit of 0 could mean none as well as nothing, so it means neither.
func TestSandboxLimits(t *testing.T) {
	var g sandboxCmd
	for _, l := range g.Limits.all() {
		flag := "--" + strings.ReplaceAll(l.name, "_", "-")
		for _, value := range []string{"0", "-5", "1GB", ""} {
			t.Run(flag+"="+value, func(t *testing.T) {
				_, err := parse(t, "sandbox", flag+"="+value)
				want := fmt.Sprintf("%s: %q is no limit; write a whole number of at least 1, or leave it out for CARTO's own limit", flag, value)
				if diff := cmp.Diff(want, message(err)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestIntroduce(t *testing.T) {
	tests := []struct {
		name string
		at   net.TCPAddr
		want string
	}{
		{"loopback", net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}, "http://127.0.0.1:8080/user/me"},
		{"everywhere", net.TCPAddr{IP: net.IPv4zero, Port: 80}, "http://127.0.0.1:80/user/me"},
		{"everywhere, IPv6", net.TCPAddr{IP: net.IPv6unspecified, Port: 80}, "http://127.0.0.1:80/user/me"},
		{"IPv6", net.TCPAddr{IP: net.IPv6loopback, Port: 80}, "http://[::1]:80/user/me"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var stdout bytes.Buffer
			c := sandboxCmd{User: "me", APIKey: "hush"}
			if err := c.introduce(&app{streams: streams{stdout: &stdout}}, &test.at); err != nil {
				t.Fatal(err)
			}
			want := "# A CARTO account on this machine, until you interrupt it. In another terminal:\n" +
				"export CARTO_ACCOUNT_URL=" + test.want + "\nexport CARTO_API_KEY=hush\ncartosync plan\n"
			if diff := cmp.Diff(want, stdout.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is under way when the end comes is answered.
func TestServeEndsGracefully(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		end()
		io.WriteString(w, "answered")
	})
	served := make(chan error, 1)
	go func() { served <- serve(ctx, listener, h, slog.New(slog.DiscardHandler)) }()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || string(body) != "answered" {
		t.Errorf("got %q and %v", body, err)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
