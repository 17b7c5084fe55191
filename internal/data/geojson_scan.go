package data

import (
	"bytes"
	"context"
	"slices"

	"github.com/cartosync/cartosync/internal/name"
)

// geojsonSchema is the first pass over GeoJSON.
func geojsonSchema(ctx context.Context, l *Layer, o Options) (*Schema, error) {
	s, err := geojsonPass(ctx, l)
	return s, geojsonFault(err)
}

// geojsonPass reads the file once, or twice if the reference system stands
// behind the features that need it.
func geojsonPass(ctx context.Context, l *Layer) (*Schema, error) {
	scan := newGeojsonScan()
	crs, err := walkGeoJSON(ctx, l, scan, "")
	if err != nil {
		return nil, err
	}
	if crs != scan.crs {
		scan = newGeojsonScan()
		if _, err = walkGeoJSON(ctx, l, scan, crs); err != nil {
			return nil, err
		}
	}
	return scan.schema(l, crs)
}

// A property is one column to be.
type property struct {
	header  string
	kind    jsonKind
	traits  trait
	mixed   bool  // values are of kinds that nobody puts together on purpose
	odd     int64 // the first feature whose value made it so
	badDate []byte
	ids     *idCheck // of columns that are to be unique
	last    int64    // feature in which it was last seen
}

// A geojsonScan is the state of the first pass.
type geojsonScan struct {
	crs     string // with which the first feature was read
	columns propertyIndex
	idAt    int  // column before which the column of feature ids stands, if any
	idText  bool // a feature has an id that is a string
	idAny   bool // a feature has an id
	shapes  *shapes
	enc     encoder
	first   int // columns before this feature
}

func newGeojsonScan() *geojsonScan {
	return &geojsonScan{shapes: newShapes(true)}
}

// A propertyIndex finds properties by name. It tries the one that follows the
// last first, for features tend to have them in the same order.
type propertyIndex struct {
	list   []property
	byName map[string]int
	next   int
	key    []byte
}

// find gives the place of a property, -1 if it is new. The key is as written.
func (x *propertyIndex) find(key []byte) (int, []byte) {
	if bytes.IndexByte(key, '\\') >= 0 {
		x.key = unquote(x.key[:0], key)
		key = x.key
	}
	if x.next < len(x.list) && x.list[x.next].header == string(key) {
		x.next++
		return x.next - 1, key
	}
	i, ok := x.byName[string(key)]
	if !ok {
		return -1, key
	}
	x.next = i + 1
	return i, key
}

func (x *propertyIndex) add(key []byte) int {
	if x.byName == nil {
		x.byName = make(map[string]int)
	}
	p := property{header: string(key)}
	if watched(p.header) {
		p.ids = &idCheck{}
	}
	x.byName[p.header] = len(x.list)
	x.list = append(x.list, p)
	x.next = len(x.list)
	return len(x.list) - 1
}

// watched reports whether a property may have to be unique.
func watched(header string) bool {
	loaded, err := name.Launder([]string{header})
	if err != nil {
		return false
	}
	final, err := name.Column(loaded[0], nil)
	return header == "id" || loaded[0] == "ogc_fid" || err == nil && final == "cartodb_id"
}

func (s *geojsonScan) begin(crs string) {
	if s.shapes.rows == 0 {
		s.crs = crs
		s.enc.transform, _ = crsProjection(crs)
	}
	s.enc.reset()
	s.columns.next = 0
	s.first = len(s.columns.list)
}

func (s *geojsonScan) id(p *jsonParser) error {
	c := p.peek()
	_, err := p.value()
	s.idAny = s.idAny || c != 'n'
	if c == '"' && !s.idText {
		s.idText, s.idAt = true, s.first
	}
	return err
}

func (s *geojsonScan) geometry(p *jsonParser) error {
	s.enc.reset()
	return s.enc.geojson(p, 0)
}

func (s *geojsonScan) properties(p *jsonParser) error {
	return p.object(func(key []byte) error {
		i, key := s.columns.find(key)
		if i < 0 {
			i = s.columns.add(key)
			if f := columnsFault(len(s.columns.list)); f != nil && f.Code == 2004 {
				return f
			}
		}
		kind, value, traits, err := classifyJSON(p)
		if err != nil {
			return err
		}
		column := &s.columns.list[i]
		if merged := column.kind.merge(kind); merged != column.kind || kind != column.kind {
			column.mix(kind, merged, s.shapes.rows+1)
			column.kind = merged
		}
		column.traits |= traits
		if traits&traitBadDate != 0 && column.badDate == nil {
			column.badDate = bytes.Clone(value)
		}
		if column.ids != nil {
			column.watch(value, s.shapes.rows+1)
		}
		return nil
	})
}

// mix notes that a feature's value is of another kind than those before it.
func (c *property) mix(kind, merged jsonKind, feature int64) {
	if c.mixed || c.kind == jsonNone || kind == jsonNone || c.kind == kind {
		return
	}
	switch {
	case merged == jsonString && c.kind != jsonString || merged == jsonString && kind != jsonString,
		merged == jsonOther,
		merged.isNumber() && (c.kind == jsonBool || kind == jsonBool):
		c.mixed, c.odd = true, feature
	}
}

