package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// A longAccount answers as an account with many datasets would, and counts requests.
type longAccount struct {
	datasets int
	requests atomic.Int64
}

func (a *longAccount) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.requests.Add(1)
	if strings.HasSuffix(r.URL.Path, "/api/v1/users/me") {
		fmt.Fprint(w, `{"username":"sandbox","id":"`+idOfNothing+`"}`)
		return
	}
	query := r.URL.Query()
	page, _ := strconv.Atoi(query.Get("page"))
	per, _ := strconv.Atoi(query.Get("per_page"))
	fmt.Fprint(w, `{"visualizations":[`)
	for i := (page - 1) * per; i < min(page*per, a.datasets); i++ {
		if i%per > 0 {
			fmt.Fprint(w, ",")
		}
		fmt.Fprintf(w, `{"id":"aaaaaaaa-0000-4000-8000-%012d","name":"dataset_%05[1]d","type":"table","tags":["city","roads"],"privacy":"PRIVATE",
			"description":"%s","created_at":"2016-02-01T12:45:07+00:00","updated_at":"2016-02-01T12:45:07+00:00",
			"permission":{"owner":{"username":"sandbox"}},"table":{"geometry_types":["ST_Point"],"size":16384,"row_count":120}}`,
			i, strings.Repeat("What it holds. ", 20))
	}
	fmt.Fprintf(w, `],"total_entries":%d,"total_user_entries":%[1]d}`, a.datasets)
}

// list lists the datasets of a long account and returns what was printed.
func (a *longAccount) list(t testing.TB, args ...string) string {
	t.Helper()
	server := httptest.NewServer(a)
	defer server.Close()
	var stdout, stderr bytes.Buffer
	env := environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey})
	args = append([]string{"dataset", "list", "--account", server.URL + "/user/sandbox"}, args...)
	if code := run(t.Context(), args, streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, env); code != exitDone {
		t.Fatalf("exit code %d\n%s", code, stderr.String())
	}
	return stdout.String()
}

// Paging is nobody's business: 2,000 datasets are all there, for the identity check and
// four pages.
func TestLongList(t *testing.T) {
	const datasets, requests = 2000, 5
	tests := []struct {
		args  []string
		lines int
	}{
		{[]string{"--quiet"}, datasets}, {[]string{"--format", "csv"}, datasets + 1}, {[]string{"--format", "text"}, datasets + 1},
		{[]string{"--format", "json"}, 0},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			a := &longAccount{datasets: datasets}
			got := a.list(t, tt.args...)
			if n := a.requests.Load(); n != requests {
				t.Errorf("%d requests, want %d", n, requests)
			}
			if n := strings.Count(got, "\n"); tt.lines > 0 && n != tt.lines {
				t.Errorf("%d lines, want %d", n, tt.lines)
			}
			var doc struct{ Items []struct{ Name string } }
			if tt.lines == 0 && (json.Unmarshal([]byte(got), &doc) != nil || len(doc.Items) != datasets || doc.Items[datasets-1].Name != "dataset_01999") {
				t.Errorf("the document has %d items", len(doc.Items))
			}
		})
	}
}

// The server's part, which makes up the list, is measured too.
func BenchmarkLongList(b *testing.B) {
	for _, format := range []string{"text", "json", "csv"} {
		b.Run(format, func(b *testing.B) {
			b.ReportAllocs()
			a := &longAccount{datasets: 2000}
			for b.Loop() {
				a.list(b, "--format", format)
			}
			b.ReportMetric(float64(a.requests.Load())/float64(b.N), "requests/op")
		})
	}
}
