package data

import "math"

// A ValueKind says which kind of value a [Value] holds.
type ValueKind uint8

// The kinds of values.
const (
	NullValue ValueKind = iota
	IntValue
	FloatValue
	BoolValue
	TextValue // text, and whatever is stored as text: dates, times, JSON, arrays
)

// A Value is the value of one cell. The zero value is NULL.
type Value struct {
	kind ValueKind
	bits uint64
	text []byte
}

// Int, Float, Bool and Bytes give values of their kinds. Bytes keeps b.
func Int(i int64) Value     { return Value{kind: IntValue, bits: uint64(i)} }
func Float(f float64) Value { return Value{kind: FloatValue, bits: math.Float64bits(f)} }
func Bytes(b []byte) Value  { return Value{kind: TextValue, text: b} }
func Bool(b bool) Value {
	v := Value{kind: BoolValue}
	if b {
		v.bits = 1
	}
	return v
}

// Kind says what the value holds.
func (v Value) Kind() ValueKind { return v.kind }

// IsNull reports whether the value is NULL.
func (v Value) IsNull() bool { return v.kind == NullValue }

// Int gives the value of an IntValue.
func (v Value) Int() int64 { return int64(v.bits) }

// Float gives the value of a FloatValue.
func (v Value) Float() float64 { return math.Float64frombits(v.bits) }

// Bool gives the value of a BoolValue.
func (v Value) Bool() bool { return v.bits != 0 }

// Bytes gives the text of a TextValue. It is valid until the next row.
func (v Value) Bytes() []byte { return v.text }

// Any gives nil, an int64, a float64, a bool or a string, as database/sql takes
// it. Dates are strings: "2020-01-31", "2020-01-31T10:20:30Z" (UTC), "10:20:30".
func (v Value) Any() any {
	switch v.kind {
	case IntValue:
		return v.Int()
	case FloatValue:
		return v.Float()
	case BoolValue:
		return v.Bool()
	case TextValue:
		return string(v.text)
	}
	return nil
}

// A Row is one row of the finished dataset. The row and its bytes are valid until
// the iterator's next step.
type Row struct {
	ID       int64   // cartodb_id
	Values   []Value // in the order of Schema.Columns
	Geometry []byte  // the_geom as EWKB: little endian, two dimensions, SRID 4326; nil is NULL
}
