package sandbox_test

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// An api is a client that knows nothing but HTTP and JSON.
type api struct {
	t       testing.TB
	s       *sandbox.Sandbox
	client  *http.Client
	user    string
	key     string // sent as Basic; "" sends nothing
	headers http.Header
}

type object = map[string]any

// answer is a response that was read to its end.
type answer struct {
	Status int
	Body   string
	header http.Header
}

// open opens a sandbox that is closed at the end of the test.
func open(t testing.TB, c sandbox.Config) *api {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	s, err := sandbox.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return clientOf(t, s)
}

func clientOf(t testing.TB, s *sandbox.Sandbox) *api {
	return &api{t: t, s: s, client: &http.Client{Transport: s.Transport(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, user: "sandbox", key: sandbox.DefaultAPIKey}
}

// request builds a request of the account's owner. A body that is no reader is sent as JSON.
func (a *api) request(method, path string, body any) (*http.Request, error) {
	var reader io.Reader
	kind := ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		reader, kind = strings.NewReader(b.Encode()), "application/x-www-form-urlencoded"
	case string:
		reader, kind = strings.NewReader(b), "application/json"
	case *form:
		reader, kind = &b.body, b.kind
	case *stream:
		reader, kind = b.Reader, b.kind
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		reader, kind = bytes.NewReader(raw), "application/json"
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, "http://sandbox.test"+path, reader)
	if err != nil {
		return nil, err
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if a.key != "" {
		r.SetBasicAuth(a.user, a.key)
	}
	for key, values := range a.headers {
		r.Header[key] = values
	}
	return r, nil
}

// send makes a request that must be answered.
func (a *api) send(method, path string, body any) answer {
	a.t.Helper()
	r, err := a.request(method, path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	resp, err := a.client.Do(r)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{resp.StatusCode, string(b), resp.Header}
}

// ok makes a request that must succeed and decodes its answer.
func (a *api) ok(method, path string, body any) object {
	a.t.Helper()
	got := a.send(method, path, body)
	if got.Status/100 != 2 {
		a.t.Fatalf("%s %s: %d %s", method, path, got.Status, got.Body)
	}
	o := object{}
	if got.Body != "" {
		if err := json.Unmarshal([]byte(got.Body), &o); err != nil {
			a.t.Fatalf("%s %s: %v in %s", method, path, err, got.Body)
		}
	}
	return o
}

func (a *api) get(path string) object { a.t.Helper(); return a.ok("GET", path, nil) }

// A form is a multipart body.
type form struct {
	body bytes.Buffer
	kind string
}

// A stream is a body that is not kept.
type stream struct {
	io.Reader
	kind string
}

// upload builds a body with one file part and text parts.
func upload(t testing.TB, file, content string, values ...string) *form {
	t.Helper()
	f := &form{}
	w := multipart.NewWriter(&f.body)
	for i := 0; i < len(values); i += 2 {
		if err := w.WriteField(values[i], values[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if file != "" {
		part, err := w.CreateFormFile("file", file)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, content)
	}
	w.Close()
	f.kind = w.FormDataContentType()
	return f
}

// patience is how long something may take that comes to pass on the slowest machine.
const patience = 5 * time.Minute

// wait polls until an import has ended.
func (a *api) wait(id any) object {
	a.t.Helper()
	deadline := time.Now().Add(patience)
	for rest := time.Millisecond; ; rest = min(2*rest, 100*time.Millisecond) {
		job := a.get("/api/v1/imports/" + id.(string))
		if state := job["state"]; state == "complete" || state == "failure" {
			return job
		}
		if time.Now().After(deadline) {
			a.t.Fatalf("the import does not end: %v", job)
		}
		pause(a.t, rest)
	}
}

func pause(t testing.TB, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.Context().Done():
	}
}

// load uploads a file and waits; the import must succeed.
func (a *api) load(file, content string, values ...string) object {
	a.t.Helper()
	job := a.wait(a.ok("POST", "/api/v1/imports", upload(a.t, file, content, values...))["item_queue_id"])
	if job["state"] != "complete" {
		a.t.Fatalf("import of %s: %v", file, job)
	}
	return job
}

// query runs SQL and returns the rows.
func (a *api) query(q string) []any {
	a.t.Helper()
	return a.get("/api/v2/sql?" + url.Values{"q": {q}}.Encode())["rows"].([]any)
}

// dig follows keys into nested objects.
func dig(v any, keys ...string) any {
	for _, key := range keys {
		o, isObject := v.(object)
		if !isObject {
			return nil
		}
		v = o[key]
	}
	return v
}

// pick keeps some keys of an object.
func pick(o object, keys ...string) object {
	picked := object{}
	for _, key := range keys {
		if v, there := o[key]; there {
			picked[key] = v
		}
	}
	return picked
}

const stations = "name,docks,lat,lon\nPlaza,12,40.4,-3.7\nRetiro,20,40.41,-3.68\n"

func jsonDecode(body string, to any) error { return json.Unmarshal([]byte(body), to) }
