package sandbox_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// What an account holds, and what is on its way into it, is for its owner's eyes: each file and directory, so that a
// copy of a part is as private as the whole.
func TestEverythingKeptIsPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no such permissions there")
	}
	begun, finish := make(chan bool), make(chan bool)
	source := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.(http.Flusher).Flush()
			close(begun)
			<-finish
		}
	}))
	defer source.Close()
	defer close(finish)
	dir := t.TempDir()
	a := open(t, sandbox.Config{Dir: dir})
	a.load("roads.csv", "a\n1\n")
	a.query("CREATE TABLE lakes (a integer)")
	a.ok("POST", "/api/v1/imports", object{"url": source.URL + "/rivers.csv"})
	<-begun
	a.inject("stuck=pending")
	a.ok("POST", "/api/v1/imports", upload(t, "lanes.csv", "a\n1\n"))
	a.until(func() bool { return len(glob(t, dir, "scratch/*/*")) > 0 })
	for pattern, n := range map[string]int{"sandbox.db*": 3, "lock": 1, "tables/*": 2, "uploads/*/*": 1, "scratch/*/*": 1} {
		fact(t, pattern, n, len(glob(t, dir, pattern)))
	}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return all
}
