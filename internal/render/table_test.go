package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func tableOfRoads() Table {
	t := Table{Kind: "dataset", Columns: []Column{
		{Key: "name"}, {Key: "rows", Right: true}, {Key: "size", Right: true}, {Key: "interval"}, {Key: "locked"},
		{Key: "tags", Detail: true}, {Key: "used_by", Detail: true}, {Key: "updated_at"}, {Key: "id"},
	}}
	maps := []Object{
		{Text: "Traffic (bob)", Fields: []Field{{"name", "Traffic"}, {"owner", "bob"}}},
		{Text: "Bikes (alice)", Fields: []Field{{"name", "Bikes"}, {"owner", "alice"}}},
	}
	at := time.Date(2026, 11, 22, 15, 4, 5, 0, time.FixedZone("CET", 3600))
	t.Add("roads", int64(12044), Bytes(1234567), 90*time.Minute, true, []string{"a", "b"}, maps, at, "id-1")
	t.Add("東京", nil, Bytes(12), 24*time.Hour, false, []string{}, nil, time.Time{}, "id-2")
	return t
}

func render(t *testing.T, f Format, l Listing, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := List(&b, f, l, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTableText(t *testing.T) {
	all := Listing{Table: tableOfRoads()}
	one := Listing{Table: tableOfRoads()}
	one.Table.Single, one.Table.Rows = true, one.Table.Rows[:1]
	tests := []struct {
		name string
		l    Listing
		o    Options
		want string
	}{
		{"all", all, Options{}, `
NAME     ROWS      SIZE  INTERVAL  LOCKED  UPDATED AT            ID
roads  12,044    1.2 MB  90m       yes     2026-11-22 14:04 UTC  id-1
東京        -  12 bytes  1d        no      -                     id-2
`},
		{"as narrow as it gets", all, Options{Width: 60}, `
NAME     ROWS      SIZE  INTERVAL  LOCKED  UPDATED AT   ID
roads  12,044    1.2 MB  90m       yes     2026-11-22…  id-1
東京        -  12 bytes  1d        no      -            id-2
`},
		{"one", one, Options{Width: 60}, `
name        roads
rows        12,044
size        1.2 MB
interval    90m
locked      yes
tags        a, b
used by     Traffic (bob)
            Bikes (alice)
updated at  2026-11-22 14:04 UTC
id          id-1
`},
		{"none", Listing{}, Options{}, "\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, "\n"+render(t, Text, tt.l, tt.o)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTableCSV(t *testing.T) {
	want := `name,rows,size,interval,locked,tags,used_by,updated_at,id
roads,12044,1234567,5400,true,"a,b","Traffic (bob),Bikes (alice)",2026-11-22T14:04:05Z,id-1
東京,,12,86400,false,,,,id-2
`
	if diff := cmp.Diff(want, render(t, CSV, Listing{Table: tableOfRoads()}, Options{})); diff != "" {
		t.Error(diff)
	}
}

// Whoever names things must not run formulas, nor paint on the terminal, of whoever lists them.
func TestTableHostile(t *testing.T) {
	tests := []struct{ name, text, csv, shown string }{
		{"formula", "=HYPERLINK(1)", "'=HYPERLINK(1)", "=HYPERLINK(1)"},
		{"plus", "+1", "'+1", "+1"},
		{"minus", "-1+cmd|'/c calc'!A1", "'-1+cmd|'/c calc'!A1", "-1+cmd|'/c calc'!A1"},
		{"at", "@SUM(1)", "'@SUM(1)", "@SUM(1)"},
		{"wide", "＝1", "'＝1", "＝1"},
		{"tab", "\t=1", `\t=1`, `\t=1`},
		{"escape", "a\x1b[31mb", `a\x1b[31mb`, `a\x1b[31mb`},
		{"lines", "a\r\nb,c", `a\r\nb,c`, `a\r\nb,c`},
		{"backwards", "a\u202eb", `a\u202eb`, `a\u202eb`},
		{"quotes", `a"b`, `a"b`, `a"b`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			table := Table{Columns: []Column{{Key: "id"}, {Key: "n"}}}
			table.Add(tt.text, int64(-1))
			records, err := csv.NewReader(strings.NewReader(render(t, CSV, Listing{Table: table}, Options{}))).ReadAll()
			if diff := cmp.Diff([][]string{{"id", "n"}, {tt.csv, "-1"}}, records); diff != "" || err != nil {
				t.Error(diff, err)
			}
			want := tt.shown + "  -1"
			if got := strings.SplitN(render(t, Text, Listing{Table: table}, Options{}), "\n", 3)[1]; got != want {
				t.Errorf("text %q, want %q", got, want)
			}
			var ids bytes.Buffer
			if err := IDs(&ids, table); err != nil || ids.String() != tt.shown+"\n" {
				t.Errorf("ids %q, error %v", ids.String(), err)
			}
		})
	}
}

func TestTableJSON(t *testing.T) {
	l := Listing{
		Account: "https://acme.carto.com", Table: tableOfRoads(), Err: errors.New("the end\x1b[31m"),
		Notices: []Notice{{Code: "name_differs", Problem: "p", Hint: "h", Dataset: "roads"}},
	}
	text := render(t, JSON, l, Options{})
	if strings.ContainsRune(text, 0x1b) || strings.Index(text, `"name": "roads"`) > strings.Index(text, `"rows": 12044`) {
		t.Errorf("not as it should be:\n%s", text)
	}
	var got, want any
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	const document = `{"format_version":"1.0","account":"https://acme.carto.com","kind":"dataset","items":[
		{"name":"roads","rows":12044,"size":1234567,"interval":5400,"locked":true,"tags":["a","b"],
		 "used_by":[{"name":"Traffic","owner":"bob"},{"name":"Bikes","owner":"alice"}],"updated_at":"2026-11-22T14:04:05Z","id":"id-1"},
		{"name":"東京","rows":null,"size":12,"interval":86400,"locked":false,"tags":[],"used_by":null,"updated_at":null,"id":"id-2"}],
		"diagnostics":[
		{"severity":"warning","code":"name_differs","file":"","line":0,"column":0,"problem":"p","hint":"h","dataset":"roads"},
		{"severity":"error","code":"failed","file":"","line":0,"column":0,"problem":"the end\u001b[31m","hint":"","dataset":""}]}`
	if err := json.Unmarshal([]byte(document), &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSteps(t *testing.T) {
	begin := time.Date(2026, 11, 22, 15, 4, 5, 0, time.UTC)
	steps := []Step{
		{Subject: "a.csv", State: "uploading", Bytes: 0, Total: 4000},
		{Subject: "a.csv", State: "uploading", Bytes: 100, Total: 4000},
		{Subject: "a.csv", State: "uploading", Bytes: 1000, Total: 4000},
		{Subject: "a.csv", State: "pending", Detail: "job\n1"},
		{Subject: "a.csv", State: "pending", Detail: "job\n1"},
	}
	tests := []struct {
		name  string
		width int
		want  string
	}{
		{"log", 0, "15:04:05 a.csv: uploading, 0 bytes of 4.0 kB\n15:04:05 a.csv: uploading, 1.0 kB of 4.0 kB\n15:04:05 a.csv: pending, job\\n1\n"},
		{"terminal", 40, "\ra.csv: uploading, 0 bytes of 4.0 kB\x1b[K\ra.csv: pending, job\\n1\x1b[K\r\x1b[K"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			step, done := Steps(&b, Options{Width: tt.width})
			for i, s := range steps {
				s.At = begin.Add(time.Duration(i) * 10 * time.Millisecond)
				step(s)
			}
			done()
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
