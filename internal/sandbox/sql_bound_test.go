package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Whoever asks for rows without end, for a huge value or for work without end is refused, in the form of the SQL API, and
// told what to do.
func TestSQLIsBounded(t *testing.T) {
	t.Parallel()
	const endless = `WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT `
	const tooMuch = `{"error":["the answer is bigger than the 1 MB that the sandbox holds; ask for fewer rows with LIMIT, or for a page of them with rows_per_page and page"]}`
	tests := []struct {
		name, path string
		query      url.Values
		time       time.Duration
		status     int
		want       string
	}{
		{"rows as JSON", "sql", url.Values{"q": {endless + "n FROM c"}}, time.Hour, 400, tooMuch},
		{"rows as CSV", "sql", url.Values{"q": {endless + "n FROM c"}, "format": {"csv"}}, time.Hour, 400, tooMuch},
		{"rows as GeoJSON", "sql", url.Values{"q": {endless + "ST_SetSRID(ST_MakePoint(n % 90, 1), 4326) AS the_geom FROM c"}, "format": {"geojson"}}, time.Hour, 400, tooMuch},
		{"rows by COPY", "sql/copyto", url.Values{"q": {"COPY (" + endless + "n FROM c) TO STDOUT"}}, time.Hour, 400, tooMuch},
		{"rows by COPY as CSV", "sql/copyto", url.Values{"q": {"COPY (" + endless + "n FROM c) TO STDOUT WITH (FORMAT csv)"}}, time.Hour, 400, tooMuch},
		{"one row", "sql", url.Values{"q": {"SELECT hex(zeroblob(600000)) AS h"}}, time.Hour, 400, tooMuch},
		{"a value that nobody can hold", "sql", url.Values{"q": {"SELECT length(zeroblob(900000000)) AS n"}}, time.Hour, 400, `{"error":["a value is bigger than the 64 MB that the sandbox holds"]}`},
		{"a page of the rows", "sql", url.Values{"q": {endless + "n FROM c"}, "rows_per_page": {"1"}, "skipfields": {"n"}}, time.Hour, 200, `{"rows":[{}]`},
		{"time", "sql", url.Values{"q": {endless + "count(*) FROM c"}}, time.Millisecond, 429,
			`{"error":["You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details."],"context":"limit","detail":"datasource"}`},
	}
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.sqlBounds = sqlBounds{1 << 20, test.time}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/user/sandbox/api/v2/"+test.path+"?"+test.query.Encode(), nil))
			body, _, _ := strings.Cut(w.Body.String(), `,"time"`)
			if diff := cmp.Diff([]any{test.status, test.want}, []any{w.Code, strings.TrimSpace(body)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A COPY of many rows goes through several statements, and is all or nothing.
func TestSQLCopyOfManyRows(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	send := func(path, q, body string) string {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/user/sandbox/api/v2/"+path+"?"+url.Values{"api_key": {DefaultAPIKey}, "q": {q}}.Encode(), strings.NewReader(body)))
		return fmt.Sprint(w.Code, " ", w.Body)
	}
	send("sql", "CREATE TABLE t (n integer)", "")
	var rows strings.Builder
	for i := range 3*copyRows + 7 {
		fmt.Fprintln(&rows, i)
	}
	bad := send("sql/copyfrom", "COPY t (n) FROM STDIN", rows.String()+"x\n")
	none := send("sql/copyto", "COPY (SELECT count(*) FROM t) TO STDOUT", "")
	send("sql/copyfrom", "COPY t (n) FROM STDIN", rows.String())
	all := send("sql/copyto", "COPY (SELECT count(*), sum(n) FROM t) TO STDOUT", "")
	want := []string{`400 {"error":["invalid input syntax for type integer: \"x\""]}`, "200 0\n", "200 1507\t1134771\n"}
	if diff := cmp.Diff(want, []string{bad, none, all}); diff != "" {
		t.Error(diff)
	}
}
