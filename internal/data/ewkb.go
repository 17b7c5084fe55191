package data

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
)

// Geometry codes of WKB.
const (
	codePoint = iota + 1
	codeLine
	codePolygon
	codeMultiPoint
	codeMultiLine
	codeMultiPolygon
	codeCollection
)

const (
	flagZ    = 0x80000000
	flagM    = 0x40000000
	flagSRID = 0x20000000
	srid4326 = 4326

	// geometryDepth bounds collections inside collections.
	geometryDepth = 32
)

var (
	errTruncated = errors.New("geometry ends too early")
	errTooDeep   = errors.New("geometry collections are nested too deeply")
	// errKind is about TRIANGLE, CIRCULARSTRING and the like, which PostGIS knows
	// and CARTO's tables refuse.
	errKind = errors.New("kind of geometry that CARTO's tables cannot hold")
)

// An encoder appends one geometry as EWKB and keeps its bounds.
type encoder struct {
	buf       []byte
	bounds    Extent
	transform func(x, y float64) (float64, float64) // nil: coordinates are degrees
	strict    bool                                  // as PostGIS: rings must be closed and have four points
}

// reset makes the encoder ready for another geometry.
func (e *encoder) reset() {
	e.buf = e.buf[:0]
	e.bounds = emptyExtent()
}

// begin appends a header; the outermost one bears the SRID.
func (e *encoder) begin(code uint32) {
	if len(e.buf) == 0 {
		e.buf = append(e.buf, 1)
		e.buf = binary.LittleEndian.AppendUint32(e.buf, code|flagSRID)
		e.buf = binary.LittleEndian.AppendUint32(e.buf, srid4326)
		return
	}
	e.buf = append(e.buf, 1)
	e.buf = binary.LittleEndian.AppendUint32(e.buf, code)
}

// count reserves the place of a count, which setCount fills in.
func (e *encoder) count() int {
	e.buf = append(e.buf, 0, 0, 0, 0)
	return len(e.buf) - 4
}

func (e *encoder) setCount(at, n int) {
	binary.LittleEndian.PutUint32(e.buf[at:], uint32(n))
}

func (e *encoder) point(x, y float64) {
	if e.transform != nil {
		x, y = e.transform(x, y)
	}
	e.bounds.add(x, y)
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(x))
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(y))
}

func (e *encoder) emptyPoint() {
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(math.NaN()))
	e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(math.NaN()))
}

// closeRing ends a ring whose points begin at start and gives its number of
// points. An open ring is closed, or refused where PostGIS would refuse it.
func (e *encoder) closeRing(start, n int) (int, error) {
	const size = 16
	open := n > 0 && string(e.buf[start:start+size]) != string(e.buf[len(e.buf)-size:])
	switch {
	case e.strict && open:
		return 0, errors.New("polygon with a ring that is not closed")
	case e.strict && n > 0 && n < 4:
		return 0, errors.New("polygon with a ring of fewer than four points")
	case open:
		e.buf = append(e.buf, e.buf[start:start+size]...)
		n++
	}
	return n, nil
}

// A cursor reads EWKB, of either byte order and with any dimensions.
type cursor struct {
	b []byte
	i int
}

type header struct {
	order binary.ByteOrder
	code  uint32
	dims  int
	srid  uint32
}

func (c *cursor) header() (header, error) {
	if len(c.b)-c.i < 5 {
		return header{}, errTruncated
	}
	var h header
	switch c.b[c.i] {
	case 0:
		h.order = binary.BigEndian
	case 1:
		h.order = binary.LittleEndian
	default:
		return header{}, errors.New("geometry does not begin with a byte order")
	}
	raw := h.order.Uint32(c.b[c.i+1:])
	c.i += 5
	h.dims = 2
	code := raw &^ (flagZ | flagM | flagSRID)
	// ISO WKB says Z, M and ZM by thousands, EWKB by flags.
	switch thousands := code / 1000; thousands {
	case 0:
	case 1, 2:
		h.dims++
	case 3:
		h.dims += 2
	default:
		return header{}, fmt.Errorf("geometry of unknown kind %d", code)
	}
	h.code = code % 1000
	if raw&flagZ != 0 {
		h.dims++
	}
	if raw&flagM != 0 {
		h.dims++
	}
	if raw&flagSRID != 0 {
		if len(c.b)-c.i < 4 {
			return header{}, errTruncated
		}
		h.srid = h.order.Uint32(c.b[c.i:])
		c.i += 4
	}
	switch {
	case h.dims > 4:
		return header{}, errors.New("geometry of more than four dimensions")
	case h.code >= codePoint && h.code <= codeCollection:
		return h, nil
	case h.code <= 17:
		return header{}, errKind
	}
	return header{}, fmt.Errorf("geometry of unknown kind %d", h.code)
}

