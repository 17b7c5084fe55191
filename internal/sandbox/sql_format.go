package sandbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// A sqlFormat writes the rows of a query. Nothing is sent before the query has succeeded.
// Source: CartoDB/CartoDB-SQL-API: lib/models/formats.
type sqlFormat interface {
	row(columns []store.Field, values []any) error
	end(store.Result) error // after the last row
	finished() *sqlBody
}

// A sqlBody is an answer of the SQL API, as far as it is written.
type sqlBody struct {
	bytes.Buffer
	kind, extension string
	skip            []string // columns that are left out
	rows            int
}

func (b *sqlBody) finished() *sqlBody { return b }

func (b *sqlBody) skips(column string) bool { return slices.Contains(b.skip, column) }

// sqlFormat is the format that a request asks for.
func (c *call) sqlFormat() (sqlFormat, error) {
	body := &sqlBody{kind: "application/json; charset=utf-8", extension: "json", skip: strings.Split(c.text("skipfields"), ",")}
	switch format := strings.ToLower(c.text("format")); format {
	case "", "json":
		return &sqlJSON{sqlBody: body, began: time.Now()}, nil
	case "geojson":
		digits, err := strconv.Atoi(c.text("dp"))
		if err != nil || digits < 0 {
			digits = 6
		}
		body.extension = "geojson"
		return &sqlGeoJSON{body, digits}, nil
	case "csv":
		body.kind, body.extension = "text/csv; charset=utf-8; header=present", "csv"
		return &sqlCSV{sqlBody: body}, nil
	case "shp", "kml", "gpkg", "spatialite", "svg", "topojson", "arraybuffer":
		return nil, fmt.Errorf("the sandbox does not write %s; ask for json, geojson or csv", format)
	default:
		return nil, &store.SQLError{Message: "Invalid format: " + format}
	}
}

// sqlJSON writes objects, with what is known of their columns.
type sqlJSON struct {
	*sqlBody
	began time.Time
}

func (o *sqlJSON) row(columns []store.Field, values []any) error {
	o.begin()
	if o.rows++; o.rows > 1 {
		o.WriteByte(',')
	}
	return o.object(columns, values)
}

func (o *sqlJSON) begin() {
	if o.rows == 0 && o.Len() == 0 {
		o.WriteString(`{"rows":[`)
	}
}

// object writes a row as an object.
func (b *sqlBody) object(columns []store.Field, values []any) error {
	mark := byte('{')
	for i, column := range columns {
		if b.skips(column.Name) {
			continue
		}
		b.WriteByte(mark)
		mark = ','
		key, _ := json.Marshal(column.Name)
		b.Write(key)
		b.WriteByte(':')
		value, err := json.Marshal(jsonValue(values[i], column.Type))
		if err != nil {
			return err
		}
		b.Write(value)
	}
	if mark == '{' {
		b.WriteByte(mark)
	}
	b.WriteByte('}')
	return nil
}

// jsonValue is a value as the SQL API writes it: geometry as hex EWKB, arrays and JSON as what they hold.
func jsonValue(v any, typ string) any {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("%X", v)
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
	case string:
		switch {
		case (typ == "json" || typ == "jsonb") && json.Valid([]byte(v)):
			return json.RawMessage(v)
		case typ == "date":
			return v + "T00:00:00Z"
		case strings.HasSuffix(typ, "[]"):
			inner := "[" + strings.Trim(v, "{}") + "]"
			if inner = strings.ReplaceAll(strings.ReplaceAll(inner, "NULL", "null"), "Infinity", "null"); json.Valid([]byte(inner)) {
				return json.RawMessage(inner)
			}
		}
	}
	return v
}

func (o *sqlJSON) end(result store.Result) error {
	o.begin()
	shapes := fields{}
	for _, f := range result.Fields {
		if o.skips(f.Name) {
			continue
		}
		shape := fields{{"type", store.CartoType(f.Type)}}
		if f.Type == "geometry" {
			shape = append(shape, field{"wkbtype", "Unknown"}, field{"dims", 2}, field{"srid", 4326})
		} else {
			shape = append(shape, field{"pgtype", store.ShortType(f.Type)})
		}
		shapes = append(shapes, field{f.Name, shape})
	}
	described, err := json.Marshal(shapes)
	if err != nil {
		return err
	}
	fmt.Fprintf(o, `],"time":%.3f,"fields":%s,"total_rows":%d}`, time.Since(o.began).Seconds(), described, result.Rows)
	return nil
}

