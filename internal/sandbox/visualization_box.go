package sandbox

import (
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A box is a part of the earth, in degrees.
type box struct{ west, south, east, north float64 }

// meets tells whether two boxes share a point.
func (b box) meets(o box) bool {
	return b.west <= o.east && o.west <= b.east && b.south <= o.north && o.south <= b.north
}

// onEarth tells whether the corners of a box are places: CARTO builds a broken statement of others.
// Source: CartoDB/cartodb: lib/carto/bounding_box_utils.rb.
func (b box) onEarth() bool {
	return box{-180, -90, 180, 90}.holds(b.west, b.south) && box{-180, -90, 180, 90}.holds(b.east, b.north)
}

func (b box) holds(x, y float64) bool { return b.meets(box{x, y, x, y}) }

// boxes are the extents of the datasets that have geometries, by visualization; others meet no box. CARTO notes them when it
// imports, the sandbox looks when it is asked.
func (c *call) boxes(t *store.Tx, a *account) (map[string]box, error) {
	all := map[string]box{}
	for id, r := range a.tables {
		extent, some, err := t.Extent(c.ctx(), r.Name)
		if store.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if some {
			all[id] = box{extent[0], extent[1], extent[2], extent[3]}
		}
	}
	return all, nil
}
