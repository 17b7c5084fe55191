package carto

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWordsForLostConnections: what the machine calls a failure of the network says
// nothing to most people.
func TestWordsForLostConnections(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080}
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: err} }
	const network = "; check the account URL, the network and the proxy settings"
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"closed", io.EOF, "the connection was closed before the answer came"},
		{"closed midway", io.ErrUnexpectedEOF, "the connection was closed before the answer came"},
		{"closed, as HTTP says it", fmt.Errorf("net/http: HTTP/1.x transport connection broken: %w", io.EOF), "the connection was closed before the answer came"},
		{"reset", &net.OpError{Op: "read", Net: "tcp", Addr: at, Err: os.NewSyscallError("read", syscall.ECONNRESET)},
			"the connection was reset before the answer came"},
		{"broken pipe", &net.OpError{Op: "write", Net: "tcp", Addr: at, Err: os.NewSyscallError("write", syscall.EPIPE)},
			"the connection was reset before the answer came"},
		{"refused", dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "the connection to 127.0.0.1:8080 was refused" + network},
		{"no answer to dialling", dial(os.ErrDeadlineExceeded), "no connection to 127.0.0.1:8080 came about in time" + network},
		{"unknown host", dial(&net.DNSError{Err: "no such host", Name: "acme.example", IsNotFound: true}),
			`the host "acme.example" is not known; check the account URL`},
		{"an own file", fmt.Errorf("reading %q at its end: %w", "x.csv", io.ErrUnexpectedEOF), `reading "x.csv" at its end: unexpected EOF`},
		{"another", errors.New("odd"), "odd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := testClient(t, Config{})
			err := client.transportError(answer{method: "GET", path: "/x"}, c.err)
			if diff := cmp.Diff("GET /x: "+c.want, err.Error()); diff != "" {
				t.Error(diff)
			}
			if !errors.Is(err, c.err) {
				t.Error("the cause is lost")
			}
		})
	}
}
