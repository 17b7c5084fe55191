package data_test

import (
	"strings"
	"testing"
)

func TestDelimiters(t *testing.T) {
	const ab = "a integer, b text\n1: 1 'x'"
	run(t, "d.csv", []vector{
		{name: "a,b", content: "a,b\n1,x\n", want: ab},
		{name: "a;b", content: "a;b\n1;x\n", want: ab},
		{name: "a⇥b", content: "a\tb\n1\tx\n", want: ab},
		{name: "a|b", content: "a|b\n1|x\n", want: ab},
		{name: "a b⏎1 x", content: "a b\n1 x\n", want: ab},
		{name: "a;b as .txt", file: "d.txt", content: "a;b\n1;x\n", want: ab},
		{name: "a⇥b as F.TSV", file: "F.TSV", content: "a\tb\n1\tx\n", want: ab},
		{name: "a:b⏎1:x is one column a_b", content: "a:b\n1:x\n2:y\n", want: "a_b text\n1: '1:x'\n2: '2:y'"},
		{name: "a;b with decimal commas", content: "a;b\n1,5;x\n2,5;y\n", want: "a text, b text\n1: '1,5' 'x'\n2: '2,5' 'y'\n! decimal_commas a"},
		{name: "x;y with decimal commas everywhere", content: "x;y\n1,0;2,0\n3,0;4,0\n", want: "x text, y text\n1: '1,0' '2,0'\n2: '3,0' '4,0'\n! decimal_commas x\n! decimal_commas y"},
		{name: "a,b;c both constant: comma wins the tie", content: "a,b;c\n1,2;3\n4,5;6\n", want: "a integer, b_c text\n1: 1 '2;3'\n2: 4 '5;6'"},
		{name: "header without ; : comma, extra cell lost", content: "id,text\n1,a;b\n2,c;d\n3,e,f;g\n", want: "id integer, text text\n1: 1 'a;b'\n2: 2 'c;d'\n3: 3 'e'\n! extra_cells"},
		{name: "full name is split at the space", content: "full name\njohn smith\nann lee\n", want: "_full text, name text\n1: 'john' 'smith'\n2: 'ann' 'lee'"},
		{name: "header name, space not a candidate", content: "name\njohn smith\nann lee\n", want: "name text\n1: 'john smith'\n2: 'ann lee'"},
		{name: "a | b: space wins the tie", content: "a | b\n1 | x\n", want: "a integer, _ text, b text\n1: 1 '|' 'x'"},
		{name: "# comment is the header", content: "# comment\na,b\n1,2\n", want: "_ text, comment text\n1: 'a,b' ''\n2: '1,2' ''"},
		{name: "sep=; is the header", content: "sep=;\na;b\n1;2\n", want: "sep text\n1: 'a'\n2: '1'\n! extra_cells\n! sep_line"},
		{name: "CRLF", content: "a,b\r\n1,x\r\n2,y\r\n", want: "a integer, b text\n1: 1 'x'\n2: 2 'y'"},
		{name: "CRLF with ;", content: "a;b\r\n1;x\r\n2;y\r\n", want: "a integer, b text\n1: 1 'x'\n2: 2 'y'"},
		{name: "CR only", content: "a,b\r1,x\r2,y", want: "a integer, b text\n1: 1 'x'\n2: 2 'y'"},
		{name: "CR only with ;", content: "a;b\r1;x\r2;y\r", want: "a integer, b text\n1: 1 'x'\n2: 2 'y'"},
		{name: "CRLF header, LF rows, comma", content: "a,b\r\n1,x\n2,y\n", want: "a integer, b text\n1: 1 'x'\n2: 2 'y'"},
		{name: "CRLF header, LF rows, ; : 0 rows, success", content: "a;b\r\n1;x\n2;y\n", want: "a text, b text\n! line_endings"},
		{name: "LF header, CRLF rows, ; : 0 rows, success", content: "a;b\n1;x\r\n2;y\r\n", want: "a text, b text\n! line_endings"},
		{name: "quoted delimiters do not count", content: "a;b\n\"1;2,3;;\";x\n\"4;;;;\";y\n", want: "a text, b text\n1: '1;2,3;;' 'x'\n2: '4;;;;' 'y'"},
		{name: "one line: a space weighs half", content: "a b;c;d\n", want: "a_b text, c text, d text"},
		{name: "one line: tie", content: "a b c;d\n", want: "a text, b text, c_d text"},
	})
}

