package data_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// A book is a spreadsheet in the making.
type book struct {
	sheets  []string // contents of the worksheets; the names are Sheet1, Sheet2, ...
	strings []string // contents of the shared strings
	head    string   // of the workbook, before its sheets
	without string   // a part to leave out
	strict  bool     // of the strict kind
}

const (
	mainNamespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relNamespace  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
)

// Styles of the books: what a number is shown as.
const (
	plainStyle = iota
	dateStyle
	dateTimeStyle
	timeStyle
	ownDateStyle
	elapsedStyle
	colourStyle
	textStyle
)

const styles = `<numFmts><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd&quot; d&quot;"/><numFmt numFmtId="165" formatCode="[Red]0.0&quot;days&quot;"/></numFmts>` +
	`<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="21"/>` +
	`<xf numFmtId="164"/><xf numFmtId="46"/><xf numFmtId="165"/><xf numFmtId="49"/></cellXfs>`

func (b book) bytes(t testing.TB) string {
	t.Helper()
	var parts []string
	main := mainNamespace
	if b.strict {
		main = "http://purl.oclc.org/ooxml/spreadsheetml/main"
	}
	add := func(name, content string) {
		if name != b.without {
			parts = append(parts, name, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+content)
		}
	}
	var list, rels strings.Builder
	for i, sheet := range b.sheets {
		add(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), `<worksheet xmlns="`+main+`">`+sheet+`</worksheet>`)
		fmt.Fprintf(&list, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, i+1, i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, relNamespace, i+1)
	}
	if b.strings != nil {
		add("xl/sharedStrings.xml", `<sst xmlns="`+main+`"><si>`+strings.Join(b.strings, "</si><si>")+`</si></sst>`)
		fmt.Fprintf(&rels, `<Relationship Id="strings" Type="%s/sharedStrings" Target="/xl/sharedStrings.xml"/>`, relNamespace)
	}
	add("xl/styles.xml", `<styleSheet xmlns="`+main+`">`+styles+`</styleSheet>`)
	fmt.Fprintf(&rels, `<Relationship Id="styles" Type="%s/styles" Target="styles.xml"/>`, relNamespace)
	add("xl/_rels/workbook.xml.rels", `<Relationships>`+rels.String()+`</Relationships>`)
	add("xl/workbook.xml", `<workbook xmlns="`+main+`" xmlns:r="`+relNamespace+`">`+b.head+`<sheets>`+list.String()+`</sheets></workbook>`)
	add("[Content_Types].xml", `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`)
	return datatest.Zip(parts...)
}

// sheet makes the rows of a sheet, each given by its cells; cells without a
// reference follow one another.
func sheet(rows ...string) string {
	var b strings.Builder
	b.WriteString("<sheetData>")
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">%s</row>`, i+1, row)
	}
	return b.String() + "</sheetData>"
}

// words makes cells of text, numbers cells of numbers, and styled numbers that are
// shown in a style.
func words(ws ...string) string {
	return `<c t="inlineStr"><is><t>` + strings.Join(ws, `</t></is></c><c t="inlineStr"><is><t>`) + `</t></is></c>`
}
func numbers(vs ...string) string { return styled(plainStyle, vs...) }
func styled(style int, vs ...string) string {
	cell := fmt.Sprintf(`<c s="%d"><v>`, style)
	return cell + strings.Join(vs, `</v></c>`+cell) + `</v></c>`
}
func valued(kind string, vs ...string) string {
	return `<c t="` + kind + `"><v>` + strings.Join(vs, `</v></c><c t="`+kind+`"><v>`) + `</v></c>`
}

// A sheetVector is one sheet, or a whole book, and what CARTO makes of it.
type sheetVector struct {
	name    string
	sheet   string
	book    book
	options func(*data.Options)
	want    string
}

