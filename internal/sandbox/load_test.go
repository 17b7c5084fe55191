package sandbox_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
	"github.com/cartosync/cartosync/internal/sandbox/fault"
)

func zipped(t *testing.T, files ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, files[i+1])
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestImportArchive(t *testing.T) {
	a := open(t, sandbox.Config{})
	job := a.load("both.zip", zipped(t, "First One.csv", "a\n1\n", "second.csv", "b\n2\n", "readme.txt", "x", "broken.geojson", "{"))
	fact(t, "failed members count, and the first failure shows", object{"tables_created_count": 3.0, "error_code": 1002.0, "success": true, "table_name": "second"},
		pick(job, "tables_created_count", "error_code", "success", "table_name"))
	fact(t, "datasets", []any{"first_one", "second"}, names(a.get("/api/v1/viz?type=table&order=name&order_direction=asc")))
	bad := a.wait(a.ok("POST", "/api/v1/imports", upload(t, "none.zip", zipped(t, "letter.docx", "x")))["item_queue_id"])
	fact(t, "an archive without a supported file", object{"state": "failure", "error_code": 1002.0}, pick(bad, "state", "error_code"))
}

// Many clients at a time get what they ask for, while big imports run.
func TestConcurrentClients(t *testing.T) {
	a := open(t, sandbox.Config{ImportSlots: 100})
	for i := range 3 {
		a.ok("POST", "/api/v1/imports", upload(t, fmt.Sprintf("big%d.csv", i), rows(manyRows)))
	}
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			file := fmt.Sprintf("c%d.csv", i)
			id := a.ok("POST", "/api/v1/imports", upload(t, file, "a\n1\n"))["item_queue_id"]
			a.get("/api/v1/viz?type=table")
			a.query("SELECT count(*) FROM pg_tables")
			if job := a.wait(id); job["table_name"] != fmt.Sprintf("c%d", i) {
				t.Errorf("%s became %v", file, job)
			}
		})
	}
	wg.Wait()
}

// Small requests are answered while a big import runs: one that waited for its end would see it ended. On a machine that
// is done before anybody looks, the next import is bigger.
func TestImportsLeaveRequestsAlone(t *testing.T) {
	a := open(t, sandbox.Config{})
	for n, tries := manyRows, 5; ; n *= 2 {
		id := a.ok("POST", "/api/v1/imports", upload(t, fmt.Sprintf("big%d.csv", n), rows(n)))["item_queue_id"]
		state := func() any { return a.get("/api/v1/imports/" + id.(string))["state"] }
		a.until(func() bool { return state() != "pending" })
		a.get("/api/v1/viz?type=table")
		a.query("SELECT count(*) FROM pg_tables")
		during := state()
		if a.wait(id); during != "complete" && during != "failure" {
			return
		}
		if tries--; tries == 0 {
			t.Fatalf("once small requests are answered, an import of %d rows is always at its end: %v", n, during)
		}
	}
}

func TestFaults(t *testing.T) {
	a := open(t, sandbox.Config{})
	inject := func(text string) {
		r, err := fault.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		a.s.Inject(r)
	}
	inject("status=502@GET/api/v1/viz*1")
	got := a.send("GET", "/user/sandbox/api/v1/viz", nil)
	fact(t, "a proxy's page", []any{502, "text/html"}, []any{got.Status, got.header.Get("Content-Type")})
	fact(t, "once", 200, a.send("GET", "/api/v1/viz", nil).Status)

	inject("lose@POST/api/v1/imports*1")
	r, err := http.NewRequest("POST", "http://sandbox.test/api/v1/imports?api_key="+sandbox.DefaultAPIKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := a.client.Do(r); err == nil {
		resp.Body.Close()
		t.Errorf("the answer was not lost: %d", resp.StatusCode)
	}
	a.until(func() bool { return a.get("/api/v1/users/me")["import_count"] == 1.0 })
}
