package sandbox_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/sandbox"
)

func copyPath(where, q string) string {
	return "/api/v2/sql/copy" + where + "?" + url.Values{"q": {q}}.Encode()
}

// COPY goes both ways, as CSV and as PostgreSQL's text. CartoDB/CartoDB-SQL-API: lib/api/sql/copy-controller.js.
func TestSQLCopy(t *testing.T) {
	a := open(t, sandbox.Config{})
	a.query("CREATE TABLE t (n integer, s text, b boolean)")
	send := func(q, body string) answer {
		return a.send("POST", copyPath("from", q), &stream{strings.NewReader(body), "application/octet-stream"})
	}
	tests := []struct {
		name, from, body, to, want string
		rows                       float64
	}{
		{"CSV", "COPY t (n, s, b) FROM STDIN WITH (FORMAT csv, HEADER true)", "n,s,b\n1,\"it's, so\",true\n2,,f\n",
			"COPY (SELECT * FROM t ORDER BY n) TO STDOUT WITH (FORMAT csv, HEADER true)", "n,s,b\n1,\"it's, so\",t\n2,,f\n", 2},
		{"text in which quotes mean nothing", "COPY t (n, s) FROM STDIN", "5\t\"a\n6\t\"\n\\.\n7\tbehind the end\n",
			"COPY (SELECT n, s FROM t ORDER BY n) TO STDOUT", "5\t\"a\n6\t\"\n", 2},
		{"another delimiter", "COPY t (n, s) FROM STDIN DELIMITER '§'", "8§a\n", "COPY (SELECT n, s FROM t) TO STDOUT DELIMITER '§'", "8§a\n", 1},
		{"text", "COPY t FROM STDIN", "3\ta\\tb\tt\n4\t\\N\t\\N\n", "COPY t (n, s) TO STDOUT", "3\ta\\tb\n4\t\\N\n", 2},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a.query("TRUNCATE t")
			got := send(test.from, test.body)
			fact(t, "copied", []any{200, test.rows}, []any{got.Status, decode(t, got.Body)["total_rows"]})
			back := a.send("GET", copyPath("to", test.to), nil)
			fact(t, "and back", []any{test.want, "attachment; filename=carto-sql-copyto.dmp"}, []any{back.Body, back.header.Get("Content-Disposition")})
		})
	}
	for _, test := range []struct{ name, q, body, want string }{
		{"no COPY", "SELECT 1", "x", "SQL must start with COPY"},
		{"no table", "COPY nope FROM STDIN", "x", `relation "nope" does not exist`},
		{"a wrong value", "COPY t (n) FROM STDIN", "1\nx\n", `invalid input syntax for type integer: "x"`},
		{"a short row", "COPY t (n, s) FROM STDIN WITH (FORMAT csv)", "1\n", `missing data for column "s"`},
		{"a long row", "COPY t (n) FROM STDIN WITH (FORMAT csv)", "1,2\n", "extra data after last expected column"},
		{"no rows", "COPY t (n) FROM STDIN", "", "No rows copied"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := send(test.q, test.body)
			fact(t, "refused", []any{400, object{"error": []any{test.want}}}, []any{got.Status, decode(t, got.Body)})
		})
	}
	fact(t, "nothing of a failed copy stays", []any{object{"count": 2.0}}, a.query("SELECT count(*) FROM t"))
}

// A little body must not become a big one.
func TestSQLCopyOfTooMuch(t *testing.T) {
	t.Parallel()
	a := open(t, sandbox.Config{})
	a.query("CREATE TABLE t (s text)")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := io.CopyN(w, endless{}, 64<<20+1); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a.headers = http.Header{"Content-Encoding": {"gzip"}}
	got := a.send("POST", copyPath("from", "COPY t FROM STDIN"), &stream{&packed, "application/octet-stream"})
	fact(t, "refused", []any{400, object{"error": []any{"http: request body too large"}}}, []any{got.Status, decode(t, got.Body)})
}

// endless is a text without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}