// Cells as in2csv converts them: CartoDB/cartodb:
// services/importer/lib/importer/excel2csv.rb, wireservice/csvkit:
// csvkit/convert/xlsx.py, and openpyxl, whose outcome was measured.
func TestXLSXCells(t *testing.T) {
	ab := words("a", "b")
	runSheets(t, []sheetVector{
		{name: "integers and fractions", sheet: sheet(ab, numbers("5", "1.5"), numbers("6", "2")), want: "a integer, b double precision\n1: 5 1.5\n2: 6 2"},
		{name: "floats as Python writes them", sheet: sheet(ab, numbers("5.0", "1E+22"), words("x", "y"), numbers("1e-7", "1E5")), want: "a text, b text\n1: '5.0' '1e+22'\n2: 'x' 'y'\n3: '1e-07' '100000.0'\n! mixed_types a"},
		{name: "dates by number format", sheet: sheet(ab, styled(dateStyle, "43861")+styled(dateTimeStyle, "43861.43090277778"), styled(ownDateStyle, "59")+styled(dateTimeStyle, "43862")), want: "a date, b timestamp with time zone\n1: '2020-01-31' '2020-01-31T10:20:30Z'\n2: '1900-02-28' '2020-02-01T00:00:00Z'"},
		{name: "the day that never was", sheet: sheet(ab, styled(dateStyle, "60", "61")), want: "a date, b date\n1: '1900-02-28' '1900-03-01'"},
		{name: "times", sheet: sheet(ab, styled(timeStyle, "0.43090277777777775", "0.5")), want: "a time without time zone, b time without time zone\n1: '10:20:30' '12:00:00'"},
		{name: "elapsed time is a moment", sheet: sheet(ab, styled(elapsedStyle, "0.25", "1.5")), want: "a time without time zone, b timestamp with time zone\n1: '06:00:00' '1900-01-01T12:00:00Z'"},
		{name: "milliseconds", sheet: sheet(ab, styled(dateTimeStyle, "43861.5000001", "43861.50000000001")), want: "a timestamp with time zone, b timestamp with time zone\n1: '2020-01-31T12:00:00.009Z' '2020-01-31T12:00:00Z'"},
		{name: "number formats that only look like dates", sheet: sheet(ab, styled(colourStyle, "43861")+styled(textStyle, "7")), want: "a integer, b integer\n1: 43861 7"},
		{name: "1904", book: book{sheets: []string{sheet(ab, styled(dateStyle, "42399")+styled(timeStyle, "0.5"))}, head: `<workbookPr date1904="1"/>`}, want: "a date, b time without time zone\n1: '2020-01-31' '12:00:00'"},
		{name: "dates beyond the calendar", sheet: sheet(ab, styled(dateStyle, "99999999", "-5")), want: "a text, b date\n1: '#VALUE!' '1899-12-25'"},
		{name: "dates as text", sheet: sheet(ab, valued("d", "2020-01-31T00:00:00", "2020-01-31T10:20:30")), want: "a date, b timestamp with time zone\n1: '2020-01-31' '2020-01-31T10:20:30Z'"},
		{name: "date and text", sheet: sheet(ab, styled(dateStyle, "43861", "1"), words("x", "y")), want: "a text, b text\n1: '2020-01-31' '1900-01-01'\n2: 'x' 'y'"},
		{name: "booleans", sheet: sheet(ab, valued("b", "1", "0"), valued("b", "0", "1")), want: "a boolean, b boolean\n1: true false\n2: false true"},
		{name: "errors", sheet: sheet(ab, valued("e", "#N/A", "#DIV/0!"), numbers("5", "6")), want: "a text, b text\n1: '#N/A' '#DIV/0!'\n2: '5' '6'"},
		{name: "text numbers", sheet: sheet(ab, words("01234", "x")), want: "a integer, b text\n1: 1234 'x'\n! leading_zeros a"},
		{name: "text numbers, type_guessing=false", sheet: sheet(ab, words("01234", "x")), options: noGuessing, want: "a text, b text\n1: '01234' 'x'"},
		{name: "cells with commas count as quoted", sheet: sheet(ab, words("5", "1,5")), options: quotedText, want: "a integer, b text\n1: 5 '1,5'"},
		{name: "line breaks vanish", sheet: sheet(words("a&#10;x", "b"), words("a\nb", "p,&#13;&#10;q"), words("&#10;", "say &quot;hi&quot;")), want: "ax text, b text\n1: 'ab' 'p,q'\n2: '' 'say \"hi\"'"},
		{name: "shared strings", book: book{
			strings: []string{`<t>a</t>`, `<t xml:space="preserve"> b </t>`, `<r><t>rich </t></r><r><rPr><b/></rPr><t>text</t></r><rPh sb="0" eb="1"><t>PH</t></rPh>`, `<t>_x000D_<![CDATA[<z>]]>&amp;x005F_</t>`, `<t/>`},
			sheets:  []string{sheet(valued("s", "0", "1"), valued("s", "2", "3"), valued("s", "4", "0"))},
		}, want: "a text, b text\n1: 'rich text' '_x000D_<z>&'\n2: '' 'a'"},
		{name: "formulas", sheet: sheet(ab, `<c><f>1+1</f><v>2</v></c><c t="str"><f>"x"</f><v>x</v></c>`, `<c><f>1+1</f></c><c/>`), want: "a integer, b text\n1: 2 'x'\n2: NULL ''"},
		{name: "merged cells hold what is in their first", sheet: sheet(ab, `<c r="A2"><v>1</v></c><c r="B2"/>`) + `<mergeCells><mergeCell ref="A2:B2"/></mergeCells>`, want: "a integer, b text\n1: 1 ''"},
		{name: "coordinates", sheet: sheet(words("lat", "lon"), numbers("40.5", "-3.5")), want: "lat double precision, lon double precision POINT\n1: 40.5 -3.5 POINT(-3.5 40.5)"},
		{name: "not ASCII", sheet: sheet(words("año", "b"), words("café", "ñ")), want: "ano text, b text\n1: 'café' 'ñ'"},
	})
}

