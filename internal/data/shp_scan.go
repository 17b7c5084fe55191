package data

import (
	"context"
	"fmt"
	"io"
)

// A shpScan is the state of the first pass over a shapefile.
type shpScan struct {
	file    *shapefile
	headers []string
	checks  []*idCheck // by field; of those that are to be unique
	traits  []trait    // by field
	shapes  *shapes
}

func newShpScan(s *shapefile) (*shpScan, error) {
	n := len(s.table.fields)
	scan := &shpScan{file: s, shapes: newShapes(true), checks: make([]*idCheck, n), traits: make([]trait, n)}
	for i, f := range s.table.fields {
		header, err := s.text.decode(f.name)
		if err != nil {
			return nil, err
		}
		scan.headers = append(scan.headers, string(header))
		if watched(scan.headers[i]) {
			scan.checks[i] = &idCheck{}
		}
	}
	return scan, nil
}

// add checks one row.
func (c *shpScan) add() error {
	for i, f := range c.file.table.fields {
		text := c.file.table.text(f)
		if c.checks[i] != nil {
			c.checks[i].add(text)
		}
		if text == nil {
			continue
		}
		switch f.kind {
		case Text:
			if _, err := c.file.text.decode(text); err != nil {
				return err
			}
		case BigInt, Double:
			if len(text) > 15 {
				_, traits, _ := classifyNumber(text)
				c.traits[i] |= traits
			}
		case Date:
			if m := dbfDate(text); m.year < 1 || !m.exists() {
				return fmt.Errorf("column %q: there is no date %s", c.headers[i], clip(text))
			}
		}
	}
	e := &c.file.decoder.enc
	_, err := c.shapes.add(e.buf, e.bounds)
	return err
}

// schema concludes the pass.
func (c *shpScan) schema(l *Layer, system shpSystem) (*Schema, error) {
	s := &Schema{Encoding: c.file.text.name, CartodbID: IDGenerated, Rows: c.shapes.rows}
	if system.warning != "" {
		s.warn(WarnProjection, "", "%s", system.warning)
	}
	if c.file.text.guessed {
		s.warn(WarnEncoding, "", "there is no .cpg and text beyond ASCII; CARTO will probably guess %s", c.file.text.name)
	}
	c.shapes.describe(s)
	fields := make([]csvField, len(c.headers))
	for i, h := range c.headers {
		fields[i].header = h
	}
	if f := columnsFault(len(fields)); f != nil {
		return nil, f
	}
	plan := shpPlan{to: system.to}
	var err error
	plan.id, err = concludeFields(s, fields, "column", func(i int) (*idCheck, Type) {
		return c.checks[i], c.file.table.fields[i].kind
	})
	if err != nil {
		return nil, err
	}
	final, err := finalNames(fields)
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		if f.role == roleColumn {
			plan.columns = append(plan.columns, i)
			warnInexact(s, final[i], c.file.table.fields[i].kind, c.traits[i])
			s.Columns = append(s.Columns, Column{Name: final[i], Header: f.header, Type: c.file.table.fields[i].kind})
		}
	}
	s.rows = func(ctx context.Context) rowSeq { return plan.rows(ctx, l) }
	return s, nil
}

// A shpPlan says how to read the rows that a first pass saw.
type shpPlan struct {
	to      transform
	columns []int // fields that become columns
	id      int   // field that gives cartodb_id, or -1
}

func (p shpPlan) rows(ctx context.Context, l *Layer) rowSeq {
	return func(yield func(Row, error) bool) {
		s, err := openShapefile(ctx, l, p.to)
		if err != nil {
			yield(Row{}, tableFault(err))
			return
		}
		defer s.Close()
		c := shpConverter{plan: p, file: s, shapes: newShapes(true), row: Row{Values: make([]Value, len(p.columns))}}
		for {
			err := s.next()
			if err == nil {
				err = c.convert()
			}
			if err != nil {
				if err != io.EOF {
					yield(Row{}, s.fault(err))
				}
				return
			}
			if !yield(c.row, nil) {
				return
			}
		}
	}
}

// A shpConverter turns shapes and their rows into rows of the dataset.
type shpConverter struct {
	plan   shpPlan
	file   *shapefile
	shapes *shapes
	row    Row
	text   []byte // of converted values
}

func (c *shpConverter) convert() error {
	c.row.ID = c.shapes.rows + 1
	c.text = c.text[:0]
	table := c.file.table
	if c.plan.id >= 0 {
		if text := table.text(table.fields[c.plan.id]); text != nil {
			c.row.ID = int64(idValue(text))
		}
	}
	for i, field := range c.plan.columns {
		var err error
		if c.row.Values[i], err = c.value(table.fields[field]); err != nil {
			return err
		}
	}
	e := &c.file.decoder.enc
	var err error
	c.row.Geometry, err = c.shapes.add(e.buf, e.bounds)
	return err
}

// value gives a value as the converter reads it: of a number what it begins with.
func (c *shpConverter) value(f dbfField) (Value, error) {
	text := c.file.table.text(f)
	if text == nil {
		return Value{}, nil
	}
	start := len(c.text)
	switch f.kind {
	case Integer, BigInt:
		n, _ := parseInt(text)
		return Int(n), nil
	case Double:
		return Float(leadingFloat(text)), nil
	case Date:
		c.text = dbfDate(text).appendDate(c.text)
	default:
		decoded, err := c.file.text.decode(text)
		if err != nil {
			return Value{}, err
		}
		c.text = append(c.text, decoded...)
	}
	return Bytes(c.text[start:len(c.text):len(c.text)]), nil
}
