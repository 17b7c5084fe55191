package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/schema"
)

// Whoever parses our output gets one document that keeps the published schema, however
// the run ends: on stdout and in the file that --json-into names, the same.
func TestJSONOnEveryPath(t *testing.T) {
	trees := "- {name: trees, source: {file: a.csv}}\n"
	applied := func(s *scene) { s.run(s.ctx, exitDone, "apply", "--auto-approve") }
	fewer := func(s *scene) { applied(s); s.write("a.csv", "id,kind\n1,oak\n") }
	for _, c := range []struct {
		name   string
		begin  func(*scene)
		fails  string // requests whose path has this fail with 500 from then on
		signal string // and this one interrupts the run
		code   int
		args   []string
		want   string // of the first action: its verb, outcome and reason code; of a failure: the diagnostic's code
	}{
		{name: "changes", code: exitPending, args: []string{"plan", "--detailed-exitcode"}, want: "create not_in_account"},
		{name: "changes, not asked for", code: exitDone, args: []string{"plan"}, want: "create not_in_account"},
		{name: "nothing to do", begin: applied, code: exitDone, args: []string{"plan", "--detailed-exitcode"}, want: "none in_sync"},
		{name: "a guard trips", begin: fewer, code: exitPending, args: []string{"plan", "--detailed-exitcode"}, want: "blocked guard_shrink"},
		{name: "a guard trips in apply", begin: fewer, code: exitFailed, args: []string{"apply", "--auto-approve"}, want: "blocked guard_shrink: blocked"},
		{name: "a guard is lifted", begin: fewer, code: exitDone, args: []string{"apply", "--auto-approve", "--allow", "shrink:trees"}, want: "reimport source_changed: done"},
		{name: "applied", code: exitDone, args: []string{"apply", "--auto-approve"}, want: "create not_in_account: done"},
		{name: "applied again", begin: applied, code: exitDone, args: []string{"apply", "--auto-approve"}, want: "none in_sync"},
		{name: "explained", code: exitPending, args: []string{"why", "--detailed-exitcode", "trees"}, want: "create not_in_account"},
		{name: "the API fails", fails: "/api/v1/viz", code: exitFailed, args: []string{"plan"}, want: "failed"},
		{name: "the API fails in apply", fails: "/api/v1/imports", code: exitFailed, args: []string{"apply", "--auto-approve"}, want: "create not_in_account: failed"},
		{name: "interrupted", signal: "/api/v1/viz", code: exitFailed, args: []string{"plan"}, want: "interrupted"},
		{name: "interrupted in apply", signal: "/api/v1/imports", code: exitFailed, args: []string{"apply", "--auto-approve"}, want: "create not_in_account: interrupted"},
		{name: "an invalid manifest", begin: func(s *scene) { s.manifest("- {nme: trees}\n") }, code: exitFailed, args: []string{"plan"}, want: "invalid_manifest"},
		{name: "a missing file", begin: func(s *scene) { os.Remove(filepath.Join(s.dir, "a.csv")) }, code: exitFailed, args: []string{"plan"}, want: "invalid_manifest"},
		{name: "wrong usage", code: exitUsage, args: []string{"plan", "--target", "tree"}, want: "failed"},
		{name: "nobody to ask", code: exitUsage, args: []string{"apply"}, want: "failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			s.manifest(trees)
			s.write("a.csv", "id,kind\n1,oak\n2,elm\n3,fir\n")
			if c.begin != nil {
				c.begin(s)
			}
			s.fails, s.signal = c.fails, c.signal
			doc := s.run(s.ctx, c.code, c.args...)
			if diff := cmp.Diff(c.want, gist(doc)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A scene is a manifest and an account whose requests can be made to fail.
type scene struct {
	t             *testing.T
	ctx           context.Context
	interrupt     context.CancelCauseFunc
	dir, account  string
	fails, signal string
	schema        *jsonschema.Schema
	report        *jsonschema.Schema // of what --report writes
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, dir: t.TempDir()}
	s.ctx, s.interrupt = context.WithCancelCause(t.Context())
	account, _ := serveSandbox(t, func(*http.Request) {})
	to, err := url.Parse(account)
	if err != nil {
		t.Fatal(err)
	}
	through := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: to.Scheme, Host: to.Host})
	through.ErrorLog = log.New(io.Discard, "", 0) // of runs that are interrupted
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.signal != "" && strings.Contains(r.URL.Path, s.signal) {
			s.interrupt(errSignal)
		}
		if s.fails != "" && strings.Contains(r.URL.Path, s.fails) {
			http.Error(w, "<html>worse</html>", http.StatusInternalServerError)
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	s.account = front.URL + to.Path
	s.schema, err = jsonschema.CompileString("plan.json", string(schema.Plan()))
	if err != nil {
		t.Fatal(err)
	}
	if s.report, err = jsonschema.CompileString("report.json", string(schema.Report())); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *scene) write(file, content string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, file), []byte(content), 0o666); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) manifest(datasets string) {
	s.t.Helper()
	s.write("carto.yaml", "version: 1\nproject: city\ndatasets:\n"+datasets)
}

