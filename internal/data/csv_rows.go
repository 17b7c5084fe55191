package data

import (
	"context"
	"fmt"
	"io"
	"iter"
	"math"
)

// rowSeq is what a layer's second pass yields.
type rowSeq = iter.Seq2[Row, error]

// A csvPlan says how to read the rows that a first pass saw.
type csvPlan struct {
	header   csvHeader
	dialect  csvDialect
	columns  []int  // fields that become columns
	types    []Type // of these
	id       int    // field that gives cartodb_id, or -1
	useShape bool
	promote  bool
}

func (p csvPlan) rows(ctx context.Context, l *Layer) rowSeq {
	return func(yield func(Row, error) bool) {
		if err := p.each(ctx, l, func(row Row) bool { return yield(row, nil) }); err != nil {
			yield(Row{}, err)
		}
	}
}

// each calls yield for every row until it is false.
func (p csvPlan) each(ctx context.Context, l *Layer, yield func(Row) bool) error {
	r, closer, err := p.dialect.read(ctx, l)
	if err != nil {
		return err
	}
	defer closer.Close()
	c := csvConverter{plan: p, row: Row{Values: make([]Value, len(p.columns))}, shapes: newShapes(p.promote)}
	if p.useShape {
		c.shape = newCSVShape(p.header)
	}
	cells, err := r.next()
	if err == nil && !p.header.isData {
		cells, err = r.next()
	}
	for ; err == nil; cells, err = r.next() {
		if len(cells) == 0 {
			continue
		}
		if err := c.convert(cells); err != nil {
			return err
		}
		if !yield(c.row) {
			return nil
		}
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// A csvConverter turns records into rows.
type csvConverter struct {
	plan   csvPlan
	shape  *csvShape
	shapes *shapes
	row    Row
	n      int64
	text   []byte // of converted values
}

func (c *csvConverter) convert(cells []cell) error {
	c.n++
	c.text = c.text[:0]
	c.row.ID = c.n
	if c.plan.id >= 0 {
		if text := cellAt(cells, c.plan.id); len(trimSpace(text)) > 0 {
			c.row.ID = int64(idValue(text))
		}
	}
	for i, field := range c.plan.columns {
		c.row.Values[i] = Value{}
		if field >= len(cells) {
			continue // a short row
		}
		if c.plan.header.fields[field].real {
			if f, ok := coordinate(cells[field].text); ok {
				c.row.Values[i] = Float(f)
			}
			continue
		}
		c.row.Values[i], c.text = convert(c.text, cells[field].text, c.plan.types[i])
	}
	c.row.Geometry = nil
	if c.shape == nil {
		return nil
	}
	var err error
	c.row.Geometry, err = c.shape.add(c.shapes, cells)
	if err == nil && c.shape.failed != nil {
		err = fmt.Errorf("the geometry of row %d changed between two readings", c.n)
	}
	return err
}

// convert gives the value of a cell in a column of some type, as GDAL stores it:
// what does not fit becomes NULL, what is too big is clamped. Buf holds converted
// texts.
func convert(buf, text []byte, t Type) (Value, []byte) {
	switch {
	case t == Text:
		return Bytes(text), buf
	case len(text) == 0:
		return Value{}, buf
	case t == Boolean:
		if b, ok := boolWord(text); ok {
			return Bool(b), buf
		}
		if len(text) == 1 && (text[0] == '0' || text[0] == '1') {
			return Bool(text[0] == '1'), buf
		}
		return Value{}, buf
	case t == Integer, t == BigInt, t == Double:
		return convertNumber(text, t), buf
	}
	m, ok := parseMoment(text)
	start := len(buf)
	switch {
	case !ok || t == TimeOfDay && !m.hasTime || t != TimeOfDay && !(m.hasDate && m.exists()):
		return Value{}, buf
	case t == Date:
		buf = m.appendDate(buf)
	case t == TimeOfDay:
		buf = m.appendTime(buf)
	default:
		buf = m.appendTimestamp(buf)
	}
	return Bytes(buf[start:len(buf):len(buf)]), buf
}

func convertNumber(text []byte, t Type) Value {
	kind, _, number := classifyNumber(text)
	switch {
	case !number:
		return Value{}
	case t == Double:
		return Float(leadingFloat(text))
	}
	n, _ := parseInt(trimSpace(text))
	if kind == kindReal {
		n, _ = parseInt(trimSpace(text)) // the part before the point
	}
	if t == Integer {
		n = min(max(n, math.MinInt32), math.MaxInt32)
	}
	return Int(n)
}
