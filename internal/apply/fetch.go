package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/name"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/secret"
)

// maxRedirects is how many redirects a download follows, as CARTO's own does.
// Source: CartoDB/cartodb, services/importer/lib/importer/downloader.rb.
const maxRedirects = 5

// A Fetcher downloads one-off URLs, which cartosync uploads as files: what
// CARTO would call an import from a URL cannot be foretold.
type Fetcher struct {
	// Transport carries the requests. [PublicTransport] is the safe choice.
	Transport http.RoundTripper
	// MaxBytes is the largest download; 0 means 2 GiB.
	MaxBytes int64
}

// PublicTransport connects to public addresses only: a manifest must not make a
// CI runner read what only its own network can. Every connection is checked by
// the address it is made to, so neither redirects nor names that resolve
// differently later get around it.
func PublicTransport() *http.Transport {
	d := &net.Dialer{Timeout: time.Minute, Control: func(_, address string, _ syscall.RawConn) error {
		return publicAddress(address)
	}}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = nil
	t.DialContext = d.DialContext
	return t
}

func publicAddress(address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	ip := ap.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || sharedAddresses.Contains(ip) {
		return &privateError{ip}
	}
	return nil
}

// A privateError says that a URL leads into a private network.
type privateError struct{ ip netip.Addr }

func (e *privateError) Error() string {
	return fmt.Sprintf("%s is not a public address; pass --allow-private-urls if this is meant", e.ip)
}

// sharedAddresses is the range of carrier-grade NAT, private in all but name.
var sharedAddresses = netip.MustParsePrefix("100.64.0.0/10")

// A source is a URL to fetch, with what of it may be printed.
type source struct {
	url   secret.Value
	shown string         // references as they are written, for messages
	known []secret.Value // what references stand for: other texts may quote it
}

func (j *job) urlSource() (source, error) {
	text := j.dataset.Source.URL
	v, err := j.secret(text)
	if err != nil {
		return source{}, err
	}
	s := source{url: v, shown: secret.RedactURL(text.String())}
	if len(text.Refs()) > 0 {
		s.known = append(unwritten(v.Reveal(), text.Skeleton("\n")), v)
	}
	return s, nil
}

// unwritten are the parts of a URL that the manifest does not write out. A
// redirect or an error may quote them alone; very short ones stand in any text.
func unwritten(raw, literal string) []secret.Value {
	const shortest = 4
	var all []secret.Value
	for _, p := range strings.FieldsFunc(raw, func(r rune) bool { return strings.ContainsRune("/?&=#@:;", r) }) {
		if len(p) >= shortest && !strings.Contains(literal, p) {
			all = append(all, secret.New(p))
		}
	}
	return all
}

// fetch downloads the dataset's URL into a temporary file and looks at it. The
// look takes the place of the one that the plan has of files.
func (j *job) fetch(ctx context.Context) (*upload, error) {
	from, err := j.urlSource()
	if err != nil {
		return nil, err
	}
	ctx, over := patience(ctx)
	defer over()
	j.event("", "fetching", from.shown)
	f, file, err := j.Fetcher.download(ctx, from, j.Account.Limits.ImportFileSize)
	if err != nil {
		return nil, err
	}
	remove := temporary{f}.Close
	u, err := j.lookedAt(ctx, f, file)
	if err != nil {
		return nil, errors.Join(err, remove())
	}
	u.close = remove
	return u, nil
}

func (j *job) lookedAt(ctx context.Context, f *os.File, file string) (*upload, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	look, err := data.LookAt(ctx, file, f, info.Size(), j.importOptions())
	if err != nil {
		return nil, err
	}
	if look.Fault != nil {
		e := carto.Explain(look.Fault.Code)
		return nil, fmt.Errorf("what the URL gave is nothing that CARTO would import: %w; %s", look.Fault, e.Remedy)
	}
	if code, reason, hint := plan.TooMuch(look, j.Account.Limits); code != "" {
		return nil, fmt.Errorf("what the URL gave %s; %s", reason, hint)
	}
	if e := j.dataset.Expect; e != nil {
		if missed := plan.Missed(*e, look); len(missed) > 0 {
			return nil, fmt.Errorf("what the URL gave is not what expect says: %s; mend the source, or change expect", strings.Join(missed, ", "))
		}
	}
	j.fetched = &look
	j.warn(look.Warnings)
	return newUpload(f, file, look)
}

// warn notes what CARTO's importer would do to what was fetched, and nobody may
// want: the plan could not say so.
func (j *job) warn(found []data.Warning) {
	for _, w := range found {
		n := plan.WarningNote(w)
		j.note("what the URL gave: %s", strings.TrimSuffix(n.Problem+"; "+n.Hint, "; "))
	}
}

