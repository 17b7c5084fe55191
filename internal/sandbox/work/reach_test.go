package work

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"testing"
)

// Whatever a database is called, it is reached on this machine only, unless its host is allowed by name. What is not on
// this machine is refused before a packet leaves: 192.0.2.0/24 and 2001:db8::/32 are nobody's.
func TestDatabasesAreOnThisMachine(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			c.Close() // it is no PostgreSQL
		}
	}()
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	ended, end := context.WithCancel(t.Context())
	end()
	tests := []struct {
		server  string
		allow   []string
		ctx     context.Context // t.Context() by default; one that has ended keeps an allowed host from being called
		foreign string          // the address that is refused
	}{
		{server: "127.0.0.1"},
		{server: "127.8.9.10"},
		{server: "localhost"},
		{server: "::1"},
		{server: "::ffff:127.0.0.1"},
		{server: "192.0.2.1", foreign: "192.0.2.1:" + port},
		{server: "192.0.2.1,192.0.2.2", foreign: "192.0.2.1:5432"},
		{server: "::ffff:192.0.2.1", foreign: "192.0.2.1:" + port},
		{server: "2001:db8::1", foreign: "[2001:db8::1]:" + port},
		{server: "169.254.169.254", allow: []string{"192.0.2.1"}, foreign: "169.254.169.254:" + port},
		{server: "192.0.2.1", allow: []string{"192.0.2.1"}, ctx: ended},
		{server: "DB.Example.test", allow: []string{"db.example.test"}, ctx: ended},
	}
	for _, test := range tests {
		t.Run(test.server, func(t *testing.T) {
			w := &Worker{Config: Config{AllowFetch: test.allow}}
			ctx := test.ctx
			if ctx == nil {
				ctx = t.Context()
			}
			_, err := w.connectPostgres(ctx, map[string]string{"server": test.server, "port": port, "database": "d", "username": "u", "password": "s3cret", "sslmode": "prefer"})
			var foreign *foreignHostError
			switch errors.As(err, &foreign); {
			case err == nil:
				t.Fatal("there is no database, and it was connected to")
			case foreign == nil && test.foreign != "":
				t.Errorf("the error is %v", err)
			case foreign != nil && foreign.address != test.foreign:
				t.Errorf("refused at %q, should be %q: %v", foreign.address, test.foreign, err)
			}
		})
	}
}

// A loopback address is dialled as it is, in IPv6 too.
func TestFetchDialsTheAddressItIsGiven(t *testing.T) {
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("this machine has no IPv6:", err)
	}
	go http.Serve(listener, http.NotFoundHandler())
	defer listener.Close()
	w := &Worker{}
	resp, err := w.newClient().Get("http://" + listener.Addr().String() + "/x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNotFound {
		t.Error(resp.Status)
	}
}
