package data

import "fmt"

// shapes turns the geometries of a file, one after the other, into those of the
// dataset, and keeps count of them. CARTO decides what to do with all of them by
// the first that is not NULL:
//
//   - a MultiPoint: every geometry is replaced by its first part;
//   - a LineString or Polygon: every geometry becomes a Multi geometry;
//   - a GeometryCollection: the import fails with 1012.
//
// Sources: CartoDB/cartodb: services/importer/lib/importer/georeferencer.rb,
// handle_multipoint, and app/models/table.rb, set_the_geom_column!.
type shapes struct {
	// promote is set where the converter turns everything into Multi geometries
	// first (PROMOTE_TO_MULTI), which it does for all formats but guessed CSV.
	promote bool

	rule   shapeRule
	rows   int64
	nulls  int64
	kinds  [len(kindNames)]int64 // by WKB code
	lost   int64                 // geometries that lost parts
	strays int64                 // geometries with coordinates that are no degrees
	turned int64                 // of these, those that would be degrees the other way round
	extent Extent
	buf    []byte
}

type shapeRule uint8

const (
	ruleUnknown shapeRule = iota
	ruleKeep
	ruleFirstPart
	ruleMulti
)

func newShapes(promote bool) *shapes {
	return &shapes{promote: promote, extent: emptyExtent()}
}

// add counts one row and gives its final geometry. An empty ewkb is NULL.
func (s *shapes) add(ewkb []byte, bounds Extent) ([]byte, error) {
	s.rows++
	if len(ewkb) == 0 {
		s.nulls++
		return nil, nil
	}
	code := canonicalCode(ewkb)
	if s.rule == ruleUnknown {
		if code == codeCollection {
			return nil, faultf(1012, "the first geometry is a geometry collection, which CARTO does not store")
		}
		s.rule = s.decide(code)
	}
	final := ewkb
	switch {
	case s.rule == ruleFirstPart && code >= codeMultiPoint:
		if parts(ewkb) > 1 {
			s.lost++
		}
		s.buf = firstPart(s.buf[:0], ewkb)
		final = s.buf
		if box, ok := Bounds(final); ok {
			bounds = box
		} else {
			bounds = emptyExtent()
		}
	case s.rule == ruleMulti && code <= codePolygon:
		s.buf = toMulti(s.buf[:0], ewkb)
		final = s.buf
	}
	if len(final) == 0 {
		s.nulls++
		return nil, nil
	}
	s.kinds[canonicalCode(final)]++
	s.extent.union(bounds)
	if bounds.West < -180 || bounds.East > 180 || bounds.South < -90 || bounds.North > 90 {
		s.strays++
		if bounds.West >= -90 && bounds.East <= 90 && bounds.South >= -180 && bounds.North <= 180 {
			s.turned++
		}
	}
	return final, nil
}

func (s *shapes) decide(first uint32) shapeRule {
	switch {
	case first == codeMultiPoint, s.promote && first == codePoint:
		return ruleFirstPart
	case first == codeLine, first == codePolygon, s.promote:
		return ruleMulti
	}
	return ruleKeep
}

// geometry is the kind of the dataset.
func (s *shapes) geometry() string {
	kind := GeometryNone
	for code, n := range s.kinds {
		switch {
		case n == 0:
		case kind != GeometryNone:
			return GeometryMixed
		case code == codePoint || code == codeMultiLine || code == codeMultiPolygon:
			kind = kindNames[code]
		default:
			kind = GeometryMixed
		}
	}
	return kind
}

// describe enters into a schema what was counted.
func (s *shapes) describe(schema *Schema) {
	schema.Geometry = s.geometry()
	schema.NullGeometries = s.nulls
	if !s.extent.empty() {
		box := s.extent
		schema.Extent = &box
	}
	if s.lost > 0 {
		schema.warn(WarnLostParts, "", "only the first part of %d multi-part geometries is kept", s.lost)
	}
	if schema.Geometry == GeometryMixed {
		schema.warn(WarnMixedGeometries, "", "%s", s.listKinds())
	}
	switch {
	case s.strays > 0 && s.turned == s.strays:
		schema.warn(WarnSwapped, "", "%d geometries have latitudes beyond ±90 that would be longitudes: the two seem to have changed places", s.strays)
	case s.strays > 0 && s.extent.metric():
		schema.warn(WarnOutOfRange, "", "%d geometries lie outside longitude ±180 or latitude ±90; their coordinates look like metres", s.strays)
	case s.strays > 0:
		schema.warn(WarnOutOfRange, "", "%d geometries lie outside longitude ±180 or latitude ±90", s.strays)
	}
}

func (s *shapes) listKinds() string {
	text := "the dataset holds"
	sep := " "
	for code, kind := range kindNames {
		if n := s.kinds[code]; n > 0 {
			text += fmt.Sprintf("%s%d %s", sep, n, kind)
			sep = ", "
		}
	}
	return text
}
