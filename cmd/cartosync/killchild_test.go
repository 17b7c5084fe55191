package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// A moment is when, within a request, the program that sends it is killed.
type moment string

const (
	before moment = "before" // the account never sees the request
	within moment = "within" // half of an upload has reached the account
	after  moment = "after"  // the request took effect, and nobody hears of it
)

// A killing is the request at which a program is killed: the nth of those that change something, or of those that do not.
type killing struct {
	writes bool
	n      int // from 1
	moment moment
}

// A counter hands requests on to an account, counts them, and kills the program that sends them as it is told to.
type counter struct {
	account http.Handler

	mu            sync.Mutex
	reads, writes int
	at            killing // none while n is 0
	victim        *victim
	struck        bool // a request was the one
}

// A victim is a program that runs until it ends or is killed.
type victim struct {
	process *os.Process
	begun   chan struct{} // closed once process is known
	ended   chan struct{} // closed once it is gone
}

// aim says where the next program is to be killed, and counts from the beginning.
func (c *counter) aim(at killing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads, c.writes, c.at, c.struck = 0, 0, at, false
	c.victim = &victim{begun: make(chan struct{}), ended: make(chan struct{})}
}

// hits counts a request and returns the victim if this is the one.
func (c *counter) hits(r *http.Request) *victim {
	c.mu.Lock()
	defer c.mu.Unlock()
	writes := r.Method != http.MethodGet && r.Method != http.MethodHead
	n := &c.reads
	if writes {
		n = &c.writes
	}
	*n++
	if c.at.n == 0 || writes != c.at.writes || *n != c.at.n {
		return nil
	}
	c.struck = true
	return c.victim
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v := c.hits(r)
	if v == nil {
		c.account.ServeHTTP(w, r)
		return
	}
	switch c.at.moment {
	case within:
		r.Body = &halved{Reader: io.LimitReader(r.Body, r.ContentLength/2), Closer: r.Body, kill: v.kill}
		c.account.ServeHTTP(httptest.NewRecorder(), r)
	case after:
		c.account.ServeHTTP(httptest.NewRecorder(), r)
	}
	v.kill()
	panic(http.ErrAbortHandler)
}

// kill ends the program as kill -9 does, and waits until it is gone.
func (v *victim) kill() {
	<-v.begun
	_ = v.process.Kill() // it may be gone already
	<-v.ended
}

// halved is a body whose sender dies in the middle of it.
type halved struct {
	io.Reader
	io.Closer
	kill func()
}

func (h *halved) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if err == io.EOF {
		h.kill()
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// run runs a program to its end or to its death, and returns what it wrote.
func (c *counter) run(cmd *exec.Cmd) (output string, err error) {
	var b bytes.Buffer
	cmd.Stdout, cmd.Stderr = &b, &b
	if err := cmd.Start(); err != nil {
		return "", err
	}
	c.victim.process = cmd.Process
	close(c.victim.begun)
	err = cmd.Wait()
	close(c.victim.ended)
	return b.String(), err
}

// buildProgram builds the program as users have it, whatever the tests are built with.
func buildProgram(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "cartosync")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", file, ".")
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	return file
}
