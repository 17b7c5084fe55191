package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/spec"
)

// TestJournalWarningsAreHarmless: nothing that comes with a repository reaches the
// terminal, or the workflow that reads stderr, as it is.
func TestJournalWarningsAreHarmless(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a\x1b[2J\n::error::b")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, apply.StateDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	s := survey{account: &account{URL: "https://acme.carto.com"}}
	s.in.Desired = []spec.Manifest{{Project: "city", Dir: dir}}
	s.openJournals(&app{streams: streams{stderr: &stderr}}, false)
	got := stderr.String()
	if !strings.HasPrefix(got, "warning: the journal ") || strings.Contains(got, "\x1b") || strings.Count(got, "\n") != 1 {
		t.Errorf("it said %q", got)
	}
}

// TestJournalsThatCannotBeUsedAreNamedOnce: also by a run that plans again.
func TestJournalsThatCannotBeUsedAreNamedOnce(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, apply.StateDir), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	s := survey{account: &account{URL: "https://acme.carto.com"}}
	s.in.Desired = []spec.Manifest{{Project: "city", Dir: dir}}
	for range 2 {
		s.openJournals(&app{streams: streams{stderr: &stderr}}, false)
	}
	if n := strings.Count(stderr.String(), "is no directory"); n != 1 {
		t.Errorf("said %d times:\n%s", n, stderr.String())
	}
}