func TestXLSXShape(t *testing.T) {
	ab := words("a", "b")
	runSheets(t, []sheetVector{
		{name: "blank header cell", sheet: `<dimension ref="A1:C2"/>` + sheet(`<c r="A1" t="str"><v>a</v></c><c r="C1" t="str"><v>c</v></c>`, numbers("1", "2")), want: "a integer, field_2 integer, c text\n1: 1 2 ''"},
		{name: "a title row is the header", sheet: `<dimension ref="A1:B3"/>` + sheet(words("Report"), ab, numbers("1", "2")), want: "report text\n1: 'a'\n2: '1'\n! extra_cells"},
		{name: "blank rows inside are rows", sheet: `<dimension ref="A1:B6"/><sheetData><row r="1">` + ab + `</row><row r="2">` + numbers("1", "2") + `</row><row r="5">` + numbers("3", "4") + `</row></sheetData>`, want: "a integer, b integer\n1: 1 2\n2: NULL NULL\n3: NULL NULL\n4: 3 4"},
		{name: "rows with nothing but a style", sheet: `<dimension ref="A1:B3"/>` + sheet(ab, numbers("1", "2"), `<c s="1"/>`), want: "a integer, b integer\n1: 1 2\n2: NULL NULL"},
		{name: "blank rows at the end are none", sheet: `<dimension ref="A1:B9"/>` + sheet(ab, numbers("1", "2"), ""), want: "a integer, b integer\n1: 1 2"},
		{name: "a table that begins elsewhere", sheet: `<dimension ref="B3:C4"/><sheetData><row r="3"><c r="B3" t="str"><v>a</v></c><c r="C3" t="str"><v>b</v></c></row><row r="4"><c r="B4"><v>1</v></c><c r="C4"><v>2</v></c></row></sheetData>`, want: "a integer, b integer\n1: 1 2"},
		{name: "ragged rows", sheet: sheet(ab, numbers("1"), `<c r="A3"><v>2</v></c><c r="D3"><v>9</v></c>`), want: "a integer, b text\n1: 1 ''\n2: 2 ''\n! extra_cells"},
		{name: "cells out of order, twice", sheet: sheet(ab, `<c r="B2"><v>2</v></c><c r="A2"><v>1</v></c><c r="A2"><v>3</v></c>`), want: "a integer, b integer\n1: 3 2"},
		{name: "a size that is too small", sheet: `<dimension ref="A1"/>` + sheet(ab, numbers("1", "2")), want: "a text\n! cut_sheet"},
		{name: "a size beyond CARTO's columns", sheet: `<dimension ref="A1:XFD1048576"/>` + sheet(ab, numbers("1", "2")), want: "fault 2004"},
		{name: "one column with spaces is split", sheet: sheet(words("full name"), words("john smith"), words("ann lee")), want: "_full text, name text\n1: 'john' 'smith'\n2: 'ann' 'lee'"},
		{name: "one column with blanks", sheet: sheet(words("a"), numbers("1"), `<c s="1"/>`, numbers("2")), want: "a integer\n1: 1\n2: NULL\n3: 2"},
		{name: "a header of numbers", sheet: sheet(numbers("1", "2"), numbers("3", "4")), want: "field_1 integer, field_2 integer\n1: 1 2\n2: 3 4\n! no_header"},
		{name: "header only", sheet: sheet(ab), want: "a text, b text"},
		{name: "the sheet that was open", book: book{sheets: []string{sheet(ab, numbers("1", "2")), sheet(words("z"), numbers("7"))}, head: `<bookViews><workbookView activeTab="1"/></bookViews>`}, want: "z integer\n1: 7\n! ignored_sheets"},
		{name: "the first sheet", book: book{sheets: []string{sheet(ab, numbers("1", "2")), sheet(words("z"), numbers("7"))}}, want: "a integer, b integer\n1: 1 2\n! ignored_sheets"},
	})
}

