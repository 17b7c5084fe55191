//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// Whoever reads the output may go away in the middle of a run, as head does: the run comes to its end all the same,
// and the documents in files say what it did.
func TestReaderGone(t *testing.T) {
	for _, tt := range []struct {
		stream string
		code   int
		says   string // on the other stream
	}{
		{"stdout", exitFailed, "1 action carried out, and only this failed: write"},
		{"stderr", exitDone, "Apply: 1 created"},
	} {
		t.Run(tt.stream, func(t *testing.T) {
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			account, idle := serveSandbox(t, func(r *http.Request) {
				if r.Method == http.MethodPost && strings.Contains(r.URL.Path, "/api/v1/imports") {
					reader.Close()
				}
			})
			dir := manifestOfOne(t)
			c := exec.CommandContext(t.Context(), "cartosync", "apply", "--auto-approve", "--json-into", dir+"/into.json", "--report", dir+"/report.json", dir)
			c.Env = append(os.Environ(), "CARTO_ACCOUNT_URL="+account, "CARTO_API_KEY="+sandbox.DefaultAPIKey, "GORACE=atexit_sleep_ms=0")
			var other strings.Builder
			c.Stdout, c.Stderr = writer, &other
			if tt.stream == "stderr" {
				c.Stdout, c.Stderr = &other, writer
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			writer.Close()
			limit := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
			defer limit.Stop()
			ended := c.Wait()
			idle()
			if code := c.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d: %v", code, tt.code, ended)
			}
			if !strings.Contains(other.String(), tt.says) {
				t.Errorf("it does not say %q:\n%s", tt.says, other.String())
			}
			done := map[string]int{}
			for _, name := range []string{"into.json", "report.json"} {
				var doc struct{ Result struct{ Done int } }
				if err := json.Unmarshal([]byte(written(t, dir+"/"+name)), &doc); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				done[name] = doc.Result.Done
			}
			if diff := cmp.Diff(map[string]int{"into.json": 1, "report.json": 1}, done); diff != "" {
				t.Error(diff)
			}
			// Neither a lease nor an entry of the journal is left.
			code, doc := runJSON(t.Context(), t, "apply", "--auto-approve", "--lease-timeout", "0", "--reimport", "trees", "--account", account, dir)
			if code != exitDone || len(doc["actions"].([]any)) != 1 {
				t.Errorf("the next run: exit code %d, %v", code, doc["actions"])
			}
		})
	}
}
