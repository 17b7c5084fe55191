package data

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ParseWKT reads WKT or EWKT in any case and with any dimensions, as PostGIS
// does, and gives it as little-endian, two-dimensional EWKB with SRID 4326. A geometry
// in another projection is reprojected; an SRID that is not known is an error.
func ParseWKT(s string) ([]byte, error) {
	e := encoder{strict: true}
	e.reset()
	if err := e.wkt([]byte(s)); err != nil {
		return nil, err
	}
	return e.buf, nil
}

// WKT gives a geometry in EWKB as PostGIS's ST_AsText prints it.
func WKT(ewkb []byte) (string, error) {
	c := cursor{b: ewkb}
	b, err := appendWKT(nil, &c, 0)
	if err != nil {
		return "", err
	}
	return string(b), nil
}

func (e *encoder) wkt(b []byte) error {
	p := wktParser{b: b}
	if p.word("SRID") {
		if err := e.wktSRID(&p); err != nil {
			return err
		}
	}
	if err := e.wktGeometry(&p, 0); err != nil {
		return err
	}
	p.space()
	if p.i != len(p.b) {
		return errors.New("WKT is followed by more text")
	}
	return nil
}

func (e *encoder) wktSRID(p *wktParser) error {
	if !p.char('=') {
		return errors.New(`WKT has no "=" after SRID`)
	}
	srid, ok := p.number()
	if !ok || srid < 0 || srid > 999_999 || !p.char(';') {
		return errors.New("WKT has a malformed SRID")
	}
	return e.setSRID(uint32(srid))
}

type wktParser struct {
	b []byte
	i int
}

func (p *wktParser) space() {
	for p.i < len(p.b) && isSpace(p.b[p.i]) {
		p.i++
	}
}

func (p *wktParser) char(c byte) bool {
	p.space()
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

// letters consumes a run of letters.
func (p *wktParser) letters() []byte {
	p.space()
	start := p.i
	for p.i < len(p.b) && 'a' <= p.b[p.i]|0x20 && p.b[p.i]|0x20 <= 'z' {
		p.i++
	}
	return p.b[start:p.i]
}

// word consumes a word if it comes next.
func (p *wktParser) word(want string) bool {
	start := p.i
	if strings.EqualFold(string(p.letters()), want) {
		return true
	}
	p.i = start
	return false
}

func (p *wktParser) number() (float64, bool) {
	p.space()
	start := p.i
	for p.i < len(p.b) && strings.IndexByte("+-.eE0123456789", p.b[p.i]) >= 0 {
		p.i++
	}
	return parseFloat(p.b[start:p.i])
}

func wktCode(word []byte) (uint32, error) {
	switch strings.ToUpper(string(word)) {
	case "POINT":
		return codePoint, nil
	case "LINESTRING":
		return codeLine, nil
	case "POLYGON":
		return codePolygon, nil
	case "MULTIPOINT":
		return codeMultiPoint, nil
	case "MULTILINESTRING":
		return codeMultiLine, nil
	case "MULTIPOLYGON":
		return codeMultiPolygon, nil
	case "GEOMETRYCOLLECTION":
		return codeCollection, nil
	case "TRIANGLE", "TIN", "POLYHEDRALSURFACE", "CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE":
		return 0, errKind
	}
	return 0, fmt.Errorf("WKT does not begin with a kind of geometry but with %q", clip(word))
}

func (e *encoder) wktGeometry(p *wktParser, depth int) error {
	if depth > geometryDepth {
		return errTooDeep
	}
	word := p.letters()
	code, err := wktCode(word)
	if err != nil {
		if code, err = wktCode(trimDimensions(word)); err != nil {
			return err
		}
	}
	for _, dims := range []string{"ZM", "Z", "M"} {
		if p.word(dims) {
			break
		}
	}
	e.begin(code)
	if p.word("EMPTY") {
		if code == codePoint {
			e.emptyPoint()
		} else {
			e.count()
		}
		return nil
	}
	return e.wktBody(p, code, depth)
}

// trimDimensions takes the dimensions off a word such as POINTZM.
func trimDimensions(word []byte) []byte {
	for _, dims := range []string{"ZM", "zm", "Z", "z", "M", "m"} {
		if rest, ok := strings.CutSuffix(string(word), dims); ok {
			return []byte(rest)
		}
	}
	return word
}

func (e *encoder) wktBody(p *wktParser, code uint32, depth int) error {
	switch code {
	case codePoint:
		if !p.char('(') {
			return p.expected("(")
		}
		if err := e.wktPoint(p); err != nil {
			return err
		}
		if !p.char(')') {
			return p.expected(")")
		}
		return nil
	case codeLine:
		return e.wktPoints(p)
	case codePolygon:
		return e.wktList(p, func() error { return e.wktRing(p) })
	case codeCollection:
		return e.wktList(p, func() error { return e.wktGeometry(p, depth+1) })
	}
	return e.wktList(p, func() error {
		e.begin(code - 3)
		if p.word("EMPTY") {
			if code == codeMultiPoint {
				e.emptyPoint()
			} else {
				e.count()
			}
			return nil
		}
		if code == codeMultiPoint && !p.next('(') { // MULTIPOINT(1 2, 3 4) is accepted too
			return e.wktPoint(p)
		}
		return e.wktBody(p, code-3, depth+1)
	})
}

func (p *wktParser) next(c byte) bool {
	p.space()
	return p.i < len(p.b) && p.b[p.i] == c
}

func (p *wktParser) expected(what string) error {
	return fmt.Errorf("WKT has no %q at character %d", what, p.i+1)
}

// wktList reads "(", members with commas between them, ")".
func (e *encoder) wktList(p *wktParser, member func() error) error {
	at, n := e.count(), 0
	if !p.char('(') {
		return p.expected("(")
	}
	for {
		if err := member(); err != nil {
			return err
		}
		n++
		if p.char(',') {
			continue
		}
		if !p.char(')') {
			return p.expected(")")
		}
		e.setCount(at, n)
		return nil
	}
}

func (e *encoder) wktPoints(p *wktParser) error {
	n := 0
	err := e.wktList(p, func() error { n++; return e.wktPoint(p) })
	if err == nil && e.strict && n == 1 {
		err = errors.New("line of one point")
	}
	return err
}

func (e *encoder) wktRing(p *wktParser) error {
	at, n := len(e.buf), 0
	if err := e.wktList(p, func() error { n++; return e.wktPoint(p) }); err != nil {
		return err
	}
	n, err := e.closeRing(at+4, n)
	if err != nil {
		return err
	}
	e.setCount(at, n)
	return nil
}

// wktPoint reads two to four numbers and keeps the first two.
func (e *encoder) wktPoint(p *wktParser) error {
	x, ok := p.number()
	if !ok {
		return p.expected("number")
	}
	y, ok := p.number()
	if !ok {
		return p.expected("number")
	}
	for range 2 {
		if p.next(',') || p.next(')') {
			break
		}
		if _, ok := p.number(); !ok {
			return p.expected("number")
		}
	}
	e.point(x, y)
	return nil
}

func appendWKT(dst []byte, c *cursor, depth int) ([]byte, error) {
	if depth > geometryDepth {
		return nil, errTooDeep
	}
	h, err := c.header()
	if err != nil {
		return nil, err
	}
	dst = append(dst, strings.ToUpper(kindNames[h.code])...)
	return appendWKTBody(dst, c, h, depth)
}

func appendWKTBody(dst []byte, c *cursor, h header, depth int) ([]byte, error) {
	switch h.code {
	case codePoint:
		x, y, err := c.point(h)
		if err != nil {
			return nil, err
		}
		if isEmptyPoint(x, y) {
			return append(dst, " EMPTY"...), nil
		}
		dst = append(dst, '(')
		dst = appendPair(dst, x, ' ', y)
		return append(dst, ')'), nil
	case codeLine:
		return appendWKTPoints(dst, c, h)
	}
	size := innerHeader
	if h.code == codePolygon {
		size = 4
	}
	n, err := c.count(h.order, size)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return append(dst, " EMPTY"...), nil
	}
	for i := range n {
		dst = append(dst, "(,"[min(i, 1)])
		if dst, err = appendWKTMember(dst, c, h, depth); err != nil {
			return nil, err
		}
	}
	return append(dst, ')'), nil
}

