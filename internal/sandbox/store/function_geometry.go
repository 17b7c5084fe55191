package store

import (
	"database/sql/driver"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"modernc.org/sqlite"

	"github.com/cartosync/cartosync/internal/data"
)

// geometryFunctions are those of PostGIS and of CARTO's extension that the sandbox knows.
func geometryFunctions() []function {
	of := func(f func(g []byte) (driver.Value, error)) scalar {
		return strict(func(a values) (driver.Value, error) {
			g, err := oneGeometry(a)
			if err != nil {
				return nil, err
			}
			return f(g.([]byte))
		})
	}
	side := func(pick func(box) float64) scalar {
		return strict(func(a values) (driver.Value, error) { return boxSide(a[0], pick) })
	}
	all := []function{
		{name: "st_astext", args: 1, call: of(asWKT)},
		{name: "st_asewkt", args: 1, call: of(asEWKT)},
		{name: "st_asgeojson", args: -1, call: of(asGeoJSON)},
		{name: "st_asewkb", args: 1, call: of(func(g []byte) (driver.Value, error) { return g, nil })},
		{name: "st_asbinary", args: 1, call: of(func(g []byte) (driver.Value, error) { return withoutSRID(g), nil })},
		{name: "st_geometrytype", args: 1, call: of(func(g []byte) (driver.Value, error) { return "ST_" + geometryKind(g), nil })},
		{name: "geometrytype", args: 1, call: of(func(g []byte) (driver.Value, error) { return strings.ToUpper(geometryKind(g)), nil })},
		{name: "st_srid", args: 1, call: of(func(g []byte) (driver.Value, error) { return srid(g), nil })},
		{name: "st_npoints", args: 1, call: of(countPoints)},
		{name: "st_isempty", args: 1, call: of(func(g []byte) (driver.Value, error) {
			var e box
			err := e.add(g)
			return !e.some, err
		})},
		{name: "st_x", args: 1, call: of(func(g []byte) (driver.Value, error) { return coordinate(g, true) })},
		{name: "st_y", args: 1, call: of(func(g []byte) (driver.Value, error) { return coordinate(g, false) })},
		{name: "st_xmin", args: 1, call: side(func(e box) float64 { return e.minX })},
		{name: "st_ymin", args: 1, call: side(func(e box) float64 { return e.minY })},
		{name: "st_xmax", args: 1, call: side(func(e box) float64 { return e.maxX })},
		{name: "st_ymax", args: 1, call: side(func(e box) float64 { return e.maxY })},
		{name: "st_transform", args: 2, call: strict(transform)},
		{name: "st_setsrid", args: 2, call: strict(setSRID)},
		{name: "cdb_transformtowebmercator", args: 1, call: of(webmercator)},
		{name: "cdb_latlng", args: 2, call: strict(func(a values) (driver.Value, error) { return makePoint(a[1], a[0], 4326) })},
		{name: "carto_degrees", args: 1, call: of(toDegrees)},
		{name: "st_geomfromgeojson", args: 1, call: strict(func(a values) (driver.Value, error) { return toGeometry(a[0]) })},
	}
	for _, name := range []string{"st_makepoint", "st_point"} {
		all = append(all, function{name: name, args: 2, call: strict(func(a values) (driver.Value, error) { return makePoint(a[0], a[1], 0) })})
	}
	for _, name := range []string{"st_geomfromtext", "st_geometryfromtext", "st_geomfromewkt", "st_geomfromwkb", "st_geomfromewkb"} {
		all = append(all, function{name: name, args: -1, call: strict(geometryFrom)})
	}
	return all
}

// geometryFrom reads a geometry in any form, and sets the spatial reference that a second argument names.
func geometryFrom(a values) (driver.Value, error) {
	if len(a) == 2 {
		return setSRID(a)
	}
	return oneGeometry(a)
}

func oneGeometry(a values) (driver.Value, error) {
	if len(a) == 0 {
		return nil, fmt.Errorf("the function needs a geometry")
	}
	return geometryOf(a[0])
}

// toGeometry reads what PostgreSQL casts to geometry: binary, hex, WKT, EWKT and GeoJSON.
func toGeometry(v driver.Value) (driver.Value, error) { return geometryOf(v) }

func geometryOf(v driver.Value) ([]byte, error) {
	switch v := v.(type) {
	case []byte:
		if geometryKind(v) == "" {
			return nil, errGeometry
		}
		return v, nil
	case string:
		s := strings.TrimSpace(v)
		if strings.HasPrefix(s, "{") {
			return data.ParseGeoJSON([]byte(s))
		}
		if b, err := hex.DecodeString(s); err == nil && geometryKind(b) != "" {
			return b, walk(b, func([]byte, binary.ByteOrder) {})
		}
		return fromWKT(s)
	}
	return nil, errGeometry
}

