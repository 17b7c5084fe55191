package data

import (
	"fmt"
	"math"
)

// Options are those of the import request that change what comes out of a file.
type Options struct {
	TypeGuessing         bool // off: every column of a delimited file is text and lat/lon columns make no points
	QuotedFieldsGuessing bool // off: a column with a quoted cell is text
	ContentGuessing      bool // geocoding on the server; no effect here
}

// DefaultOptions are what CARTO takes when the request says nothing.
func DefaultOptions() Options {
	return Options{TypeGuessing: true, QuotedFieldsGuessing: true}
}

// A Type is the PostgreSQL type of a column, as the catalogue spells it.
type Type string

// The types that an import gives to columns.
const (
	Integer      Type = "integer"
	BigInt       Type = "bigint"
	Double       Type = "double precision"
	Text         Type = "text"
	Boolean      Type = "boolean"
	Date         Type = "date"
	Timestamp    Type = "timestamp with time zone"
	TimeOfDay    Type = "time without time zone"
	JSON         Type = "json"
	IntegerArray Type = "integer[]"
	BigIntArray  Type = "bigint[]"
	DoubleArray  Type = "double precision[]"
	BooleanArray Type = "boolean[]"
)

// Carto gives the name under which CARTO's APIs show the type: number, string,
// boolean, date, geometry, or the type itself.
//
// Source: CartoDB/cartodb: config/initializers/string.rb.
func (t Type) Carto() string {
	switch t {
	case "smallint", Integer, BigInt, "real", Double, "numeric":
		return "number"
	case Text, "character varying", "character":
		return "string"
	case Boolean:
		return "boolean"
	case Date, Timestamp, "timestamp without time zone":
		return "date"
	case "geometry":
		return "geometry"
	}
	return string(t)
}

// A Column is one of a dataset's own columns: cartodb_id, the_geom and
// the_geom_webmercator are not among them.
type Column struct {
	Name   string `json:"name"`   // in the finished dataset
	Header string `json:"header"` // in the file
	Type   Type   `json:"type"`
}

// An Extent is a bounding box in degrees.
type Extent struct {
	West  float64 `json:"west"`
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
}

// emptyExtent holds nothing; adding a point to it gives that point.
func emptyExtent() Extent {
	inf := math.Inf(1)
	return Extent{West: inf, South: inf, East: -inf, North: -inf}
}

// metric reports whether coordinates are too large to be mistaken degrees.
func (e *Extent) metric() bool {
	return max(-e.West, e.East, -e.South, e.North) > 10_000
}

func (e *Extent) add(x, y float64) {
	e.West, e.East = min(e.West, x), max(e.East, x)
	e.South, e.North = min(e.South, y), max(e.North, y)
}

func (e *Extent) union(o Extent) {
	if o.empty() {
		return
	}
	e.add(o.West, o.South)
	e.add(o.East, o.North)
}

// Apart reports whether two extents lie further apart than margin, in degrees of
// latitude or longitude.
func (e Extent) Apart(o Extent, margin float64) bool {
	return o.West-e.East > margin || e.West-o.East > margin || o.South-e.North > margin || e.South-o.North > margin
}

func (e Extent) empty() bool { return !(e.West <= e.East && e.South <= e.North) }

// A Fault says that CARTO's importer would refuse the file, and why. It is an
// error, and part of a [Look].
type Fault struct {
	Code    int    `json:"code"` // CARTO's import error code; 99999 where the job ends without one
	Problem string `json:"problem"`
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%s (import error %d)", f.Problem, f.Code)
}

func faultf(code int, format string, args ...any) *Fault {
	return &Fault{Code: code, Problem: fmt.Sprintf(format, args...)}
}

// An UnsupportedError says that CARTO may well import the file but this package
// cannot look inside it.
type UnsupportedError struct {
	Format  Format
	Problem string
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("cannot look inside %s: %s", e.Format, e.Problem)
}

// A Warning is something about a file that the importer does without a word and
// that its owner may not want.
type Warning struct {
	Code   WarningCode `json:"code"`
	Column string      `json:"column,omitempty"` // final name
	Detail string      `json:"detail"`
	Hint   string      `json:"hint,omitempty"` // what to do about it
}

// A WarningCode names a kind of warning; the names are stable.
type WarningCode string

// The warnings.
const (
	WarnEncoding        WarningCode = "encoding"         // the encoding is a guess, or will be guessed wrong
	WarnLineEndings     WarningCode = "line_endings"     // rows are lost to mixed line endings
	WarnSkippedRows     WarningCode = "skipped_rows"     // malformed rows are dropped
	WarnExtraCells      WarningCode = "extra_cells"      // cells beyond the header are dropped
	WarnNoHeader        WarningCode = "no_header"        // the first line is taken for data
	WarnSepLine         WarningCode = "sep_line"         // a line for Excel, sep=; is taken for the header
	WarnDroppedColumn   WarningCode = "dropped_column"   // a column does not reach the dataset
	WarnLeadingZeros    WarningCode = "leading_zeros"    // codes become numbers and lose zeros or a plus sign
	WarnExponents       WarningCode = "exponents"        // codes such as 1E5 become numbers
	WarnBooleanWords    WarningCode = "boolean_words"    // a category of one-letter words becomes boolean
	WarnMixedTypes      WarningCode = "mixed_types"      // a few cells turn a column of numbers or dates into text
	WarnLateValues      WarningCode = "late_values"      // values after the guessing window do not fit the type
	WarnBigNumbers      WarningCode = "big_numbers"      // integers beyond 64 bits are clamped
	WarnInexactNumbers  WarningCode = "inexact_numbers"  // integers beyond 2^53 lose digits, in the column or in those who read it
	WarnPhoneNumbers    WarningCode = "phone_numbers"    // phone numbers become numbers
	WarnDecimalCommas   WarningCode = "decimal_commas"   // numbers with a comma stay text
	WarnAmbiguousDates  WarningCode = "ambiguous_dates"  // dates that are not year first stay text, or are misread
	WarnDuplicateNames  WarningCode = "duplicate_names"  // columns of the same name are told apart by a number
	WarnRenamedColumns  WarningCode = "renamed_columns"  // columns get a name that their header does not suggest
	WarnInvalidGeometry WarningCode = "invalid_geometry" // a geometry column that cannot be read is renamed
	WarnMixedGeometries WarningCode = "mixed_geometries" // the dataset holds several kinds of geometry
	WarnLostParts       WarningCode = "lost_parts"       // only the first part of multi-part geometries is kept
	WarnProjection      WarningCode = "projection"       // a shapefile does not say what its coordinates are
	WarnOutOfRange      WarningCode = "out_of_range"     // coordinates that are no degrees
	WarnSwapped         WarningCode = "swapped"          // latitude and longitude seem to have changed places
	WarnIgnoredSheets   WarningCode = "ignored_sheets"   // a spreadsheet holds sheets besides the one that is imported
	WarnCutSheet        WarningCode = "cut_sheet"        // cells outside of the size that a sheet gives itself are dropped
	WarnIgnoredLayers   WarningCode = "ignored_layers"   // an archive holds more layers than CARTO imports
)
