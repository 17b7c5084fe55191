package data

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
)

// A csvRole says what a column of a delimited file is used for.
type csvRole uint8

const (
	roleColumn  csvRole = iota
	roleX               // longitude; also a column of its own
	roleY               // latitude; also a column of its own
	roleWKT             // geometry to the converter; also a column of its own
	roleShape           // text that CARTO tries to read as geometry
	roleID              // cartodb_id
	roleFID             // ogc_fid, the converter's row id
	roleDropped         // the_geom_webmercator
)

// A csvField is one column of a delimited file.
type csvField struct {
	header string // as the converter reads it
	loaded string // as the converter names it in the database
	role   csvRole
	real   bool // the name alone makes it double precision
}

// A csvHeader is what the first record says.
type csvHeader struct {
	fields []csvField
	isData bool // the first record is no header but a row
}

// The names by which GDAL is told to recognise coordinates.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/ogr2ogr.rb.
var (
	yNames     = strings.Fields("latitude lat latitudedecimal latitud lati decimallatitude decimallat point_latitude")
	xNames     = strings.Fields("longitude lon lng longitudedecimal longitud long decimallongitude decimallong point_longitude")
	shapeNames = strings.Fields("geometry the_geom wkb_geometry geom geojson wkt") // georeferencer.rb
)

// maxColumns is how many data columns a dataset can have: PostgreSQL allows 1600,
// and cartodb_id, the_geom and the_geom_webmercator come on top.
const maxColumns = 1597

// columnsFault is what too many columns lead to.
func columnsFault(n int) *Fault {
	switch {
	case n >= 1600:
		return faultf(2004, "the file has %d columns, CARTO stores %d", n, maxColumns)
	case n == 1599:
		return faultf(1012, "the file has %d columns, CARTO stores %d", n, maxColumns)
	case n > maxColumns:
		return faultf(99999, "the file has %d columns, CARTO stores %d", n, maxColumns)
	}
	return nil
}

// readHeader reads the first record and decides what each column is for.
func readHeader(r *csvReader, o Options) (csvHeader, error) {
	cells, err := r.next()
	if err == io.EOF || err == nil && len(cells) == 0 {
		if r.openQuote {
			return csvHeader{}, faultf(1002, "a quote is never closed, so nothing is left to load")
		}
		return csvHeader{}, faultf(1002, "the first line is blank")
	}
	if err != nil {
		return csvHeader{}, err
	}
	h := headerOf(cells, r.dialect.rewrite)
	if f := columnsFault(len(h.fields)); f != nil {
		return h, f
	}
	if err := h.load(); err != nil {
		return h, err
	}
	return h, h.assign(o)
}

// headerOf reads the cells of the first record as GDAL does: from its first
// line, and as data if any of them is a number without quotes.
func headerOf(cells []cell, rewritten bool) csvHeader {
	var h csvHeader
	for _, c := range cells {
		text, _, broken := bytes.Cut(c.text, []byte{'\n'})
		if !c.quoted {
			if _, _, number := classifyNumber(text); number {
				h.isData = true
			}
		}
		if rewritten && len(h.fields) == 0 {
			text = bytes.TrimPrefix(text, utf8BOM)
		}
		h.fields = append(h.fields, csvField{header: string(bytes.Trim(text, " "))})
		if broken {
			break
		}
	}
	if h.isData {
		for i := range h.fields {
			h.fields[i].header = ""
		}
	}
	if len(h.fields) == 2 && len(cells[1].text) == 0 {
		h.fields = h.fields[:1] // CARTO gave a lonely column a second one
	}
	return h
}

// load names the columns as the converter does.
func (h *csvHeader) load() error {
	headers := make([]string, len(h.fields))
	for i, f := range h.fields {
		headers[i] = f.header
	}
	loaded, err := name.Launder(headers)
	if err != nil {
		return columnFault(err)
	}
	for i := range h.fields {
		h.fields[i].loaded = loaded[i]
	}
	return nil
}

// columnFault turns the complaint about a column's name into a fault.
func columnFault(err error) error {
	if e, ok := err.(*name.ColumnError); ok {
		return faultf(e.Code, "column %q: %s", cut(e.Column, 80), e.Problem)
	}
	return err
}

// assign finds the columns that become something else than a column.
func (h *csvHeader) assign(o Options) error {
	h.assignCoordinates(o)
	made := h.role(roleX) >= 0 || h.role(roleWKT) >= 0
	for i := range h.fields {
		f := &h.fields[i]
		switch f.loaded {
		case "ogc_fid":
			f.role = roleFID
		case "the_geom_webmercator":
			f.role = roleDropped
		case "wkb_geometry":
			if made {
				return faultf(2005, "column %q: the converter creates a column of this name", f.header)
			}
		}
	}
	if !made {
		h.assignShape()
	}
	return h.assignID()
}

// assignCoordinates walks over the columns as GDAL does: once a latitude and a
// longitude are found nothing else is looked for, before that the last of each
// counts, and a column WKT that comes first wins.
func (h *csvHeader) assignCoordinates(o Options) {
	x, y := -1, -1
	for i, f := range h.fields {
		key := strings.ToLower(f.header)
		switch {
		case key == "wkt":
			h.fields[i].role = roleWKT
			return
		case !o.TypeGuessing:
		case slices.Contains(xNames, key):
			h.fields[i].real = true
			if x < 0 || strings.ToLower(h.fields[x].header) != key {
				x = i
			}
		case slices.Contains(yNames, key):
			h.fields[i].real = true
			if y < 0 || strings.ToLower(h.fields[y].header) != key {
				y = i
			}
		}
		if x >= 0 && y >= 0 {
			h.fields[x].role, h.fields[y].role = roleX, roleY
			return
		}
	}
}

// assignShape picks the first column whose name promises a geometry.
func (h *csvHeader) assignShape() {
	for i, f := range h.fields {
		if f.role == roleColumn && slices.Contains(shapeNames, f.loaded) {
			h.fields[i].role = roleShape
			return
		}
	}
}

// assignID finds the column that ends up as cartodb_id.
func (h *csvHeader) assignID() error {
	final, err := finalNames(h.fields)
	if err != nil {
		return err
	}
	for i := range h.fields {
		if final[i] == "cartodb_id" && h.fields[i].role == roleColumn {
			h.fields[i].role = roleID
		}
	}
	return nil
}

// finalNames gives the sanitised name of every field that reaches the table, and
// "" for the others.
func finalNames(fields []csvField) ([]string, error) {
	var names []string
	var at []int
	others := []string{"ogc_fid", "the_geom"}
	for i, f := range fields {
		if f.role != roleFID && f.role != roleDropped && f.loaded != "" {
			names = append(names, f.loaded)
			at = append(at, i)
		}
		if f.loaded == "the_geom" {
			others = others[:1]
		}
	}
	sane, err := name.SanitizeColumns(names, others...)
	if err != nil {
		return nil, columnFault(err)
	}
	final := make([]string, len(fields))
	for i, n := range sane {
		final[at[i]] = n
	}
	return final, nil
}

// role gives the first field with a role, or -1.
func (h *csvHeader) role(want csvRole) int {
	return slices.IndexFunc(h.fields, func(f csvField) bool { return f.role == want })
}
