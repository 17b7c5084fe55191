package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// Kinds of shapes; those with a measure have 20 more, those with a height 10.
const (
	shpNull       = 0
	shpPoint      = 1
	shpLine       = 3
	shpPolygon    = 5
	shpMultiPoint = 8
	shpPatch      = 31
)

var errShape = errors.New("broken shape")

// A shpDecoder turns shapes into geometries.
type shpDecoder struct {
	enc    encoder
	points []float64 // x and y in turn
	parts  []int     // where each begins in points, in points; and the end
	rings  rings
}

// shape encodes a shape; the encoder is left empty for none. Heights and measures
// are dropped, kinds that the format does not know are no shape.
//
// Source: GDAL, ogr/ogrsf_frmts/shape/shape2ogr.cpp.
func (d *shpDecoder) shape(b []byte) error {
	d.enc.reset()
	kind := binary.LittleEndian.Uint32(b)
	if kind == shpPatch {
		return &UnsupportedError{FormatSHP, "it holds patches of surfaces, which are not read here"}
	}
	if kind > 10 && kind < 30 {
		kind %= 10
	}
	switch kind {
	case shpPoint:
		if len(b) < 20 {
			return fmt.Errorf("%w: a point of %d bytes", errShape, len(b))
		}
		if x, y := float64At(b, 4), float64At(b, 12); !math.IsNaN(x) && !math.IsNaN(y) {
			d.enc.begin(codePoint)
			d.enc.point(x, y)
		}
	case shpMultiPoint:
		if err := d.read(b, false); err != nil {
			return err
		}
		d.multiPoint()
	case shpLine, shpPolygon:
		if err := d.read(b, true); err != nil {
			return err
		}
		if kind == shpLine {
			return d.lines()
		}
		return d.polygons()
	}
	return d.finite()
}

func float64At(b []byte, i int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(b[i:]))
}

// read reads the points of a shape and where its parts begin.
func (d *shpDecoder) read(b []byte, parted bool) error {
	const box = 36 // kind and bounding box
	d.points, d.parts = d.points[:0], d.parts[:0]
	i, parts := box, uint32(0)
	if parted {
		if len(b) < i+4 {
			return fmt.Errorf("%w: %d bytes", errShape, len(b))
		}
		parts = binary.LittleEndian.Uint32(b[i:])
		i += 4
	}
	if len(b) < i+4 {
		return fmt.Errorf("%w: %d bytes", errShape, len(b))
	}
	points := binary.LittleEndian.Uint32(b[i:])
	i += 4
	if need := int64(i) + 4*int64(parts) + 16*int64(points); need > int64(len(b)) {
		return fmt.Errorf("%w: %d points in %d parts need more than %d bytes", errShape, points, parts, len(b))
	}
	for range parts {
		at := binary.LittleEndian.Uint32(b[i:])
		if at >= points || len(d.parts) > 0 && int(at) <= d.parts[len(d.parts)-1] {
			return fmt.Errorf("%w: a part begins at point %d of %d", errShape, at, points)
		}
		d.parts = append(d.parts, int(at))
		i += 4
	}
	if len(d.parts) > 0 {
		d.parts[0] = 0
	}
	d.parts = append(d.parts, int(points))
	for range points {
		d.points = append(d.points, float64At(b, i), float64At(b, i+8))
		i += 16
	}
	return nil
}

func (d *shpDecoder) multiPoint() {
	if len(d.points) == 0 {
		return
	}
	d.enc.begin(codeMultiPoint)
	d.enc.setCount(d.enc.count(), len(d.points)/2)
	for i := 0; i < len(d.points); i += 2 {
		d.enc.begin(codePoint)
		d.enc.point(d.points[i], d.points[i+1])
	}
}

// lines encodes a line, or several. PostGIS refuses a line of one point.
func (d *shpDecoder) lines() error {
	parts := len(d.parts) - 1
	switch {
	case parts == 0:
		return nil
	case parts > 1:
		d.enc.begin(codeMultiLine)
		d.enc.setCount(d.enc.count(), parts)
	}
	for i := range parts {
		if d.parts[i+1]-d.parts[i] < 2 {
			return errors.New("line of one point, which the database refuses")
		}
		d.enc.begin(codeLine)
		d.path(d.parts[i], d.parts[i+1])
	}
	return d.finite()
}

// path appends the number of points and the points.
func (d *shpDecoder) path(from, to int) {
	d.enc.setCount(d.enc.count(), to-from)
	for i := from; i < to; i++ {
		d.enc.point(d.points[2*i], d.points[2*i+1])
	}
}

// polygons encodes the rings of a shape as polygons with their holes.
func (d *shpDecoder) polygons() error {
	n := len(d.parts) - 1
	if n == 0 {
		return nil
	}
	for i := range n {
		from, to := 2*d.parts[i], 2*d.parts[i+1]
		switch ring := d.points[from:to]; {
		case len(ring) < 2*4:
			return faultf(2014, "a shape has a ring of %d points", len(ring)/2)
		case ring[0] != ring[len(ring)-2] || ring[1] != ring[len(ring)-1]:
			return errors.New("ring that is not closed, which the database refuses")
		}
	}
	if n == 1 {
		d.enc.begin(codePolygon)
		d.enc.setCount(d.enc.count(), 1)
		d.path(0, d.parts[1])
		return d.finite()
	}
	polygons, err := d.rings.sort(d.points, d.parts)
	if err != nil {
		return err
	}
	if len(polygons) > 1 {
		d.enc.begin(codeMultiPolygon)
		d.enc.setCount(d.enc.count(), len(polygons))
	}
	for _, p := range polygons {
		d.enc.begin(codePolygon)
		d.enc.setCount(d.enc.count(), len(p))
		for _, ring := range p {
			d.path(d.parts[ring], d.parts[ring+1])
		}
	}
	return d.finite()
}

// finite reports coordinates that reprojecting led nowhere.
func (d *shpDecoder) finite() error {
	if d.enc.transform == nil || len(d.enc.buf) == 0 {
		return nil
	}
	for _, v := range []float64{d.enc.bounds.West, d.enc.bounds.South, d.enc.bounds.East, d.enc.bounds.North} {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return errors.New("place that its reference system does not have")
		}
	}
	return nil
}
