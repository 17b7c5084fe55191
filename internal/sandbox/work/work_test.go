package work

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestValidURL(t *testing.T) {
	for url, want := range map[string]bool{
		"http://example.org/x.csv": true, "https://example.org:443/x": true, "ftp://example.org:21/x": true, " http://example.org ": true,
		"http://example.org:8080/x": false, "file:///etc/passwd": false, "gopher://example.org": false, "example.org/x.csv": false, "http://": false, "": false, "http://%zz": false,
		"http://127.0.0.1:8080/x": true, "http://[::1]:9/x": true, "http://localhost:9/x": true, "http://127.0.0.1.example.org:9/x": false,
	} {
		if got := ValidURL(url); got != want {
			t.Errorf("%q is valid: %v", url, got)
		}
	}
}

func TestConnectorsAreChecked(t *testing.T) {
	dir := t.TempDir()
	for _, test := range []struct{ provider, dir, want string }{
		{"hive", dir, ""},
		{"odbc", dir, ""},
		{"hives", dir, `there is no provider "hives" that a directory could stand for; it is one of ` + ProviderIDs()},
		{"hive", dir + "/nothing", "open the directory that stands for databases of hive: open " + dir + "/nothing: no such file or directory"},
	} {
		got := ""
		if err := (Config{Connectors: map[string]string{test.provider: test.dir}}).checkConnectors(); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s=%s (-want +got):\n%s", test.provider, test.dir, diff)
		}
	}
}

func TestTranslateURL(t *testing.T) {
	for url, want := range map[string]string{
		"https://github.com/o/r/blob/main/a/x.csv":                       "https://github.com/o/r/raw/main/a/x.csv",
		"https://github.com/o/r/blob/main/blob/x.csv":                    "https://github.com/o/r/raw/main/raw/x.csv",
		"https://github.com/o/r/blob/draw/x.csv":                         "https://github.com/o/r/blob/draw/x.csv", // it holds raw
		"https://docs.google.com/spreadsheet/ccc?key=1":                  "https://docs.google.com/spreadsheet/ccc?key=1&output=csv",
		"https://docs.google.com/spreadsheet/ccc?key=1#gid=0":            "https://docs.google.com/spreadsheet/ccc?key=1&output=csv",
		"https://maps.google.com/maps/ms?ie=UTF8&msid=2":                 "https://maps.google.com/maps/ms?ie=UTF8&msid=2&output=kml",
		"https://maps.google.com/maps/ms?msid=2&output=kml":              "https://maps.google.com/maps/ms?msid=2&output=kml",
		"https://www.google.com/fusiontables/DataSource?docid=1a-B#rows": "https://www.google.com/fusiontables/exporttable?query=select+*+from+1a-B",
		"http://google.com/fusiontables/data?x=1&q=select+a&h=false":     "https://www.google.com/fusiontables/exporttable?query=select+a",
		"http://www.openstreetmap.org/?lat=40&lon=-3&zoom=8":             "http://api.openstreetmap.org/api/0.6/map?bbox=-4.64794921875,38.626708984375,-1.35205078125,41.373291015625",
		"http://www.openstreetmap.org/#map=8/40/-3":                      "http://api.openstreetmap.org/api/0.6/map?bbox=-4.64794921875,38.626708984375,-1.35205078125,41.373291015625",
		"http://api.openstreetmap.org/api/0.6/map?bbox=1,2,3,4&lat=5":    "http://api.openstreetmap.org/api/0.6/map?bbox=1,2,3,4&lat=5",
		"https://example.org/blob/x.csv":                                 "https://example.org/blob/x.csv",
	} {
		if got := translateURL(url); got != want {
			t.Errorf("%s becomes %s, not %s", url, got, want)
		}
	}
}

func TestValidatorsTellChange(t *testing.T) {
	etag := func(s string) validators { return validators{etag: &s} }
	at := func(h int) validators {
		t := time.Date(2020, 1, 1, h, 0, 0, 0, time.UTC)
		return validators{modified: &t}
	}
	tests := []struct {
		name        string
		stored, now validators
		want        bool
	}{
		{"nothing stored", validators{}, etag("a"), true},
		{"the same etag", etag("a"), etag("a"), false},
		{"another etag", etag("a"), etag("b"), true},
		{"a source that says nothing", etag("a"), validators{}, false},
		{"a later date", at(1), at(2), true},
		{"an earlier date", at(2), at(1), false},
		{"an etag where a date was stored", at(1), etag("a"), false},
	}
	for _, test := range tests {
		if got := test.now.changed(test.stored); got != test.want {
			t.Errorf("%s: changed is %v", test.name, got)
		}
	}
}

