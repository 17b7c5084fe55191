package data

import (
	"errors"
	"fmt"
)

// ParseGeoJSON reads a bare GeoJSON geometry in degrees, as PostGIS's
// ST_GeomFromGeoJSON does, and gives it as [ParseWKT] does; null is nil.
func ParseGeoJSON(b []byte) ([]byte, error) {
	e := encoder{strict: true}
	e.reset()
	p := jsonParser{b: b, depth: DefaultLimits().Depth}
	if err := e.geojson(&p, 0); err != nil {
		return nil, err
	}
	if !p.end() {
		return nil, p.fail()
	}
	if len(e.buf) == 0 {
		return nil, nil
	}
	return e.buf, nil
}

// GeoJSON gives a geometry in EWKB as PostGIS's ST_AsGeoJSON prints it, but with
// all digits.
func GeoJSON(ewkb []byte) (string, error) {
	c := cursor{b: ewkb}
	b, err := appendGeoJSON(nil, &c, 0)
	if err != nil {
		return "", err
	}
	return string(b), nil
}

func geojsonCode(kind []byte) uint32 {
	switch string(kind) {
	case "Point":
		return codePoint
	case "LineString":
		return codeLine
	case "Polygon":
		return codePolygon
	case "MultiPoint":
		return codeMultiPoint
	case "MultiLineString":
		return codeMultiLine
	case "MultiPolygon":
		return codeMultiPolygon
	case "GeometryCollection":
		return codeCollection
	}
	return 0
}

// geojson appends the geometry that comes next. It appends nothing for null and
// for a geometry without coordinates.
func (e *encoder) geojson(p *jsonParser, depth int) error {
	if depth > geometryDepth {
		return errTooDeep
	}
	if p.peek() == 'n' {
		return p.literal()
	}
	var code uint32
	var body []byte
	var kind string
	seen, done := false, false
	err := p.object(func(key []byte) error {
		switch {
		case string(key) == "type" && p.peek() == '"':
			raw, _, err := p.str()
			code, seen, kind = geojsonCode(raw), true, clip(raw)
			return err
		case bodyOf(code, key) && !done:
			// The usual order, type first: no second pass over the coordinates.
			done = true
			return e.geojsonBody(p, code, depth)
		case string(key) == "coordinates" || string(key) == "geometries":
			value, err := p.value()
			if !done {
				body = value
			}
			return err
		}
		_, err := p.value()
		return err
	})
	switch {
	case err != nil:
		return err
	case !seen:
		return errors.New("geometry without a type")
	case code == 0:
		return fmt.Errorf("geometry of unknown type %q", kind)
	case done:
		return nil
	case body == nil:
		return fmt.Errorf("%s without coordinates", kind)
	}
	return e.geojsonBody(&jsonParser{b: body, depth: p.depth}, code, depth)
}

// bodyOf reports whether a member holds the coordinates of a geometry.
func bodyOf(code uint32, key []byte) bool {
	if code == codeCollection {
		return string(key) == "geometries"
	}
	return code != 0 && string(key) == "coordinates"
}

// geojsonBody appends a geometry whose coordinates come next.
func (e *encoder) geojsonBody(p *jsonParser, code uint32, depth int) error {
	start, bounds := len(e.buf), e.bounds
	e.begin(code)
	n, err := e.geojsonMembers(p, code, depth)
	if err != nil {
		return err
	}
	if n == 0 {
		e.buf, e.bounds = e.buf[:start], bounds
	}
	return nil
}

// geojsonMembers appends what follows the header and gives how much that is; 0
// means that the geometry is empty.
func (e *encoder) geojsonMembers(p *jsonParser, code uint32, depth int) (int, error) {
	switch code {
	case codePoint:
		return e.geojsonPosition(p)
	case codeLine:
		return e.geojsonPositions(p)
	case codePolygon:
		return e.geojsonList(p, func() (int, error) { return e.geojsonRing(p) })
	case codeCollection:
		return e.geojsonList(p, func() (int, error) {
			before := len(e.buf)
			err := e.geojson(p, depth+1)
			return len(e.buf) - before, err
		})
	}
	return e.geojsonList(p, func() (int, error) {
		e.begin(code - 3)
		return e.geojsonMembers(p, code-3, depth)
	})
}