// download stores what a URL gives, of at most limit bytes (0 = any number), in a
// temporary file and says what CARTO would call that file.
func (f *Fetcher) download(ctx context.Context, from source, limit int64) (*os.File, string, error) {
	most := f.MaxBytes
	if most == 0 {
		most = 2 << 30
	}
	if limit > 0 {
		most = min(most, limit)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(stall, func() { cancel(errStalled) })
	defer watch.Stop()
	res, err := f.get(ctx, from)
	if err != nil {
		return nil, "", err
	}
	defer res.Body.Close()
	file, err := fileName(res)
	if err != nil {
		return nil, "", err
	}
	file = "download" + data.Extension(file) // the rest may be secret
	tmp, err := os.CreateTemp("", "cartosync-*"+path.Ext(file))
	if err != nil {
		return nil, "", notKept(err)
	}
	n, err := io.Copy(tmp, io.LimitReader(watched{res.Body, watch}, most+1))
	switch {
	case err != nil && ctx.Err() != nil && context.Cause(ctx) != errStalled:
		err = context.Cause(ctx)
	case notKept(err) != nil:
		err = notKept(err)
	case err != nil:
		err = sourceError(1103, "the download broke off after %d bytes: %s", n, from.describe(ctx, err))
	case n > most:
		err = sourceError(6666, "the download is larger than %d bytes", most)
	case res.ContentLength >= 0 && n != res.ContentLength:
		err = sourceError(1103, "the download has %d of %d bytes", n, res.ContentLength)
	}
	if err != nil {
		tmp.Close()
		os.Remove(tmp.Name())
		return nil, "", err
	}
	return tmp, file, nil
}

// notKept blames this machine's disk for what is its fault and not the source's; nil
// if it is not.
func notKept(err error) error {
	var local *os.PathError
	if !errors.As(err, &local) {
		return nil
	}
	return fmt.Errorf("the download cannot be kept in %s: %w; make room there, or set TMPDIR to another directory", os.TempDir(), local.Err)
}

// stall is how long a download may stand still, before its answer or in it.
const stall = 2 * time.Minute

var errStalled = fmt.Errorf("nothing came for %s", stall)

// watched puts a timer off with everything that is read.
type watched struct {
	r     io.Reader
	timer *time.Timer
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 {
		w.timer.Reset(stall)
	}
	return n, err
}

// get follows redirects by http and https only. An answer other than success
// is the error that CARTO's own download would report.
func (f *Fetcher) get(ctx context.Context, from source) (*http.Response, error) {
	client := http.Client{
		Transport: f.Transport,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
				return errors.New("a redirect leads away from http and https")
			}
			return nil
		},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from.url.Reveal(), nil)
	if err != nil {
		return nil, errors.New("source.url is not a URL that can be fetched; check it")
	}
	req.Header.Set("Accept-Encoding", "identity") // the length is compared
	res, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil && context.Cause(ctx) != errStalled {
			return nil, context.Cause(ctx)
		}
		if private := (*privateError)(nil); errors.As(err, &private) {
			return nil, fmt.Errorf("%s: %w", from.shown, private)
		}
		return nil, fmt.Errorf("%s: %s (CARTO's error 1001: %s); check that the URL answers from here, and apply again",
			from.shown, from.describe(ctx, err), carto.Explain(1001).Meaning)
	}
	if res.StatusCode/100 == 2 {
		return res, nil
	}
	res.Body.Close()
	code := 1001
	switch res.StatusCode {
	case http.StatusNotFound:
		code = 1100
	case http.StatusUnauthorized:
		code = 1101
	}
	return nil, sourceError(code, "%s answered %s", from.shown, secret.RedactText(res.Status, from.known...))
}

// describe is an error of net/http without the URL that it repeats.
func (s source) describe(ctx context.Context, err error) string {
	if context.Cause(ctx) == errStalled {
		return errStalled.Error()
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return secret.RedactText(err.Error(), s.known...)
}

// sourceError speaks of a source as CARTO's import would: with its code, what
// the code means and what to do.
func sourceError(code int, format string, args ...any) error {
	e := carto.Explain(code)
	return fmt.Errorf("%s (CARTO's error %d: %s); %s", fmt.Sprintf(format, args...), code, e.Meaning, e.Remedy)
}

// fileName is what CARTO would call the download. Only its ending matters here,
// since the upload bears the dataset's name.
func fileName(res *http.Response) (string, error) {
	kind := res.Header.Get("Content-Type")
	file, ok := name.FromURL(res.Request.URL.String(), res.Header.Get("Content-Disposition"), kind)
	if ok {
		return path.Base(file), nil
	}
	media, _, _ := mime.ParseMediaType(kind)
	if ext, ok := extensions[strings.ToLower(media)]; ok {
		return "download" + ext, nil
	}
	return "", sourceError(1002, "neither the URL nor the answer's type (%q) says what format this is", kind)
}

// extensions are for URLs whose last part names no file.
var extensions = map[string]string{
	"text/csv":                     ".csv",
	"text/tab-separated-values":    ".tsv",
	"application/geo+json":         ".geojson",
	"application/vnd.geo+json":     ".geojson",
	"application/json":             ".json",
	"application/zip":              ".zip",
	"application/x-zip-compressed": ".zip",
	"application/gzip":             ".csv.gz",
}
