package data

import (
	"context"
	"iter"
)

// A Schema is what the first pass over a layer finds out.
type Schema struct {
	Columns  []Column
	Geometry string // kind of the_geom: one of the Geometry constants

	Encoding  string // of delimited text, as CARTO detects it: "UTF-8", "ISO-8859-1", "windows-1252", ...
	Delimiter string // of delimited text

	CartodbID IDSource
	BigID     bool // cartodb_id is a bigint, not an integer

	Rows           int64 // that the finished dataset will have
	NullGeometries int64 // rows without geometry
	Extent         *Extent
	Warnings       []Warning

	rows func(context.Context) iter.Seq2[Row, error]
}

// The kinds of geometry that a dataset can have. A dataset whose geometries are
// of more than one kind is GeometryMixed.
const (
	GeometryNone    = ""
	GeometryPoint   = "point"
	GeometryLine    = "multilinestring"
	GeometryPolygon = "multipolygon"
	GeometryMixed   = "geometry"
)

// An IDSource says where the values of cartodb_id come from.
type IDSource string

// The sources of cartodb_id.
const (
	IDGenerated IDSource = "generated"  // 1, 2, 3, ... in file order
	IDColumn    IDSource = "cartodb_id" // a column of that name in the file
	IDFeature   IDSource = "ogc_fid"    // a column of that name in the file
)
