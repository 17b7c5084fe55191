package work

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// Limits of a download.
// Source: CartoDB/cartodb: services/importer/lib/importer/downloader.rb.
const (
	maxRedirects   = 5
	connectTimeout = 60 * time.Second
	leastPerSecond = 75 << 10 // bytes
)

// downloadTimeout is the time in which all that the account may hold would come at 75 KB a second.
// Source: CartoDB/cartodb: app/models/data_import.rb (http_timeout_for).
func (w *Worker) downloadTimeout() time.Duration {
	if w.Limits.Storage <= 0 {
		return 600 * time.Second
	}
	return time.Duration(max(1, w.Limits.Storage/leastPerSecond)) * time.Second
}

// newClient is an HTTP client that goes nowhere but where it may.
func (w *Worker) newClient() *http.Client {
	dialer := &net.Dialer{Timeout: connectTimeout}
	// CARTO does not verify the certificates of sources either.
	insecure := &tls.Config{InsecureSkipVerify: true}
	network := &http.Transport{DisableKeepAlives: true, TLSClientConfig: insecure, DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		// An allowed name may lead anywhere; localhost must lead to this machine, whatever a resolver says of it.
		if !w.allowed(host) {
			host = "127.0.0.1"
		}
		return dialer.DialContext(ctx, network, net.JoinHostPort(host, port))
	}}
	return &http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			switch host := r.URL.Hostname(); {
			case host == FilesHost:
				return InProcess(w.files).RoundTrip(r)
			case !isLoopback(host) && !w.allowed(host):
				return nil, errNotAllowed
			}
			return network.RoundTrip(r)
		}),
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			switch {
			case len(via) > maxRedirects:
				return errors.New("too many redirects")
			case !ValidURL(r.URL.String()):
				return errNotAllowed
			}
			return nil
		},
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// validators are what tells whether a source has changed.
type validators struct {
	etag     *string // without its quotes
	modified *time.Time
}

func validatorsOf(h http.Header) validators {
	var v validators
	unquote := strings.NewReplacer(`"`, "", "'", "")
	if e := unquote.Replace(h.Get("ETag")); e != "" {
		v.etag = &e
	}
	if t, err := http.ParseTime(unquote.Replace(h.Get("Last-Modified"))); err == nil {
		t = t.UTC()
		v.modified = &t
	}
	return v
}

// or fills in what is missing: a source that told nothing to a HEAD may have told it with the file.
func (v validators) or(other validators) validators {
	if v.etag == nil {
		v.etag = other.etag
	}
	if v.modified == nil {
		v.modified = other.modified
	}
	return v
}

// changed compares what was stored with what a source says now. A validator that is missing on either side says nothing,
// and without any stored one the source always counts as changed.
func (now validators) changed(stored validators) bool {
	if stored.etag == nil && stored.modified == nil {
		return true
	}
	return now.etag != nil && stored.etag != nil && *now.etag != *stored.etag ||
		now.modified != nil && stored.modified != nil && stored.modified.Before(*now.modified)
}

// head asks a source for its validators and its length, -1 if it tells none. A source that refuses HEAD for whatever
// reason but slowness just tells nothing.
func (w *Worker) head(ctx context.Context, raw string) (v validators, length int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.downloadTimeout())
	defer cancel()
	resp, err := w.request(ctx, http.MethodHead, raw)
	if err != nil {
		var f *Failure
		if errors.As(err, &f) && f.Code == codeTimeout {
			f.Early = true
			return v, -1, err
		}
		return v, -1, ctx.Err()
	}
	defer resp.Body.Close()
	if resp.StatusCode/100 != 2 {
		return v, -1, nil
	}
	return validatorsOf(resp.Header), resp.ContentLength, nil
}

