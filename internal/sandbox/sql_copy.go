package sandbox

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// copyRows and copyBytes are how many rows, and about how much text, COPY ... FROM STDIN inserts by one statement. Making
// and reading the text of all at once would take many times the room of the body.
const (
	copyRows  = 500
	copyBytes = 1 << 20
)

var (
	copyTo   = regexp.MustCompile(`(?is)^\s*copy\s+(.+?)\s+to\s+stdout\b(.*)$`)
	copyFrom = regexp.MustCompile(`(?is)^\s*copy\s+(\S+?)\s*(?:\(([^)]*)\))?\s+from\s+stdin\b(.*)$`)
	copyCSV  = regexp.MustCompile(`(?i)\bcsv\b`)
	copyHead = regexp.MustCompile(`(?i)\bheader\b(?:\s+(?:false|off|0)\b)?`)
	copyMark = regexp.MustCompile(`(?i)\bdelimiter\s+(?:as\s+)?'(.)'`)
)

// copyOptions say how rows are written: as CSV, or as PostgreSQL's text with tabs and \N.
type copyOptions struct {
	csv, header bool
	delimiter   rune
}

func parseCopyOptions(text string) copyOptions {
	o := copyOptions{csv: copyCSV.MatchString(text), header: strings.EqualFold(copyHead.FindString(text), "header"), delimiter: '\t'}
	if o.csv {
		o.delimiter = ','
	}
	if m := copyMark.FindStringSubmatch(text); m != nil {
		o.delimiter, _ = utf8.DecodeRuneInString(m[1])
	}
	return o
}

// copyQuery is the statement of a COPY request, or why it is refused.
// Source: CartoDB/CartoDB-SQL-API: lib/api/middlewares/params.js.
func (c *call) copyQuery(form *regexp.Regexp) (match []string, refusal reply, ok bool) {
	q := c.text("q")
	switch match = form.FindStringSubmatch(q); {
	case c.refusedKey():
		return nil, with(http.StatusUnauthorized, fields{{"error", []string{"Unauthorized"}}}), false
	case q == "":
		return nil, wrongSQL("SQL is missing"), false
	case !strings.HasPrefix(strings.ToUpper(q), "COPY "):
		return nil, wrongSQL("SQL must start with COPY"), false
	case match == nil:
		return nil, wrongSQL("syntax error in COPY; the sandbox knows COPY ... TO STDOUT and COPY ... FROM STDIN"), false
	}
	return match, reply{}, true
}

func wrongSQL(message string) reply {
	return with(http.StatusBadRequest, fields{{"error", []string{message}}})
}

// sqlCopyTo answers with the rows of a table or a query as a file.
// Source: CartoDB/CartoDB-SQL-API: lib/api/sql/copy-controller.js.
func (c *call) sqlCopyTo() (reply, error) {
	match, refusal, ok := c.copyQuery(copyTo)
	if !ok {
		return refusal, nil
	}
	query := match[1]
	if inner, bracketed := strings.CutPrefix(query, "("); bracketed {
		query = strings.TrimSuffix(inner, ")")
	} else {
		if query = "SELECT * FROM " + query; strings.HasSuffix(match[1], ")") {
			table, columns, _ := strings.Cut(match[1], "(")
			query = "SELECT " + strings.TrimSuffix(columns, ")") + " FROM " + table
		}
	}
	out := &copyWriter{options: parseCopyOptions(match[2])}
	out.csv = csv.NewWriter(&out.body)
	out.csv.Comma = out.options.delimiter
	_, err := c.runSQL(store.Request{SQL: query, User: c.target.Name, Master: c.master}, out.body.Len, out.row)
	if refusal, refused := sqlRefusal(err); refused {
		return refusal, nil
	}
	if err != nil {
		return reply{}, err
	}
	out.csv.Flush()
	file := c.text("filename")
	if file == "" {
		file = "carto-sql-copyto.dmp"
	}
	return reply{status: http.StatusOK, write: func(w http.ResponseWriter) error {
		w.Header().Set("Content-Type", "application/octet-stream")
		w.Header().Set("Content-Disposition", "attachment; filename="+url.PathEscape(file))
		_, err := out.body.WriteTo(w)
		return err
	}}, nil
}

// A copyWriter writes rows as COPY does.
type copyWriter struct {
	options copyOptions
	body    bytes.Buffer
	csv     *csv.Writer
	began   bool
}

var copyEscapes = strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)

func (o *copyWriter) row(columns []store.Field, values []any) error {
	record := make([]string, len(values))
	if !o.began && o.options.csv && o.options.header {
		for i, column := range columns {
			record[i] = column.Name
		}
		if err := o.csv.Write(record); err != nil {
			return err
		}
	}
	o.began = true
	for i, v := range values {
		record[i] = copyText(v)
		switch {
		case o.options.csv:
		case v == nil:
			record[i] = `\N`
		default:
			record[i] = copyEscapes.Replace(record[i])
		}
	}
	if o.options.csv {
		return o.csv.Write(record)
	}
	o.body.WriteString(strings.Join(record, string(o.options.delimiter)) + "\n")
	return nil
}