func TestQuotingAndRows(t *testing.T) {
	run(t, "q.csv", []vector{
		{name: "newline inside quotes, comma", content: "a,b\n\"x\ny\",1\n", want: `a text, b integer` + "\n" + `1: 'x\ny' 1`},
		{name: "newline inside quotes, ;", content: "a;b\n\"x\ny\";1\n", want: `a text, b integer` + "\n" + `1: 'x\ny' 1`},
		{name: "CRLF inside quotes", content: "a;b\r\n\"x\r\ny\";1\r\n", want: `a text, b integer` + "\n" + `1: 'x\ny' 1`},
		{name: "two newlines inside quotes, ;", content: "a;b\n\"x\n\ny;z\";1\n", want: `a text, b integer` + "\n" + `1: 'x\n\ny;z' 1`},
		{name: `1,"say ""hi"""`, content: "a,b\n1,\"say \"\"hi\"\"\"\n", want: `a integer, b text` + "\n" + `1: 1 'say "hi"'`},
		{name: `1;"say ""hi"""`, content: "a;b\n1;\"say \"\"hi\"\"\"\n", want: `a integer, b text` + "\n" + `1: 1 'say "hi"'`},
		{name: "backslash escapes nothing: following lines are swallowed", content: "a,b\n1,\"x \\\" y\"\n2,w\n", want: `a integer, b text` + "\n" + `1: 1 'x \ y\n2,w'` + "\n! skipped_rows"},
		{name: `stray quotes 1,x "y" z, comma`, content: "a,b\n1,x \"y\" z\n2,w\n", want: "a integer, b text\n1: 1 'x y z'\n2: 2 'w'"},
		{name: `stray quotes 1;x "y" z, row dropped`, content: "a;b\n1;x \"y\" z\n2;w\n", want: "a integer, b text\n1: 2 'w'\n! skipped_rows"},
		{name: `stray quote inside quotes, row dropped`, content: "a;b\n1;\"x \"y\" z\"\n2;w\n", want: "a integer, b text\n1: 2 'w'\n! skipped_rows"},
		{name: `unclosed quote 1,"x, comma: rest of file in one cell`, content: "a,b\n1,\"x\n2,w\n3,v\n", want: `a integer, b text` + "\n" + `1: 1 'x\n2,w\n3,v'` + "\n! skipped_rows"},
		{name: `unclosed quote 1;"x : 0 rows, success`, content: "a;b\n1;\"x\n2;w\n3;v\n", want: "a text, b text\n! skipped_rows"},
		{name: `a,"b⏎1,2 unclosed quote in header`, content: "a,\"b\n1,2\n", want: "fault 1002"},
		{name: "header cell with a newline, comma file", content: "a,\"b\nx\",c\n1,2,3\n", want: "fault 2003"},
		{name: "header cell with a newline, rewritten: columns after it lost", content: "a;\"b\nx\";c\n1;2;3\n4;5;6\n", want: "a integer, b integer\n1: 1 2\n2: 4 5\n! extra_cells"},
		{name: `a,b"c⏎1,2 non-standard quote in header`, content: "a,b\"c\n1,2\n", want: "fault 2003"},
		{name: `a,b"c"d two stray quotes in header`, content: "a,b\"c\"d\n1,2\n", want: "fault 2003"},
		{name: `a;b"c"d⏎1;2 rewritten: header row dropped`, content: "a;b\"c\"d\n1;2\n", want: "field_1 integer, field_2 integer\n1: 1 2\n! skipped_rows\n! no_header"},
		{name: "short row", content: "a,b,c\n1,x\n2,y,z\n", want: "a integer, b text, c text\n1: 1 'x' NULL\n2: 2 'y' 'z'"},
		{name: "long row", content: "a,b\n1,x,9\n", want: "a integer, b text\n1: 1 'x'\n! extra_cells"},
		{name: "blank lines inside", content: "a,b\n\n1,x\n\n\n2,y\n", want: "a integer, b text\n1: 1 'x'\n2: 2 'y'"},
		{name: "blank first line", content: "\na,b\n1,x\n", want: "fault 1002"},
		{name: "blank first line, CRLF", content: "\r\na,b\r\n1,x\r\n", want: "fault 1002"},
		{name: "file of 0 bytes", content: "", want: "fault 1005"},
		{name: "a single LF", content: "\n", want: "fault 1002"},
		{name: "header only", content: "a,lat,lon\n", want: "a text, lat double precision, lon double precision"},
		{name: "header only, without LF", content: "a,b", want: "a text, b text"},
		{name: "single column", content: "a\n1\n2\n", want: "a integer\n1: 1\n2: 2"},
		{name: "all-numeric first line is no header", content: "1,2\n3,4\n", want: "field_1 integer, field_2 integer\n1: 1 2\n2: 3 4\n! no_header"},
		{name: "one number in the first line is enough", content: "name,2020,2021\nx,1,2\n", want: "field_1 text, field_2 integer, field_3 integer\n1: 'name' 2020 2021\n2: 'x' 1 2\n! no_header"},
		{name: "quoted numbers make a header", content: "name,\"2020\"\nx,1\n", want: "name text, _2020 integer\n1: 'x' 1"},
		{name: "single numeric column", content: "1\n2\n", want: "field_1 integer\n1: 1\n2: 2\n! no_header"},
		{name: "NUL in a cell", content: "a,b\n1,x\x00y\n", want: "a integer, b text\n1: 1 'x'"},
		{name: "cell of 16 KB", content: "a,b\n1," + strings.Repeat("x", 16<<10) + "\n", want: "a integer, b text\n1: 1 '" + strings.Repeat("x", 16<<10) + "'"},
		{name: "spaces around", content: "a , b\n1 , x\n", want: "a integer, b text\n1: 1 ' x'"},
		{name: "cell longer than a record may be", content: "a,b\n1,\"" + strings.Repeat(strings.Repeat("x", 999)+"\n", 11_000) + "\"\n", want: "fault 2001"},
		{name: "line longer than a record may be", content: "a,b\n1," + strings.Repeat("x", 11_000_000) + "\n", want: "fault 2001"},
	})
}

