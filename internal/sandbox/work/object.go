package work

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// An object is a JSON object whose keys keep their order.
type object []field

type field struct {
	key   string
	value json.RawMessage
}

var errNoObject = errors.New("not a JSON object")

func parseObject(raw json.RawMessage) (object, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errNoObject
	}
	var o object
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		o = append(o, field{key.(string), value})
	}
	if _, err := d.Token(); err != nil {
		return nil, errNoObject
	}
	return o, nil
}

// get finds the value of a key, nil if it is missing or null. Keys of connectors are compared without regard to case.
func (o object) get(key string) json.RawMessage {
	for _, f := range o {
		if strings.EqualFold(f.key, key) && string(f.value) != "null" {
			return f.value
		}
	}
	return nil
}

func (o object) without(keys ...string) object {
	return slices.DeleteFunc(slices.Clone(o), func(f field) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.EqualFold(key, f.key) })
	})
}

func (o object) with(key string, value json.RawMessage) object { return append(o, field{key, value}) }

// String is the object's JSON, with <, > and & escaped as the server does.
func (o object) String() string {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		key, _ := json.Marshal(f.key)
		b.Write(key)
		b.WriteByte(':')
		var compact bytes.Buffer
		json.Compact(&compact, f.value)
		json.HTMLEscape(&b, compact.Bytes())
	}
	b.WriteByte('}')
	return b.String()
}

// MergeObject lays the keys of b over those of a, as an update of stored parameters does: keys of b replace, others stay.
func MergeObject(a, b json.RawMessage) (json.RawMessage, error) {
	x, err := parseObject(a)
	if err != nil {
		return nil, err
	}
	y, err := parseObject(b)
	if err != nil {
		return nil, err
	}
	for _, f := range y {
		i := slices.IndexFunc(x, func(old field) bool { return old.key == f.key })
		if i < 0 {
			x = append(x, f)
		} else {
			x[i] = f
		}
	}
	return json.RawMessage(x.plain()), nil
}

// plain is the object's JSON without escapes.
func (o object) plain() string {
	fields := make([]string, len(o))
	for i, f := range o {
		key, _ := json.Marshal(f.key)
		fields[i] = string(key) + ":" + string(f.value)
	}
	return "{" + strings.Join(fields, ",") + "}"
}
