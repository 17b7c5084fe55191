package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

func TestExitCode(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want int
	}{
		{"success", nil, 0},
		{"pending", changesPending, 2},
		{"partly failed", notAllDone, 1},
		{"any error", errors.New("no"), 1},
		{"faults of a manifest", spec.Errors{{Problem: "no"}}, 1},
		{"interrupted", &interruptedError{cause: context.Canceled, err: context.Canceled}, 1},
		{"usage", usage("", "no"), 64},
		{"usage, wrapped", fmt.Errorf("here: %w", usage("", "no")), 64},
		{"usage and a broken pipe", errors.Join(usage("", "no"), errors.New("pipe")), 64},
		{"an error wins over pending changes", errors.Join(changesPending, errors.New("close")), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := exitCode(test.err); got != test.want {
				t.Errorf("got %d, want %d", got, test.want)
			}
		})
	}
}

func TestClosing(t *testing.T) {
	failed := errors.New("not closed")
	tests := []struct {
		name          string
		ran, to, want error
	}{
		{"all well", nil, nil, nil},
		{"only closing fails", nil, failed, failed},
		{"an error is kept", context.Canceled, failed, context.Canceled},
		{"pending changes give way", changesPending, failed, failed},
		{"pending changes stay", changesPending, nil, changesPending},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.ran
			closing(&err, func() error { return test.to })
			if err != test.want {
				t.Errorf("got %v, want %v", err, test.want)
			}
		})
	}
}

func TestAsked(t *testing.T) {
	tests := []struct {
		args   []string
		want   outputFlags
		report string
	}{
		{nil, outputFlags{}, ""},
		{[]string{"plan", "--format", "json"}, outputFlags{Format: "json"}, ""},
		{[]string{"plan", "--format=json", "--bogus"}, outputFlags{Format: "json"}, ""},
		{[]string{"plan", "--format=json", "--format", "text"}, outputFlags{Format: "text"}, ""},
		{[]string{"plan", "--format"}, outputFlags{}, ""},
		{[]string{"plan", "--", "--format=json"}, outputFlags{}, ""},
		{[]string{"plan", "--json-into", "p.json", "--format=markdown"}, outputFlags{Format: "markdown", JSONInto: "p.json"}, ""},
		{[]string{"apply", "--report", "r.json", "--json-into=p.json"}, outputFlags{JSONInto: "p.json"}, "r.json"},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.args), func(t *testing.T) {
			got, report := asked(test.args)
			if diff := cmp.Diff([]any{test.want, test.report}, []any{got, report}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Whatever goes wrong: once on stderr, with --format json a document on stdout too.
func TestFailures(t *testing.T) {
	unsetenv(t, "CARTO_ACCOUNT_URL")
	ended, end := context.WithCancelCause(t.Context())
	end(errors.New("interrupt signal received"))
	tests := []struct {
		name   string
		ctx    context.Context
		args   []string
		code   int
		stderr string
	}{
		{"unknown flag", t.Context(), []string{"plan", "--targte", "x"}, 64, "unknown flag --targte, did you mean \"--target\"?; see cartosync plan --help\n"},
		{"unknown command", t.Context(), []string{"aply"}, 64, "unexpected argument aply, did you mean \"apply\"?; see cartosync --help\n"},
		{"nobody to ask", t.Context(), []string{"apply"}, 64, "apply asks before it changes anything, and there is no terminal to ask at; add --auto-approve, or look at it with cartosync plan\n"},
		{"flags that exclude each other", t.Context(), []string{"plan", "--prune", "--target", "a"}, 64, "--prune cannot be combined with --target: it is about everything that is no longer declared; run --prune on its own\n"},
		{"a fault of the manifest, although interrupted", ended, []string{"plan", "testdata/none"}, 1, "testdata/none:1:1: there is no such file; name a manifest or a directory that holds a carto.yaml\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, format := range []string{"text", "json", "sarif"} {
				var stdout, stderr bytes.Buffer
				s := streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}
				code := run(test.ctx, append(test.args, "--format", format), s, environment(nil))
				if code != test.code {
					t.Errorf("%s: exit code %d, want %d", format, code, test.code)
				}
				if diff := cmp.Diff(test.stderr, stderr.String()); diff != "" {
					t.Errorf("%s: stderr (-want +got):\n%s", format, diff)
				}
				if got, want := json.Valid(stdout.Bytes()), format != "text"; got != want {
					t.Errorf("%s: stdout is JSON: %v\n%s", format, got, stdout.String())
				}
			}
		})
	}
}

// brokenPipe refuses everything.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestResultThatCannotBeWritten(t *testing.T) {
	for _, command := range []string{"version", "schema"} {
		t.Run(command, func(t *testing.T) {
			var stderr bytes.Buffer
			s := streams{stdin: new(bytes.Buffer), stdout: brokenPipe{}, stderr: &stderr}
			if code := run(t.Context(), []string{command}, s, environment(nil)); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			if diff := cmp.Diff("broken pipe\n", stderr.String()); diff != "" {
				t.Errorf("stderr (-want +got):\n%s", diff)
			}
		})
	}
}

func TestBareNameGreets(t *testing.T) {
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), nil, streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, environment(nil))
	if code != exitUsage || stdout.Len() > 0 || !bytes.HasPrefix(stderr.Bytes(), []byte("Usage: cartosync <command>")) {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
}
