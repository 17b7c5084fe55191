package conformance

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

// embedded is a sandbox on loopback with all that checks may need. Its limits are low, so that they can be exceeded.
func embedded(t *testing.T) (*account, *sandbox.Sandbox) {
	t.Helper()
	tables := filepath.Join(t.TempDir(), "public")
	if err := os.MkdirAll(tables, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(tables, "orders.csv"), []byte("id,amount\n1,10\n2,20\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	s, err := sandbox.Open(t.Context(), sandbox.Config{
		Dir: t.TempDir(), Organization: "town", Members: []string{"alice"}, Connectors: map[string]string{"hive": filepath.Dir(tables)},
		ImportFileSize: 1 << 20, ImportRows: 1000, Admin: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		server.Close()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	a := newAccount(t, server.URL+"/user/"+sandbox.DefaultUser, sandbox.DefaultAPIKey)
	a.provider, a.invade, a.admin = "hive", true, server.URL+"/_sandbox"
	return a, s
}

// inhabit gives an account a dataset, a synchronization and a connection that are not the suite's.
func inhabit(t *testing.T, a *account) {
	t.Helper()
	p := &probe{T: t, account: a}
	for _, file := range []string{"roads.csv", "orders.csv"} {
		job := p.decode(p.send("POST", imports, form{"file", file, "a\n1\n", nil}))["item_queue_id"]
		p.until("it is imported", func() bool { return p.job(job)["state"] == "complete" })
	}
	f := a.web.serve("/rivers.csv", "a\n1\n")
	y := p.ok("POST", synchronizations, object{"url": f.URL, "interval": 30 * 24 * 3600})
	p.until("it is imported", func() bool { return p.job(dig(y, "data_import", "item_queue_id"))["state"] == "complete" })
	p.ok("POST", connections, object{"name": "warehouse", "connector": a.provider, "parameters": object{"server": "db.example.com"}})
}