// watch checks a value that has to be unique. A property that a feature holds
// twice counts once.
func (c *property) watch(value []byte, feature int64) {
	if c.last == feature {
		return
	}
	c.last = feature
	switch {
	case value[0] == 'n':
		c.ids.add(nil)
	case value[0] == '"':
		c.ids.add(value[1 : len(value)-1])
	default:
		c.ids.add(value)
	}
}

func (s *geojsonScan) end() error {
	_, err := s.shapes.add(s.enc.buf, s.enc.bounds)
	return err
}

// schema concludes the pass.
func (s *geojsonScan) schema(l *Layer, crs string) (*Schema, error) {
	if _, known := crsProjection(crs); !known {
		return nil, &UnsupportedError{l.Format, "its reference system " + crs + " needs more than a formula; save it in longitude and latitude"}
	}
	schema := &Schema{Encoding: utf8Name, CartodbID: IDGenerated, Rows: s.shapes.rows}
	s.shapes.describe(schema)
	plan := &geojsonPlan{crs: crs, id: -1, idColumn: -1}
	if err := s.checkValues(); err != nil {
		return nil, err
	}
	fields, source := s.fields()
	if f := columnsFault(len(fields)); f != nil {
		return nil, f
	}
	if err := s.concludeIDs(schema, plan, fields, source); err != nil {
		return nil, err
	}
	final, err := finalNames(fields)
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		if f.role != roleColumn {
			continue
		}
		t := Text
		if at := source[i]; at < 0 {
			plan.idColumn = len(schema.Columns)
		} else {
			t = s.columns.list[at].kind.columnType()
			plan.columns = append(plan.columns, geojsonColumn{at, len(schema.Columns), t})
			s.warnColumn(schema, at, final[i])
		}
		schema.Columns = append(schema.Columns, Column{Name: final[i], Header: f.header, Type: t})
	}
	plan.width = len(schema.Columns)
	plan.headers = s.columns.list
	schema.rows = func(ctx context.Context) rowSeq { return plan.rows(ctx, l) }
	return schema, nil
}

func (s *geojsonScan) warnColumn(schema *Schema, at int, final string) {
	p := &s.columns.list[at]
	t := p.kind.columnType()
	warnInexact(schema, final, t, p.traits)
	switch {
	case p.kind == jsonOther && p.mixed:
		schema.warn(WarnMixedTypes, final, "values of several kinds make the column json; the first that differs is that of feature %d", p.odd)
	case p.kind == jsonString && p.mixed:
		schema.warn(WarnMixedTypes, final, "some values are dates and others are not, so the column is text; the first that differs is that of feature %d", p.odd)
	case p.kind.isNumber() && p.mixed:
		schema.warn(WarnMixedTypes, final, "true and false become 1 and 0 beside numbers; the first that differs is the value of feature %d", p.odd)
	case (t == Date || t == Timestamp) && p.traits&traitShortYear != 0:
		schema.warnShortYears(final)
	}
}

// checkValues finds values that the database refuses.
func (s *geojsonScan) checkValues() error {
	for _, c := range s.columns.list {
		if c.kind == jsonConflict {
			return faultf(2001, "property %q holds strings in some features and other values in others; make them all strings", c.header)
		}
		if (c.kind == jsonDate || c.kind == jsonDateTime) && c.badDate != nil {
			return faultf(2001, "property %q: there is no date %s", c.header, c.badDate)
		}
	}
	return nil
}

// fields lists the columns as the converter makes them. Source gives the property
// of each, -1 for the column of feature ids.
func (s *geojsonScan) fields() (fields []csvField, source []int) {
	for i, c := range s.columns.list {
		fields = append(fields, csvField{header: c.header})
		source = append(source, i)
	}
	if _, taken := s.columns.byName["id"]; s.idText && !taken {
		fields = slices.Insert(fields, s.idAt, csvField{header: "id"})
		source = slices.Insert(source, s.idAt, -1)
	}
	return fields, source
}

// concludeIDs names the columns as the converter does and finds those that do
// not become columns.
func (s *geojsonScan) concludeIDs(schema *Schema, plan *geojsonPlan, fields []csvField, source []int) error {
	if err := s.checkID(schema); err != nil {
		return err
	}
	id, err := concludeFields(schema, fields, "property", func(i int) (*idCheck, Type) {
		if source[i] < 0 {
			return nil, Text
		}
		c := s.columns.list[source[i]]
		return c.ids, c.kind.columnType()
	})
	if id >= 0 {
		plan.id = source[id]
	}
	return err
}

// checkID looks at an integer property id, which the converter takes for the row
// id: the table then numbers its rows with big integers.
func (s *geojsonScan) checkID(schema *Schema) error {
	i, ok := s.columns.byName["id"]
	if !ok || s.idAny {
		return nil
	}
	c := s.columns.list[i]
	if c.kind != jsonInt && c.kind != jsonBigInt {
		return nil
	}
	if c.ids.repeats > 0 {
		return faultf(2001, "property %q is taken for the row id but holds a value twice", c.header)
	}
	schema.BigID = true
	return nil
}