// fromWKT gives text without SRID=...; no spatial reference, as PostGIS does.
func fromWKT(s string) ([]byte, error) {
	b, err := data.ParseWKT(s)
	if err != nil {
		return nil, fmt.Errorf("parse error - invalid geometry")
	}
	if !strings.HasPrefix(strings.ToUpper(s), "SRID=") {
		b = withoutSRID(b)
	}
	return b, nil
}

// withoutSRID is the geometry without its spatial reference.
func withoutSRID(b []byte) []byte {
	if srid(b) == 0 {
		return b
	}
	o := order(b)
	out := append([]byte{}, b[:5]...)
	o.PutUint32(out[1:], o.Uint32(b[1:])&^ewkbSRID)
	return append(out, b[9:]...)
}

func asWKT(g []byte) (driver.Value, error) { return data.WKT(g) }

func asEWKT(g []byte) (driver.Value, error) {
	wkt, err := data.WKT(g)
	if id := srid(g); err == nil && id != 0 {
		return fmt.Sprintf("SRID=%d;%s", id, wkt), nil
	}
	return wkt, err
}

func asGeoJSON(g []byte) (driver.Value, error) {
	return data.GeoJSON(g)
}

func countPoints(g []byte) (driver.Value, error) {
	var n int64
	err := walk(g, func([]byte, binary.ByteOrder) { n++ })
	return n, err
}

func coordinate(g []byte, first bool) (driver.Value, error) {
	if geometryKind(g) != "Point" {
		return nil, fmt.Errorf("argument to ST_X() and ST_Y() must have type POINT")
	}
	var e box
	err := e.add(g)
	switch {
	case err != nil || !e.some:
		return nil, err
	case first:
		return e.minX, nil
	}
	return e.minY, nil
}

// boxSide reads a side of a geometry or of the text of a box, which ST_Extent returns.
func boxSide(v driver.Value, pick func(box) float64) (driver.Value, error) {
	e, err := boxOf(v)
	if err != nil || !e.some {
		return nil, err
	}
	return pick(e), nil
}

func webmercator(g []byte) (driver.Value, error) {
	out, err := toWebmercator(g)
	if out == nil {
		return nil, err
	}
	return out, err
}

// toDegrees brings a geometry of any source to SRID 4326, as an import does; one without a spatial reference counts as such.
func toDegrees(g []byte) (driver.Value, error) {
	switch srid(g) {
	case 0:
		return withSRID(g, 4326), nil
	case 3857:
		return fromWebmercator(g)
	}
	return transform(values{g, int64(4326)})
}

func transform(a values) (driver.Value, error) {
	g, err := geometryOf(a[0])
	if err != nil {
		return nil, err
	}
	to, _ := a[1].(int64)
	switch from := srid(g); {
	case from == to:
		return g, nil
	case from == 4326 && to == 3857:
		return webmercator(g)
	case from == 3857 && to == 4326:
		return fromWebmercator(g)
	case from == 0:
		return nil, fmt.Errorf("ST_Transform: Input geometry has unknown (0) SRID")
	default:
		return nil, fmt.Errorf("the sandbox transforms between SRID 4326 and 3857 only, not from %d to %d", from, to)
	}
}

func setSRID(a values) (driver.Value, error) {
	g, err := geometryOf(a[0])
	if err != nil {
		return nil, err
	}
	id, _ := a[1].(int64)
	return withSRID(g, uint32(id)), nil
}

func makePoint(x, y driver.Value, id uint32) (driver.Value, error) {
	fx, okX := asFloat(x)
	fy, okY := asFloat(y)
	if !okX || !okY {
		return nil, fmt.Errorf("coordinates of a point must be numbers")
	}
	return point(fx, fy, id), nil
}

// extent is the aggregate ST_Extent: the box around all geometries, as the text that PostGIS prints.
type extent struct{ box box }

func (e *extent) Step(_ *sqlite.FunctionContext, args []driver.Value) error {
	if args[0] == nil {
		return nil
	}
	g, err := geometryOf(args[0])
	if err != nil {
		return err
	}
	return e.box.add(g)
}

func (e *extent) WindowInverse(*sqlite.FunctionContext, []driver.Value) error {
	return fmt.Errorf("ST_Extent is not supported as a window function")
}

func (e *extent) WindowValue(*sqlite.FunctionContext) (driver.Value, error) {
	if !e.box.some {
		return nil, nil
	}
	return e.box.String(), nil
}

func (e *extent) Final(*sqlite.FunctionContext) {}
