package carto

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// A Config says which account a client speaks for, and how.
type Config struct {
	Account string       // the account's URL, see [ParseAccount]
	APIKey  secret.Value // the account's master key

	// Transport carries the requests; nil means a tuned [http.Transport].
	// Redirects are never followed by it, and its answers are read whole.
	Transport http.RoundTripper

	// ReadOnly refuses, before anything is sent, every request but GET and
	// HEAD, and those GETs that change something on the server.
	ReadOnly bool

	UserAgent string       // empty means "cartosync"
	Log       *slog.Logger // one debug record per request, redacted; nil logs nothing

	// Retries is how often a request that is safe to repeat is repeated; zero
	// means 3, a negative number means never.
	Retries  int
	Timeouts Timeouts

	// MaxResponse is the largest answer that is read, in bytes; zero means 64 MiB.
	MaxResponse int64
}

// Timeouts bound the wait for the server. Zero fields take the defaults.
type Timeouts struct {
	Read    time.Duration // one attempt of a GET or HEAD; 60 s
	Write   time.Duration // one attempt of anything else; 2 min
	Connect time.Duration // requests inside which the server opens a remote database; 3 min
	Stall   time.Duration // how long an upload may not advance; 2 min
	Answer  time.Duration // the answer to an upload, once its last byte is sent; 10 min
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, def time.Duration) {
		if *d <= 0 {
			*d = def
		}
	}
	set(&t.Read, time.Minute)
	set(&t.Write, 2*time.Minute)
	set(&t.Connect, 3*time.Minute)
	set(&t.Stall, 2*time.Minute)
	set(&t.Answer, 10*time.Minute)
	return t
}

// A Client speaks for one account. It is safe for concurrent use.
type Client struct {
	account  Account
	secrets  []secret.Value // what no text may contain
	timeouts Timeouts
	readOnly bool
	next     http.RoundTripper
}

// CARTO reads the credentials up to the first character that is not a letter,
// digit or underscore once they are base64: keys of other characters could be
// cut in two there. Source: CartoDB/cartodb: config/initializers/warden.rb.
var apiKey = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// New returns a client for the account, without speaking to it yet: call
// [Client.Me] first, since CARTO answers some requests even with a wrong key.
func New(cfg Config) (*Client, error) {
	account, err := ParseAccount(cfg.Account)
	if err != nil {
		return nil, err
	}
	if cfg.APIKey.IsZero() {
		return nil, fmt.Errorf("no API key for %s; set CARTO_API_KEY to the account's master key", account)
	}
	if !apiKey.MatchString(cfg.APIKey.Reveal()) {
		return nil, errors.New("the API key holds characters that no CARTO key has, perhaps a line break or quotes; copy it again")
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "cartosync"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Transport == nil {
		cfg.Transport = defaultTransport()
	}
	if cfg.MaxResponse <= 0 {
		cfg.MaxResponse = 64 << 20
	}
	switch {
	case cfg.Retries == 0:
		cfg.Retries = 3
	case cfg.Retries < 0:
		cfg.Retries = 0
	}
	credential := basicCredential(account.User, cfg.APIKey)
	c := &Client{
		account:  account,
		secrets:  []secret.Value{cfg.APIKey, credential},
		timeouts: cfg.Timeouts.withDefaults(),
		readOnly: cfg.ReadOnly,
	}
	c.next = c.chain(cfg, credential)
	return c, nil
}

// Account returns the account that the client speaks for.
func (c *Client) Account() Account { return c.account }

// chain builds the round trippers, each with one concern. From the outside in:
// what is safe is repeated, redirects are judged, what may not be sent is refused,
// every attempt is logged, counted and bounded in time, the request says who it comes from,
// and the answer is read whole.
func (c *Client) chain(cfg Config, credential secret.Value) http.RoundTripper {
	var rt http.RoundTripper = buffered{next: cfg.Transport, limit: cfg.MaxResponse}
	rt = authorized{next: rt, origin: c.account.origin(), credential: credential}
	rt = identified{next: rt, agent: cfg.UserAgent}
	rt = timed{next: rt}
	rt = counted{next: rt}
	rt = logged{next: rt, log: cfg.Log, redact: c.redact}
	if cfg.ReadOnly {
		rt = readOnly{next: rt}
	}
	rt = redirected{next: rt, origin: c.account.origin()}
	return retried{next: rt, retries: cfg.Retries}
}

// redact cleans a text that came from outside of everything secret that the
// client knows of, and of what looks like a secret.
func (c *Client) redact(s string, more ...secret.Value) string {
	known := append(c.secrets[:len(c.secrets):len(c.secrets)], more...)
	return secret.RedactText(s, known...)
}
