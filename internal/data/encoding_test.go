package data_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"github.com/cartosync/cartosync/internal/data"
)

// in gives text in another encoding.
func in(t *testing.T, e encoding.Encoding, text string) string {
	t.Helper()
	s, err := e.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEncodings(t *testing.T) {
	many := func(line string) string { return "id,name\n" + strings.Repeat(line+"\n", 40) }
	semicolons := strings.NewReplacer(",", ";")
	latin := in(t, charmap.ISO8859_1, many("1,El niño cantó una canción"))
	win := in(t, charmap.Windows1252, many("1,5 € de “jamón”"))
	sjis := in(t, japanese.ShiftJIS, many("1,これは日本語です"))
	cyrillic := in(t, charmap.Windows1251, many("1,Москва и область"))
	late := "a,b\n" + strings.Repeat("1,xxxxxxxxxxxxxxxx\n", 30_000) + "2,niño\n"

	type outcome struct {
		Encoding, Delimiter string
		LastRow             string
		Warnings            string
		Fault               int
	}
	tests := []struct {
		name, file, content string
		want                outcome
	}{
		{name: "pure ASCII", content: "a,b\n1,x\n", want: outcome{"UTF-8", ",", "1 'x'", "", 0}},
		{name: "UTF-8 with one accented word", content: "a,b\n1,niño\n", want: outcome{"UTF-8", ",", "1 'niño'", "", 0}},
		{name: "UTF-8 with ;", content: "a;b\n1;niño\n", want: outcome{"UTF-8", ";", "1 'niño'", "", 0}},
		{name: "UTF-8, first non-ASCII byte after 500 000 bytes", content: late, want: outcome{"ISO-8859-1", ",", "2 'niÃ±o'", "encoding", 0}},
		{name: "the same with ;", content: semicolons.Replace(late), want: outcome{"ISO-8859-1", ";", "2 'niÃ±o'", "encoding", 0}},
		{name: "UTF-8 plus one invalid byte", content: many("1,niño €") + "2,ni\xffño\n", want: outcome{"ISO-8859-1", ",", "2 'niÿÃ±o'", "encoding", 0}},
		{name: "UTF-8 BOM", content: "\uFEFFa,b\n1,ñ\n", want: outcome{"UTF-8", ",", "1 'ñ'", "", 0}},
		{name: "BOM and quoted first header in a comma file", content: "\uFEFF\"a\",b\n1,x\n", want: outcome{Fault: 2003}},
		{name: "BOM and quoted first header in a ; file", content: "\uFEFF\"a\";b\n1;x\n", want: outcome{"UTF-8", ";", "", "skipped_rows no_header", 0}},
		{name: "ISO-8859-1, enough text, comma", content: latin, want: outcome{"ISO-8859-1", ",", "1 'El niño cantó una canción'", "encoding", 0}},
		{name: "ISO-8859-1, enough text, ;", content: semicolons.Replace(latin), want: outcome{"ISO-8859-1", ";", "1 'El niño cantó una canción'", "encoding", 0}},
		{name: "ISO-8859-1, two short lines", content: "a,b\n1,ni\xf1o\n", want: outcome{Fault: 2001}},
		{name: "ISO-8859-1, two short lines, ;", content: "a;b\n1;ni\xf1o\n", want: outcome{Fault: 2002}},
		{name: "Windows-1252 with € “ ”", content: win, want: outcome{"windows-1252", ",", "1 '5 € de “jamón”'", "encoding", 0}},
		{name: "Shift_JIS", content: sjis, want: outcome{"Shift_JIS", ",", "1 'これは日本語です'", "encoding", 0}},
		{name: "Windows-1251, enough text", content: cyrillic, want: outcome{"windows-1251", ",", "1 'Москва и область'", "encoding", 0}},
		{name: "Windows-1251, two short lines", content: in(t, charmap.Windows1251, "a,b\n1,Москва\n"), want: outcome{Fault: 2001}},
		{name: "KOI8-R, enough text", content: in(t, charmap.KOI8R, many("1,Москва и область")), want: outcome{"KOI8-R", ",", "1 'Москва и область'", "encoding", 0}},
		{name: "UTF-16LE with BOM", content: "\xff\xfea\x00,\x00b\x00", want: outcome{Fault: 2002}},
		{name: "UTF-16BE with BOM", content: "\xfe\xff\x00a\x00,\x00b", want: outcome{Fault: 99999}},
		{name: "demanded by the file's name", file: "x_encoding_iso-8859-1_encoding_.csv", content: "a,b\n1,ni\xf1o\n", want: outcome{"ISO-8859-1", ",", "1 'niño'", "encoding", 0}},
		{name: "demanded but unknown", file: "x_encoding_klingon_encoding_.csv", content: "a,b\n", want: outcome{Fault: 2002}},
		{name: "invalid byte late in a UTF-8 file", content: many("1,niño") + strings.Repeat("1,x\n", 200_000) + "2,\xff\n", want: outcome{Fault: 2001}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == "" {
				tt.file = "e.csv"
			}
			look, err := data.LookAt(t.Context(), tt.file, strings.NewReader(tt.content), int64(len(tt.content)), defaults())
			if err != nil {
				t.Fatal(err)
			}
			got := outcome{Encoding: look.Encoding, Delimiter: look.Delimiter}
			for _, w := range look.Warnings {
				got.Warnings = strings.TrimSpace(got.Warnings + " " + string(w.Code))
			}
			if look.Fault != nil {
				got.Fault = look.Fault.Code
			} else {
				got.LastRow = lastRow(t, tt.file, tt.content)
			}
			if tt.want.LastRow == "" {
				got.LastRow = ""
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// lastRow prints the values of the last row.
func lastRow(t *testing.T, file, content string) string {
	t.Helper()
	f, err := data.Open(file, bytes.NewReader([]byte(content)), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Layers[0].Schema(t.Context(), defaults())
	if err != nil {
		t.Fatal(err)
	}
	var last string
	for row, err := range f.Layers[0].Rows(t.Context(), s) {
		if err != nil {
			t.Fatal(err)
		}
		last = ""
		for _, v := range row.Values {
			last += " " + show(v)
		}
	}
	return strings.TrimSpace(last)
}
