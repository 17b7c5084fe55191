package data

import (
	"bytes"
	"errors"
)

// A csvShape reads the geometry of each row out of one or two columns.
type csvShape struct {
	kind   csvRole // roleX for a pair of coordinates, roleWKT, or roleShape
	column int     // of longitudes for a pair
	lat    int
	left   int // another column called the_geom, or -1

	parse           shapeParser // chosen by the first cell that is not empty
	enc             encoder
	found           int64 // rows with a geometry
	row             int64
	failed          error // roleShape: a cell that cannot be read spoils the column
	failedLine      int64
	fault           *Fault
	leftoverIsShape bool // the first cell of the other column is a geometry
}

func newCSVShape(h csvHeader) *csvShape {
	s := &csvShape{column: -1, left: -1}
	for i, f := range h.fields {
		switch f.role {
		case roleX, roleWKT, roleShape:
			s.kind, s.column = f.role, i
		case roleY:
			s.lat = i
		case roleColumn:
			if f.loaded == "the_geom" {
				s.left = i
			}
		}
	}
	if s.column < 0 {
		return nil
	}
	return s
}

// cellAt gives the text of a cell, nil if the row is too short.
func cellAt(cells []cell, i int) []byte {
	if i < 0 || i >= len(cells) {
		return nil
	}
	return cells[i].text
}

// add reads the geometry of one row and enters it into the shapes.
func (s *csvShape) add(to *shapes, cells []cell) ([]byte, error) {
	s.row++
	if s.row == 1 && s.left >= 0 {
		s.leftoverIsShape = isShape(cellAt(cells, s.left))
	}
	if s.failed != nil {
		return nil, nil
	}
	s.enc.reset()
	s.enc.transform = nil
	if err := s.read(cells); err != nil {
		if errors.Is(err, errKind) {
			return nil, faultf(99999, "row %d holds a %v", s.row, err)
		}
		s.enc.reset()
		if s.kind == roleShape {
			s.failed, s.failedLine = err, s.row+1
			return nil, nil
		}
	}
	if len(s.enc.buf) > 0 {
		s.found++
	}
	return to.add(s.enc.buf, s.enc.bounds)
}

// read leaves the encoder empty if the row has no geometry.
func (s *csvShape) read(cells []cell) error {
	switch s.kind {
	case roleX:
		x, okX := coordinate(cellAt(cells, s.column))
		y, okY := coordinate(cellAt(cells, s.lat))
		if okX && okY {
			s.enc.begin(codePoint)
			s.enc.point(x, y)
		}
		return nil
	case roleWKT:
		s.enc.strict = false
		if text := trimSpace(cellAt(cells, s.column)); len(text) > 0 {
			return s.enc.wkt(text)
		}
		return nil
	}
	text := cellAt(cells, s.column)
	if len(text) == 0 {
		return nil
	}
	if s.parse == nil {
		s.parse = chooseParser(text)
	}
	s.enc.strict = true
	return s.parse(&s.enc, text)
}

// coordinate reads a number, which here alone may have a decimal comma.
func coordinate(text []byte) (float64, bool) {
	if f, ok := parseFloat(text); ok {
		return f, true
	}
	if i := bytes.IndexByte(text, ','); i >= 0 {
		var buf [64]byte
		if len(text) > len(buf) {
			return 0, false
		}
		text = append(buf[:0], text...)
		text[i] = '.'
	}
	if _, _, number := classifyNumber(text); !number {
		return 0, false
	}
	return leadingFloat(text), true
}

// A shapeParser appends the geometry that a text stands for.
type shapeParser func(*encoder, []byte) error

// chooseParser picks, by the first cell, how the whole column is read.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/column.rb, geometrify.
func chooseParser(text []byte) shapeParser {
	switch {
	case contains(text, "POINT"), contains(text, "LINESTRING"), contains(text, "POLYGON"):
		return (*encoder).wkt
	case contains(text, "<Line"), contains(text, "<Polygon"):
		return func(e *encoder, b []byte) error { return e.kml(b, true) }
	case contains(text, "<Point>"):
		return func(e *encoder, b []byte) error { return e.kml(b, false) }
	case contains(text, "{") && contains(text, "type") && contains(text, "coordinates"):
		return (*encoder).geojsonText
	}
	return (*encoder).anyText
}

func contains(text []byte, s string) bool { return bytes.Contains(text, []byte(s)) }

// geojsonText appends the bare geometry that a text is.
func (e *encoder) geojsonText(b []byte) error {
	p := jsonParser{b: b, depth: DefaultLimits().Depth}
	if err := e.geojson(&p, 0); err != nil {
		return err
	}
	if !p.end() {
		return p.fail()
	}
	return nil
}

// anyText appends what PostgreSQL's cast to geometry accepts.
func (e *encoder) anyText(b []byte) error {
	b = trimSpace(b)
	switch {
	case len(b) > 0 && (b[0] == '0' || b[0] == '1'):
		return e.hexText(b)
	case len(b) > 0 && b[0] == '{':
		return e.geojsonText(b)
	}
	return e.wkt(b)
}

// isShape reports whether a text casts to a geometry that is no collection.
func isShape(text []byte) bool {
	e := encoder{strict: true}
	e.reset()
	err := e.anyText(text)
	return err == nil && codeOf(e.buf) != codeCollection && len(e.buf) > 0
}
