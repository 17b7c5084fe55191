// Package pgtest starts a PostgreSQL server for a test. It is for tests only.
//
// A test that needs a server is skipped where none is installed, unless the environment variable CARTOSYNC_REQUIRE names
// postgres: then it fails.
package pgtest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Server is a PostgreSQL server on a loopback port, with one superuser and without TLS.
type Server struct {
	Port     int
	User     string
	Password string
	Database string
}

// Start starts a server that ends with the test.
func Start(t *testing.T) Server {
	t.Helper()
	bin := binaries()
	if bin == "" {
		if slices.Contains(strings.Split(os.Getenv("CARTOSYNC_REQUIRE"), ","), "postgres") {
			t.Fatal("CARTOSYNC_REQUIRE demands postgres, and no server is installed; install the package postgresql")
		}
		t.Skip("no PostgreSQL server is installed; install the package postgresql to run this test")
	}
	s := Server{Port: freePort(t), User: "tester", Password: "s3cret pa:ss/word", Database: "postgres"}
	dir, owner := home(t)
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(s.Password), 0o644); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	run(t, owner, filepath.Join(bin, "initdb"), "-D", data, "-U", s.User, "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--locale=C", "--no-sync")
	server := command(owner, filepath.Join(bin, "postgres"), "-D", data, "-p", strconv.Itoa(s.Port), "-c", "listen_addresses=127.0.0.1",
		"-c", "unix_socket_directories="+dir, "-c", "fsync=off", "-c", "shared_buffers=16MB")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Signal(os.Interrupt)
		server.Wait()
	})
	s.await(t)
	return s
}

// Exec runs statements.
func (s Server) Exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := s.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	if _, err := conn.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (s Server) connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=%s database=%s sslmode=disable", s.Port, s.User, s.Database))
	if err != nil {
		return nil, err
	}
	config.Password = s.Password
	return pgx.ConnectConfig(ctx, config)
}

func (s Server) await(t *testing.T) {
	deadline := time.Now().Add(5 * time.Minute)
	for {
		conn, err := s.connect(t.Context())
		if err == nil {
			conn.Close(t.Context())
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server does not start: %v", err)
		}
		timer := time.NewTimer(20 * time.Millisecond)
		<-timer.C
	}
}

// binaries is the directory of the newest installed server, "" if there is none.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

// home is a directory for the server, and the user as whom it runs: PostgreSQL refuses to run as root.
func home(t *testing.T) (dir, owner string) {
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if os.Geteuid() != 0 {
		return dir, ""
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatalf("running as root, and there is no user postgres to run the server: %v", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return dir, u.Uid + ":" + u.Gid
}

func command(owner, path string, args ...string) *exec.Cmd {
	if owner == "" {
		return exec.Command(path, args...)
	}
	uid, gid, _ := strings.Cut(owner, ":")
	return exec.Command("setpriv", append([]string{"--reuid", uid, "--regid", gid, "--clear-groups", path}, args...)...)
}

func run(t *testing.T, owner, path string, args ...string) {
	t.Helper()
	c := command(owner, path, args...)
	c.Dir = os.TempDir()
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(path), err, out)
	}
}

func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