// What in2csv fails on leaves nothing, and CARTO calls the file empty.
func TestXLSXFaults(t *testing.T) {
	ab := words("a", "b")
	runSheets(t, []sheetVector{
		{name: "no rows", sheet: "<sheetData/>", want: "fault 1005"},
		{name: "malformed XML", sheet: sheet(ab) + "<oops>", want: "fault 1005"},
		{name: "control character", sheet: sheet(words("a\x01", "b")), want: "fault 1005"},
		{name: "text that is not UTF-8", sheet: sheet(words("a\xff", "b")), want: "fault 1005"},
		{name: "unknown entity", sheet: sheet(words("&lol;", "b")), want: "fault 1005"},
		{name: "number that is none", sheet: sheet(ab, numbers("abc")), want: "fault 1005"},
		{name: "date that is none", sheet: sheet(ab, styled(dateStyle, "abc")), want: "fault 1005"},
		{name: "cell that is none", sheet: sheet(ab, `<c r="2B"><v>1</v></c>`), want: "fault 1005"},
		{name: "column beyond ZZZ", sheet: sheet(ab, `<c r="AAAA1"><v>1</v></c>`), want: "fault 1005"},
		{name: "row that is none", sheet: `<sheetData><row r="x"/></sheetData>`, want: "fault 1005"},
		{name: "size that is none", sheet: `<dimension ref="?"/>` + sheet(ab), want: "fault 1005"},
		{name: "shared string that is not there", book: book{sheets: []string{sheet(valued("s", "1"))}, strings: []string{"<t>a</t>"}}, want: "fault 1005"},
		{name: "no shared strings", sheet: sheet(valued("s", "0")), want: "fault 1005"},
		{name: "no sheets", book: book{sheets: []string{}}, want: "fault 1005"},
		{name: "no such sheet", book: book{sheets: []string{sheet(ab)}, head: `<bookViews><workbookView activeTab="7"/></bookViews>`}, want: "fault 1005"},
		{name: "no workbook", book: book{sheets: []string{sheet(ab)}, without: "xl/workbook.xml"}, want: "fault 1005"},
		{name: "no relations", book: book{sheets: []string{sheet(ab)}, without: "xl/_rels/workbook.xml.rels"}, want: "fault 1005"},
		{name: "no content types", book: book{sheets: []string{sheet(ab)}, without: "[Content_Types].xml"}, want: "fault 1005"},
		{name: "strict", book: book{sheets: []string{sheet(ab)}, strict: true}, want: "fault 1005"},
		{name: "no sheet", book: book{sheets: []string{sheet(ab)}, without: "xl/worksheets/sheet1.xml"}, want: "fault 1005"},
	})
	whole := book{sheets: []string{sheet(ab, numbers("1", "2"))}}.bytes(t)
	run(t, "x.xlsx", []vector{
		{name: "empty", content: "", want: "fault 1005"},
		{name: "text", content: "a,b\n1,2\n", want: "fault 2008"}, // services/importer/spec/unit/excel2csv_spec.rb
		{name: "something else", content: "\xd0\xcf\x11\xe0\x00\x00", want: "fault 1005"},
		{name: "truncated", content: whole[:len(whole)/2], want: "fault 1005"},
		{name: "empty zip", content: datatest.Zip(), want: "fault 1005"},
	})
}

func TestXLSXInsideAnArchive(t *testing.T) {
	whole := book{sheets: []string{sheet(words("a", "b"), numbers("1", "2"))}}.bytes(t)
	for _, file := range []struct{ name, content string }{
		{"z.zip", datatest.Zip("d/Trees.XLSX", whole)}, {"Trees.xlsx.gz", datatest.Gzip(whole)}, {"t.tar", datatest.Tar("trees.xlsx", whole)},
	} {
		t.Run(file.name, func(t *testing.T) {
			if diff := cmp.Diff("a integer, b integer\n1: 1 2", dump(t, file.name, file.content, defaults())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func runSheets(t *testing.T, vectors []sheetVector) {
	t.Helper()
	converted := make([]vector, len(vectors))
	for i, v := range vectors {
		if v.sheet != "" {
			v.book.sheets = []string{v.sheet}
		}
		converted[i] = vector{name: v.name, content: v.book.bytes(t), options: v.options, want: v.want}
	}
	run(t, "x.xlsx", converted)
}
