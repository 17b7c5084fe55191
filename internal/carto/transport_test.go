package carto

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

func TestCredentialsTravelInTheHeaderOnly(t *testing.T) {
	c, sent := answering(t, ok(`{"username":"acme"}`))
	if _, err := c.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := http.Header{
		"Accept":        {"application/json"},
		"User-Agent":    {"cartosync"},
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("acme:"+testKey))},
	}
	if diff := cmp.Diff(want, sent.headers[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GET /api/v1/users/me"}, sent.sent); diff != "" {
		t.Error(diff)
	}
}

func TestRequestsGoBelowTheAccountURL(t *testing.T) {
	sent := &recorder{answers: []scripted{ok(`{"username":"alice"}`)}}
	c := testClient(t, Config{Account: "https://team.carto.com/u/alice", Transport: sent, UserAgent: "probe/1"})
	if _, err := c.Me(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"GET /u/alice/api/v1/users/me"}, sent.sent); diff != "" {
		t.Error(diff)
	}
	if got := sent.headers[0].Get("User-Agent"); got != "probe/1" {
		t.Errorf("User-Agent %q", got)
	}
}

func redirectTo(status int, where string) scripted {
	return scripted{status: status, header: http.Header{"Location": {where}}, body: "<html>moved</html>"}
}

func TestRedirects(t *testing.T) {
	tests := []struct {
		name     string
		post     bool
		account  string
		answers  []scripted
		requests int
		want     string // of the error; "" for none
	}{
		{
			name:     "within the host it is followed",
			answers:  []scripted{redirectTo(302, "/api/v1/users/me?moved=1"), ok(`{"username":"acme"}`)},
			requests: 2,
		},
		{
			name:     "to another host the key does not go",
			answers:  []scripted{redirectTo(302, "https://evil.example.org/api/v1/users/me?token=tok3n")},
			requests: 1,
			want: "GET /api/v1/users/me: 302 Found: a redirect to https://evil.example.org/api/v1/users/me?token=" + secret.Placeholder +
				"; the API key is not sent to another address; check the account URL",
		},
		{
			name:     "to plain http neither",
			answers:  []scripted{redirectTo(301, "http://acme.carto.com/api/v1/users/me")},
			requests: 1,
			want:     "GET /api/v1/users/me: 301 Moved Permanently: a redirect to http://acme.carto.com/api/v1/users/me; the API key is not sent to another address; check the account URL",
		},
		{
			name:     "from http to https there is advice",
			account:  "http://localhost/user/acme",
			answers:  []scripted{redirectTo(301, "https://localhost/user/acme/api/v1/users/me")},
			requests: 1,
			want:     "GET /api/v1/users/me: 301 Moved Permanently: a redirect to https://localhost/user/acme/api/v1/users/me; write the account's URL with https",
		},
		{
			name:     "a circle ends",
			answers:  []scripted{redirectTo(302, "/api/v1/users/me")},
			requests: 6,
			want:     "GET /api/v1/users/me: 302 Found: a redirect to https://acme.carto.com/api/v1/users/me; redirects go in a circle; check the account URL",
		},
		{
			name:     "nowhere",
			answers:  []scripted{{status: 302}},
			requests: 1,
			want:     "GET /api/v1/users/me: 302 Found: a redirect to nowhere; check the account URL",
		},
		{
			name: "a write is not followed", post: true,
			answers:  []scripted{redirectTo(307, "/api/v1/elsewhere")},
			requests: 1,
			want:     "POST /api/v1/imports: 307 Temporary Redirect: a redirect to https://acme.carto.com/api/v1/elsewhere; a write is not sent to another address; check the account URL",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sent := &recorder{answers: tt.answers}
			c := testClient(t, Config{Account: tt.account, Transport: sent})
			var err error
			if tt.post {
				_, err = c.ImportURL(t.Context(), URLImport{URL: secret.New("https://example.org/x.csv")})
			} else {
				_, err = c.Me(t.Context())
			}
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
			if len(sent.sent) != tt.requests {
				t.Errorf("%d requests, want %d: %q", len(sent.sent), tt.requests, sent.sent)
			}
			if MaybeApplied(err) {
				t.Error("a refused redirect counts as applied")
			}
		})
	}
}