func TestObjectsKeepTheirOrder(t *testing.T) {
	o, err := parseObject([]byte(`{"Provider":"hive", "b":{"x":"<&>"}, "a":[1, 2], "connection":null}`))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"b":{"x":"\u003c\u0026\u003e"},"a":[1,2],"connection":null,"connection_id":"7"}`
	if diff := cmp.Diff(want, o.without("provider").with("connection_id", []byte(`"7"`)).String()); diff != "" {
		t.Error(diff)
	}
	if o.get("connection") != nil || o.get("PROVIDER") == nil {
		t.Error("null counts as missing, and case does not count")
	}
	merged, err := MergeObject([]byte(`{"b":1,"a":2}`), []byte(`{"c":3,"b":4}`))
	if diff := cmp.Diff(`{"b":4,"a":2,"c":3}`, string(merged)); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, bad := range []string{"", "[]", `"x"`, "{"} {
		if _, err := parseObject([]byte(bad)); err == nil {
			t.Errorf("%q is taken for an object", bad)
		}
	}
}

func TestParseQuery(t *testing.T) {
	postgres, _ := FindProvider("postgres")
	connection := map[string]any{"server": "h", "database": "d", "username": "u"}
	tests := []struct {
		name       string
		parameters map[string]any
		connection map[string]any
		want       string // the failure's text
	}{
		{"all is well", map[string]any{"table": "t"}, connection, ""},
		{"a query needs a name", map[string]any{"sql_query": "s"}, connection, "The import_as parameter is required to name the sql_query results"},
		{"a table may name a query", map[string]any{"sql_query": "s", "table": "t"}, connection, ""},
		{"neither", map[string]any{}, connection, "The table parameter is required if no sql_query parameter is provided"},
		{"unknown ones", map[string]any{"table": "t", "y": 1, "x": 1}, connection, "Invalid parameters: x, y"},
		{"of the connection", map[string]any{"table": "t"}, map[string]any{"server": "h", "host": "h"}, "Invalid connection parameters: host\nMissing required connection parameters database,username"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q, err := parseQuery(postgres, test.parameters, test.connection)
			got := ""
			if f := (*Failure)(nil); errors.As(err, &f) {
				got = f.Problem
				if f.Code != 1502 {
					t.Errorf("code %d", f.Code)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if err == nil && q.schema != "public" {
				t.Errorf("schema %q", q.schema)
			}
		})
	}
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fast := NewClock(time.Time{}, 60)
		before := fast.Now()
		timer := fast.timer(before.Add(time.Hour))
		began := time.Now()
		<-timer.C
		if passed := time.Since(began); passed < time.Minute || passed > time.Minute+time.Second {
			t.Errorf("an hour took %s", passed)
		}
		if !fast.Now().After(before.Add(time.Hour)) {
			t.Error("the timer fired early")
		}
		later := time.Now().Add(48 * time.Hour)
		if got := NewClock(later, 0).Now(); got.Before(later.UTC().Truncate(time.Millisecond)) {
			t.Errorf("the clock went back to %s", got)
		}
	})
}

func TestInProcess(t *testing.T) {
	handler := http.NewServeMux()
	handler.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Host", r.Host)
		w.WriteHeader(http.StatusCreated)
		io.Copy(w, r.Body)
	})
	handler.HandleFunc("/wait", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	handler.HandleFunc("/endless", func(w http.ResponseWriter, r *http.Request) {
		for {
			if _, err := io.WriteString(w, "more "); err != nil {
				return
			}
		}
	})
	handler.HandleFunc("/cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	handler.HandleFunc("/half", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	})
	client := &http.Client{Transport: InProcess(handler)}
	do := func(t *testing.T, ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, method, "http://host.test"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		return client.Do(r)
	}
	t.Run("bodies stream both ways", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			reader, writer := io.Pipe()
			go func() {
				io.WriteString(writer, "first ")
				<-time.After(time.Hour) // fake time
				io.WriteString(writer, "second")
				writer.Close()
			}()
			resp, err := do(t, t.Context(), "POST", "/echo", reader)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			first := make([]byte, 6)
			if _, err := io.ReadFull(resp.Body, first); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(resp.Body)
			if got := string(first) + string(rest); got != "first second" || err != nil || resp.StatusCode != 201 || resp.Header.Get("X-Host") != "host.test" {
				t.Errorf("%q %v %v", got, err, resp)
			}
		})
	})
	t.Run("a context that ends ends the handler", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := do(t, ctx, "GET", "/wait", nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
		})
	})
	t.Run("a body that is closed ends the handler", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			resp, err := do(t, t.Context(), "GET", "/endless", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		})
	})
	t.Run("a handler that aborts cuts the connection", func(t *testing.T) {
		if _, err := do(t, t.Context(), "GET", "/cut", nil); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Error(err)
		}
		resp, err := do(t, t.Context(), "GET", "/half", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); string(got) != "half" || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q %v", got, err)
		}
	})
	t.Run("HEAD has no body", func(t *testing.T) {
		resp, err := do(t, t.Context(), "HEAD", "/echo", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got, err := io.ReadAll(resp.Body); len(got) > 0 || err != nil || resp.StatusCode != 201 {
			t.Errorf("%q %v %d", got, err, resp.StatusCode)
		}
	})
}

// Every code that an import can end with has a text, but for the two that have none on the server.
func TestEveryCodeHasAText(t *testing.T) {
	for _, code := range []int{codeUpload, codeDownload, codeUnsupported, codeDatasource, codeTimeout, codeSkipped, codeNotFound, codeUnauthorized, codeUnresolved,
		codePartial, codeConnector, codeDisabled, codeParameters, codeSchema, codeView, codeFileSize, codeRows, codeStuck, codeStorage, codeTables, codeQuery, codeUnknown,
		1005, 2001, 2002, 2003, 2004, 2005, 2006, 2007, 2008, 2011, 2014, 3007} {
		if text, ok := ErrorText(code); !ok || text.Title == "" || text.What == "" || text.Source == "" {
			t.Errorf("%d has no text: %+v", code, text)
		}
	}
	for _, code := range []int{codeNoFile, codeSyncUnspecified} {
		if text, ok := ErrorText(code); ok {
			t.Errorf("%d has a text: %+v", code, text)
		}
	}
}
