package render

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/spec"
)

// CSV is the format of tables for spreadsheets and shells; plans and reports have
// none.
const CSV Format = "csv"

// A Table is what a command found or did: a row for each thing. It is printed as
// text, JSON, CSV or ids, and says the same in all of them.
type Table struct {
	Kind    string // what a row is: dataset, import, ...
	Columns []Column
	Rows    [][]any // one value for each column
	Single  bool    // it is about one thing: as text a line for each column
	IDKey   string  // the column that [IDs] prints; "" means id
}

// A Column is one property of the things in a [Table].
type Column struct {
	Key    string // as programs know it
	Right  bool   // set flush right, as numbers are
	Detail bool   // as text shown only of a single thing
}

// The values of a table are nil for what is not known or not there, string, bool,
// int, int64, [Code], [Bytes], [time.Time] (a point in time; the zero time is none),
// [time.Duration] (whole seconds to programs), []string and []Object.

// A Code is a number that names something, such as an error, and counts nothing.
type Code int

// Bytes is a number of bytes.
type Bytes int64

// An Object is a value with properties of its own. As text and as CSV it is its
// Text alone.
type Object struct {
	Text   string
	Fields []Field // to JSON, in this order
}

// A Field is a property of an [Object], with a value as tables have them.
type Field struct {
	Key   string
	Value any
}

// Add adds a row.
func (t *Table) Add(values ...any) {
	if len(values) != len(t.Columns) {
		panic(fmt.Sprintf("render: a row of %d values for %d columns", len(values), len(t.Columns)))
	}
	t.Rows = append(t.Rows, values)
}

// A Notice is what a reader should know besides the table.
type Notice struct {
	Code    string // for programs
	Problem string
	Hint    string
	Dataset string
}

// String is the notice on one line.
func (n Notice) String() string {
	if n.Hint == "" {
		return "warning: " + n.Problem
	}
	return "warning: " + n.Problem + "; " + n.Hint
}

// Notices prints notices, one line each.
func Notices(w io.Writer, all ...Notice) error {
	p := newPage(Options{})
	for _, n := range all {
		p.line(0, span{plain, n.String()})
	}
	return write(w, p.bytes(), nil)
}

// A Listing is a table and what belongs to its JSON document besides.
type Listing struct {
	Account string
	Table   Table
	Notices []Notice
	Err     error // why there is no more of the table
}

// List prints a table. As JSON it is one document that holds the notices and the
// error too; as text and CSV those are the caller's to print elsewhere.
func List(w io.Writer, f Format, l Listing, o Options) error {
	switch f {
	case Text:
		return write(w, tableText(l.Table, o), nil)
	case CSV:
		b, err := tableCSV(l.Table)
		return write(w, b, err)
	case JSON:
		b, err := tableJSON(l)
		return write(w, b, err)
	}
	return fmt.Errorf("unknown format %q; use one of text, json, csv", f)
}

// IDs prints the ids of a table, one a line, and nothing else.
func IDs(w io.Writer, t Table) error {
	at := t.column(cmp.Or(t.IDKey, "id"))
	p := newPage(Options{})
	for _, row := range t.Rows {
		if id := flat(row[at], forPeople); id != "" {
			p.line(0, span{plain, id})
		}
	}
	return write(w, p.bytes(), nil)
}

func (t Table) column(key string) int {
	for i, c := range t.Columns {
		if c.Key == key {
			return i
		}
	}
	panic("render: a table of " + t.Kind + "s has no column " + key)
}

// A form is how values are written for a reader.
type form bool

const (
	forPeople   form = false // for people
	forPrograms form = true  // for programs
)

// flat is a value as one text; "" for none.
func flat(v any, f form) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if f == forPeople {
			return map[bool]string{true: "yes", false: "no"}[v]
		}
		return strconv.FormatBool(v)
	case int:
		return flat(int64(v), f)
	case int64:
		if f == forPeople {
			return count(v)
		}
		return strconv.FormatInt(v, 10)
	case Code:
		return strconv.Itoa(int(v))
	case Bytes:
		if f == forPeople {
			return size(int64(v))
		}
		return strconv.FormatInt(int64(v), 10)
	case time.Duration:
		return flatDuration(v, f)
	case time.Time:
		return flatTime(v, f)
	case []string:
		return strings.Join(v, f.separator())
	case []Object:
		texts := make([]string, len(v))
		for i, o := range v {
			texts[i] = o.Text
		}
		return strings.Join(texts, f.separator())
	}
	panic(fmt.Sprintf("render: a table cannot hold a %T", v))
}

func (f form) separator() string {
	if f == forPeople {
		return ", "
	}
	return ","
}

func flatTime(t time.Time, f form) string {
	switch {
	case t.IsZero():
		return ""
	case f == forPeople:
		return t.UTC().Format("2006-01-02 15:04 UTC")
	}
	return t.UTC().Format(time.RFC3339)
}

// flatDuration writes an interval as manifests do: 15m, 1h, 2d.
func flatDuration(d time.Duration, f form) string {
	if f == forPeople {
		return spec.Interval(d)
	}
	return strconv.FormatInt(int64(d/time.Second), 10)
}

// Time writes a point in time as tables do.
func Time(t time.Time) string { return flatTime(t, forPeople) }
