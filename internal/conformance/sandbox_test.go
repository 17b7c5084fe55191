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
