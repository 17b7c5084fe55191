package apply

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestPublicAddresses(t *testing.T) {
	for address, public := range map[string]bool{
		"93.184.216.34:443":        true,
		"[2606:2800:220:1::1]:443": true,
		"127.0.0.1:80":             false,
		"[::1]:80":                 false,
		"10.1.2.3:80":              false,
		"172.16.0.1:80":            false,
		"192.168.1.1:80":           false,
		"169.254.169.254:80":       false, // where clouds keep their credentials
		"100.64.0.1:80":            false,
		"0.0.0.0:80":               false,
		"[::ffff:10.0.0.1]:80":     false,
		"[fd00::1]:80":             false,
		"[fe80::1]:80":             false,
		"224.0.0.1:80":             false,
	} {
		if err := publicAddress(address); (err == nil) != public {
			t.Errorf("%s: %v", address, err)
		}
	}
}

type answers func(*http.Request) (*http.Response, error)

func (f answers) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(r *http.Request, status int, header http.Header, body string) *http.Response {
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Header: header, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), ProtoMajor: 1,
	}
}

// TestDownloadsFailInWords: whatever a URL answers, the error says what, CARTO's
// code for it and what to do, and nothing stays on the disk.
func TestDownloadsFailInWords(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	const address = "http://example.org/a.csv?token=geheim"
	for _, c := range []struct {
		name string
		does answers
		says string
	}{
		{"not there", func(r *http.Request) (*http.Response, error) { return answer(r, 404, nil, ""), nil }, "error 1100"},
		{"not allowed", func(r *http.Request) (*http.Response, error) { return answer(r, 401, nil, ""), nil }, "error 1101"},
		{"broken", func(r *http.Request) (*http.Response, error) { return answer(r, 500, nil, ""), nil }, "error 1001"},
		{"unreachable", func(r *http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }, "connection refused (CARTO's error 1001"},
		{"too large", func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, nil, strings.Repeat("x", 11)), nil
		}, "larger than 10 bytes"},
		{"cut short", func(r *http.Request) (*http.Response, error) {
			res := answer(r, 200, nil, "a\n1\n")
			res.ContentLength = 9
			return res, nil
		}, "4 of 9 bytes"},
		{"redirects without end", func(r *http.Request) (*http.Response, error) {
			return answer(r, 302, http.Header{"Location": {"http://example.org/b.csv"}}, ""), nil
		}, "more than 5 redirects"},
		{"a redirect to a file", func(r *http.Request) (*http.Response, error) {
			return answer(r, 302, http.Header{"Location": {"file:///etc/passwd"}}, ""), nil
		}, "away from http and https"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := &Fetcher{Transport: c.does, MaxBytes: 10}
			_, _, err := f.download(t.Context(), source{url: secret.New(address), shown: secret.RedactURL(address)}, 0)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it reads %v, wanted %q", err, c.says)
			}
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("the token is printed: %v", err)
			}
			left, err := os.ReadDir(os.TempDir())
			if err != nil || len(left) != 0 {
				t.Errorf("left on the disk: %v %v", left, err)
			}
		})
	}
}

// TestDownloadsDoNotPrintTheirSecrets: not even one in the path, whoever quotes
// it.
func TestDownloadsDoNotPrintTheirSecrets(t *testing.T) {
	const address = "http://example.org/GEHEIM-1/a.csv"
	from := source{url: secret.New(address), shown: "http://example.org/${env:CARTOSYNC_SECRET_T}/a.csv", known: unwritten(address, "http://example.org/\n/a.csv")}
	for name, does := range map[string]answers{
		"not there":        func(r *http.Request) (*http.Response, error) { return answer(r, 404, nil, ""), nil },
		"quotes the URL":   func(r *http.Request) (*http.Response, error) { return nil, errors.New("no way to " + address) },
		"quotes its path":  func(r *http.Request) (*http.Response, error) { return nil, errors.New("no route for /GEHEIM-1") },
		"a private server": func(r *http.Request) (*http.Response, error) { return nil, &privateError{} },
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := (&Fetcher{Transport: does}).download(t.Context(), from, 0)
			if err == nil || strings.Contains(err.Error(), "GEHEIM") || name != "quotes its path" && !strings.Contains(err.Error(), from.shown) {
				t.Errorf("it reads %v", err)
			}
		})
	}
}

// TestDownloadThatStandsStillEnds: before its answer, and in the middle of it.
func TestDownloadThatStandsStillEnds(t *testing.T) {
	for name, does := range map[string]answers{
		"without an answer": func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		},
		"in its body": func(r *http.Request) (*http.Response, error) {
			res := answer(r, 200, nil, "")
			res.ContentLength = -1
			res.Body = io.NopCloser(io.MultiReader(strings.NewReader("a\n1\n"), silent{r.Context()}))
			return res, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from := source{url: secret.New("http://example.org/a.csv"), shown: "http://example.org/a.csv"}
				_, _, err := (&Fetcher{Transport: does}).download(t.Context(), from, 0)
				if err == nil || !strings.Contains(err.Error(), "nothing came for 2m0s") {
					t.Errorf("it reads %v", err)
				}
			})
		})
	}
}

// silent says nothing until its context ends.
type silent struct{ ctx context.Context }

func (s silent) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func TestFormatOfADownload(t *testing.T) {
	for _, c := range []struct{ url, disposition, kind, want string }{
		{"http://example.org/a/trees.csv?x=1", "", "text/csv", "trees.csv"},
		{"http://example.org/export", `attachment; filename="trees.geojson"`, "application/json", "trees.json"},
		{"http://example.org/export", "", "text/csv; charset=utf-8", "download.csv"},
		{"http://example.org/export", "", "application/geo+json", "download.geojson"},
		{"http://example.org/export", "", "text/html", ""},
	} {
		t.Run(c.url+" "+c.kind, func(t *testing.T) {
			r, err := http.NewRequest(http.MethodGet, c.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			res := answer(r, 200, http.Header{"Content-Type": {c.kind}, "Content-Disposition": {c.disposition}}, "")
			if got, err := fileName(res); got != c.want || (err != nil) != (c.want == "") {
				t.Errorf("it is called %q, %v; wanted %q", got, err, c.want)
			}
		})
	}
}
