//go:build unix

package main

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// A child is a program that gets signals.
type child struct {
	*exec.Cmd
	begun          chan struct{} // closed once it runs
	log            string        // the file that holds its stderr
	stdout, stderr strings.Builder
	ended          error
}

func (c *child) signal(s os.Signal) {
	<-c.begun
	c.Process.Signal(s)
}

// waitFor waits until the program has said something.
func (c *child) waitFor(t *testing.T, words string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); <-tick.C {
		if b, err := os.ReadFile(c.log); err == nil && strings.Contains(string(b), words) {
			return
		}
	}
	t.Errorf("stderr never had %q", words)
}

// Real signals to a real program: the first ends it politely, the second at once, and the documents are there in both cases.
func TestSignals(t *testing.T) {
	polling := func(r *http.Request) bool {
		return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/api/v1/imports/")
	}
	publishing := func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/api/v1/viz/")
	}
	tests := []struct {
		name     string
		during   func(*http.Request) bool // the first such request brings the signals
		signals  []os.Signal
		answered bool // whether such requests are answered
		code     int
		outcome  string
		says     string
		stderr   string
	}{
		{
			"one while an import runs", polling, []os.Signal{os.Interrupt}, false, exitFailed, "interrupted",
			"the run was interrupted while CARTO runs import job", "stopping within 8s: 1 action is finishing, 0 are not begun; a second signal stops it at once\n",
		},
		{
			"one while it is published", publishing, []os.Signal{syscall.SIGTERM}, true, exitDone, "done",
			"", "stopping within 8s: 1 action is finishing, 0 are not begun; a second signal stops it at once\n",
		},
		{
			"two while the account does not answer", publishing, []os.Signal{os.Interrupt, syscall.SIGTERM}, false, exitFailed, "interrupted",
			"terminated signal received", "stopping within 8s: ",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &child{begun: make(chan struct{})}
			gone := make(chan struct{})
			next := make(chan os.Signal, len(tt.signals))
			for _, s := range tt.signals {
				next <- s
			}
			account, idle := serveSandbox(t, func(r *http.Request) {
				if !tt.during(r) {
					return
				}
				for len(next) > 0 { // signals that come together may be one
					c.signal(<-next)
					if len(next) > 0 {
						c.waitFor(t, "stopping")
					}
				}
				if !tt.answered {
					<-gone
				}
			})
			dir := manifestOfOne(t)
			c.run(t, account, "apply", "--auto-approve", "--format", "json", "--json-into", dir+"/into.json", "--report", dir+"/report.json", dir)
			close(gone)
			idle()
			if code := c.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit code %d, want %d: %v\n%s", code, tt.code, c.ended, c.stderr.String())
			}
			if !strings.Contains(c.stderr.String(), tt.stderr) {
				t.Errorf("stderr has no %q:\n%s", tt.stderr, c.stderr.String())
			}
			documents := map[string]string{
				"stdout": c.stdout.String(), "--json-into": written(t, dir+"/into.json"), "--report": written(t, dir+"/report.json"),
			}
			for name, text := range documents {
				var doc struct {
					Result struct {
						Stopped bool
						Actions []struct{ Outcome, Error string }
					}
				}
				if err := json.Unmarshal([]byte(text), &doc); err != nil {
					t.Fatalf("%s: %v\n%s", name, err, text)
				}
				if len(doc.Result.Actions) != 1 || !doc.Result.Stopped {
					t.Fatalf("%s: %s", name, text)
				}
				got := doc.Result.Actions[0]
				if got.Outcome != tt.outcome || !strings.Contains(got.Error, tt.says) {
					t.Errorf("%s: it is %s (%s), want %s (%s)", name, got.Outcome, got.Error, tt.outcome, tt.says)
				}
			}
			if code, _ := runJSON(t.Context(), t, "apply", "--auto-approve", "--account", account, dir); code != exitDone {
				t.Errorf("the next run: exit code %d", code)
			}
			code, doc := runJSON(t.Context(), t, "plan", "--detailed-exitcode", "--account", account, dir)
			if code != exitDone || doc["changes_pending"] != false {
				t.Errorf("the plan after it: exit code %d, changes pending %v", code, doc["changes_pending"])
			}
		})
	}
}

// run runs the program to its end, which a hanging one reaches by being killed.
func (c *child) run(t *testing.T, account string, args ...string) {
	t.Helper()
	c.Cmd = exec.CommandContext(t.Context(), "cartosync", args...)
	c.Env = append(os.Environ(), "CARTO_ACCOUNT_URL="+account, "CARTO_API_KEY="+sandbox.DefaultAPIKey, "GORACE=atexit_sleep_ms=0")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	c.Stdout, c.Stderr, c.log = &c.stdout, stderr, stderr.Name()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	close(c.begun)
	limit := time.AfterFunc(time.Minute, func() { c.Process.Kill() })
	defer limit.Stop()
	c.ended = c.Wait()
	c.stderr.WriteString(written(t, c.log))
}

func written(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