// A real client and two real listeners: whatever net/http does on its own, the
// second server must never see the key.
func TestKeyNeverReachesAnotherServer(t *testing.T) {
	var leaked []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leaked = append(leaked, r.Header.Get("Authorization"))
		io.WriteString(w, `{"username":"acme"}`)
	}))
	defer other.Close()
	own := httptest.NewServer(http.RedirectHandler(other.URL+"/api/v1/users/me", http.StatusFound))
	defer own.Close()
	c := testClient(t, Config{Account: own.URL + "/user/acme"})
	if _, err := c.Me(t.Context()); err == nil {
		t.Error("a redirect to another server was followed")
	}
	if len(leaked) > 0 {
		t.Errorf("the other server was asked, with Authorization %q", leaked)
	}
}

func TestAuthorizedOnlyForItsOrigin(t *testing.T) {
	var got []string
	rt := authorized{origin: "https://acme.carto.com", credential: secret.New("Y3JlZA"), next: roundTrip(func(r *http.Request) (*http.Response, error) {
		got = append(got, r.Header.Get("Authorization"))
		return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
	})}
	urls := []string{"https://acme.carto.com/x", "https://ACME.carto.com:443/x", "http://acme.carto.com/x", "https://acme.carto.com:444/x", "https://acme.carto.com.evil.org/x"}
	for _, u := range urls {
		req, err := http.NewRequestWithContext(t.Context(), "GET", u, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "left over")
		if _, err := rt.RoundTrip(req); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"Basic Y3JlZA", "Basic Y3JlZA", "", "", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func TestDebugLogIsRedacted(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	fail := roundTrip(func(r *http.Request) (*http.Response, error) {
		return nil, &url.Error{Op: "Get", URL: r.URL.String() + "&api_key=" + testKey, Err: errors.New("refused " + testKey)}
	})
	c := testClient(t, Config{Transport: fail, Log: log, Retries: -1})
	_, err := c.Query(t.Context(), "SELECT '"+testKey+"'")
	text := out.String() + message(err)
	for _, leak := range []string{testKey, base64.StdEncoding.EncodeToString([]byte("acme:" + testKey))} {
		if strings.Contains(text, leak) {
			t.Errorf("%q is in %s", leak, text)
		}
	}
	for _, want := range []string{"method=GET", "/api/v2/sql", "error=", "took="} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the log: %s", want, out.String())
		}
	}
	if strings.Contains(message(err), "https://") {
		t.Errorf("the error shows a URL: %v", err)
	}
}

func TestResponsesAreBounded(t *testing.T) {
	sent := &recorder{answers: []scripted{ok(`{"username":"` + strings.Repeat("x", 2000) + `"}`)}}
	c := testClient(t, Config{Transport: sent, MaxResponse: 1000})
	_, err := c.Me(t.Context())
	want := "GET /api/v1/users/me: the answer is larger than 1000 bytes, which no answer of CARTO should be"
	if diff := cmp.Diff(want, message(err)); diff != "" {
		t.Error(diff)
	}
	if len(sent.sent) != 1 {
		t.Errorf("asked %d times", len(sent.sent))
	}
}

// broken yields some bytes and then fails, as a connection does.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func TestReadsWhoseAnswerBreaksOffAreRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		c := testClient(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			n++
			resp := &http.Response{StatusCode: 200, Status: "200 OK", Body: io.NopCloser(strings.NewReader(`{"username":"acme"}`))}
			if n < 3 {
				resp.Body = io.NopCloser(broken{strings.NewReader(`{"username":`)})
			}
			return resp, nil
		})})
		if _, err := c.Me(t.Context()); err != nil || n != 3 {
			t.Errorf("%d requests, error %v", n, err)
		}
	})
}

