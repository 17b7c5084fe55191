package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// jsonArraySchema is the first pass over a JSON array of objects, which CARTO
// joins into CSV: the keys of the first object are the header, and values count
// by their position. Commas inside values vanish; quotes and line breaks stay as
// they are, and the result is not normalised.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/json2csv.rb.
func jsonArraySchema(ctx context.Context, l *Layer, o Options) (*Schema, error) {
	joined := *l
	joined.joined = true
	joined.open = func(ctx context.Context) (io.ReadCloser, error) {
		r, err := l.open(ctx)
		if err != nil {
			return nil, err
		}
		return &jsonJoiner{s: newJSONStream(r, l.limits), closer: r, limits: l.limits}, nil
	}
	return csvSchema(ctx, &joined, o)
}

// A jsonJoiner gives the CSV.
type jsonJoiner struct {
	s      *jsonStream
	closer io.Closer
	limits Limits

	rows   int
	out    []byte
	taken  int
	done   error
	values [][]byte
	text   []byte
}

func (j *jsonJoiner) Close() error { return j.closer.Close() }

func (j *jsonJoiner) Read(p []byte) (int, error) {
	for j.taken == len(j.out) {
		if j.done != nil {
			return 0, j.done
		}
		j.out, j.taken = j.out[:0], 0
		j.done = j.fault(j.fill())
	}
	n := copy(p, j.out[j.taken:])
	j.taken += n
	return n, nil
}

// fault turns what is wrong with the JSON into what CARTO says of it.
func (j *jsonJoiner) fault(err error) error {
	var fault *Fault
	if errors.Is(err, errJSON) || errors.Is(err, errJSONDeep) || errors.As(err, &fault) && fault.Code == 1002 {
		return faultf(3007, "the file is no JSON array of objects: %v", err)
	}
	return err
}

// fill converts some objects.
func (j *jsonJoiner) fill() error {
	for len(j.out) < 32<<10 {
		if j.rows == 0 {
			if err := j.s.expect('['); err != nil {
				return err
			}
		} else if more, err := j.s.char(','); err != nil {
			return err
		} else if !more {
			return j.end()
		}
		raw, err := j.s.raw()
		if err != nil {
			return err
		}
		if err := j.object(raw); err != nil {
			return err
		}
		j.rows++
	}
	return nil
}

// end reads what follows the last object.
func (j *jsonJoiner) end() error {
	if err := j.s.expect(']'); err != nil {
		return err
	}
	if c, err := j.s.peek(); err != nil {
		return err // as a rule io.EOF
	} else {
		return fmt.Errorf("%w: %q behind its end", errJSON, c)
	}
}

// object writes a row, and before the first the header.
func (j *jsonJoiner) object(raw []byte) error {
	if raw[0] != '{' || !utf8.Valid(raw) {
		return fmt.Errorf("%w: no object: %s", errJSON, clip(raw))
	}
	keys, err := j.members(raw)
	if err != nil {
		return err
	}
	if j.rows == 0 {
		for i, key := range keys {
			j.separate(i)
			j.out = append(j.out, key...)
		}
	}
	j.out = append(j.out, '\n')
	for i, value := range j.values {
		j.separate(i)
		j.text = appendRuby(j.text[:0], value, false)
		for _, c := range j.text {
			if c != ',' {
				j.out = append(j.out, c)
			}
		}
	}
	return nil
}

func (j *jsonJoiner) separate(i int) {
	if i > 0 {
		j.out = append(j.out, ',')
	}
}

// members reads the values of an object, and its keys if it is the first. A key
// that comes twice counts where it came first, by its last value.
func (j *jsonJoiner) members(raw []byte) (keys []string, err error) {
	j.values = j.values[:0]
	at := make(map[string]int)
	p := jsonParser{b: raw, depth: j.limits.Depth}
	err = p.object(func(key []byte) error {
		name := string(unquote(nil, key))
		value, err := p.value()
		if err != nil {
			return err
		}
		if i, again := at[name]; again {
			j.values[i] = value
			return nil
		}
		at[name] = len(j.values)
		j.values = append(j.values, value)
		keys = append(keys, name)
		return nil
	})
	if err == nil && !p.end() {
		err = p.fail()
	}
	return keys, err
}

// appendRuby appends a JSON value as Ruby 2.4 prints it: by to_s, or inside of
// others by inspect.
func appendRuby(dst, value []byte, inside bool) []byte {
	switch c := value[0]; {
	case c == 'n' && !inside:
		return dst
	case c == 'n':
		return append(dst, "nil"...)
	case c == '"' && inside:
		return appendRubyString(dst, unquote(nil, value[1:len(value)-1]))
	case c == '"':
		return unquote(dst, value[1:len(value)-1])
	case c == '[':
		return appendRubyArray(dst, value)
	case c == '{':
		return appendRubyHash(dst, value)
	case c == '-' || isDigit(c):
		return appendRubyNumber(dst, value)
	}
	return append(dst, value...)
}

func appendRubyArray(dst, value []byte) []byte {
	dst = append(dst, '[')
	p := jsonParser{b: value, depth: DefaultLimits().Depth}
	first := true
	p.array(func() error { // the array was checked before
		element, err := p.value()
		if err != nil {
			return err
		}
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		dst = appendRuby(dst, element, true)
		return nil
	})
	return append(dst, ']')
}

func appendRubyHash(dst, value []byte) []byte {
	dst = append(dst, '{')
	p := jsonParser{b: value, depth: DefaultLimits().Depth}
	first := true
	p.object(func(key []byte) error { // the object was checked before
		member, err := p.value()
		if err != nil {
			return err
		}
		if !first {
			dst = append(dst, ", "...)
		}
		first = false
		dst = append(appendRubyString(dst, unquote(nil, key)), "=>"...)
		dst = appendRuby(dst, member, true)
		return nil
	})
	return append(dst, '}')
}

// appendRubyString appends a text in quotes.
func appendRubyString(dst, text []byte) []byte {
	dst = append(dst, '"')
	for i, c := range text {
		switch {
		case c == '"' || c == '\\', c == '#' && i+1 < len(text) && bytes.IndexByte([]byte("{$@"), text[i+1]) >= 0:
			dst = append(dst, '\\', c)
		case 7 <= c && c <= 13:
			dst = append(dst, '\\', "abtnvfr"[c-7])
		case c == 27:
			dst = append(dst, `\e`...)
		case c < ' ' || c == 0x7f:
			dst = fmt.Appendf(dst, `\u%04X`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func appendRubyNumber(dst, value []byte) []byte {
	if !bytes.ContainsAny(value, ".eE") {
		return append(dst, value...)
	}
	f, _ := strconv.ParseFloat(string(value), 64)
	a := math.Abs(f)
	if math.IsInf(f, 0) {
		if f < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	}
	format := byte('f')
	if a != 0 && (a < 1e-4 || a >= 1e16) {
		format = 'e'
	}
	digits := strconv.AppendFloat(nil, f, format, -1, 64)
	if bytes.IndexByte(digits, '.') >= 0 {
		return append(dst, digits...)
	}
	mantissa, exponent, _ := bytes.Cut(digits, []byte{'e'})
	dst = append(append(dst, mantissa...), ".0"...)
	if format == 'e' {
		dst = append(append(dst, 'e'), exponent...)
	}
	return dst
}