func copyText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return map[bool]string{true: "t", false: "f"}[v]
	case []byte:
		return fmt.Sprintf("%X", v)
	}
	return fmt.Sprint(v)
}

// sqlCopyFrom inserts the rows of the body, all or none.
func (c *call) sqlCopyFrom() (reply, error) {
	began := time.Now()
	match, refusal, ok := c.copyQuery(copyFrom)
	if !ok {
		return refusal, nil
	}
	rows, err := c.insertRows(match[1], match[2], parseCopyOptions(match[3]))
	if refusal, refused := sqlRefusal(err); refused {
		return refusal, nil
	}
	return with(http.StatusOK, fields{{"time", time.Since(began).Seconds()}, {"total_rows", rows}}), err
}

// insertRows inserts the rows of the body into a table and tells how many there are.
func (c *call) insertRows(table, columns string, o copyOptions) (n int, err error) {
	list := columns
	if strings.TrimSpace(list) == "" {
		list = "*"
	}
	// The types of the columns, and whether the table is there at all.
	request := store.Request{SQL: "SELECT " + list + " FROM " + table + " LIMIT 0", User: c.target.Name, Master: c.master}
	nothing, none := func() int { return 0 }, func([]store.Field, []any) error { return nil }
	shape, err := c.runSQL(request, nothing, none)
	if err != nil {
		return 0, err
	}
	body := io.Reader(bytes.NewReader(c.raw))
	if c.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(body); err != nil {
			return 0, &store.SQLError{Message: "Error while gunzipping: " + err.Error()}
		}
	}
	next := o.records(http.MaxBytesReader(nil, io.NopCloser(body), maxBody))
	statement, stop := iter.Pull2(o.inserts(table, shape.Fields, next, &n))
	defer stop()
	first, err, some := statement()
	if !some {
		err = &store.SQLError{Message: "No rows copied"}
	}
	if err != nil {
		return 0, err
	}
	request.SQL, request.More = first, statement
	_, err = c.runSQL(request, nothing, none)
	return n, err
}

// inserts makes INSERT statements of rows and counts the rows.
func (o copyOptions) inserts(table string, columns []store.Field, next func() ([]string, error), n *int) iter.Seq2[string, error] {
	names := make([]string, len(columns))
	for i, f := range columns {
		names[i] = `"` + strings.ReplaceAll(f.Name, `"`, `""`) + `"`
	}
	begin := "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES "
	return func(yield func(string, error) bool) {
		var b strings.Builder
		for line := 0; ; line++ {
			record, err := next()
			switch {
			case errors.Is(err, io.EOF):
				if b.Len() > 0 {
					yield(b.String(), nil)
				}
				return
			case err != nil:
				yield("", &store.SQLError{Message: err.Error()})
				return
			case line == 0 && o.csv && o.header:
				continue
			case len(record) < len(columns):
				yield("", &store.SQLError{Message: fmt.Sprintf(`missing data for column "%s"`, columns[len(record)].Name)})
				return
			case len(record) > len(columns):
				yield("", &store.SQLError{Message: "extra data after last expected column"})
				return
			}
			if b.Len() == 0 {
				b.WriteString(begin)
			} else {
				b.WriteString(", ")
			}
			o.writeRow(&b, record, columns)
			if *n++; *n%copyRows == 0 || b.Len() > copyBytes {
				if !yield(b.String(), nil) {
					return
				}
				b.Reset()
			}
		}
	}
}

func (o copyOptions) writeRow(b *strings.Builder, record []string, columns []store.Field) {
	for i, cell := range record {
		b.WriteString(map[bool]string{true: "(", false: ", "}[i == 0])
		b.WriteString(copyLiteral(cell, columns[i].Type, o))
	}
	b.WriteString(")")
}

// records reads rows one by one: of CSV, or of text, in which every line is a row and a quote means nothing. The error is
// io.EOF behind the last.
func (o copyOptions) records(body io.Reader) (next func() ([]string, error)) {
	if o.csv {
		r := csv.NewReader(body)
		r.Comma, r.FieldsPerRecord = o.delimiter, -1
		return r.Read
	}
	lines := bufio.NewReader(body)
	return func() ([]string, error) {
		line, err := lines.ReadString('\n')
		if line == "" || err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == `\.` {
			return nil, io.EOF
		}
		return strings.Split(line, string(o.delimiter)), nil
	}
}

var copyUnescapes = strings.NewReplacer(`\\`, "\\", `\t`, "\t", `\n`, "\n", `\r`, "\r")

func copyLiteral(cell, typ string, o copyOptions) string {
	if o.csv && cell == "" || !o.csv && cell == `\N` {
		return "NULL"
	}
	if !o.csv {
		cell = copyUnescapes.Replace(cell)
	}
	return "'" + strings.ReplaceAll(cell, "'", "''") + "'::" + typ
}
