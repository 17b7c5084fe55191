package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Flags in the type word of extended well-known binary.
const (
	ewkbZ    = 0x80000000
	ewkbM    = 0x40000000
	ewkbSRID = 0x20000000
)

var kindNames = []string{"", "Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}

var errGeometry = errors.New("parse error - invalid geometry")

// geometryKind is the kind of a geometry in EWKB, "" if the bytes are none.
func geometryKind(b []byte) string {
	if len(b) < 9 || b[0] > 1 {
		return ""
	}
	if t := order(b).Uint32(b[1:]) &^ (ewkbZ | ewkbM | ewkbSRID); t >= 1 && int(t) < len(kindNames) {
		return kindNames[t]
	}
	return ""
}

func order(b []byte) binary.ByteOrder {
	if b[0] == 0 {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

func hexEWKB(b []byte) string { return strings.ToUpper(hex.EncodeToString(b)) }

// srid is the spatial reference of a geometry, 0 if it says none.
func srid(b []byte) int64 {
	if len(b) >= 9 && order(b).Uint32(b[1:])&ewkbSRID != 0 {
		return int64(order(b).Uint32(b[5:]))
	}
	return 0
}

// withSRID is the geometry with another spatial reference, its coordinates as they are.
func withSRID(b []byte, id uint32) []byte {
	o := order(b)
	out := append([]byte{}, b[:5]...)
	typ := o.Uint32(b[1:])
	o.PutUint32(out[1:], typ|ewkbSRID)
	var four [4]byte
	o.PutUint32(four[:], id)
	rest := b[5:]
	if typ&ewkbSRID != 0 {
		rest = b[9:]
	}
	return append(append(out, four[:]...), rest...)
}

// A walker goes through the positions of a geometry.
type walker struct {
	b     []byte
	pos   int
	visit func(xy []byte, o binary.ByteOrder) // sees the 16 bytes of x and y and may change them
}

// walk visits every position of a geometry.
func walk(b []byte, visit func(xy []byte, o binary.ByteOrder)) error {
	w := walker{b: b, visit: visit}
	if err := w.geometry(0); err != nil {
		return err
	}
	if w.pos != len(b) {
		return errGeometry
	}
	return nil
}

func (w *walker) geometry(depth int) error {
	if depth > 32 || w.pos+5 > len(w.b) || w.b[w.pos] > 1 {
		return errGeometry
	}
	o := order(w.b[w.pos:])
	typ := o.Uint32(w.b[w.pos+1:])
	w.pos += 5
	if typ&ewkbSRID != 0 {
		w.pos += 4
	}
	size := 16
	for _, flag := range []uint32{ewkbZ, ewkbM} {
		if typ&flag != 0 {
			size += 8
		}
	}
	switch typ &^ (ewkbZ | ewkbM | ewkbSRID) {
	case 1:
		return w.positions(o, 1, size)
	case 2:
		return w.repeat(o, func(n int) error { return w.positions(o, n, size) })
	case 3:
		return w.repeat(o, func(rings int) error {
			for range rings {
				if err := w.repeat(o, func(n int) error { return w.positions(o, n, size) }); err != nil {
					return err
				}
			}
			return nil
		})
	case 4, 5, 6, 7:
		return w.repeat(o, func(parts int) error {
			for range parts {
				if err := w.geometry(depth + 1); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return errGeometry
}

func (w *walker) repeat(o binary.ByteOrder, f func(n int) error) error {
	if w.pos+4 > len(w.b) {
		return errGeometry
	}
	n := int(o.Uint32(w.b[w.pos:]))
	w.pos += 4
	if n > len(w.b)-w.pos {
		return errGeometry
	}
	return f(n)
}

func (w *walker) positions(o binary.ByteOrder, n, size int) error {
	if n*size > len(w.b)-w.pos {
		return errGeometry
	}
	for range n {
		w.visit(w.b[w.pos:w.pos+16], o)
		w.pos += size
	}
	return nil
}

func readXY(xy []byte, o binary.ByteOrder) (x, y float64) {
	return math.Float64frombits(o.Uint64(xy)), math.Float64frombits(o.Uint64(xy[8:]))
}

func writeXY(xy []byte, o binary.ByteOrder, x, y float64) {
	o.PutUint64(xy, math.Float64bits(x))
	o.PutUint64(xy[8:], math.Float64bits(y))
}

// box is the bounding box of geometries; empty until a position was added.
type box struct {
	some                   bool
	minX, minY, maxX, maxY float64
}

func (e *box) add(b []byte) error {
	return walk(b, func(xy []byte, o binary.ByteOrder) {
		x, y := readXY(xy, o)
		switch {
		case math.IsNaN(x) || math.IsNaN(y):
		case !e.some:
			*e = box{true, x, y, x, y}
		default:
			*e = box{true, min(e.minX, x), min(e.minY, y), max(e.maxX, x), max(e.maxY, y)}
		}
	})
}

func (e box) String() string {
	f := formatFloat
	return fmt.Sprintf("BOX(%s %s,%s %s)", f(e.minX), f(e.minY), f(e.maxX), f(e.maxY))
}

// earthRadius is that of the sphere of EPSG:3857, in metres.
const earthRadius = 6378137

// toWebmercator projects a geometry in degrees to EPSG:3857. A point outside of longitude ±180 or latitude ±89 has no
// place there; positions of other geometries are moved to the edge of that box, where CARTO would cut the geometry.
// Source: CartoDB/cartodb-postgresql: scripts-available/CDB_TransformToWebmercator.sql.
func toWebmercator(b []byte) ([]byte, error) {
	if bytes.HasPrefix(b, pointInDegrees) && len(b) == len(pointInDegrees)+16 {
		return pointToWebmercator(b), nil
	}
	out := append([]byte(nil), b...)
	outside := false
	err := walk(out, func(xy []byte, o binary.ByteOrder) {
		lon, lat := readXY(xy, o)
		clippedLon, clippedLat := max(-180, min(180, lon)), max(-89, min(89, lat))
		outside = outside || clippedLon != lon || clippedLat != lat
		writeXY(xy, o, mercatorX(clippedLon), mercatorY(clippedLat))
	})
	if err != nil || outside && geometryKind(out) == "Point" {
		return nil, err
	}
	return withSRID(out, 3857), nil
}

func mercatorX(lon float64) float64 { return earthRadius * lon * math.Pi / 180 }
func mercatorY(lat float64) float64 {
	return earthRadius * math.Log(math.Tan(math.Pi/4+lat*math.Pi/360))
}

// pointInDegrees is how a point begins that an import makes: in two dimensions, little endian, of SRID 4326.
var pointInDegrees = []byte{1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0}

// pointToWebmercator is toWebmercator of such a point, by far the most common geometry. SQLite computes the column for
// every row that is inserted, so that it counts.
func pointToWebmercator(b []byte) []byte {
	lon, lat := readXY(b[9:], binary.LittleEndian)
	if !(lon >= -180 && lon <= 180 && lat >= -89 && lat <= 89) {
		return nil
	}
	out := make([]byte, len(b))
	copy(out, b[:5])
	binary.LittleEndian.PutUint32(out[5:], 3857)
	writeXY(out[9:], binary.LittleEndian, mercatorX(lon), mercatorY(lat))
	return out
}

// fromWebmercator is the way back to degrees.
func fromWebmercator(b []byte) ([]byte, error) {
	out := append([]byte(nil), b...)
	err := walk(out, func(xy []byte, o binary.ByteOrder) {
		x, y := readXY(xy, o)
		writeXY(xy, o, x/earthRadius*180/math.Pi, (2*math.Atan(math.Exp(y/earthRadius))-math.Pi/2)*180/math.Pi)
	})
	return withSRID(out, 4326), err
}

// point is a point in EWKB, without a spatial reference when id is 0.
func point(x, y float64, id uint32) []byte {
	b := make([]byte, 21)
	b[0] = 1
	binary.LittleEndian.PutUint32(b[1:], 1)
	writeXY(b[5:], binary.LittleEndian, x, y)
	if id != 0 {
		return withSRID(b, id)
	}
	return b
}