// geojsonList appends a count and the members of an array, without those that
// are empty.
func (e *encoder) geojsonList(p *jsonParser, member func() (int, error)) (int, error) {
	at, n := e.count(), 0
	err := p.array(func() error {
		start := len(e.buf)
		size, err := member()
		if size == 0 {
			e.buf = e.buf[:start]
		} else {
			n++
		}
		return err
	})
	e.setCount(at, n)
	return n, err
}

func (e *encoder) geojsonPositions(p *jsonParser) (int, error) {
	return e.geojsonList(p, func() (int, error) { return e.geojsonPosition(p) })
}

func (e *encoder) geojsonRing(p *jsonParser) (int, error) {
	at := len(e.buf)
	n, err := e.geojsonPositions(p)
	if err != nil || n == 0 {
		return n, err
	}
	if n, err = e.closeRing(at+4, n); err != nil {
		return 0, err
	}
	e.setCount(at, n)
	return n, nil
}

// geojsonPosition appends the first two numbers of a position. An empty one
// appends nothing and counts 0.
func (e *encoder) geojsonPosition(p *jsonParser) (int, error) {
	if !p.char('[') {
		return 0, p.fail()
	}
	if p.char(']') {
		return 0, nil
	}
	var xy [2]float64
	for n := 0; ; n++ {
		p.space()
		start := p.i
		if _, err := p.number(); err != nil {
			return 0, errors.New("position that is not made of numbers")
		}
		if n < 2 {
			xy[n], _ = parseFloat(p.b[start:p.i])
		}
		if p.char(',') {
			continue
		}
		if !p.char(']') {
			return 0, p.fail()
		}
		if n == 0 {
			return 0, errors.New("position of one number")
		}
		e.point(xy[0], xy[1])
		return 1, nil
	}
}

var geojsonNames = [...]string{
	codePoint: "Point", codeLine: "LineString", codePolygon: "Polygon",
	codeMultiPoint: "MultiPoint", codeMultiLine: "MultiLineString", codeMultiPolygon: "MultiPolygon",
	codeCollection: "GeometryCollection",
}

func appendGeoJSON(dst []byte, c *cursor, depth int) ([]byte, error) {
	if depth > geometryDepth {
		return nil, errTooDeep
	}
	h, err := c.header()
	if err != nil {
		return nil, err
	}
	dst = append(dst, `{"type":"`...)
	dst = append(dst, geojsonNames[h.code]...)
	if h.code == codeCollection {
		dst = append(dst, `","geometries":`...)
	} else {
		dst = append(dst, `","coordinates":`...)
	}
	if dst, err = appendCoordinates(dst, c, h, depth); err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

func appendCoordinates(dst []byte, c *cursor, h header, depth int) ([]byte, error) {
	switch h.code {
	case codePoint:
		x, y, err := c.point(h)
		if err != nil {
			return nil, err
		}
		dst = append(dst, '[')
		if !isEmptyPoint(x, y) {
			dst = appendPair(dst, x, ',', y)
		}
		return append(dst, ']'), nil
	case codeLine:
		return appendPositions(dst, c, h)
	}
	size := innerHeader
	if h.code == codePolygon {
		size = 4
	}
	n, err := c.count(h.order, size)
	if err != nil {
		return nil, err
	}
	dst = append(dst, '[')
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		if dst, err = appendMember(dst, c, h, depth); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func appendMember(dst []byte, c *cursor, h header, depth int) ([]byte, error) {
	switch h.code {
	case codePolygon:
		return appendPositions(dst, c, h)
	case codeCollection:
		return appendGeoJSON(dst, c, depth+1)
	}
	inner, err := c.header()
	if err != nil {
		return nil, err
	}
	if inner.code != h.code-3 {
		return nil, errors.New("multi geometry with a member of another kind")
	}
	return appendCoordinates(dst, c, inner, depth+1)
}

func appendPositions(dst []byte, c *cursor, h header) ([]byte, error) {
	n, err := c.count(h.order, 8*h.dims)
	if err != nil {
		return nil, err
	}
	dst = append(dst, '[')
	for i := range n {
		x, y, err := c.point(h)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, '[')
		dst = appendPair(dst, x, ',', y)
		dst = append(dst, ']')
	}
	return append(dst, ']'), nil
}
