package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

var errSignal = errors.New("interrupt signal received")

// serveSandbox serves a sandbox that shows every request to see before it answers, and
// returns its account, and a function that waits until no request is under way: one
// whose client has gone takes effect all the same.
func serveSandbox(t *testing.T, see func(*http.Request)) (account string, idle func()) {
	t.Helper()
	s, err := sandbox.Open(t.Context(), sandbox.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var busy sync.WaitGroup
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		busy.Add(1)
		defer busy.Done()
		see(r)
		s.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return sandboxURL(strings.TrimPrefix(server.URL, "http://"), sandbox.DefaultUser), busy.Wait
}

// manifestOfOne is a manifest with one file.
func manifestOfOne(t *testing.T) string { return manifestOf(t, "trees") }

// manifestOfTwo is a manifest with two files.
func manifestOfTwo(t *testing.T) string { return manifestOf(t, "trees", "lamps") }

// manifestOfMany is a manifest with more files than a run works on at a time, so that
// some are not begun when the first is published.
func manifestOfMany(t *testing.T) string {
	names := make([]string, 20)
	for i := range names {
		names[i] = fmt.Sprintf("d%02d", i)
	}
	return manifestOf(t, names...)
}

func manifestOf(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	manifest := "version: 1\nproject: city\ndatasets:\n"
	for _, name := range names {
		manifest += "- {name: " + name + ", source: {file: a.csv}}\n"
	}
	for name, content := range map[string]string{"carto.yaml": manifest, "a.csv": "id,kind\n1,oak\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// runJSON runs a command line that prints JSON, and returns the document.
func runJSON(ctx context.Context, t *testing.T, args ...string) (code int, doc map[string]any) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey})
	code = run(ctx, append(args, "--format", "json"), streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, env)
	t.Logf("exit code %d, stderr:\n%s", code, stderr.String())
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
		t.Fatalf("stdout is no document: %v\n%s", err, stdout.String())
	}
	return code, doc
}

// A signal while the account is read ends the run with a document, and nothing was changed.
func TestInterruptedPlan(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	account, _ := serveSandbox(t, func(*http.Request) { interrupt(errSignal) })
	code, doc := runJSON(ctx, t, "plan", "--account", account, manifestOfTwo(t))
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	diagnostic := doc["diagnostics"].([]any)[0].(map[string]any)
	want := map[string]any{
		"severity": "error", "code": "interrupted", "file": "", "line": 0.0, "column": 0.0, "hint": "", "dataset": "",
		"problem": "interrupted before anything was changed (interrupt signal received); run the same command again",
	}
	if diff := cmp.Diff(want, diagnostic); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A signal in the middle of an apply ends it with a report, and the next run finishes.
func TestInterruptedApply(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	account, idle := serveSandbox(t, func(r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/api/v1/viz/") {
			interrupt(errSignal) // an import is published just now
		}
	})
	manifest := manifestOfMany(t)
	code, doc := runJSON(ctx, t, "apply", "--auto-approve", "--account", account, manifest)
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if n := len(doc["result"].(map[string]any)["actions"].([]any)); n != 20 {
		t.Errorf("the report has %d actions, want 20", n)
	}
	idle()
	if code, _ := runJSON(t.Context(), t, "apply", "--auto-approve", "--account", account, manifest); code != exitDone {
		t.Errorf("the next run: exit code %d", code)
	}
	code, doc = runJSON(t.Context(), t, "plan", "--detailed-exitcode", "--account", account, manifest)
	if code != exitDone || doc["changes_pending"] != false {
		t.Errorf("the plan after it: exit code %d, changes pending %v", code, doc["changes_pending"])
	}
}

// A writer whose end is gone, as of a pipe to a program that has ended.
type gone struct{}

var errGone = errors.New("nobody reads this")

func (gone) Write([]byte) (int, error) { return 0, errGone }

// Once the plan is being carried out nobody may be told that nothing was changed, and the error that ended the run is
// not lost.
func TestInterruptedReport(t *testing.T) {
	ctx, interrupt := context.WithCancelCause(t.Context())
	account, _ := serveSandbox(t, func(r *http.Request) {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/api/v1/viz/") {
			interrupt(errSignal)
		}
	})
	var stderr bytes.Buffer
	env := environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey})
	args := []string{"apply", "--auto-approve", "--format", "json", "--account", account, manifestOfMany(t)}
	if code := run(ctx, args, streams{stdin: new(bytes.Buffer), stdout: gone{}, stderr: &stderr}, env); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	want := regexp.MustCompile(`\ninterrupted while the plan was carried out \(interrupt signal received\): ` +
		`\d+ of 20 actions carried out, and this failed besides: nobody reads this; run the same command again\n$`)
	if !want.MatchString(stderr.String()) {
		t.Errorf("stderr does not end with %s:\n%s", want, stderr.String())
	}
}

func TestInterruptedError(t *testing.T) {
	read := fmt.Errorf("GET /api/v1/viz: %w", context.Canceled)
	tests := []struct {
		name  string
		began bool
		err   error
		want  string
	}{
		{"reading", false, read, "interrupted before anything was changed (interrupt signal received); run the same command again"},
		{"waiting", false, fmt.Errorf("wait: %w", errSignal), "interrupted before anything was changed (interrupt signal received); run the same command again"},
		{"another error", false, errGone, "interrupted before anything was changed (interrupt signal received): nobody reads this; run the same command again"},
		{"carrying out", true, read, "interrupted while the plan was carried out (interrupt signal received); run the same command again"},
		{"another error while carrying out", true, errGone, "interrupted while the plan was carried out (interrupt signal received): nobody reads this; run the same command again"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx, interrupt := context.WithCancelCause(t.Context())
			interrupt(errSignal)
			a := &app{streams: streams{stdout: io.Discard, stderr: io.Discard}, began: test.began}
			err := a.explain(ctx, test.err, outputFlags{})
			if diff := cmp.Diff(test.want, message(err)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !errors.Is(err, context.Canceled) || !errors.Is(err, test.err) {
				t.Errorf("%v is neither canceled nor %v", err, test.err)
			}
		})
	}
}

func TestSandboxOnPortInUse(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var stdout, stderr bytes.Buffer
	args := []string{"sandbox", "--dir", t.TempDir(), "--listen", listener.Addr().String()}
	code := run(t.Context(), args, streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, environment(nil))
	if code != exitFailed || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), "; choose another address with --listen, port 0 takes a free one\n") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}