// hanging never answers.
var hanging = roundTrip(func(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
})

func TestTimeouts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testClient(t, Config{Transport: hanging, Retries: -1})
		begin := time.Now()
		_, err := c.Me(t.Context())
		if diff := cmp.Diff("GET /api/v1/users/me: no answer within 1m0s: context deadline exceeded", message(err)); diff != "" {
			t.Error(diff)
		}
		if took := time.Since(begin); took != time.Minute {
			t.Errorf("gave up after %s", took)
		}
		if !errors.Is(err, context.DeadlineExceeded) || !Temporary(err) {
			t.Errorf("%v should be a deadline, and temporary", err)
		}
	})
}

func TestCancellationIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		c := testClient(t, Config{Transport: hanging})
		begin := time.Now()
		_, err := c.Me(ctx)
		if !errors.Is(err, context.Canceled) || Temporary(err) || time.Since(begin) != time.Second {
			t.Errorf("after %s: %v", time.Since(begin), err)
		}
	})
}

// Whoever answers a read may send it on, but not to where it would change something.
func TestReadOnlyRedirects(t *testing.T) {
	tests := []struct {
		to       string
		requests int // that are sent
		refused  bool
	}{
		{"/api/v1/users/acme", 2, false},
		{"/api/v2/sql?q=SELECT+1", 2, false},
		{"/api/v1/viz/imports", 2, false},
		{"/api/v1/imports", 1, true},
		{"/user/acme/api/v1/imports.json/", 1, true},
		{"/api/v2/sql?q=DROP+TABLE+roads", 1, true},
		{"/api/v1/sql?q=DROP+TABLE+roads", 1, true},
		{"/api/v2/sql?q=SELECT+1&q=DROP+TABLE+roads", 1, true},
		{"/api/v2/sql", 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.to, func(t *testing.T) {
			sent := &recorder{answers: []scripted{redirectTo(302, tt.to), ok(`{"username":"acme"}`)}}
			_, err := testClient(t, Config{Transport: sent, ReadOnly: true}).Me(t.Context())
			if errors.Is(err, ErrReadOnly) != tt.refused || len(sent.sent) != tt.requests {
				t.Errorf("sent %q: %v", sent.sent, err)
			}
		})
	}
}

func TestReadOnly(t *testing.T) {
	sent := &recorder{answers: []scripted{ok(`{"rows":[]}`)}}
	c := testClient(t, Config{Transport: sent, ReadOnly: true})
	ctx := t.Context()
	_, _, createSync := c.CreateSynchronization(ctx, SyncRequest{Interval: time.Hour, URL: secret.New("https://example.org/x.csv")})
	_, upload := c.Upload(ctx, Upload{Name: "x.csv", Body: strings.NewReader("a"), Size: 1})
	_, imports := c.Imports(ctx)
	_, update := c.UpdateDataset(ctx, idA, DatasetUpdate{Title: ptr("x")})
	_, now := c.SyncNow(ctx, idA)
	_, exec := c.Exec(ctx, "SELECT 1")
	_, drop := c.Query(ctx, "DROP TABLE x")
	for name, err := range map[string]error{
		"create synchronization": createSync, "upload": upload, "list import jobs": imports, "update": update,
		"sync now": now, "exec": exec, "drop by GET": drop, "delete": c.DeleteDataset(ctx, idA),
		"share": c.SetPermission(ctx, idA, nil), "delete connection": c.DeleteConnection(ctx, idA),
	} {
		if !errors.Is(err, ErrReadOnly) || MaybeApplied(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(sent.sent) != 0 {
		t.Errorf("a read-only client sent %q", sent.sent)
	}
	if _, err := c.Query(ctx, "SELECT 1"); err != nil {
		t.Errorf("a SELECT is refused: %v", err)
	}
}
