package carto

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// The types below read what CARTO's endpoints disagree about: numbers and
// booleans come as strings here and there, most fields may be null, and there
// is no single form of a timestamp. None of them fails on a scalar, so that one
// odd field does not hide a whole account.

// text is a string; null reads "", numbers and booleans as they are written.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	*t = text(scalar(b))
	return nil
}

// number is an integer; ok is false for null and for what is no number.
type number struct {
	n  int64
	ok bool
}

func (n *number) UnmarshalJSON(b []byte) error {
	*n = number{}
	s := strings.TrimSpace(scalar(b))
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		*n = number{n: i, ok: true}
		return nil
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < math.MaxInt64 {
		*n = number{n: int64(f), ok: true}
	}
	return nil
}

func (n number) or(def int64) int64 {
	if n.ok {
		return n.n
	}
	return def
}

// pointer is nil for null.
func (n number) pointer() *int {
	if !n.ok {
		return nil
	}
	i := int(n.n)
	return &i
}

// flag is a boolean; null reads false.
type flag bool

func (f *flag) UnmarshalJSON(b []byte) error {
	switch strings.ToLower(scalar(b)) {
	case "true", "t", "1":
		*f = true
	default:
		*f = false
	}
	return nil
}

// instant is a time; null and what is no time read as zero.
type instant struct{ time.Time }

func (i *instant) UnmarshalJSON(b []byte) error {
	i.Time = parseTime(scalar(b))
	return nil
}

// timeLayouts are the forms that CARTO's serialisers give: fractions of seconds
// are read without being named.
var timeLayouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02 15:04:05 MST",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05Z07",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04:05",
	"2006-01-02",
	time.RFC1123,
	time.RFC1123Z,
}

// parseTime reads any of CARTO's forms; without a zone it is UTC.
func parseTime(s string) time.Time {
	s = strings.TrimSpace(s)
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// scalar is the text of a JSON string, number or boolean, and "" for null,
// objects and lists.
func scalar(b []byte) string {
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] == '{' || b[0] == '[' || bytes.Equal(b, []byte("null")) {
		return ""
	}
	if b[0] != '"' {
		return string(b)
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return ""
	}
	return s
}

// texts is a list of strings; null, and anything else than a list, reads empty.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	*t = nil
	var items []text
	if json.Unmarshal(b, &items) != nil {
		return nil
	}
	for _, item := range items {
		*t = append(*t, string(item))
	}
	return nil
}

// optional is an object that may be null, or something else where there is
// none, as CARTO writes {} or [] or false here and there.
type optional[T any] struct {
	value T
	ok    bool
}

func (o *optional[T]) UnmarshalJSON(b []byte) error {
	*o = optional[T]{}
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '{' || bytes.Equal(b, []byte("{}")) {
		return nil
	}
	if err := json.Unmarshal(b, &o.value); err != nil {
		return err
	}
	o.ok = true
	return nil
}
