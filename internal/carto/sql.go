package carto

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

const sqlPath = "/api/v2/sql"

// longestGet is the length from which a query is sent as POST: servers and
// proxies bound the length of URLs.
const longestGet = 4000

// Rows are the answer to a query.
type Rows struct {
	Fields []Field // in the order of the server's answer
	Rows   []map[string]json.RawMessage
	Total  int64 // rows, or rows affected
}

// A Field is a column of [Rows].
type Field struct {
	Name   string
	Type   string // number, string, boolean, date, geometry, ...
	PGType string // as the database calls it, where the server says
}

// Query runs a SELECT by GET, and reads may be repeated. On a client that writes,
// a query too long for a URL goes by POST, once.
// A query that the server refuses is an *APIError with the database's words.
func (c *Client) Query(ctx context.Context, sql string) (Rows, error) {
	if len(sql) > longestGet && !c.readOnly {
		return c.Exec(ctx, sql)
	}
	return c.sql(ctx, request{method: http.MethodGet, path: sqlPath, query: url.Values{"q": {sql}}})
}

// Exec runs any statement by POST, once: after an error that is [MaybeApplied]
// it may have taken effect. Tables that SQL makes or drops become or cease to be
// datasets later, and dropping one deletes the maps on it.
func (c *Client) Exec(ctx context.Context, sql string) (Rows, error) {
	return c.sql(ctx, request{method: http.MethodPost, path: sqlPath, form: url.Values{"q": {sql}}.Encode()})
}

func (c *Client) sql(ctx context.Context, r request) (Rows, error) {
	var w struct {
		Rows   []map[string]json.RawMessage `json:"rows"`
		Total  number                       `json:"total_rows"`
		Fields json.RawMessage              `json:"fields"`
		Error  json.RawMessage              `json:"error"`
	}
	a, err := c.do(ctx, r)
	if err != nil {
		return Rows{}, err
	}
	if err := c.decode(a, &w); err != nil {
		return Rows{}, err
	}
	if len(w.Error) > 0 && string(w.Error) != "null" {
		e := problem(r.method, r.path, "", "")
		e.Status = http.StatusBadRequest
		e.Messages = c.messages(collect(nil, w.Error))
		return Rows{}, e
	}
	return Rows{Rows: w.Rows, Total: w.Total.or(int64(len(w.Rows))), Fields: fieldsOf(w.Fields)}, nil
}

// fieldsOf reads {"name": {"type": ...}} in the order of the text, which is that
// of the query's columns.
func fieldsOf(raw json.RawMessage) []Field {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return nil
	}
	var fields []Field
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return fields
		}
		var w optional[struct {
			Type   text `json:"type"`
			PGType text `json:"pgtype"`
		}]
		if dec.Decode(&w) != nil {
			return fields
		}
		fields = append(fields, Field{Name: name.(string), Type: string(w.value.Type), PGType: string(w.value.PGType)})
	}
	return fields
}

// Int reads a whole number, also one that the server wrote as a string, as it
// does with large ones.
func (r Rows) Int(row int, column string) (int64, error) {
	if row >= len(r.Rows) {
		return 0, fmt.Errorf("the query returned %d rows, not %d", len(r.Rows), row+1)
	}
	var n number
	if raw, ok := r.Rows[row][column]; !ok || json.Unmarshal(raw, &n) != nil || !n.ok {
		return 0, fmt.Errorf("the query returned no number as %q", column)
	}
	return n.n, nil
}

// Text reads a value as text; null and a missing column read "".
func (r Rows) Text(row int, column string) string {
	if row >= len(r.Rows) {
		return ""
	}
	return scalar(r.Rows[row][column])
}

// QuoteIdentifier writes a name so that SQL takes it for one.
func QuoteIdentifier(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// QuoteLiteral writes a text so that SQL takes it for one.
func QuoteLiteral(s string) string {
	return `'` + strings.ReplaceAll(s, `'`, `''`) + `'`
}

var (
	selectFirst = regexp.MustCompile(`(?i)^\s*select\s`)
	intoWord    = regexp.MustCompile(`(?i)\binto\b`)
)

// selectOnly lets through one plain SELECT. The server runs any statement that
// comes by GET, so this is all that keeps a read-only client from writing. It is
// strict rather than clever: WITH can hold a DELETE, SELECT INTO makes a table,
// and a semicolon begins another statement wherever quotes may end.
func selectOnly(sql string) error {
	sql = strings.TrimRight(sql, "; \t\r\n")
	switch {
	case !selectFirst.MatchString(sql):
		return fmt.Errorf("%w: only a SELECT is sent", ErrReadOnly)
	case strings.Contains(sql, ";"):
		return fmt.Errorf("%w: a query with a semicolon in it is refused", ErrReadOnly)
	case intoWord.MatchString(sql):
		return fmt.Errorf("%w: a query with the word INTO is refused", ErrReadOnly)
	case len(sql) > longestGet:
		return fmt.Errorf("%w: a query of %d bytes is too long to be sent by GET", ErrReadOnly, len(sql))
	}
	return nil
}
