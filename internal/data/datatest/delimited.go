package datatest

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

const bom = "\uFEFF"

// latin1 is text in ISO-8859-1.
func latin1(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
	}
	return b.String()
}

// utf16LE is text as "Unicode text" of Windows programs.
func utf16LE(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// delimited are files whose lines, cells and letters are unusual.
func delimited() []File {
	const streets = "número,calle,población\n"
	return []File{
		{"excel_sep.csv", crlf("sep=;\nid;name\n1;Ana\n2;Eva\n"),
			"csv ; UTF-8\n3 rows: sep text\n! extra_cells\n! sep_line\n! mixed_types sep\n! renamed_columns"},
		{"excel_german.csv", crlf("ID;Straße;Länge;Datum\n1;Hauptstraße;1,5;31.01.2020\n2;Bahnhofstraße;12,25;01.02.2020\n"),
			"csv ; UTF-8\n2 rows: id integer, stra_e text, lange text, datum text\n! decimal_commas lange\n! ambiguous_dates datum\n! renamed_columns"},
		{"excel_utf16.csv", utf16LE("id\tname\r\n1\tAna\r\n"),
			"csv\nfault 2002"},
		{"bom.csv", bom + "id,name\n1,Ana\n2,Eva\n",
			"csv , UTF-8\n2 rows: id integer, name text"},
		{"bom_quoted.csv", bom + "\"id\",\"name\"\n1,Ana\n",
			"csv\nfault 2003"},
		{"latin1.csv", latin1(streets + strings.Repeat("12,Avenida de la Constitución,Logroño\n7,Travesía del Peñón,Móstoles\n", 20)),
			"csv , ISO-8859-1\n40 rows: numero integer, calle text, poblacion text\n! encoding\n! renamed_columns"},
		{"latin1_short.csv", latin1(streets + "1,Peñón,A Coruña\n"),
			"csv\nfault 2001"},
		{"utf8_one_bad_byte.csv", streets + strings.Repeat("12,Avenida de la Constitución,Logroño\n", 20) + "1,\xff,x\n",
			"csv , ISO-8859-1\n21 rows: na_mero integer, calle text, poblacia_n text\n! encoding\n! renamed_columns"},
		{"late_accents.csv", "id,name\n" + strings.Repeat("1,some name that has no accents at all\n", 14_000) + "2,Logroño\n",
			"csv , ISO-8859-1\n14001 rows: id integer, name text\n! encoding"},
		{"mixed_endings.csv", "id;name\r\n1;Ana\n2;Eva\n",
			"csv ; UTF-8\n0 rows: id text, name text\n! line_endings"},
		{"mixed_endings_comma.csv", "id,name\r\n1,Ana\n2,Eva\r\n",
			"csv , UTF-8\n2 rows: id integer, name text"},
		{"old_mac.csv", "id,name\r1,Ana\r2,Eva\r",
			"csv , UTF-8\n2 rows: id integer, name text"},
		{"trailing_delimiters.csv", "id,name,\n1,Ana,\n2,Eva,\n",
			"csv , UTF-8\n2 rows: id integer, name text, field_3 text\n! renamed_columns"},
		{"ragged.csv", "id,name,town\n1,Ana\n2,Eva,Lugo,extra,more\n3\n",
			"csv , UTF-8\n3 rows: id integer, name text, town text\n! extra_cells"},
		{"quoted_newlines.csv", "id,address\n1,\"Calle Mayor 1\nbajo\"\n2,\"say \"\"hi\"\"\"\n",
			"csv , UTF-8\n2 rows: id integer, address text"},
		{"blank_lines.csv", "id,name\n\n1,Ana\n\n\n2,Eva\n\n",
			"csv , UTF-8\n2 rows: id integer, name text"},
		{"blank_first_line.csv", "\nid,name\n1,Ana\n",
			"csv\nfault 1002"},
		{"unclosed_quote.csv", "id;name\n1;\"Ana\n2;Eva\n3;Leo\n",
			"csv ; UTF-8\n0 rows: id text, name text\n! skipped_rows"},
		{"stray_quotes.csv", "id;name\n1;the \"old\" mill\n2;mill\n",
			"csv ; UTF-8\n1 rows: id integer, name text\n! skipped_rows"},
		{"pipes.txt", "id|name\n1|Ana\n2|Eva\n",
			"csv | UTF-8\n2 rows: id integer, name text"},
		{"tabs.tsv", "id\tname\tnote\n1\tAna\ta,b;c\n2\tEva\t\n",
			"csv \t UTF-8\n2 rows: id integer, name text, note text"},
		{"one_column.csv", "full name\nAna Gil\nEva Paz\n",
			"csv   UTF-8\n2 rows: _full text, name text\n! renamed_columns"},
		{"header_only.csv", "id,name,lat,lon\n",
			"csv , UTF-8\n0 rows: id text, name text, lat double precision, lon double precision"},
		{"empty.csv", "",
			"csv\nfault 1005"},
		{"not_a_csv.csv", "<!DOCTYPE html>\n<html><body>404, not found</body></html>\n",
			"csv   UTF-8\n1 rows: doctype text, html text\n! extra_cells\n! renamed_columns"},
	}
}
