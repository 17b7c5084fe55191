//go:build unix

package spec_test

import (
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// Opening a named pipe would wait for somebody to write into it.
func TestPipesAreNotOpened(t *testing.T) {
	enter(t, map[string]string{
		"carto.yaml": "version: 1\nproject: p\ninclude: [pipe]\ndatasets: [{name: a, source: {file: pipe}}]\n",
		"good.yaml":  "version: 1\nproject: p\n",
	})
	if err := syscall.Mkfifo("pipe", 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`carto.yaml:3:11: included file "pipe" cannot be read: not a regular file; include regular files inside the manifest's directory only`,
		`carto.yaml:4:37: source file "pipe" is not a regular file; name a regular file`,
	}
	if diff := cmp.Diff(want, faultsOf(t, spec.Options{}, "carto.yaml")); diff != "" {
		t.Error(diff)
	}
	if f, err := load(t, spec.Options{}, "good.yaml")[0].Open("pipe"); err == nil {
		f.Close()
		t.Error("the pipe was opened")
	}
}
