package apply_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"

	"github.com/cartosync/cartosync/internal/apply"
)

// ended is the holder of a process that was here and has ended.
func ended(t *testing.T, like apply.Holder) apply.Holder {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	like.PID, like.ID = cmd.Process.Pid, "another"
	return like
}

// readBody reads what a request sends, and lets it be sent all the same.
func readBody(t *testing.T, r *http.Request) string {
	t.Helper()
	if r.Body == nil {
		return ""
	}
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(text))
	return string(text)
}