// run runs a command, which has to end with a code, and returns its document.
func (s *scene) run(ctx context.Context, code int, args ...string) map[string]any {
	s.t.Helper()
	into := filepath.Join(s.dir, "document.json")
	args = append(args, "--account", s.account, "--format", "json", "--json-into", into)
	report := filepath.Join(s.dir, "report.json")
	if args[0] == "apply" {
		args = append(args, "--report", report)
	}
	args = append(args, filepath.Join(s.dir, "carto.yaml"))
	var stdout, stderr bytes.Buffer
	env := environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey})
	if got := run(ctx, args, streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, env); got != code {
		s.t.Errorf("exit code %d, want %d; stderr:\n%s", got, code, stderr.String())
	}
	kept, err := os.ReadFile(into)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := cmp.Diff(stdout.String(), string(kept)); diff != "" {
		s.t.Errorf("--json-into (-stdout +file):\n%s", diff)
	}
	var doc map[string]any
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
		s.t.Fatalf("stdout is no document: %v\n%s\nstderr:\n%s", err, stdout.String(), stderr.String())
	}
	if err := s.schema.Validate(map[string]any(doc)); err != nil {
		s.t.Errorf("%#v", err)
	}
	if args[0] == "apply" {
		s.reports(report, doc)
	}
	return doc
}

// reports holds what --report left to its schema, and its result to the document's.
func (s *scene) reports(file string, doc map[string]any) {
	s.t.Helper()
	kept, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	var report map[string]any
	if err := json.Unmarshal(kept, &report); err != nil {
		s.t.Fatalf("--report: %v\n%s", err, kept)
	}
	if err := s.report.Validate(map[string]any(report)); err != nil {
		s.t.Errorf("--report: %#v", err)
	}
	for _, key := range []string{"account", "diagnostics", "result"} {
		if diff := cmp.Diff(doc[key], report[key]); diff != "" {
			s.t.Errorf("--report, %s (-document +report):\n%s", key, diff)
		}
	}
}

// gist is the first action of a document and how it ended, or why there is none.
func gist(doc map[string]any) string {
	text := func(v any, key string) string { s, _ := v.(map[string]any)[key].(string); return s }
	first := func(v any) any {
		if list, ok := v.([]any); ok && len(list) > 0 {
			return list[0]
		}
		return map[string]any{}
	}
	action := first(doc["actions"])
	if text(action, "verb") == "" {
		return text(first(doc["diagnostics"]), "code")
	}
	said := text(action, "verb") + " " + text(action, "reason_code")
	if result, ok := doc["result"].(map[string]any); ok {
		if outcome := text(first(result["actions"]), "outcome"); outcome != "" {
			said += ": " + outcome
		}
	}
	return said
}
