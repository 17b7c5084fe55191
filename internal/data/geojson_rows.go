package data

import (
	"bytes"
	"context"
	"errors"
)

// errStop ends a walk because nobody wants more rows.
var errStop = errors.New("no more rows are wanted")

// A geojsonColumn is a property that becomes a column.
type geojsonColumn struct {
	property int // in headers
	column   int
	kind     Type
}

// A geojsonPlan says how to read the rows that a first pass saw.
type geojsonPlan struct {
	crs      string
	headers  []property
	columns  []geojsonColumn
	width    int
	id       int // property that gives cartodb_id, or -1
	idColumn int // column that takes the features' ids, or -1
}

func (p *geojsonPlan) rows(ctx context.Context, l *Layer) rowSeq {
	return func(yield func(Row, error) bool) {
		c := &geojsonConverter{plan: p, shapes: newShapes(true), yield: yield}
		c.row.Values = make([]Value, p.width)
		c.columns.byName = make(map[string]int, len(p.headers))
		c.target = make([]int, len(p.headers))
		for i, h := range p.headers {
			c.columns.list = append(c.columns.list, property{header: h.header})
			c.columns.byName[h.header] = i
			c.target[i] = -1
		}
		for i, column := range p.columns {
			c.target[column.property] = i
		}
		c.enc.transform, _ = crsProjection(p.crs)
		if _, err := walkGeoJSON(ctx, l, c, p.crs); err != nil && err != errStop {
			yield(Row{}, geojsonFault(err))
		}
	}
}

// A geojsonConverter turns features into rows.
type geojsonConverter struct {
	plan    *geojsonPlan
	columns propertyIndex
	target  []int // place in plan.columns of each property, or -1
	shapes  *shapes
	enc     encoder
	row     Row
	text    []byte
	yield   func(Row, error) bool
}

func (c *geojsonConverter) begin(string) {
	clear(c.row.Values)
	c.row.ID = c.shapes.rows + 1
	c.enc.reset()
	c.text = c.text[:0]
	c.columns.next = 0
}

func (c *geojsonConverter) id(p *jsonParser) error {
	value, err := p.value()
	if err == nil && c.plan.idColumn >= 0 && value[0] != 'n' {
		c.row.Values[c.plan.idColumn], c.text = convertJSON(c.text, value, Text)
	}
	return err
}

func (c *geojsonConverter) geometry(p *jsonParser) error {
	c.enc.reset()
	return c.enc.geojson(p, 0)
}

func (c *geojsonConverter) properties(p *jsonParser) error {
	return p.object(func(key []byte) error {
		i, _ := c.columns.find(key)
		value, err := p.value()
		if err != nil || i < 0 {
			return err
		}
		if i == c.plan.id && value[0] != 'n' {
			c.row.ID = int64(idValue(bytes.Trim(value, `"`)))
		}
		if t := c.target[i]; t >= 0 {
			column := c.plan.columns[t]
			c.row.Values[column.column], c.text = convertJSON(c.text, value, column.kind)
		}
		return nil
	})
}

func (c *geojsonConverter) end() error {
	var err error
	if c.row.Geometry, err = c.shapes.add(c.enc.buf, c.enc.bounds); err != nil {
		return err
	}
	if !c.yield(c.row, nil) {
		return errStop
	}
	return nil
}

// convertJSON gives the value of a property in a column of some type. Buf holds
// converted texts.
func convertJSON(buf, value []byte, t Type) (Value, []byte) {
	start := len(buf)
	switch c := value[0]; {
	case c == 'n':
		return Value{}, buf
	case t == JSON:
		buf = compact(buf, value)
	case t == Boolean:
		return Bool(c == 't'), buf
	case c == 't', c == 'f': // in a column of numbers
		if t == Double {
			return Float(float64(boolNumber(c))), buf
		}
		return Int(boolNumber(c)), buf
	case c == '[':
		buf = appendArray(buf, value)
	case c == '"':
		text := value[1 : len(value)-1]
		if bytes.IndexByte(text, '\\') >= 0 {
			buf = unquote(buf, text)
			text = buf[start:len(buf):len(buf)]
		}
		return convert(buf, untilNUL(text), t)
	case t == Text: // the number of a feature's id
		return Bytes(value), buf
	case t == Double:
		f, _ := parseFloat(value)
		return Float(f), buf
	case t == Integer, t == BigInt:
		n, _ := parseInt(value)
		return Int(n), buf
	default: // a number in a column of arrays
		buf = append(append(append(buf, '{'), value...), '}')
	}
	return Bytes(buf[start:len(buf):len(buf)]), buf
}

func boolNumber(c byte) int64 {
	if c == 't' {
		return 1
	}
	return 0
}

// appendArray appends a JSON array of scalars as PostgreSQL writes arrays.
func appendArray(dst, value []byte) []byte {
	p := jsonParser{b: value, depth: 2}
	dst = append(dst, '{')
	first := true
	p.array(func() error { // the array was checked before
		element, err := p.value()
		if err != nil {
			return err
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if element[0] != '"' {
			dst = append(dst, element...)
			return nil
		}
		dst = appendArrayText(dst, unquote(nil, element[1:len(element)-1]))
		return nil
	})
	return append(dst, '}')
}

func appendArrayText(dst, text []byte) []byte {
	if len(text) > 0 && !bytes.ContainsAny(text, "{},\"\\ \t\n\r\v\f") && !bytes.EqualFold(text, []byte("null")) {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for _, c := range text {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
