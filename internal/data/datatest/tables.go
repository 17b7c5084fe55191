package datatest

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// Sheet makes a spreadsheet of what a worksheet holds. Style 1 is a date.
func Sheet(cells string) string {
	const main, rel = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	return Zip(
		"[Content_Types].xml", `<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"xl/workbook.xml", `<workbook xmlns="`+main+`" xmlns:r="`+rel+`"><sheets><sheet name="One" sheetId="1" r:id="a"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships><Relationship Id="a" Type="`+rel+`/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="b" Type="`+rel+`/styles" Target="styles.xml"/></Relationships>`,
		"xl/styles.xml", `<styleSheet xmlns="`+main+`"><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="`+main+`">`+cells+`</worksheet>`)
}

func words(all ...string) string {
	var b strings.Builder
	for _, w := range all {
		b.WriteString(`<c t="str"><v>` + w + `</v></c>`)
	}
	return b.String()
}

func rows(all ...string) string {
	var b strings.Builder
	b.WriteString("<sheetData>")
	for i, r := range all {
		fmt.Fprintf(&b, `<row r="%d">%s</row>`, i+1, r)
	}
	return b.String() + "</sheetData>"
}

const (
	geographic = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
	utm30      = `PROJCS["WGS_1984_UTM_Zone_30N",` + geographic + `,PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",-3.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`
)

// A Place is a row of a shapefile.
type Place struct {
	Name    string
	X, Y    float64
	Deleted bool
}

// Shapefile gives the parts of a shapefile of points, by name and content.
func Shapefile(stem, prj, cpg string, places ...Place) []string {
	const width = 12
	var shapes, index []byte
	table := []byte{3, 120, 1, 1}
	table = binary.LittleEndian.AppendUint32(table, uint32(len(places)))
	table = append(table, 65, 0, width+1, 0)
	table = append(table, make([]byte, 20)...)
	table = append(table, "NAME\x00\x00\x00\x00\x00\x00\x00C\x00\x00\x00\x00"...)
	table = append(append(append(table, width), make([]byte, 15)...), '\r')
	for i, p := range places {
		index = binary.BigEndian.AppendUint32(index, uint32(50+len(shapes)/2))
		index = binary.BigEndian.AppendUint32(index, 10)
		shapes = binary.BigEndian.AppendUint32(shapes, uint32(i+1))
		shapes = binary.BigEndian.AppendUint32(shapes, 10)
		shapes = binary.LittleEndian.AppendUint32(shapes, 1)
		shapes = binary.LittleEndian.AppendUint64(shapes, math.Float64bits(p.X))
		shapes = binary.LittleEndian.AppendUint64(shapes, math.Float64bits(p.Y))
		mark := " "
		if p.Deleted {
			mark = "*"
		}
		table = append(table, (mark + p.Name + strings.Repeat(" ", width))[:width+1]...)
	}
	head := func(b []byte) string {
		h := binary.BigEndian.AppendUint32(nil, 9994)
		h = binary.BigEndian.AppendUint32(append(h, make([]byte, 20)...), uint32(50+len(b)/2))
		h = append(h, 0xe8, 3, 0, 0, 1, 0, 0, 0)
		return string(append(append(h, make([]byte, 64)...), b...))
	}
	parts := []string{stem + ".shp", head(shapes), stem + ".shx", head(index), stem + ".dbf", string(table)}
	if prj != "" {
		parts = append(parts, stem+".prj", prj)
	}
	if cpg != "" {
		parts = append(parts, stem+".cpg", cpg)
	}
	return parts
}

// tables are spreadsheets and shapefiles.
func tables() []File {
	madrid, lugo := Place{"Madrid", -3.7038, 40.4168, false}, Place{"Logro\u00f1o", -2.4456, 42.4650, false}
	lugoLatin1 := lugo
	lugoLatin1.Name = latin1(lugo.Name)
	gone := Place{"gone", 170, 80, true}
	return []File{
		{"sheet_dates.xlsx", Sheet(rows(words("day", "amount", "zip"),
			`<c s="1"><v>43861</v></c><c><v>1.5</v></c><c t="str"><v>01234</v></c>`,
			`<c s="1"><v>43862</v></c><c><v>2</v></c><c t="str"><v>28001</v></c>`)),
			"xlsx  UTF-8\n2 rows: day date, amount double precision, zip integer\n! leading_zeros zip"},
		{"sheet_formulas.xlsx", Sheet(rows(words("a", "total"), `<c><v>1</v></c><c><f>A2*2</f><v>2</v></c>`, `<c><v>2</v></c><c t="e"><f>1/0</f><v>#DIV/0!</v></c>`)),
			"xlsx  UTF-8\n2 rows: a integer, total text"},
		{"sheet_merged.xlsx", Sheet(`<dimension ref="A1:B3"/>` + rows(words("region", "town"), words("north", "Lugo"), `<c r="B3" t="str"><v>Vigo</v></c>`) + `<mergeCells><mergeCell ref="A2:A3"/></mergeCells>`),
			"xlsx  UTF-8\n2 rows: region text, town text"},
		{"sheet_title.xlsx", Sheet(`<dimension ref="A1:B4"/><sheetData><row r="1">` + words("Report 2020") + `</row><row r="3">` + words("a", "b") + `</row><row r="4">` + words("x", "y") + `</row></sheetData>`),
			"xlsx  UTF-8\n3 rows: report_2020 text\n! extra_cells"},
		{"sheet_leading_rows.xlsx", Sheet(`<dimension ref="A3:B4"/><sheetData><row r="3">` + words("a", "b") + `</row><row r="4"><c><v>1</v></c><c><v>2</v></c></row></sheetData>`),
			"xlsx  UTF-8\n1 rows: a integer, b integer"},
		{"shape_cpg.zip", Zip(Shapefile("with_cpg", geographic, "UTF-8", madrid, lugo)...),
			"zip  UTF-8\n2 rows: name text\npoint, -3.7038 40.4168 to -2.4456 42.465"},
		{"shape_no_cpg.zip", Zip(Shapefile("without_cpg", geographic, "", madrid, lugoLatin1)...),
			"zip  ISO-8859-1\n2 rows: name text\npoint, -3.7038 40.4168 to -2.4456 42.465\n! encoding"},
		{"shape_no_prj.zip", Zip(Shapefile("without_prj", "", "UTF-8", madrid)...),
			"zip  UTF-8\n1 rows: name text\npoint, -3.7038 40.4168 to -3.7038 40.4168\n! projection"},
		{"shape_utm.zip", Zip(Shapefile("in_utm", utm30, "UTF-8", Place{"Madrid", 440000, 4474000, false})...),
			"zip  UTF-8\n1 rows: name text\npoint, -3.7072 40.4145 to -3.7072 40.4145"},
		{"shape_deleted.zip", Zip(Shapefile("some_deleted", geographic, "UTF-8", madrid, gone)...),
			"zip  UTF-8\n1 rows: name text\npoint, -3.7038 40.4168 to -3.7038 40.4168"},
		{"shape_no_dbf.zip", Zip(Shapefile("without_dbf", geographic, "", madrid)[:4]...),
			"zip\nfault 1006"},
		{"shape_in_folders.zip", Zip(Shapefile("Export 2020/Towns", geographic, "UTF-8", madrid)...),
			"zip  UTF-8\n1 rows: name text\npoint, -3.7038 40.4168 to -3.7038 40.4168"},
	}
}
