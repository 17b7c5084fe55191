package carto

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// defaultTransport keeps enough connections alive for a pool of import slots
// and pages read side by side, and lets an upload be refused before it is sent.
func defaultTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   16,
		IdleConnTimeout:       60 * time.Second,
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: 2 * time.Second,
	}
}

// identified says which program asks.
type identified struct {
	next  http.RoundTripper
	agent string
}

func (t identified) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", t.agent)
	return t.next.RoundTrip(req)
}

// authorized adds the credentials, and only to requests for the account's own
// scheme and host.
type authorized struct {
	next       http.RoundTripper
	origin     string
	credential secret.Value
}

func (t authorized) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if originOf(req.URL) == t.origin {
		req.Header.Set("Authorization", "Basic "+t.credential.Reveal())
	}
	return t.next.RoundTrip(req)
}

func basicCredential(user string, key secret.Value) secret.Value {
	return secret.New(base64.StdEncoding.EncodeToString([]byte(user + ":" + key.Reveal())))
}

// originOf is the scheme and host of a URL, spelt as [Account.origin] spells them.
func originOf(u *url.URL) string {
	return u.Scheme + "://" + canonicalHost(u, u.Scheme)
}

// timed bounds one attempt, reading the answer included.
type timed struct{ next http.RoundTripper }

func (t timed) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if limit := callOf(ctx).timeout; limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit,
			fmt.Errorf("no answer within %s: %w", limit, context.DeadlineExceeded))
		defer cancel()
	}
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil && ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return resp, err
}

// buffered reads each answer whole, so that the layers above may look at a
// body, repeat a request whose answer broke off, and never leak a connection.
type buffered struct {
	next  http.RoundTripper
	limit int64
}

func (t buffered) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.limit+1))
	if err != nil {
		return nil, fmt.Errorf("the answer (%s) broke off after %d bytes: %w", resp.Status, len(body), err)
	}
	if int64(len(body)) > t.limit {
		return nil, &tooLargeError{limit: t.limit}
	}
	answer := *resp
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.ContentLength = int64(len(body))
	return &answer, nil
}

// tooLargeError is an answer beyond the limit; asking again would not help.
type tooLargeError struct{ limit int64 }

func (e *tooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d bytes, which no answer of CARTO should be", e.limit)
}