func (w *Worker) request(ctx context.Context, method, raw string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, translateURL(raw), nil)
	if err != nil {
		return nil, fail(codeUnresolved, "%v", err)
	}
	if rule, hit := w.take(request{method, r.URL.Path}, sourceFault(method)); hit {
		return &http.Response{StatusCode: rule.Status, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	resp, err := w.fetch.Do(r)
	if err != nil {
		return nil, fetchFailure(err)
	}
	return resp, nil
}

// fetchFailure gives the code for a request that got no answer.
func fetchFailure(err error) error {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, errNotAllowed), errors.As(err, &dns):
		return &Failure{Code: codeUnresolved, Problem: plainly(err)}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &Failure{Code: codeTimeout, Problem: plainly(err)}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Failure{Code: codePartial, Problem: plainly(err)}
	}
	return &Failure{Code: codeDownload, Problem: plainly(err)}
}

// plainly is an error of net/http without the URL, which may hold a token.
func plainly(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}

// A download is a fetched file.
type download struct {
	path, name string // where it is, and which name it was given
	validators validators
}

func (d *download) remove() { os.RemoveAll(filepath.Dir(d.path)) }

// download fetches a URL into a file. Even a failed one is returned if it left something to remove.
func (w *Worker) download(ctx context.Context, raw, id string) (*download, error) {
	ctx, cancel := context.WithTimeout(ctx, w.downloadTimeout())
	defer cancel()
	if _, length, err := w.head(ctx, raw); err != nil {
		return nil, err
	} else if err := w.checkLength(ctx, length); err != nil {
		return nil, err
	}
	resp, err := w.request(ctx, http.MethodGet, raw)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := statusFailure(resp.StatusCode); err != nil {
		return nil, err
	}
	d := &download{name: w.fileName(translateURL(raw), resp.Header), validators: validatorsOf(resp.Header)}
	dir := filepath.Join(w.scratch(), id)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	d.path = filepath.Join(dir, "source")
	return d, w.save(ctx, d.path, resp.Body)
}

func (w *Worker) checkLength(ctx context.Context, length int64) error {
	if length < 0 {
		return nil
	}
	if err := w.checkAnnounced(length); err != nil {
		return err
	}
	left, err := w.storageLeft(ctx)
	if err == nil && length > left {
		err = fail(codeStorage, "the source has %d bytes, %d are left", length, left)
	}
	return err
}

// checkAnnounced refuses a source that says itself that it is bigger than the account may import.
func (w *Worker) checkAnnounced(length int64) error {
	if w.Limits.FileSize > 0 && length > w.Limits.FileSize {
		return failEarly(codeFileSize, "the source has %d bytes, the account may import %d", length, w.Limits.FileSize)
	}
	return nil
}

func statusFailure(status int) error {
	if status/100 == 2 {
		return nil
	}
	f := &Failure{Code: codeDownload, Problem: fmt.Sprintf("the source answered %d %s", status, http.StatusText(status)), HTTP: status}
	switch status {
	case http.StatusNotFound:
		f.Code = codeNotFound
	case http.StatusUnauthorized:
		f.Code = codeUnauthorized
	}
	return f
}

// fileName is the name of a download; a random one when nothing names it, as on the server.
func (w *Worker) fileName(raw string, h http.Header) string {
	random := make([]byte, 16)
	rand.Read(random)
	if _, hit := w.take(request{http.MethodGet, pathOf(raw)}, fault.Unnamed); hit {
		random = w.Faults.Bytes(len(random))
	} else if file, ok := name.FromURL(raw, h.Get("Content-Disposition"), h.Get("Content-Type")); ok {
		return file
	}
	file := base64.RawURLEncoding.EncodeToString(random)
	if named, ok := name.FromURL(raw, "attachment; filename="+file, h.Get("Content-Type")); ok {
		return named
	}
	return file
}

// save writes a body to a file, up to what the account may import and has room for.
func (w *Worker) save(ctx context.Context, path string, body io.Reader) error {
	limit, err := w.storageLeft(ctx)
	if err != nil {
		return err
	}
	if w.Limits.FileSize > 0 {
		limit = min(limit, w.Limits.FileSize)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(f, io.LimitReader(body, max(0, limit)+1))
	switch {
	case err != nil:
		return fetchFailure(err)
	case n > limit:
		return fail(codeFileSize, "the source has more than %d bytes", limit)
	}
	return f.Close()
}
