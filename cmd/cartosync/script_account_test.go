package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A running sandbox is a child process: what it prints is read as a user would.
type runningSandbox struct {
	cmd  *exec.Cmd
	errs *bytes.Buffer
}

// sandboxKey is where a script keeps the sandbox that it runs.
type sandboxKey struct{}

func startSandbox(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: sandbox [ARG...] | sandbox stop")
	}
	running := ts.Value(sandboxKey{}).(*runningSandbox)
	if len(args) == 1 && args[0] == "stop" {
		ts.Check(running.stop())
		return
	}
	if running.cmd != nil {
		ts.Fatalf("a sandbox runs already")
	}
	program, err := exec.LookPath("cartosync")
	ts.Check(err)
	args = append([]string{"sandbox", "--listen", "127.0.0.1:0", "--dir", filepath.Join(ts.Getenv("WORK"), ".sandbox")}, args...)
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	running.errs = new(bytes.Buffer)
	cmd.Stderr = running.errs
	stdout, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	running.cmd = cmd
	ts.Defer(func() { running.stop() })
	set := 0
	for lines := bufio.NewScanner(stdout); set < 2 && lines.Scan(); {
		if assignment, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			name, value, _ := strings.Cut(assignment, "=")
			ts.Setenv(name, value)
			set++
		}
	}
	if set < 2 {
		running.stop()
		ts.Fatalf("the sandbox said no more than that:\n%s", running.errs)
	}
}

// stop interrupts the sandbox as a user would, and expects it to end well.
func (r *runningSandbox) stop() error {
	cmd := r.cmd
	if cmd == nil {
		return nil
	}
	r.cmd = nil
	if runtime.GOOS == "windows" { // which has no interrupts
		cmd.Process.Kill()
		cmd.Wait()
		return nil
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("the sandbox ended badly: %w\n%s", err, r.errs)
	}
	return nil
}

func query(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, "sql QUERY", 1)
	status, body := ask(ts, http.MethodGet, "/api/v2/sql?q="+url.QueryEscape(args[0]), "")
	if status != http.StatusOK {
		ts.Fatalf("%d: %s", status, body)
	}
	var answer struct{ Rows []json.RawMessage }
	ts.Check(json.Unmarshal(body, &answer))
	for _, row := range answer.Rows {
		var line bytes.Buffer
		ts.Check(json.Compact(&line, row))
		fmt.Fprintln(ts.Stdout(), line.String())
	}
}

func request(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: http METHOD PATH [BODY]")
	}
	body := ""
	if len(args) == 3 {
		body = args[2]
	}
	status, answer := ask(ts, args[0], args[1], body)
	ts.Stdout().Write(answer)
	if ok := status/100 == 2; ok == neg {
		ts.Fatalf("%s %s: %d: %s", args[0], args[1], status, answer)
	}
}

// ask sends a request to the account that the script's variables name.
func ask(ts *testscript.TestScript, method, path, body string) (int, []byte) {
	account, err := url.Parse(ts.Getenv("CARTO_ACCOUNT_URL"))
	ts.Check(err)
	req, err := http.NewRequest(method, account.String()+path, strings.NewReader(body))
	ts.Check(err)
	req.SetBasicAuth(filepath.Base(account.Path), ts.Getenv("CARTO_API_KEY"))
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	ts.Check(err)
	return res.StatusCode, answer
}

// importURL is what somebody does in the dashboard.
func importURL(ts *testscript.TestScript, neg bool, args []string) {
	positive(ts, neg, args, "import URL", 1)
	body, err := json.Marshal(map[string]string{"url": args[0]})
	ts.Check(err)
	var job struct {
		ID    string `json:"item_queue_id"`
		State string
	}
	status, answer := ask(ts, http.MethodPost, "/api/v1/imports", string(body))
	ts.Check(json.Unmarshal(answer, &job))
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for job.State != "complete" {
		if status != http.StatusOK || job.State == "failure" {
			ts.Fatalf("%d: %s", status, answer)
		}
		<-pause.C
		status, answer = ask(ts, http.MethodGet, "/api/v1/imports/"+job.ID, "")
		ts.Check(json.Unmarshal(answer, &job))
	}
}
