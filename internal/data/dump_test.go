package data_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
)

// A vector is one file and what CARTO makes of it, as dump prints it.
type vector struct {
	name    string
	file    string // the default depends on the test
	content string
	options func(*data.Options)
	want    string
}

func defaults() data.Options { return data.DefaultOptions() }

func noGuessing(o *data.Options) { o.TypeGuessing = false }
func quotedText(o *data.Options) { o.QuotedFieldsGuessing = false }

// run checks vectors, each by both passes over the file.
func run(t *testing.T, file string, vectors []vector) {
	t.Helper()
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			o := data.DefaultOptions()
			if v.options != nil {
				v.options(&o)
			}
			if v.file == "" {
				v.file = file
			}
			got := dump(t, v.file, v.content, o)
			if diff := cmp.Diff(strings.Split(strings.TrimSpace(v.want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s holding %.300q (-want +got):\n%s", v.file, v.content, diff)
			}
		})
	}
}

// dump prints a file as columns, rows and warnings:
//
//	name integer, other text
//	1: 5 'x' POINT(1 2)
//	! mixed_types
//
// or as "fault CODE" or "opaque".
func dump(t *testing.T, file, content string, o data.Options) string {
	t.Helper()
	f, err := data.Open(file, strings.NewReader(content), int64(len(content)))
	if err != nil {
		return refusal(t, err)
	}
	s, err := f.Layers[0].Schema(t.Context(), o)
	if err != nil {
		return refusal(t, err)
	}
	var b strings.Builder
	for i, c := range s.Columns {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s %s", c.Name, c.Type)
	}
	if s.CartodbID != data.IDGenerated {
		fmt.Fprintf(&b, " by %s", s.CartodbID)
	}
	if s.BigID {
		b.WriteString(" bigid")
	}
	if s.Geometry != "" {
		fmt.Fprintf(&b, " %s", strings.ToUpper(s.Geometry))
	}
	var rows, nulls int64
	for row, err := range f.Layers[0].Rows(t.Context(), s) {
		if err != nil {
			t.Fatalf("second pass: %v", err)
		}
		fmt.Fprintf(&b, "\n%d:", row.ID)
		for _, v := range row.Values {
			b.WriteString(" " + show(v))
		}
		if row.Geometry != nil {
			wkt, err := data.WKT(row.Geometry)
			if err != nil {
				t.Fatalf("row %d: %v", row.ID, err)
			}
			b.WriteString(" " + wkt)
		} else {
			nulls++
		}
		rows++
	}
	if rows != s.Rows {
		t.Errorf("the schema says %d rows, there are %d", s.Rows, rows)
	}
	if s.Geometry != "" && nulls != s.NullGeometries {
		t.Errorf("the schema says %d rows without geometry, there are %d", s.NullGeometries, nulls)
	}
	for _, w := range s.Warnings {
		fmt.Fprintf(&b, "\n! %s", strings.TrimSpace(string(w.Code)+" "+w.Column))
	}
	return strings.TrimSpace(b.String())
}

func show(v data.Value) string {
	switch x := v.Any().(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.NewReplacer("\n", `\n`, "\r", `\r`).Replace(x) + "'"
	default:
		return fmt.Sprint(x)
	}
}

func refusal(t *testing.T, err error) string {
	t.Helper()
	var fault *data.Fault
	var unsupported *data.UnsupportedError
	switch {
	case errors.As(err, &fault):
		if fault.Problem == "" {
			t.Errorf("fault %d without a problem", fault.Code)
		}
		return fmt.Sprintf("fault %d", fault.Code)
	case errors.As(err, &unsupported):
		return "opaque"
	}
	t.Fatalf("neither a fault nor unsupported: %v", err)
	return ""
}
