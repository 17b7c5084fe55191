package carto

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuery(t *testing.T) {
	c, sent := answering(t, ok(`{"rows":[{"n":"9007199254740993","name":"ä","x":null},{"n":2.0}],"time":0.003,
		"fields":{"n":{"type":"number","pgtype":"int8"},"name":{"type":"string"},"a":{}},"total_rows":2}`))
	got, err := c.Query(t.Context(), `SELECT count(*) AS n FROM "a&b"`)
	if err != nil {
		t.Fatal(err)
	}
	want := Rows{
		Fields: []Field{{"n", "number", "int8"}, {"name", "string", ""}, {"a", "", ""}},
		Rows:   []map[string]json.RawMessage{{"n": json.RawMessage(`"9007199254740993"`), "name": json.RawMessage(`"ä"`), "x": json.RawMessage(`null`)}, {"n": json.RawMessage(`2.0`)}},
		Total:  2,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"GET /api/v2/sql?q=SELECT+count%28%2A%29+AS+n+FROM+%22a%26b%22"}, sent.sent); diff != "" {
		t.Error(diff)
	}
	if n, err := got.Int(0, "n"); n != 9007199254740993 || err != nil {
		t.Error(n, err)
	}
	if n, err := got.Int(1, "n"); n != 2 || err != nil {
		t.Error(n, err)
	}
	if s := []string{got.Text(0, "name"), got.Text(0, "x"), got.Text(9, "x")}; strings.Join(s, ",") != "ä,," {
		t.Error(s)
	}
	for _, miss := range []struct {
		row    int
		column string
	}{{0, "none"}, {2, "n"}, {0, "name"}} {
		if n, err := got.Int(miss.row, miss.column); err == nil {
			t.Errorf("row %d has %d as %q", miss.row, n, miss.column)
		}
	}
}

func TestExec(t *testing.T) {
	c, sent := answering(t, ok(`{"rows":[],"total_rows":3}`))
	got, err := c.Exec(t.Context(), "UPDATE x SET a='b&c'")
	if err != nil || got.Total != 3 {
		t.Error(got, err)
	}
	if diff := cmp.Diff([]string{"POST /api/v2/sql q=UPDATE+x+SET+a%3D%27b%26c%27"}, sent.sent); diff != "" {
		t.Error(diff)
	}
	if got := sent.headers[0].Get("Content-Type"); got != "application/x-www-form-urlencoded" {
		t.Errorf("Content-Type %q", got)
	}
}

func TestLongQueryGoesByPost(t *testing.T) {
	long := "SELECT '" + strings.Repeat("x", longestGet) + "'"
	c, sent := answering(t, ok(`{"rows":[]}`))
	if _, err := c.Query(t.Context(), long); err != nil || !strings.HasPrefix(sent.sent[0], "POST ") {
		t.Error(err, sent.sent)
	}
}

func TestQueryErrors(t *testing.T) {
	tests := []struct {
		name string
		a    scripted
		want string
	}{
		{"refused", scripted{status: 400, body: `{"error":["syntax error at or near \"FORM\""],"hint":"Perhaps FROM"}`},
			`GET /api/v2/sql: 400 Bad Request: syntax error at or near "FORM", Perhaps FROM`},
		{"refused with 200", ok(`{"error":["relation \"x\" does not exist"]}`),
			`GET /api/v2/sql: 400 Bad Request: relation "x" does not exist`},
		{"not JSON", ok("id,name\n"), `GET /api/v2/sql: 200 OK: the answer is not JSON but "id,name"; check that the account URL points to a CARTO server's API`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := answering(t, tt.a)
			_, err := c.Query(t.Context(), "SELECT 1")
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSelectOnly(t *testing.T) {
	allowed := []string{
		"SELECT 1", " \n select count(*) from x ;\n", `SELECT "a" FROM "b" LIMIT 0`, "SELECT * FROM pointo",
	}
	refused := []string{
		"", "SELECT", "DROP TABLE x", "INSERT INTO x VALUES (1)", "UPDATE x SET a=1", "SELECT 1; DROP TABLE x", "SELECT ';' ; DELETE FROM x",
		"WITH d AS (DELETE FROM x RETURNING *) SELECT * FROM d", "SELECT * INTO y FROM x", "select 1\ninto y", "-- SELECT\nDROP TABLE x",
		"/* */SELECT 1", "SELECT/**/1", "EXPLAIN ANALYZE DELETE FROM x", "(SELECT 1)", "SELECT '" + strings.Repeat("x", longestGet) + "'",
	}
	for _, sql := range allowed {
		if err := selectOnly(sql); err != nil {
			t.Errorf("%q: %v", sql, err)
		}
	}
	for _, sql := range refused {
		if err := selectOnly(sql); !errors.Is(err, ErrReadOnly) {
			t.Errorf("%.60q: %v", sql, err)
		}
	}
}

func TestQuoting(t *testing.T) {
	got := []string{QuoteIdentifier(`a"b`), QuoteLiteral(`it's`)}
	if diff := cmp.Diff([]string{`"a""b"`, `'it''s'`}, got); diff != "" {
		t.Error(diff)
	}
}
