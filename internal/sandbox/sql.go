package sandbox

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/cartosync/cartosync/internal/sandbox/store"
)

// sql answers the SQL API: rows as JSON, or an error in a list.
// Source: CartoDB/carto-python: carto/sql.py; parts are public knowledge only.
func (c *call) sql() (reply, error) {
	wrong := func(message string) (reply, error) {
		return with(http.StatusBadRequest, fields{{"error", []string{message}}}), nil
	}
	if c.target.ID == "" {
		return with(http.StatusNotFound, fields{{"error", []string{"Sorry, we can't find CARTO user"}}}), nil
	}
	if c.refusedKey() {
		return with(http.StatusUnauthorized, fields{{"error", []string{"Unauthorized"}}}), nil
	}
	if !c.present("q") {
		return wrong("You must indicate a sql query")
	}
	if format := c.text("format"); format != "" && format != "json" {
		return wrong("Invalid format: " + format)
	}
	out := &rowWriter{began: time.Now()}
	out.buffer.WriteString(`{"rows":[`)
	request := store.Request{SQL: c.text("q"), User: c.target.Name, Master: c.master}
	result, err := c.s.store.Run(c.ctx(), request, out.row)
	var refusal *store.SQLError
	switch {
	case errors.As(err, &refusal):
		return wrong(refusal.Message)
	case err != nil:
		return reply{}, err
	}
	c.s.worker.Reschedule()
	return reply{status: http.StatusOK, write: func(w http.ResponseWriter) error { return out.finish(w, result) }}, nil
}

// refusedKey tells whether a key came along that is none of the account's; no key at all stands for default_public.
func (c *call) refusedKey() bool {
	_, inQuery := c.query["api_key"]
	_, inBody := c.params["api_key"]
	return !c.anyKey && (inQuery || inBody || basicCredential.MatchString(c.Header.Get("Authorization")))
}

// A rowWriter collects rows as JSON.
type rowWriter struct {
	buffer strings.Builder
	rows   int64
	began  time.Time
}

func (o *rowWriter) row(columns []store.Field, values []any) error {
	if o.rows++; o.rows > 1 {
		o.buffer.WriteByte(',')
	}
	o.buffer.WriteByte('{')
	for i, column := range columns {
		if i > 0 {
			o.buffer.WriteByte(',')
		}
		key, _ := json.Marshal(column.Name)
		o.buffer.Write(key)
		o.buffer.WriteByte(':')
		value, err := json.Marshal(jsonValue(values[i], column.Type))
		if err != nil {
			return err
		}
		o.buffer.Write(value)
	}
	o.buffer.WriteByte('}')
	return nil
}

// jsonValue is a value as the SQL API writes it: geometry as hex EWKB, arrays and JSON as what they hold.
func jsonValue(v any, typ string) any {
	switch v := v.(type) {
	case []byte:
		return fmt.Sprintf("%X", v)
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil
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

func (o *rowWriter) finish(w http.ResponseWriter, result store.Result) error {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(http.StatusOK)
	shapes := fields{}
	for _, f := range result.Fields {
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
	b := bufio.NewWriter(w)
	b.WriteString(o.buffer.String())
	fmt.Fprintf(b, `],"time":%.3f,"fields":%s,"total_rows":%d}`, time.Since(o.began).Seconds(), described, result.Rows)
	return b.Flush()
}
