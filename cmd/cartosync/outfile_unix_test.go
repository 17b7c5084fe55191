//go:build unix

package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestReplacedFileKeepsItsMode: a report is as secret as its reader made it, and a new one as the umask says.
func TestReplacedFileKeepsItsMode(t *testing.T) {
	dir := t.TempDir()
	mode := func(file string) fs.FileMode {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	created, plain := filepath.Join(dir, "created"), filepath.Join(dir, "plain")
	for _, want := range []fs.FileMode{0o600, 0o640, 0o666} {
		file := filepath.Join(dir, want.String())
		if err := os.WriteFile(file, nil, want); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(file, want); err != nil {
			t.Fatal(err)
		}
		if err := replaceFile(file, aDocument, []byte("new")); err != nil {
			t.Fatal(err)
		}
		if got := mode(file); got != want {
			t.Errorf("the mode was %s and is %s", want, got)
		}
	}
	if err := replaceFile(created, aDocument, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(plain, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got, want := mode(created), mode(plain); got != want {
		t.Errorf("a new file has the mode %s, others that are made here have %s", got, want)
	}
}
