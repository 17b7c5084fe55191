package carto

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

const (
	testKey     = "k3y_of_the_account"
	testAccount = "https://acme.carto.com"

	idA = "aaaaaaaa-0000-4000-8000-000000000001"
	idB = "bbbbbbbb-0000-4000-8000-000000000002"
	idC = "cccccccc-0000-4000-8000-000000000003"
)

// roundTrip is a transport made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer req.Body.Close()
	}
	return f(req)
}

// serve lets a handler answer without a socket.
func serve(h http.HandlerFunc) roundTrip {
	return func(req *http.Request) (*http.Response, error) {
		w := httptest.NewRecorder()
		if req.Body == nil {
			req = req.Clone(req.Context())
			req.Body = http.NoBody
		}
		h(w, req)
		return w.Result(), nil
	}
}

// A recorder keeps what was sent and answers from a script; the last answer
// repeats.
type recorder struct {
	mu      sync.Mutex
	answers []scripted
	sent    []string // METHOD path?query body
	headers []http.Header
	at      []time.Time
}

// A scripted is one answer: an error, or status, header and body.
type scripted struct {
	status int
	body   string
	header http.Header
	err    error
}

func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		defer req.Body.Close()
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	line := req.Method + " " + req.URL.RequestURI()
	if len(body) > 0 {
		line += " " + string(body)
	}
	r.sent = append(r.sent, line)
	r.headers = append(r.headers, req.Header.Clone())
	r.at = append(r.at, time.Now())
	a := r.answers[min(len(r.sent), len(r.answers))-1]
	if a.err != nil {
		return nil, a.err
	}
	header := a.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode: a.status, Header: header, Body: io.NopCloser(strings.NewReader(a.body)), Request: req,
	}, nil
}

// answering returns a client whose server answers from a script, and what it
// will have been sent.
func answering(t *testing.T, answers ...scripted) (*Client, *recorder) {
	t.Helper()
	r := &recorder{answers: answers}
	return testClient(t, Config{Transport: r}), r
}

func testClient(t *testing.T, cfg Config) *Client {
	t.Helper()
	if cfg.Account == "" {
		cfg.Account = testAccount
	}
	if cfg.APIKey.IsZero() {
		cfg.APIKey = secret.New(testKey)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func ptr[T any](v T) *T { return &v }

func ok(body string) scripted { return scripted{status: 200, body: body} }

// text of an error, "" for none.
func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
