package store

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bigEndian is a point as no import makes it, so that it takes the general way.
func bigEndian(lon, lat float64) []byte {
	b := []byte{0, 0x20, 0, 0, 1, 0, 0, 0x10, 0xe6}
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(lon))
	return binary.BigEndian.AppendUint64(b, math.Float64bits(lat))
}

// The short way of a point gives what the way of all geometries gives.
func TestPointsTakeAShortWayToWebmercator(t *testing.T) {
	for _, p := range [][2]float64{{0, 0}, {-3.7, 40.4}, {180, 89}, {-180, -89}, {180.5, 10}, {10, 89.5}, {10, -90}} {
		short, err := toWebmercator(point(p[0], p[1], 4326))
		if err != nil {
			t.Fatal(err)
		}
		long, err := toWebmercator(bigEndian(p[0], p[1]))
		if err != nil {
			t.Fatal(err)
		}
		if (short == nil) != (long == nil) {
			t.Errorf("%v: %x and %x", p, short, long)
			continue
		}
		if short == nil {
			continue
		}
		x, y := readXY(long[9:], binary.BigEndian)
		if diff := cmp.Diff(point(x, y, 3857), short); diff != "" {
			t.Errorf("%v: %s", p, diff)
		}
	}
}
