package data

import (
	"context"
	"errors"
	"io"
	"slices"
)

// guessWindow is how many bytes of a delimited file decide the types.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/ogr2ogr.rb, AUTODETECT_SIZE_LIMIT.
const guessWindow = 20_000_000

// csvSchema is the first pass over delimited text.
func csvSchema(ctx context.Context, l *Layer, o Options) (*Schema, error) {
	d, err := csvDialectOf(ctx, l)
	if err != nil {
		return nil, err
	}
	s, err := csvPass(ctx, l, o, d)
	if errors.Is(err, errLateText) {
		s, err = csvPass(ctx, l, o, d.afterASCII())
	}
	return s, err
}

// A csvScan is the state of the first pass.
type csvScan struct {
	layer   *Layer
	options Options
	reader  *csvReader
	header  csvHeader
	votes   []vote
	shape   *csvShape // nil: no column holds geometries
	shapes  *shapes
	ids     idCheck
	fids    idCheck
	rows    int64
	extra   int64 // rows with cells beyond the header
	late    []int64
}

func csvPass(ctx context.Context, l *Layer, o Options, d csvDialect) (*Schema, error) {
	r, closer, err := d.read(ctx, l)
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	header, err := readHeader(r, o)
	if err != nil {
		return nil, err
	}
	c := &csvScan{
		layer: l, options: o, reader: r, header: header,
		votes:  make([]vote, len(header.fields)),
		late:   make([]int64, len(header.fields)),
		shape:  newCSVShape(header),
		shapes: newShapes(!o.TypeGuessing),
	}
	if header.isData {
		if err := c.add(r.cells, true); err != nil {
			return nil, err
		}
	}
	for {
		inWindow := r.lines.offset() < guessWindow
		cells, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(cells) == 0 {
			continue // blank lines are no rows
		}
		if err := c.add(cells, inWindow); err != nil {
			return nil, err
		}
	}
	return c.schema()
}

// add counts one row.
func (c *csvScan) add(cells []cell, inWindow bool) error {
	c.rows++
	if len(cells) > len(c.header.fields) {
		if slices.ContainsFunc(cells[len(c.header.fields):], func(x cell) bool { return len(x.text) > 0 }) {
			c.extra++
		}
		cells = cells[:len(c.header.fields)]
	}
	for i := range c.header.fields {
		f := &c.header.fields[i]
		var text []byte
		if i < len(cells) {
			text = cells[i].text
			c.vote(i, cells[i], inWindow)
		}
		switch f.role {
		case roleID:
			c.ids.add(text)
		case roleFID:
			c.fids.add(text)
		}
	}
	if c.shape == nil {
		return nil
	}
	_, err := c.shape.add(c.shapes, cells)
	return err
}

// vote takes one cell into account for the type of its column.
func (c *csvScan) vote(i int, cell cell, inWindow bool) {
	if !c.options.TypeGuessing || c.header.fields[i].real {
		return
	}
	v := &c.votes[i]
	kind, traits := classify(cell.text)
	if cell.quoted && !c.options.QuotedFieldsGuessing {
		kind, traits = kindText, 0
	}
	if inWindow {
		v.add(kind, traits, cell.text, c.reader.line)
	} else if !fits(kind, v.outcome()) {
		c.late[i]++
	}
}

// fits reports whether a value that came too late to vote survives in a column.
func fits(kind cellKind, t Type) bool {
	switch t {
	case Integer:
		return kind == kindEmpty || kind == kindInt
	case BigInt:
		return kind <= kindBigInt
	case Double:
		return kind <= kindReal
	case Date:
		return kind == kindEmpty || kind == kindDate
	case Timestamp:
		return kind == kindEmpty || kind == kindDate || kind == kindDateTime
	case TimeOfDay:
		return kind == kindEmpty || kind == kindTime
	case Boolean:
		return kind == kindEmpty || kind == kindBool || kind == kindInt
	}
	return true
}

// typeOf gives the type of the column that a field becomes.
func (c *csvScan) typeOf(i int) Type {
	if c.header.fields[i].real {
		return Double
	}
	return c.votes[i].outcome()
}

