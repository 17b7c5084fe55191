package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/secret"
	"github.com/cartosync/cartosync/internal/spec"
)

// An account is the account of a run, in CARTO or inside this program.
type account struct {
	URL       string
	key       secret.Value
	loopback  bool
	transport http.RoundTripper // nil: the network
	close     func() error
}

// open decides on the account of a run. The caller closes it.
func (a *app) open(ctx context.Context, f accountFlags, desired []spec.Manifest) (*account, error) {
	open := openCarto
	if f.Sandbox {
		open = openEmbedded
	}
	opened, err := open(ctx, a, f, desired)
	if err != nil {
		return nil, err
	}
	a.account = opened.URL
	return opened, nil
}

func openCarto(_ context.Context, a *app, f accountFlags, desired []spec.Manifest) (*account, error) {
	to, err := f.access(a.env, desired)
	if err != nil {
		return nil, err
	}
	return &account{
		URL: to.account.URL, key: to.key, loopback: to.account.Loopback,
		close: func() error { return nil },
	}, nil
}

// A clientMode says what a client may do.
type clientMode bool

const (
	reads  clientMode = true
	writes clientMode = false
)

// client returns a client for the account. One that reads refuses to send anything
// else, whatever the code above it asks for.
func (c *account) client(a *app, mode clientMode, verbose bool) (*carto.Client, error) {
	cfg := carto.Config{
		Account: c.URL, APIKey: c.key, Transport: c.transport,
		ReadOnly: bool(mode), UserAgent: userAgent(),
	}
	if verbose {
		cfg.Log = slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return carto.New(cfg)
}

// fetcher downloads one-off URLs for the account.
func (c *account) fetcher(private bool) *apply.Fetcher {
	var transport http.RoundTripper = apply.PublicTransport()
	if private {
		transport = http.DefaultTransport
	}
	if !c.loopback {
		return &apply.Fetcher{Transport: transport}
	}
	own := c.transport
	if own == nil {
		own = http.DefaultTransport
	}
	return &apply.Fetcher{Transport: sandboxHosts{account: c.URL, own: own, next: transport}}
}

// sandboxHosts sends requests for hosts below sandbox.test, which no name server
// knows, to the account's own address: a sandbox serves files under such names.
type sandboxHosts struct {
	account string
	own     http.RoundTripper // speaks to the account
	next    http.RoundTripper
}

func (t sandboxHosts) RoundTrip(req *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(strings.ToLower(req.URL.Hostname()), ".sandbox.test") {
		return t.next.RoundTrip(req)
	}
	at, err := url.Parse(t.account)
	if err != nil {
		return nil, err
	}
	req = req.Clone(req.Context())
	req.Host = req.URL.Host
	req.URL.Scheme, req.URL.Host = at.Scheme, at.Host
	return t.own.RoundTrip(req)
}
