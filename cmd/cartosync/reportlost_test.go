package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// A report that can no longer be written says that the changes were made all the same.
func TestReportLost(t *testing.T) {
	for _, flag := range []string{"--report", "--json-into"} {
		t.Run(flag, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "reports")
			if err := os.Mkdir(dir, 0o777); err != nil {
				t.Fatal(err)
			}
			account, _ := serveSandbox(t, func(r *http.Request) {
				if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/api/v1/imports") {
					os.RemoveAll(dir)
				}
			})
			var stdout, stderr bytes.Buffer
			env := environment(map[string]string{"CARTO_API_KEY": sandbox.DefaultAPIKey})
			file := filepath.Join(dir, "report.json")
			code := run(t.Context(), []string{"apply", "--auto-approve", "--account", account, flag, file, manifestOfOne(t)},
				streams{stdin: new(bytes.Buffer), stdout: &stdout, stderr: &stderr}, env)
			want := "1 action carried out, and only this failed: write " + file + ": "
			if code != exitFailed || !strings.Contains(stderr.String(), want) {
				t.Errorf("exit code %d, stderr %s", code, stderr.String())
			}
		})
	}
}