// schema concludes the pass.
func (c *csvScan) schema() (*Schema, error) {
	s := &Schema{
		Encoding:  c.reader.dialect.encoding.name,
		Delimiter: string(c.reader.dialect.delimiter),
		CartodbID: IDGenerated,
		Rows:      c.rows,
	}
	if err := c.checkDates(); err != nil {
		return nil, err
	}
	c.warnFile(s)
	plan := csvPlan{header: c.header, dialect: c.reader.dialect, promote: c.shapes.promote}
	// What follows renames fields and changes roles; the second pass reads the
	// geometry where the first did.
	plan.header.fields = slices.Clone(c.header.fields)
	kept, err := c.concludeShape(s)
	if err != nil {
		return nil, err
	}
	if plan.useShape = kept; kept {
		c.shapes.describe(s)
	}
	if err := c.concludeIDs(s, &plan); err != nil {
		return nil, err
	}
	if err := c.concludeColumns(s, &plan); err != nil {
		return nil, err
	}
	s.rows = func(ctx context.Context) rowSeq { return plan.rows(ctx, c.layer) }
	return s, nil
}

// checkDates finds dates that look right but that PostgreSQL refuses.
func (c *csvScan) checkDates() error {
	for i, f := range c.header.fields {
		v := &c.votes[i]
		if t := c.typeOf(i); (t == Date || t == Timestamp) && v.badDate != nil {
			return faultf(2001, "column %q, line %d: there is no date %s", f.header, v.badLine, v.badDate)
		}
	}
	return nil
}

// concludeShape decides what becomes of a column that may hold geometries and
// whether the dataset gets geometries from it.
func (c *csvScan) concludeShape(s *Schema) (kept bool, err error) {
	if c.shape == nil {
		c.leftover(false)
		return false, nil
	}
	if c.shape.fault != nil {
		return false, c.shape.fault
	}
	f := &c.header.fields[c.shape.column]
	switch {
	case c.shape.kind == roleX, c.shape.kind == roleWKT:
		kept = c.shape.found > 0 || c.shape.kind == roleX
		c.leftover(true)
		return kept, nil
	case c.shape.failed != nil:
		s.warn(WarnInvalidGeometry, "invalid_the_geom", "column %q is renamed and no row gets a geometry: line %d: %v", f.header, c.shape.failedLine, c.shape.failed)
		f.loaded, f.role = "invalid_the_geom", roleColumn
		c.leftover(false)
		return false, nil
	case c.shape.found == 0:
		if c.rows > 0 {
			s.warn(WarnDroppedColumn, "", "column %q is dropped: it should hold geometries and is empty", f.header)
		}
		f.role = roleDropped
		return false, nil
	}
	f.role = roleDropped
	c.leftover(true)
	return true, nil
}

// leftover renames a column the_geom that the geometry does not come from.
func (c *csvScan) leftover(made bool) {
	for i := range c.header.fields {
		f := &c.header.fields[i]
		if f.loaded != "the_geom" || f.role != roleColumn {
			continue
		}
		f.loaded = "the_geom_str"
		if made && !c.shape.leftoverIsShape {
			f.loaded = "invalid_the_geom"
		}
	}
}

// concludeIDs decides where cartodb_id comes from.
func (c *csvScan) concludeIDs(s *Schema, plan *csvPlan) error {
	plan.id = -1
	if i := c.header.role(roleFID); i >= 0 && c.rows > 0 {
		if fault := c.fids.rowIDFault(c.header.fields[i].header, c.typeOf(i)); fault != nil {
			return fault
		}
		s.CartodbID, plan.id = IDFeature, i
	}
	if i := c.header.role(roleID); i >= 0 && c.rows > 0 {
		if fault := c.ids.cartodbIDFault(c.header.fields[i].header); fault != nil {
			return fault
		}
		s.CartodbID, plan.id = IDColumn, i
	}
	return nil
}

// concludeColumns names and types the columns of the dataset.
func (c *csvScan) concludeColumns(s *Schema, plan *csvPlan) error {
	final, err := finalNames(c.header.fields)
	if err != nil {
		return err
	}
	for i, f := range c.header.fields {
		if f.role == roleID || f.role == roleFID || f.role == roleDropped {
			continue
		}
		t := c.typeOf(i)
		s.Columns = append(s.Columns, Column{Name: final[i], Header: f.header, Type: t})
		plan.columns = append(plan.columns, i)
		plan.types = append(plan.types, t)
		c.warnColumn(s, i, final[i], t)
	}
	return nil
}
