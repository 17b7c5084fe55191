package conformance

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// zipped is an archive of names and contents.
func zipped(files ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			io.WriteString(f, files[i+1])
		}
	}
	w.Close()
	return b.String()
}

// xlsx is a spreadsheet of sheets, each given by its rows. The style 1 shows a number as a date.
func xlsx(sheets ...string) string {
	const (
		head     = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
		schemas  = "http://schemas.openxmlformats.org/"
		main     = schemas + "spreadsheetml/2006/main"
		document = schemas + "officeDocument/2006/relationships"
		of       = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	)
	var list, relations, parts strings.Builder
	var files []string
	for i, rows := range sheets {
		n := i + 1
		fmt.Fprintf(&list, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, n, n, n)
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, document, n)
		fmt.Fprintf(&parts, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, of)
		files = append(files, fmt.Sprintf("xl/worksheets/sheet%d.xml", n), head+`<worksheet xmlns="`+main+`"><sheetData>`+rows+`</sheetData></worksheet>`)
	}
	relationships := func(all string) string {
		return head + `<Relationships xmlns="` + schemas + `package/2006/relationships">` + all + `</Relationships>`
	}
	return zipped(append([]string{
		"[Content_Types].xml", head + `<Types xmlns="` + schemas + `package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + of + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + of + `styles+xml"/>` + parts.String() + `</Types>`,
		"_rels/.rels", relationships(`<Relationship Id="rId1" Type="` + document + `/officeDocument" Target="xl/workbook.xml"/>`),
		"xl/workbook.xml", head + `<workbook xmlns="` + main + `" xmlns:r="` + document + `"><sheets>` + list.String() + `</sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", relationships(relations.String() + `<Relationship Id="rIdStyles" Type="` + document + `/styles" Target="styles.xml"/>`),
		"xl/styles.xml", head + `<styleSheet xmlns="` + main + `"><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders>` +
			`<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>`,
	}, files...)...)
}

// inline is a cell of a spreadsheet that holds a text.
func inline(text string) string { return `<c t="inlineStr"><is><t>` + text + `</t></is></c>` }

// points are the .shp and the .shx of a Shapefile of points, of x and y each.
func points(all ...[2]float64) (shp, shx string) {
	const point, header, record = 1, 100, 20 // the kind of shape, and sizes in bytes
	west, south, east, north := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	var shapes, index []byte
	for i, p := range all {
		west, south, east, north = min(west, p[0]), min(south, p[1]), max(east, p[0]), max(north, p[1])
		index = binary.BigEndian.AppendUint32(index, uint32(header+len(shapes))/2)
		index = binary.BigEndian.AppendUint32(index, record/2)
		shapes = binary.BigEndian.AppendUint32(shapes, uint32(i+1))
		shapes = binary.BigEndian.AppendUint32(shapes, record/2)
		shapes = binary.LittleEndian.AppendUint32(shapes, point)
		shapes = doubles(shapes, p[:]...)
	}
	file := func(body []byte) string {
		b := binary.BigEndian.AppendUint32(nil, 9994)
		b = append(b, make([]byte, 20)...)
		b = binary.BigEndian.AppendUint32(b, uint32(header+len(body))/2)
		b = binary.LittleEndian.AppendUint32(b, 1000)
		b = binary.LittleEndian.AppendUint32(b, point)
		return string(append(doubles(b, west, south, east, north, 0, 0, 0, 0), body...))
	}
	return file(shapes), file(index)
}

func doubles(b []byte, all ...float64) []byte {
	for _, f := range all {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

// dbase is a .dbf with columns such as "docks N": a name, and C for texts, N for whole numbers, D for dates.
func dbase(columns []string, rows ...[]string) string {
	const header, field = 32, 32 // bytes
	widths := map[string]int{"C": 20, "N": 9, "D": 8}
	var fields, cells []byte
	width := 1
	for _, c := range columns {
		name, kind, _ := strings.Cut(c, " ")
		f := make([]byte, field)
		copy(f, name)
		f[11], f[16] = kind[0], byte(widths[kind])
		fields = append(fields, f...)
		width += widths[kind]
	}
	for _, row := range rows {
		cells = append(cells, ' ')
		for i, cell := range row {
			_, kind, _ := strings.Cut(columns[i], " ")
			format := "%-*s"
			if kind == "N" {
				format = "%*s"
			}
			cells = fmt.Appendf(cells, format, widths[kind], cell)
		}
	}
	b := []byte{3, 120, 1, 31}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(rows)))
	b = binary.LittleEndian.AppendUint16(b, uint16(header+len(fields)+1))
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	b = append(append(append(b, make([]byte, 20)...), fields...), '\r')
	return string(append(append(b, cells...), 0x1a))
}