func appendWKTMember(dst []byte, c *cursor, h header, depth int) ([]byte, error) {
	switch h.code {
	case codePolygon:
		return appendWKTPoints(dst, c, h)
	case codeCollection:
		return appendWKT(dst, c, depth+1)
	}
	inner, err := c.header()
	if err != nil {
		return nil, err
	}
	if inner.code != h.code-3 {
		return nil, errors.New("multi geometry with a member of another kind")
	}
	if depth > geometryDepth {
		return nil, errTooDeep
	}
	b, err := appendWKTBody(dst, c, inner, depth+1)
	if err == nil && len(b) > len(dst) && b[len(dst)] == ' ' { // " EMPTY" inside a list
		b = append(b[:len(dst)], b[len(dst)+1:]...)
	}
	return b, err
}

func appendWKTPoints(dst []byte, c *cursor, h header) ([]byte, error) {
	n, err := c.count(h.order, 8*h.dims)
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return append(dst, " EMPTY"...), nil
	}
	for i := range n {
		x, y, err := c.point(h)
		if err != nil {
			return nil, err
		}
		dst = append(dst, "(,"[min(i, 1)])
		dst = appendPair(dst, x, ' ', y)
	}
	return append(dst, ')'), nil
}

func appendPair(dst []byte, x float64, sep byte, y float64) []byte {
	dst = appendNumber(dst, x)
	dst = append(dst, sep)
	return appendNumber(dst, y)
}

// appendNumber prints without an exponent where PostGIS does.
func appendNumber(dst []byte, f float64) []byte {
	format := byte('f')
	if f != 0 && (f > 1e15 || f < -1e15 || -1e-8 < f && f < 1e-8) {
		format = 'g'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

// clip shortens what a message quotes.
func clip(b []byte) string {
	const limit = 40
	if len(b) <= limit {
		return string(b)
	}
	return string(b[:limit]) + "..."
}