func TestHeaders(t *testing.T) {
	long := strings.Repeat("x", 64)
	run(t, "h.csv", []vector{
		{name: "a,,c", content: "a,,c\n1,2,3\n", want: "a integer, field_2 integer, c integer\n1: 1 2 3"},
		{name: "a,b,", content: "a,b,\n1,2,3\n", want: "a integer, b integer, field_3 integer\n1: 1 2 3"},
		{name: `a," ",c`, content: "a,\" \",c\n1,2,3\n", want: "a integer, field_2 integer, c integer\n1: 1 2 3"},
		{name: "a,a,b", content: "a,a,b\n", want: "a text, a2 text, b text"},
		{name: "a,A,b", content: "a,A,b\n", want: "a text, a2 text, b text"},
		{name: "a-b,a_b", content: "a-b,a_b\n", want: "a_b text, a_b2 text"},
		{name: "a_b,a-b", content: "a_b,a-b\n", want: "fault 2005"},
		{name: "a#b,a'b", content: "a#b,a'b\n", want: "fault 2005"},
		{name: "two equal names longer than 63", content: long + "," + long + "\n", want: "fault 2005"},
		{name: "oid", content: "oid,b\n", want: "oid_ text, b text"},
		{name: "xmin", content: "xmin,b\n", want: "fault 2001"},
		{name: "ogc_fid integer", content: "ogc_fid,b\n7,x\n9,y\n", want: "b text by ogc_fid\n7: 'x'\n9: 'y'"},
		{name: "ogc_fid text", content: "ogc_fid,b\nq,x\n", want: "fault 2001"},
		{name: "ogc_fid twice the same", content: "ogc_fid,b\n1,x\n1,x\n", want: "fault 2001"},
		{name: "wkb_geometry beside lat/lon", content: "wkb_geometry,lat,lon\nx,1,2\n", want: "fault 2005"},
		{name: "a name that grows beyond 63", content: "1" + long[:62] + ",b\nx,y\n", want: "fault 99999"},
		{name: "a b,a-b,a.b", content: "a b,a-b,a.b\n", want: "a_b_1 text, a_b text, a_b_2 text"},
	})
}

func TestColumnLimits(t *testing.T) {
	columns := func(n int) string { return strings.Repeat("c,", n-1) + "c\n" }
	for _, tt := range []struct {
		columns int
		want    string
	}{
		{1598, "fault 99999"}, {1599, "fault 1012"}, {1600, "fault 2004"}, {2000, "fault 2004"}, {10_000, "fault 2004"},
	} {
		run(t, "w.csv", []vector{{name: tt.want, content: columns(tt.columns), want: tt.want}})
	}
	got := dump(t, "w.csv", columns(1597), defaults())
	if n := strings.Count(got, " text"); n != 1597 {
		t.Errorf("a file of 1597 columns gives %d: %.80s", n, got)
	}
}
