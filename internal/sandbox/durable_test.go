package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// childDir is set in a child process of this test binary: it then serves the sandbox in that directory until it is killed.
const childDir = "CARTOSYNC_TEST_SANDBOX_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := serveChild(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func serveChild(dir string) error {
	s, err := sandbox.Open(context.Background(), sandbox.Config{Dir: dir})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	return http.Serve(l, s)
}

// child starts a sandbox in a process of its own.
func child(t *testing.T, dir string) (a *api, kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := false
	kill = func() {
		if !done {
			done = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimSpace(line)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	transport := &http.Transport{DialContext: dial}
	t.Cleanup(transport.CloseIdleConnections)
	return &api{t: t, client: &http.Client{Transport: transport}, user: "sandbox", key: sandbox.DefaultAPIKey}, kill
}

// rows is a CSV of n rows.
func rows(n int) string {
	var b strings.Builder
	b.WriteString("id,label\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,row number %d\n", i, i)
	}
	return b.String()
}

// A killed sandbox has whole datasets only, and does what it had promised when it is opened again.
func TestKilledDuringImports(t *testing.T) {
	dir := t.TempDir()
	const n = manyRows
	for round, moment := range []string{"importing", "complete"} {
		a, kill := child(t, dir)
		var ids []any
		for i := range 3 {
			ids = append(ids, a.ok("POST", "/api/v1/imports", upload(t, fmt.Sprintf("r%d_%d.csv", round, i), rows(n)))["item_queue_id"])
		}
		a.until(func() bool {
			state := a.get(fmt.Sprint("/api/v1/imports/", ids[0]))["state"]
			return state == moment || state == "complete"
		})
		kill()

		a, kill = child(t, dir)
		for i, id := range ids {
			job := a.wait(id)
			want := object{"state": "complete", "table_name": fmt.Sprintf("r%d_%d", round, i)}
			fact(t, fmt.Sprint("round ", round, " job ", i), want, pick(job, "state", "table_name"))
			fact(t, "rows", []any{object{"count": float64(n)}}, a.query(fmt.Sprintf("SELECT count(*) FROM r%d_%d", round, i)))
		}
		fact(t, "nothing is doubled", float64(3*(round+1)), a.get("/api/v1/viz?type=table")["total_entries"])
		fact(t, "nothing is half there", 3*(round+1), len(a.query("SELECT tablename FROM pg_tables")))
		fact(t, "no import slot is lost", 0, slotsInUse(a))
		kill()
	}
	for _, sub := range []string{"uploads", "scratch"} {
		left, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil || len(left) != 0 {
			t.Errorf("%s holds %v (%v)", sub, left, err)
		}
	}
}

// slotsInUse counts how many of three slots are refused.
func slotsInUse(a *api) int {
	for i := range 3 {
		got := a.send("POST", "/api/v1/imports", object{})
		if got.Status != 200 {
			return 3 - i
		}
		a.wait(decode(a.t, got.Body)["item_queue_id"])
	}
	return 0
}

func TestReopen(t *testing.T) {
	dir, files := t.TempDir(), t.TempDir()
	write(t, files, "air.csv", "a\n1\n")
	config := sandbox.Config{Dir: dir, Serve: files, Connectors: map[string]string{"hive": files}}
	open := func() (*api, *sandbox.Sandbox) {
		s, err := sandbox.Open(t.Context(), config)
		if err != nil {
			t.Fatal(err)
		}
		return clientOf(t, s), s
	}
	a, s := open()
	a.load("stations.csv", stations, "privacy", "public")
	id, _ := a.synchronize(object{"url": airURL, "interval": 900})
	a.ok("POST", "/api/v4/connections", object{"name": "main", "connector": "hive", "parameters": object{"server": "h"}})
	me, viz, y := a.get("/api/v1/users/me")["id"], a.get("/api/v1/viz/stations"), a.sync(id)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, files, "air.csv", "a\n1\n2\n")

	a, s = open()
	fact(t, "user", me, a.get("/api/v1/users/me")["id"])
	fact(t, "dataset", viz, a.get("/api/v1/viz/stations"))
	fact(t, "synchronization", y, a.sync(id))
	fact(t, "rows", []any{object{"count": 2.0}}, a.query("SELECT count(*) FROM stations"))
	_, err := sandbox.Open(t.Context(), config)
	want := fmt.Sprintf("sandbox directory %s is in use by process %d since ", dir, os.Getpid())
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("a second sandbox in the directory: %v", err)
	}
	a.ok("PUT", "/api/v1/synchronizations/"+id, object{"run_at": "2000-01-01T00:00:00Z", "state": "syncing"})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	a, s = open()
	fact(t, "a synchronization that somebody set to syncing stays so", "syncing", a.sync(id)["state"])
	a.ok("PUT", "/api/v1/synchronizations/"+id, object{"state": "success", "etag": nil, "modified_at": nil, "interval": 86400})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	a, s = open()
	a.ok("PUT", "/api/v1/synchronizations/"+id, object{"run_at": "2000-01-01T00:00:00Z"})
	a.until(func() bool { return a.sync(id)["service_item_id"] == airURL })
	fact(t, "an overdue one runs", []any{object{"count": 2.0}}, a.query("SELECT count(*) FROM air"))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// A job that is running when the sandbox is closed begins again when it is opened, also after the directory was moved.
func TestCloseDuringImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "here")
	s, err := sandbox.Open(t.Context(), sandbox.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	a := clientOf(t, s)
	id := a.ok("POST", "/api/v1/imports", upload(t, "big.csv", rows(manyRows)))["item_queue_id"]
	a.until(func() bool { return a.get(fmt.Sprint("/api/v1/imports/", id))["state"] != "pending" })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "there")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	a = open(t, sandbox.Config{Dir: moved})
	fact(t, "outcome", "complete", a.wait(id)["state"])
	fact(t, "rows", []any{object{"count": float64(manyRows)}}, a.query("SELECT count(*) FROM big"))
}
