package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox"
)

var gigabyte = flag.Bool("gigabyte", false, "import a CSV file of 1 GB into a sandbox of its own, which takes minutes and 3 GB of disk")

// Bounds that an import holds, however big it is.
const (
	mostMemory  = 256 << 20
	longestWait = time.Second
)

// An import of 1 GB fits into 256 MB of memory, of which the upload takes next to nothing, and nobody else waits for a
// second meanwhile.
func TestGigabyteImport(t *testing.T) {
	if !*gigabyte {
		t.Skip("takes minutes; run it with -gigabyte")
	}
	account, pid := runSandbox(t, "--import-file-size", "2000000000", "--import-rows", "1000000000")
	client := &accountClient{t, account + "/api"}
	stop := client.askAllTheTime()

	content := newRows(1 << 30)
	began := time.Now()
	id := client.upload("big.csv", content)
	uploaded, afterUpload := time.Since(began), peakMemory(t, pid)
	job := client.wait(id)
	took, peak, wait := time.Since(began), peakMemory(t, pid), stop()
	t.Logf("%d rows: uploaded in %s with at most %d MB of memory, imported after %s with at most %d MB; the longest wait of a small request was %s",
		content.rows, uploaded.Round(time.Millisecond), afterUpload>>20, took.Round(time.Millisecond), peak>>20, wait.Round(time.Millisecond))
	if job["state"] != "complete" {
		t.Fatal(job)
	}
	if got := client.count("big"); got != content.rows {
		t.Errorf("%d rows arrived of %d", got, content.rows)
	}
	if peak > mostMemory {
		t.Errorf("the sandbox took %d MB of memory", peak>>20)
	}
	if wait > longestWait {
		t.Errorf("a small request waited %s", wait)
	}
}

// runSandbox runs the command in a process of its own and returns its account and its process id.
func runSandbox(t *testing.T, args ...string) (account string, pid int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "cartosync", append([]string{"sandbox", "--listen", "127.0.0.1:0", "--dir", t.TempDir()}, args...)...)
	c.Stderr = os.Stderr
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Wait() }) // the context of a test ends before its cleanups run
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if account, found := strings.CutPrefix(lines.Text(), "export CARTO_ACCOUNT_URL="); found {
			go io.Copy(io.Discard, stdout)
			return account, c.Process.Pid
		}
	}
	t.Fatal("the sandbox did not say where it listens")
	return "", 0
}

// peakMemory is the most memory that a process has ever had, in bytes.
func peakMemory(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kb, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Fatal("the kernel does not tell the peak of memory")
	return 0
}

// rowsReader is a CSV file that is made while it is read.
type rowsReader struct {
	left int64 // bytes
	rows int64
	line bytes.Buffer
}

func newRows(size int64) *rowsReader {
	r := &rowsReader{left: size}
	r.line.WriteString("station_id,name,docks,opened,address,lat,lon,active\n")
	return r
}

func (r *rowsReader) Read(p []byte) (int, error) {
	for r.line.Len() < len(p) && r.left > int64(r.line.Len()) {
		i := r.rows
		fmt.Fprintf(&r.line, "%d,Station %d,%d,20%02d-%02d-%02d,\"Calle Mayor %d, bajo\",%.6f,%.6f,%t\n",
			1000+i, i, i%40, i%24, 1+i%12, 1+i%28, i%300, 40+float64(i%1000)/1000, -3-float64(i%997)/1000, i%3 == 0)
		r.rows++
	}
	n, err := r.line.Read(p)
	r.left -= int64(n)
	return n, err
}

// An accountClient speaks to a sandbox in another process.
type accountClient struct {
	t    *testing.T
	base string
}

func (c *accountClient) do(ctx context.Context, method, path, kind string, body io.Reader) (answer map[string]any, err error) {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", kind)
	r.SetBasicAuth(sandbox.DefaultUser, sandbox.DefaultAPIKey)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return answer, json.NewDecoder(resp.Body).Decode(&answer)
}

func (c *accountClient) get(path string) map[string]any {
	c.t.Helper()
	answer, err := c.do(c.t.Context(), http.MethodGet, path, "", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer
}

// upload sends a file as it is read and returns the id of its import.
func (c *accountClient) upload(file string, content io.Reader) any {
	c.t.Helper()
	const boundary = "the-end-of-a-part"
	head := "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + file + "\"\r\n\r\n"
	body := io.MultiReader(strings.NewReader(head), content, strings.NewReader("\r\n--"+boundary+"--\r\n"))
	answer, err := c.do(c.t.Context(), http.MethodPost, "/v1/imports", "multipart/form-data; boundary="+boundary, body)
	if err != nil {
		c.t.Fatal(err)
	}
	return answer["item_queue_id"]
}

// wait polls until an import has ended.
func (c *accountClient) wait(id any) map[string]any {
	c.t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if job := c.get(fmt.Sprint("/v1/imports/", id)); job["state"] == "complete" || job["state"] == "failure" {
			return job
		}
		select {
		case <-tick.C:
		case <-c.t.Context().Done():
			c.t.Fatal("the import does not end")
		}
	}
}

func (c *accountClient) count(table string) int64 {
	c.t.Helper()
	rows := c.get("/v2/sql?q=SELECT+count(*)+AS+n+FROM+" + table)["rows"].([]any)
	return int64(rows[0].(map[string]any)["n"].(float64))
}

// askAllTheTime makes small requests, reads and writes, one after the other, until stop is called, which tells how long
// the slowest took.
func (c *accountClient) askAllTheTime() (stop func() time.Duration) {
	ctx, cancel := context.WithCancel(c.t.Context())
	slowest := make(chan time.Duration)
	requests := []string{"/v1/viz?type=table", "/v2/sql?q=SELECT+1", "/v1/users/me", "/v1/imports"}
	go func() {
		worst := time.Duration(0)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			began := time.Now()
			if _, err := c.do(ctx, http.MethodGet, requests[i%len(requests)], "", nil); err != nil && ctx.Err() == nil {
				c.t.Error(err)
			}
			if ctx.Err() == nil {
				worst = max(worst, time.Since(began))
			}
			<-tick.C
		}
		slowest <- worst
	}()
	return func() time.Duration { cancel(); return <-slowest }
}
