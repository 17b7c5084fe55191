package carto

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// hint says what to do about an answer, where its own words do not.
func (c *Client) hint(e *APIError) string {
	switch e.Status {
	case http.StatusUnauthorized:
		if strings.HasPrefix(e.Path, syncsPath) {
			return "check CARTO_API_KEY, and that the account may use synchronizations: CARTO answers alike"
		}
		return fmt.Sprintf("check CARTO_API_KEY: it must be the master key of user %q", c.account.User)
	case http.StatusForbidden:
		if len(e.Messages) == 0 {
			return "the key's user may not do this; check that the dataset is its own, that it is no viewer and the account is activated"
		}
	case http.StatusNotFound:
		if len(e.Messages) == 0 {
			return "it is not there, or the account is locked or in maintenance"
		}
	case http.StatusLengthRequired, http.StatusRequestEntityTooLarge:
		return "the server or a proxy in front of it does not take a request of this size; split the file or ask its operator"
	case http.StatusTooManyRequests:
		return e.patience()
	case http.StatusInternalServerError:
		if e.Method == http.MethodPost && strings.HasPrefix(e.Path, syncsPath) {
			return "CARTO answers so to connector parameters it cannot use; check the connection and look whether a synchronization was left behind"
		}
		return "an error of the server; try again, and ask its operator if it stays"
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusRequestTimeout:
		return "the server did not answer the proxy in front of it; try again later"
	case http.StatusBadRequest:
		return e.badRequestHint()
	}
	return ""
}

func (e *APIError) patience() string {
	if e.After > 0 {
		return fmt.Sprintf("wait %s and try again", e.After.Round(time.Second))
	}
	if strings.HasSuffix(e.Path, importsPath) {
		return "wait for a running import job to end and try again"
	}
	return "wait a moment and try again"
}

func (e *APIError) badRequestHint() string {
	switch {
	case e.Temporary():
		return "somebody uses the table; try again"
	case e.mentions("depend on it", "depends on"):
		return "drop the view that depends on the table first"
	case e.mentions("viewer users"):
		return "the account is a viewer, which may read only; ask for a builder seat"
	case e.mentions("invalid url"):
		return "CARTO fetches http, https and ftp on ports 80, 443 and 21 only"
	}
	return ""
}

// describeRedirect explains why a redirect was not followed.
func (c *Client) describeRedirect(e *APIError, a answer, from *url.URL) {
	e.Messages, e.Body = nil, ""
	target, err := location(from, a.header)
	if err != nil {
		e.Problem = "a redirect to nowhere"
		e.Hint = "check the account URL"
		return
	}
	e.Problem = "a redirect to " + c.clean(secret.RedactURL(target.String()), maxSnippet)
	switch {
	case from.Scheme == "http" && target.Scheme == "https" && target.Hostname() == from.Hostname():
		e.Hint = "write the account's URL with https"
	case originOf(target) != c.account.origin():
		e.Hint = "the API key is not sent to another address; check the account URL"
	case e.Method != http.MethodGet && e.Method != http.MethodHead:
		e.Hint = "a write is not sent to another address; check the account URL"
	default:
		e.Hint = "redirects go in a circle; check the account URL"
	}
}

// transportError describes a request that got no answer. The cause may quote
// the whole URL, so its text is redacted and the URL taken off.
func (c *Client) transportError(a answer, err error) error {
	if errors.Is(err, ErrReadOnly) {
		return fmt.Errorf("%s %s: %w", a.method, a.path, err)
	}
	err = cause(err)
	return &TransportError{
		Method: a.method, Path: a.path,
		Sent: maybeSent(err),
		Text: c.clean(words(err), maxMessage, a.secrets...),
		Hint: transportHint(err),
		Err:  err,
	}
}

// cause takes off the layer of http.Client, which prints whole URLs.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func transportHint(err error) string {
	switch {
	case isUnknownHost(err):
		return "check the account URL"
	case isUntrusted(err):
		return "the server's certificate is not trusted on this machine; install its authority's certificate or check the account URL"
	case isNotTLS(err):
		return "the server does not speak https there; check scheme and port of the account URL"
	case isDial(err):
		return "check the account URL, the network and the proxy settings"
	}
	return ""
}

// maybeSent is false only where the connection never came about.
func maybeSent(err error) bool {
	return !isDial(err) && !isUnknownHost(err) && !isUntrusted(err) && !isNotTLS(err)
}

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect" || op.Op == "socks connect")
}

func isUnknownHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

func isUntrusted(err error) bool {
	var cert *tls.CertificateVerificationError
	return errors.As(err, &cert)
}

func isNotTLS(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record)
}

func isTooLarge(err error) bool {
	var large *tooLargeError
	return errors.As(err, &large)
}