// sqlGeoJSON writes features: the_geom is their geometry, the_geom_webmercator is left out.
type sqlGeoJSON struct {
	*sqlBody
	digits int // behind the point, of coordinates
}

var errNoGeometry = &store.SQLError{Message: `column "the_geom" does not exist`}

func (o *sqlGeoJSON) row(columns []store.Field, values []any) error {
	at := slices.IndexFunc(columns, func(f store.Field) bool { return f.Name == "the_geom" })
	if at < 0 {
		return errNoGeometry
	}
	geometry := "null"
	if ewkb, ok := values[at].([]byte); ok {
		var err error
		if geometry, err = data.GeoJSON(ewkb); err != nil {
			return err
		}
	}
	if o.rows++; o.rows == 1 {
		o.WriteString(`{"type": "FeatureCollection", "features": [`)
		o.skip = append(o.skip, "the_geom", "the_geom_webmercator")
	} else {
		o.WriteByte(',')
	}
	o.WriteString(`{"type":"Feature","geometry":` + rounded(geometry, o.digits) + `,"properties":`)
	if err := o.object(columns, values); err != nil {
		return err
	}
	o.WriteByte('}')
	return nil
}

var decimal = regexp.MustCompile(`-?\d+\.\d+(e[-+]?\d+)?`)

// rounded gives the coordinates in GeoJSON so many digits behind the point.
func rounded(geojson string, digits int) string {
	return decimal.ReplaceAllStringFunc(geojson, func(text string) string {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return text
		}
		text = strconv.FormatFloat(n, 'f', digits, 64)
		if strings.Contains(text, ".") {
			text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
		}
		return text
	})
}

func (o *sqlGeoJSON) end(result store.Result) error {
	if o.rows == 0 {
		if !slices.ContainsFunc(result.Fields, func(f store.Field) bool { return f.Name == "the_geom" }) {
			return errNoGeometry
		}
		o.WriteString(`{"type": "FeatureCollection", "features": [`)
	}
	o.WriteString("]}")
	return nil
}

// sqlCSV writes text as PostgreSQL casts to it, the_geom first, with CRLF.
// Source: CartoDB/CartoDB-SQL-API: lib/models/formats/ogr.js.
type sqlCSV struct {
	*sqlBody
	order []int // the columns that are written
}

func (o *sqlCSV) row(columns []store.Field, values []any) error {
	o.header(columns)
	o.rows++
	cells := make([]string, len(o.order))
	for i, at := range o.order {
		cells[i] = csvText(values[at], columns[at].Type)
	}
	o.line(cells)
	return nil
}

func (o *sqlCSV) end(result store.Result) error {
	o.header(result.Fields)
	return nil
}

func (o *sqlCSV) header(columns []store.Field) {
	if o.Len() > 0 {
		return
	}
	var names []string
	for i, c := range columns {
		switch {
		case o.skips(c.Name):
		case c.Name == "the_geom":
			o.order, names = slices.Insert(o.order, 0, i), slices.Insert(names, 0, c.Name)
		default:
			o.order, names = append(o.order, i), append(names, c.Name)
		}
	}
	o.line(names)
}

func (o *sqlCSV) line(cells []string) {
	for i, cell := range cells {
		if i > 0 {
			o.WriteByte(',')
		}
		if strings.ContainsAny(cell, ",\"\r\n") {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		o.WriteString(cell)
	}
	o.WriteString("\r\n")
}

// csvText is a value as PostgreSQL casts it to text, nothing for NULL.
func csvText(v any, typ string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return fmt.Sprintf("%X", v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil && strings.HasPrefix(typ, "timestamp") {
			return at.UTC().Format("2006-01-02 15:04:05.999999+00")
		}
		return v
	}
	return fmt.Sprint(v)
}
