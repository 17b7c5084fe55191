package data

import (
	"encoding/binary"
	"math"
)

// kindNames are the kinds of geometries in lower case, as in "multipolygon", by WKB code.
var kindNames = [...]string{
	codePoint: "point", codeLine: "linestring", codePolygon: "polygon",
	codeMultiPoint: "multipoint", codeMultiLine: "multilinestring", codeMultiPolygon: "multipolygon",
	codeCollection: "geometrycollection",
}

// codeOf gives the WKB code of a geometry, or 0.
func codeOf(ewkb []byte) uint32 {
	c := cursor{b: ewkb}
	h, err := c.header()
	if err != nil {
		return 0
	}
	return h.code
}

// canonicalCode is codeOf for what an encoder wrote.
func canonicalCode(ewkb []byte) uint32 { return uint32(ewkb[1]) }

// Bounds gives the bounding box of a geometry in EWKB. Ok is false if the
// geometry is empty or malformed.
func Bounds(ewkb []byte) (box Extent, ok bool) {
	e := encoder{bounds: emptyExtent()}
	if err := e.wkb(ewkb); err != nil || e.bounds.empty() {
		return Extent{}, false
	}
	return e.bounds, true
}

const (
	outerHeader = 9 // byte order, code, SRID
	innerHeader = 5 // byte order, code
)

// toMulti gives the Multi kind of a canonical geometry with that geometry as its
// only member. What is a collection already is returned as it is. Dst is an empty
// slice to write to.
func toMulti(dst, ewkb []byte) []byte {
	code := codeOf(ewkb)
	if code == 0 || code > codePolygon {
		return append(dst, ewkb...)
	}
	e := encoder{buf: dst}
	e.begin(code + 3)
	e.setCount(e.count(), 1)
	e.begin(code)
	return append(e.buf, ewkb[outerHeader:]...)
}

// firstPart gives the first member of a canonical collection as PostGIS's
// ST_GeometryN does: a single geometry is its own first part, an empty
// collection has none. Dst is an empty slice to write to.
func firstPart(dst, ewkb []byte) []byte {
	code := codeOf(ewkb)
	if code < codeMultiPoint {
		return append(dst, ewkb...)
	}
	if len(ewkb) < outerHeader+4 || binary.LittleEndian.Uint32(ewkb[outerHeader:]) == 0 {
		return nil
	}
	member := ewkb[outerHeader+4:]
	c := cursor{b: member}
	if err := c.skip(0); err != nil {
		return nil
	}
	e := encoder{buf: dst}
	e.begin(codeOf(member))
	return append(e.buf, member[innerHeader:c.i]...)
}

// parts gives how many members a canonical geometry has; a single one has 1.
func parts(ewkb []byte) int {
	if codeOf(ewkb) < codeMultiPoint || len(ewkb) < outerHeader+4 {
		return 1
	}
	return int(binary.LittleEndian.Uint32(ewkb[outerHeader:]))
}

// skip moves the cursor behind one geometry.
func (c *cursor) skip(depth int) error {
	if depth > geometryDepth {
		return errTooDeep
	}
	h, err := c.header()
	if err != nil {
		return err
	}
	switch h.code {
	case codePoint:
		_, _, err := c.point(h)
		return err
	case codeLine:
		return c.skipPoints(h)
	case codePolygon:
		n, err := c.count(h.order, 4)
		for i := 0; i < n && err == nil; i++ {
			err = c.skipPoints(h)
		}
		return err
	}
	n, err := c.count(h.order, innerHeader)
	for i := 0; i < n && err == nil; i++ {
		err = c.skip(depth + 1)
	}
	return err
}

func (c *cursor) skipPoints(h header) error {
	n, err := c.count(h.order, 8*h.dims)
	c.i += n * 8 * h.dims
	return err
}

// isEmptyPoint reports whether coordinates are those of POINT EMPTY.
func isEmptyPoint(x, y float64) bool { return math.IsNaN(x) && math.IsNaN(y) }
