package data

import "slices"

// rings sorts the rings of a polygon shape into polygons: a ring that goes
// clockwise is the outside of one, any other is a hole in the smallest that
// contains it. If a single ring goes clockwise, all others are its holes; one
// that no ring contains is a polygon of its own.
//
// Source: GDAL, ogr/ogrgeometryfactory.cpp, organizePolygons with METHOD=ONLY_CCW.
type rings struct {
	points []float64
	parts  []int
	list   []ring
	work   int // points that were compared so far
}

type ring struct {
	index     int // in the shape
	box       Extent
	area      float64
	clockwise bool
	holes     []int
}

// ringWork bounds how many points may be compared for one shape: some thousand
// rings around each other would take hours.
const ringWork = 200_000_000

// sort gives the rings of each polygon, the outside first.
func (r *rings) sort(points []float64, parts []int) ([][]int, error) {
	r.points, r.parts, r.work = points, parts, 0
	r.list = r.list[:0]
	outsides := 0
	for i := range len(parts) - 1 {
		one := r.measure(i)
		if one.clockwise {
			outsides++
		}
		r.list = append(r.list, one)
	}
	bySize := make([]*ring, 0, outsides)
	for i := range r.list {
		if r.list[i].clockwise {
			bySize = append(bySize, &r.list[i])
		}
	}
	slices.SortStableFunc(bySize, func(a, b *ring) int {
		switch {
		case a.area < b.area:
			return -1
		case a.area > b.area:
			return 1
		}
		return 0
	})
	var polygons [][]int
	for i := range r.list {
		one := &r.list[i]
		if one.clockwise {
			continue
		}
		around := r.around(one, bySize)
		if r.work > ringWork {
			return nil, faultf(6666, "a shape of %d rings is too tangled", len(r.list))
		}
		if around != nil {
			around.holes = append(around.holes, one.index)
		} else {
			one.clockwise = true // on its own
		}
	}
	for _, one := range r.list {
		if one.clockwise {
			polygons = append(polygons, append([]int{one.index}, one.holes...))
		}
	}
	return polygons, nil
}

// measure gives the area, direction and bounding box of a ring.
func (r *rings) measure(i int) ring {
	path := r.path(i)
	one := ring{index: i, box: emptyExtent()}
	x0, y0 := path[0], path[1] // keeps the products small
	var twice float64
	for k := 0; k < len(path); k += 2 {
		one.box.add(path[k], path[k+1])
		if k > 0 {
			twice += (path[k-2]-x0)*(path[k+1]-y0) - (path[k]-x0)*(path[k-1]-y0)
		}
	}
	one.clockwise = !(twice > 0)
	one.area = max(twice, -twice) / 2
	return one
}

func (r *rings) path(i int) []float64 { return r.points[2*r.parts[i] : 2*r.parts[i+1]] }

// around gives the smallest ring that contains a hole.
func (r *rings) around(hole *ring, bySize []*ring) *ring {
	if len(bySize) == 1 {
		return bySize[0]
	}
	for _, outside := range bySize {
		r.work++
		if outside.area >= hole.area && outside.box.contains(hole.box) && r.inside(r.path(hole.index), r.path(outside.index)) {
			return outside
		}
		if r.work > ringWork {
			return nil
		}
	}
	return nil
}

func (e Extent) contains(o Extent) bool {
	return e.West <= o.West && o.East <= e.East && e.South <= o.South && o.North <= e.North
}

// inside reports whether a ring lies inside another: whether its first point does
// that is not on the other's edge.
func (r *rings) inside(inner, outer []float64) bool {
	for i := 0; i < len(inner); i += 2 {
		r.work += len(outer) / 2
		switch side(inner[i], inner[i+1], outer) {
		case 1:
			return true
		case -1:
			return false
		}
		if r.work > ringWork {
			return false
		}
	}
	return true
}

// side gives 1 for a point inside a ring, -1 outside and 0 on its edge.
func side(x, y float64, path []float64) int {
	in := false
	for i := 2; i < len(path); i += 2 {
		x1, y1, x2, y2 := path[i-2], path[i-1], path[i], path[i+1]
		turn := (x2-x1)*(y-y1) - (x-x1)*(y2-y1)
		if turn == 0 && min(x1, x2) <= x && x <= max(x1, x2) && min(y1, y2) <= y && y <= max(y1, y2) {
			return 0
		}
		if (y1 > y) != (y2 > y) && (turn > 0) == (y2 > y1) {
			in = !in
		}
	}
	if in {
		return 1
	}
	return -1
}
