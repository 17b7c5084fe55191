package data

import "bytes"

// A jsonKind is what the values of a GeoJSON property have in common.
type jsonKind uint8

const (
	jsonNone jsonKind = iota // only null so far
	jsonInt
	jsonBigInt
	jsonReal
	jsonBool
	jsonDate
	jsonDateTime
	jsonTime
	jsonString
	jsonInts
	jsonBigInts
	jsonReals
	jsonBools
	jsonStrings
	jsonOther    // objects, and anything mixed with them
	jsonConflict // strings and something else: the load fails
)

func (k jsonKind) columnType() Type {
	switch k {
	case jsonInt:
		return Integer
	case jsonBigInt:
		return BigInt
	case jsonReal:
		return Double
	case jsonBool:
		return Boolean
	case jsonDate:
		return Date
	case jsonDateTime:
		return Timestamp
	case jsonTime:
		return TimeOfDay
	case jsonInts:
		return IntegerArray
	case jsonBigInts:
		return BigIntArray
	case jsonReals:
		return DoubleArray
	case jsonBools:
		return BooleanArray
	case jsonOther:
		return JSON
	}
	return Text
}

func (k jsonKind) isNumber() bool  { return jsonInt <= k && k <= jsonReal }
func (k jsonKind) isNumbers() bool { return jsonInts <= k && k <= jsonReals }
func (k jsonKind) isString() bool  { return jsonDate <= k && k <= jsonString }

// merge gives the kind of a property that holds values of both kinds, as GDAL's
// GeoJSON driver decides it.
func (k jsonKind) merge(o jsonKind) jsonKind {
	if k > o {
		k, o = o, k
	}
	switch {
	case k == o, k == jsonNone:
		return o
	case o == jsonConflict:
		return o
	case k.isNumber() && o.isNumber(), k.isNumbers() && o.isNumbers():
		return o
	case o == jsonBool: // k is a number
		return k
	case k == jsonDate && o == jsonDateTime:
		return o
	case k.isString() && o.isString():
		return jsonString
	case k.isNumber() && o.isNumbers():
		return jsonInts + max(k-jsonInt, o-jsonInts)
	case k.isString() || o.isString():
		return jsonConflict
	}
	return jsonOther
}

// classifyJSON consumes a value and says of which kind it is.
func classifyJSON(p *jsonParser) (kind jsonKind, value []byte, traits trait, err error) {
	c := p.peek()
	if c == '[' {
		start := p.i
		kind, err = classifyArray(p)
		return kind, p.b[start:p.i], 0, err
	}
	if value, err = p.value(); err != nil {
		return jsonNone, nil, 0, err
	}
	switch c {
	case 'n':
		return jsonNone, value, 0, nil
	case 't', 'f':
		return jsonBool, value, 0, nil
	case '{':
		return jsonOther, value, 0, nil
	case '"':
		kind, traits = classifyString(value[1 : len(value)-1])
		return kind, value, traits, nil
	}
	kind, traits = classifyJSONNumber(value)
	return kind, value, traits, nil
}

func classifyString(text []byte) (jsonKind, trait) {
	if len(text) == 0 || !isDigit(text[0]) && text[0] != ' ' && text[0] != 'T' || bytes.IndexByte(text, '\\') >= 0 {
		return jsonString, 0
	}
	switch kind, traits := classifyDate(text); kind {
	case kindDate:
		return jsonDate, traits
	case kindDateTime:
		return jsonDateTime, traits
	case kindTime:
		return jsonTime, traits
	}
	return jsonString, 0
}

func classifyJSONNumber(value []byte) (jsonKind, trait) {
	for _, c := range value {
		if !isDigit(c) && c != '-' {
			return jsonReal, 0
		}
	}
	kind, traits, _ := classifyNumber(value)
	if kind == kindBigInt {
		return jsonBigInt, traits
	}
	return jsonInt, 0
}

// classifyArray tells the arrays apart that have a type of their own: all
// numbers, all booleans, all strings. The rest is JSON.
func classifyArray(p *jsonParser) (jsonKind, error) {
	all := jsonNone
	err := p.array(func() error {
		c := p.peek()
		value, err := p.value()
		if err != nil {
			return err
		}
		one := jsonOther
		switch {
		case c == '"':
			one = jsonStrings
		case c == 't' || c == 'f':
			one = jsonBools
		case c == '-' || isDigit(c):
			number, _ := classifyJSONNumber(value)
			one = jsonInts + number - jsonInt
		}
		switch {
		case all == jsonNone || all == one:
			all = one
		case all.isNumbers() && one.isNumbers():
			all = max(all, one)
		default:
			all = jsonOther
		}
		return nil
	})
	if all == jsonNone {
		all = jsonOther
	}
	return all, err
}
