package render

import (
	"bytes"
	"encoding/json"
	"time"
)

// A listingDocument is what is printed of a table as JSON, on every path.
type listingDocument struct {
	FormatVersion string       `json:"format_version"`
	Account       string       `json:"account"`
	Kind          string       `json:"kind"`
	Items         []Object     `json:"items"`
	Diagnostics   []diagnostic `json:"diagnostics"`
}

func tableJSON(l Listing) ([]byte, error) {
	doc := listingDocument{
		FormatVersion: formatVersion, Account: l.Account, Kind: l.Table.Kind,
		Items: make([]Object, 0, len(l.Table.Rows)), Diagnostics: []diagnostic{},
	}
	for _, row := range l.Table.Rows {
		var o Object
		for i, c := range l.Table.Columns {
			o.Fields = append(o.Fields, Field{c.Key, row[i]})
		}
		doc.Items = append(doc.Items, o)
	}
	for _, n := range l.Notices {
		doc.Diagnostics = append(doc.Diagnostics, diagnostic{
			Severity: "warning", Code: n.Code, Problem: n.Problem, Hint: n.Hint, Dataset: n.Dataset,
		})
	}
	doc.Diagnostics = append(doc.Diagnostics, diagnose(l.Err)...)
	return encode(doc)
}

// MarshalJSON writes the fields in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i, f := range o.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(f.Key); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := e.Encode(jsonValue(f.Value)); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// jsonValue is a table's value as encoding/json writes it.
func jsonValue(v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return flat(v, forPrograms)
	case time.Duration:
		return int64(v / time.Second)
	case []string:
		return append([]string{}, v...)
	case []Object:
		return append([]Object{}, v...)
	}
	return v
}
