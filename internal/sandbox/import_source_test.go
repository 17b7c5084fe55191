package sandbox_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

// parts builds a multipart body of file parts: field, file name and content of each.
func parts(t *testing.T, list ...string) *form {
	t.Helper()
	f := &form{}
	w := multipart.NewWriter(&f.body)
	for i := 0; i < len(list); i += 3 {
		part, err := w.CreateFormFile(list[i], list[i+1])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(part, list[i+2])
	}
	w.Close()
	f.kind = w.FormDataContentType()
	return f
}

// Of several sources the server takes one: by sql or table_copy before all, then url, connector, and the upload at last.
// Source: CartoDB/cartodb: app/controllers/api/json/imports_controller.rb, app/models/data_import.rb (run_import!).
func TestImportSources(t *testing.T) {
	t.Parallel()
	server, _ := source(t)
	road, lane := server.URL+"/road.csv", server.URL+"/lane.csv"
	tests := []struct {
		name string
		path string
		body any
		want object
	}{
		{"a URL and a connector", "", object{"url": road, "connector": hive("table", "loose")}, object{"table_name": "road", "data_type": "url", "original_url": road, "display_name": "road.csv"}},
		{"a URL and a file", "?url=" + url.QueryEscape(road), parts(t, "file", "x.csv", "a\n1\n"), object{"table_name": "road", "data_type": "url", "original_url": road}},
		{"a connector and a file", "?connector[provider]=hive&connector[connection][server]=h&connector[table]=loose", parts(t, "file", "x.csv", "a\n1\n"),
			object{"table_name": "loose", "data_type": "datasource", "original_url": ""}},
		{"table_copy before sql before a URL", "", object{"url": road, "sql": "SELECT 1 AS a", "table_copy": "stations", "table_name": "copy"},
			object{"table_name": "copy", "data_type": "query", "original_url": road, "display_name": "road.csv"}},
		{"an item beside a URL is what is fetched", "", object{"url": road, "service_item_id": lane}, object{"table_name": "lane", "data_type": "url", "original_url": road}},
		{"an item alone is fetched too", "", object{"service_name": "public_url", "service_item_id": lane}, object{"table_name": "lane", "data_type": "datasource", "original_url": "", "display_name": "lane.csv"}},
		{"filename before file", "", parts(t, "file", "x.csv", "a\n1\n", "filename", "y.csv", "a\n1\n"), object{"table_name": "y", "data_type": "file", "display_name": "y.csv"}},
		{"the query before the body", "?url=" + url.QueryEscape(road), object{"url": lane}, object{"table_name": "road"}},
		{"a form", "", url.Values{"url": {road}}, object{"table_name": "road"}},
		{"none", "", nil, object{"state": "failure", "error_code": 1010.0, "get_error_text": nil, "data_type": "datasource", "original_url": "", "success": false}},
		{"a service that is not connected", "", object{"service_name": "dropbox", "service_item_id": "/dir/file.csv"},
			object{"state": "failure", "error_code": 1012.0, "data_type": "datasource", "display_name": "file.csv"}},
		{"limits come back as text", "", object{"user_defined_limits": object{"twitter_credits_limit": "7"}}, object{"user_defined_limits": `{"twitter_credits_limit":7}`}},
		{"limits in a form", "", url.Values{"user_defined_limits[twitter_credits_limit]": {"x"}}, object{"user_defined_limits": `{"twitter_credits_limit":0}`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, sandbox.Config{Connectors: warehouse(t)})
			a.load("stations.csv", stations)
			job := a.wait(a.ok("POST", "/api/v1/imports"+test.path, test.body)["item_queue_id"])
			keys := []string{}
			for key := range test.want {
				keys = append(keys, key)
			}
			fact(t, "import", test.want, pick(job, keys...))
		})
	}
}

