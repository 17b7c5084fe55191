package store

import (
	"database/sql/driver"
	"fmt"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
)

// boxFunctions are PostGIS's of boxes. GLOB, which PostgreSQL does not have, stands for the operator &&.
func boxFunctions() []function {
	return []function{
		{name: "glob", args: 2, call: strict(overlap)},
		{name: "st_makeenvelope", args: -1, call: strict(makeEnvelope)},
	}
}

// boxOf is the box around a geometry, or the one that a text such as BOX(0 0,1 1) or BOX3D(0 0 0,1 1 0) describes.
func boxOf(v driver.Value) (box, error) {
	var e box
	s, _ := v.(string)
	for _, prefix := range []string{"BOX(", "BOX2D(", "BOX3D("} {
		inside, ok := strings.CutPrefix(strings.ToUpper(strings.TrimSpace(s)), prefix)
		if !ok {
			continue
		}
		from, to, _ := strings.Cut(strings.TrimSuffix(inside, ")"), ",")
		_, errFrom := fmt.Sscan(from, &e.minX, &e.minY)
		_, errTo := fmt.Sscan(to, &e.maxX, &e.maxY)
		if errFrom != nil || errTo != nil {
			return box{}, invalid("box3d", v)
		}
		e.some = true
		return e, nil
	}
	g, err := geometryOf(v)
	if err != nil {
		return box{}, err
	}
	return e, e.add(g)
}

// toBox is a cast to box2d or box3d.
func toBox(v driver.Value, typ string) (driver.Value, error) {
	e, err := boxOf(v)
	if err != nil || !e.some {
		return nil, err
	}
	if typ == "box2d" {
		return e.String(), nil
	}
	f := formatFloat
	return fmt.Sprintf("BOX3D(%s %s 0,%s %s 0)", f(e.minX), f(e.minY), f(e.maxX), f(e.maxY)), nil
}

// overlap tells whether the boxes around two geometries have a point in common.
func overlap(a values) (driver.Value, error) {
	one, err := boxOf(a[0])
	if err != nil {
		return nil, err
	}
	other, err := boxOf(a[1])
	return one.some && other.some && one.minX <= other.maxX && other.minX <= one.maxX && one.minY <= other.maxY && other.minY <= one.maxY, err
}

// makeEnvelope is the rectangle between two corners.
func makeEnvelope(a values) (driver.Value, error) {
	if len(a) != 4 && len(a) != 5 {
		return nil, fmt.Errorf("function st_makeenvelope does not exist with these arguments")
	}
	var side [4]float64
	for i := range side {
		f, ok := asFloat(a[i])
		if !ok {
			return nil, fmt.Errorf("coordinates of an envelope must be numbers")
		}
		side[i] = f
	}
	x0, y0, x1, y1 := formatFloat(side[0]), formatFloat(side[1]), formatFloat(side[2]), formatFloat(side[3])
	g, err := data.ParseWKT(fmt.Sprintf("POLYGON((%s %s,%s %s,%s %s,%s %s,%s %s))", x0, y0, x0, y1, x1, y1, x1, y0, x0, y0))
	if err != nil {
		return nil, err
	}
	id := int64(0)
	if len(a) == 5 {
		id, _ = a[4].(int64)
	}
	if id == 0 {
		return withoutSRID(g), nil
	}
	return withSRID(g, uint32(id)), nil
}
