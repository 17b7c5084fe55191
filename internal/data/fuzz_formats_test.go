package data_test

import (
	"strings"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
)

// FuzzXLSX is about the parts of a spreadsheet, so that the fuzzer need not learn
// to make zips.
func FuzzXLSX(f *testing.F) {
	const shared = `<sst><si><t>a</t></si><si><r><t>b</t></r><rPh><t>x</t></rPh></si></sst>`
	for _, seed := range []string{
		sheet(words("a", "b"), numbers("1", "2.5")), sheet(valued("s", "0", "1"), styled(dateStyle, "43861", "0.5")),
		`<dimension ref="B2:C3"/><sheetData><row r="2"><c r="B2" t="s"><v>0</v></c></row><row r="9"><c r="C9"/></row></sheetData>`,
		sheet(words("lat", "lon"), numbers("1", "2")), sheet(valued("b", "1", "0"), valued("e", "#N/A"), valued("d", "2020-01-31")),
		`<dimension ref="A1:XFD1048576"/>` + sheet(words("a&amp;\n,\"", "<![CDATA[x]]>")), sheet(`<c><f>1</f></c>`), sheet(words("full name"), "<c/>", words("")),
	} {
		f.Add(seed, shared, styles, "", byte(3))
	}
	f.Add(sheet(words("a")), "<sst/>", `<numFmts><numFmt numFmtId="0" formatCode="[h]&quot;d"/></numFmts>`, `<workbookPr date1904="1"/><bookViews><workbookView activeTab="0"/></bookViews>`, byte(0))
	f.Fuzz(func(t *testing.T, cells, shared, formats, head string, bits byte) {
		const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
		content := datatest.Zip(
			"[Content_Types].xml", `<Types><Override PartName="/w.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
			"_rels/w.xml.rels", `<Relationships><Relationship Id="a" Type="worksheet" Target="s.xml"/><Relationship Id="b" Type="sharedStrings" Target="t.xml"/><Relationship Id="c" Type="styles" Target="f.xml"/></Relationships>`,
			"w.xml", `<workbook xmlns="`+main+`">`+head+`<sheets><sheet name="One" id="a"/></sheets></workbook>`,
			"s.xml", `<worksheet>`+cells+`</worksheet>`, "t.xml", shared, "f.xml", `<styleSheet>`+formats+`</styleSheet>`)
		agree(t, "f.xlsx", content, data.Options{TypeGuessing: bits&1 != 0, QuotedFieldsGuessing: bits&2 != 0})
	})
}

// FuzzShapefile is about shapes and their index.
func FuzzShapefile(f *testing.F) {
	add := func(prj string, kind int32, records ...string) {
		shp, shx := shpOf(kind, records...)
		f.Add([]byte(shp[100:]), []byte(shx[100:]), prj)
	}
	add(wgs84, 1, pointShape(1, 1, 2), nullShape, pointShape(21, 1, 2, 3))
	add("", 5, partsShape(5, square(0, 0, 20), hole(1, 1, 10), square(2, 2, 5), hole(3, 3, 1)), partsShape(15, hole(0, 0, 1)))
	add(`PROJCS["x",`+wgs84+`,PROJECTION["Albers"],PARAMETER["Standard_Parallel_1",20.0],PARAMETER["Standard_Parallel_2",50.0],UNIT["Foot",0.3]]`, 3, partsShape(3, []float64{0, 0, 1, 1}, []float64{2, 2, 3, 3}))
	add(`PROJCS["x",`+wgs84+`,PROJECTION["Lambert_Azimuthal_Equal_Area"],PARAMETER["Latitude_Of_Origin",40.0]]`, 8, multiPointShape(8, 1, 2, 3, 4))
	f.Fuzz(func(t *testing.T, shapes, index []byte, prj string) {
		shp, _ := shpOf(1, strings.Repeat("x", len(shapes)&^1))
		n := len(index) / 8
		_, shx := shpOf(1, make([]string, min(n, 200))...)
		rows := make([][]string, min(n, 200))
		files := []string{"s.shp", shp[:100] + string(shapes), "s.shx", shx[:100] + string(index), "s.dbf", dbfOf(0, []dbfColumn{{"k", 'N', 3, 0}}, rows...)}
		if prj != "" {
			files = append(files, "s.prj", prj)
		}
		agree(t, "s.zip", datatest.Zip(files...), data.DefaultOptions())
	})
}

// FuzzDBF is about the table beside the shapes.
func FuzzDBF(f *testing.F) {
	columns := []dbfColumn{{"t", 'C', 5, 0}, {"n", 'N', 4, 0}, {"b", 'N', 12, 0}, {"r", 'F', 6, 2}, {"l", 'L', 1, 0}, {"d", 'D', 8, 0}}
	f.Add([]byte(dbfOf(0x57, columns, []string{"a", "1", "2", "3.5", "T", "20200131"}, []string{deleted}, nil)), "")
	f.Add([]byte(dbfOf(0, []dbfColumn{{"cartodb_id", 'N', 4, 0}, {"a", 'C', 4, 0}, {"A", 'C', 4, 0}}, []string{"1", "\xf1"}, []string{"2", "ñ"})), "UTF-8")
	f.Add([]byte(dbfOf(0, []dbfColumn{{"ogc_fid", 'N', 4, 0}, {"the_geom", 'C', 4, 0}}, []string{"1"})), "WIN1251")
	f.Fuzz(func(t *testing.T, table []byte, cpg string) {
		shp, shx := shpOf(1, pointShape(1, 1, 2), pointShape(1, 3, 4), nullShape)
		agree(t, "s.zip", datatest.Zip("s.shp", shp, "s.shx", shx, "s.dbf", string(table), "s.cpg", cpg), data.DefaultOptions())
	})
}