// What is wrong with a request is found in the server's order, and a full set of slots before all of it.
func TestImportRefusalsInOrder(t *testing.T) {
	t.Parallel()
	imports := func(text string) string { return `{"errors":{"imports":"` + text + `"}}` }
	all := object{"service_item_id": 5, "privacy": "odd", "url": "gopher://x", "collision_strategy": "odd"}
	for _, step := range []struct {
		fixed string
		want  string
	}{
		{"", "service_item_id field should be empty or a string"},
		{"service_item_id", "Unknown value 'odd' for 'privacy'. Allowed values are: private, public and link"},
		{"privacy", "Invalid URL, cannot connect dataset: gopher://x"},
		{"url", "collision_strategy Invalid collision strategy"},
	} {
		delete(all, step.fixed)
		got := open(t, sandbox.Config{}).send("POST", "/api/v1/imports", all)
		fact(t, "without "+step.fixed, []any{400, imports(step.want)}, []any{got.Status, got.Body})
		got = open(t, sandbox.Config{Faults: []fault.Rule{{Kind: fault.Slots}}}).send("POST", "/api/v1/imports", all)
		fact(t, "no slot", []any{429, imports("We're sorry but you're already using your allowed 3 import slots")}, []any{got.Status, got.Body})
	}
	tests := []struct {
		name   string
		config sandbox.Config
		path   string
		body   any
		want   string
	}{
		{"a viewer", sandbox.Config{Viewers: []string{"sandbox"}}, "", object{"collision_strategy": "odd"}, "user Viewer users can't create data imports"},
		{"no private datasets", sandbox.Config{PublicOnly: true}, "", object{"privacy": "link"},
			"Your account type (SANDBOX) does not allow to create private datasets. Check https://carto.com/pricing for more info."},
		{"a data library", sandbox.Config{}, "", object{"remote_visualization_id": unknown}, "undefined method `importable_by?' for nil:NilClass"},
		{"a body beside its name", sandbox.Config{}, "?filename=x.csv", "a\n1\n", "undefined method `tempfile' for \\\"x.csv\\\":String"},
		{"a number for a file", sandbox.Config{}, "", object{"file": 7}, "undefined method `tempfile' for 7:Fixnum"},
		{"a text beside a file", sandbox.Config{}, "?file=", parts(t, "filename", "x.csv", "a\n1\n"), "undefined method `tempfile' for \\\"\\\":String"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, test.config)
			if text, isText := test.body.(string); isText {
				test.body = &stream{strings.NewReader(text), "text/csv"}
			}
			got := a.send("POST", "/api/v1/imports"+test.path, test.body)
			fact(t, "answer", []any{400, imports(test.want)}, []any{got.Status, got.Body})
			fact(t, "no import", []any{}, a.get("/api/v1/imports")["imports"])
		})
	}
}

// The values of a multipart body are kept in memory, so there is a bound for all of them together.
func TestMultipartOfTooMuch(t *testing.T) {
	a := open(t, sandbox.Config{})
	field := func(name string) io.Reader {
		head := "\r\n--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n"
		return io.MultiReader(strings.NewReader(head), io.LimitReader(endless{}, 33<<20))
	}
	body := io.MultiReader(field("one"), field("two"), strings.NewReader("\r\n--b--\r\n"))
	fact(t, "status", 400, a.send("POST", "/api/v1/imports", &stream{body, "multipart/form-data; boundary=b"}).Status)
}

// An upload is written to disk before the key is looked at, so no more of it than is needed.
func TestUploadOfTooMuch(t *testing.T) {
	dir := t.TempDir()
	a := open(t, sandbox.Config{Dir: dir, ImportFileSize: 10})
	a.inject("stuck=pending") // or the import would end, and its file with it
	a.ok("POST", "/api/v1/imports", parts(t, "file", "big.csv", strings.Repeat("a\n1\n", 1000)))
	kept, err := filepath.Glob(filepath.Join(dir, "uploads", "*", "content"))
	if err != nil || len(kept) != 1 {
		t.Fatal(kept, err)
	}
	info, err := os.Stat(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	fact(t, "bytes on disk", int64(11), info.Size())
}

// A counted body knows whether anything of it was read.
type counted struct {
	io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// A client that waits to be asked for its body is refused before it sends any, where the body cannot matter.
func TestUploadIsRefusedBeforeItIsSent(t *testing.T) {
	tests := []struct {
		name      string
		config    sandbox.Config
		path, key string
		status    int
		sent      bool
	}{
		{"a wrong key", sandbox.Config{}, "", "nope", 401, false},
		{"a wrong key in the query", sandbox.Config{}, "?api_key=nope", "", 401, false},
		{"no key: it may be in the body", sandbox.Config{}, "", "", 401, true},
		{"no slot", sandbox.Config{Faults: []fault.Rule{{Kind: fault.Slots, Times: 1}}}, "", sandbox.DefaultAPIKey, 429, false},
		{"a parameter of the query", sandbox.Config{}, "?collision_strategy=odd", sandbox.DefaultAPIKey, 400, false},
		{"a locked account", sandbox.Config{State: sandbox.Locked}, "", sandbox.DefaultAPIKey, 404, false},
		{"nothing is wrong", sandbox.Config{}, "?collision_strategy=skip", sandbox.DefaultAPIKey, 200, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := open(t, test.config)
			server := httptest.NewServer(a.s)
			t.Cleanup(server.Close)
			f := parts(t, "file", "x.csv", "a\n1\n")
			body := &counted{Reader: bytes.NewReader(f.body.Bytes())}
			r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+"/api/v1/imports"+test.path, body)
			if err != nil {
				t.Fatal(err)
			}
			r.ContentLength = int64(f.body.Len())
			r.Header.Set("Expect", "100-continue")
			r.Header.Set("Content-Type", f.kind)
			if test.key != "" {
				r.SetBasicAuth("sandbox", test.key)
			}
			resp, err := (&http.Transport{ExpectContinueTimeout: time.Minute, DisableKeepAlives: true}).RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			fact(t, "status, and whether the body was sent", []any{test.status, test.sent}, []any{resp.StatusCode, body.n.Load() > 0})
			if test.status == 200 {
				a.until(func() bool { return fmt.Sprint(a.get("/api/v1/imports")["imports"]) == "[]" })
			}
		})
	}
}