// count reads how many members follow, each of which needs at least size bytes.
func (c *cursor) count(order binary.ByteOrder, size int) (int, error) {
	if len(c.b)-c.i < 4 {
		return 0, errTruncated
	}
	n := order.Uint32(c.b[c.i:])
	c.i += 4
	if int64(n)*int64(size) > int64(len(c.b)-c.i) {
		return 0, errTruncated
	}
	return int(n), nil
}

func (c *cursor) point(h header) (x, y float64, err error) {
	if len(c.b)-c.i < 8*h.dims {
		return 0, 0, errTruncated
	}
	x = math.Float64frombits(h.order.Uint64(c.b[c.i:]))
	y = math.Float64frombits(h.order.Uint64(c.b[c.i+8:]))
	c.i += 8 * h.dims
	return x, y, nil
}

// Hex gives EWKB as PostGIS prints it.
func Hex(ewkb []byte) string {
	return fmt.Sprintf("%X", ewkb)
}

// hexText appends the geometry that hexadecimal text stands for.
func (e *encoder) hexText(text []byte) error {
	b := make([]byte, hex.DecodedLen(len(text)))
	if _, err := hex.Decode(b, text); err != nil {
		return fmt.Errorf("geometry is not hexadecimal: %w", err)
	}
	return e.wkb(b)
}

// wkb appends what b holds, and all of what it holds.
func (e *encoder) wkb(b []byte) error {
	c := cursor{b: b}
	if err := e.copyWKB(&c, 0); err != nil {
		return err
	}
	if c.i != len(b) {
		return errors.New("geometry is followed by more bytes")
	}
	return nil
}

func (e *encoder) copyWKB(c *cursor, depth int) error {
	if depth > geometryDepth {
		return errTooDeep
	}
	h, err := c.header()
	if err != nil {
		return err
	}
	if depth == 0 {
		if err := e.setSRID(h.srid); err != nil {
			return err
		}
	}
	e.begin(h.code)
	switch h.code {
	case codePoint:
		x, y, err := c.point(h)
		if err != nil {
			return err
		}
		if math.IsNaN(x) && math.IsNaN(y) {
			e.emptyPoint()
		} else {
			e.point(x, y)
		}
		return nil
	case codeLine:
		return e.copyPoints(c, h)
	case codePolygon:
		return e.copyRings(c, h)
	}
	n, err := c.count(h.order, 5)
	if err != nil {
		return err
	}
	e.setCount(e.count(), n)
	for range n {
		if err := e.copyMember(c, h.code, depth); err != nil {
			return err
		}
	}
	return nil
}

// copyMember copies a member of a collection; those of the Multi kinds must be
// of the kind that belongs there.
func (e *encoder) copyMember(c *cursor, outer uint32, depth int) error {
	at := len(e.buf)
	if err := e.copyWKB(c, depth+1); err != nil {
		return err
	}
	code := binary.LittleEndian.Uint32(e.buf[at+1:])
	if outer != codeCollection && code != outer-3 {
		return errors.New("multi geometry with a member of another kind")
	}
	return nil
}

func (e *encoder) copyPoints(c *cursor, h header) error {
	n, err := c.count(h.order, 8*h.dims)
	if err != nil {
		return err
	}
	e.setCount(e.count(), n)
	for range n {
		x, y, err := c.point(h)
		if err != nil {
			return err
		}
		e.point(x, y)
	}
	return nil
}

func (e *encoder) copyRings(c *cursor, h header) error {
	n, err := c.count(h.order, 4)
	if err != nil {
		return err
	}
	e.setCount(e.count(), n)
	for range n {
		at := len(e.buf)
		if err := e.copyPoints(c, h); err != nil {
			return err
		}
		points := int(binary.LittleEndian.Uint32(e.buf[at:]))
		if points, err = e.closeRing(at+4, points); err != nil {
			return err
		}
		e.setCount(at, points)
	}
	return nil
}

// setSRID makes the encoder reproject what is not in degrees.
func (e *encoder) setSRID(srid uint32) error {
	switch srid {
	case 0, srid4326:
		return nil
	}
	transform, ok := projection(int(srid))
	if !ok {
		return fmt.Errorf("geometry with SRID %d, which cannot be reprojected; use 4326", srid)
	}
	e.transform = transform
	return nil
}
