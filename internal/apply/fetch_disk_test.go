package apply

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/secret"
)

// A download that this machine has no place for is not blamed on the source.
func TestDownloadWithoutPlace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "none")
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	const address = "https://example.org/a.csv"
	answer := answers(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusOK, Request: r, ContentLength: -1, Body: io.NopCloser(strings.NewReader("a\n1\n"))}, nil
	})
	_, _, err := (&Fetcher{Transport: answer}).download(t.Context(), source{url: secret.New(address), shown: address}, 0)
	if err == nil {
		t.Fatal("it was kept")
	}
	start, _, _ := strings.Cut(err.Error(), ": ")
	_, next, _ := strings.Cut(err.Error(), "; ")
	want := []string{"the download cannot be kept in " + dir, "make room there, or set TMPDIR to another directory"}
	if diff := cmp.Diff(want, []string{start, next}); diff != "" {
		t.Error(diff)
	}
}
