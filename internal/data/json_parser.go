package data

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

var (
	errJSON     = errors.New("malformed JSON")
	errJSONDeep = errors.New("JSON is nested too deeply")
)

// A jsonParser walks over one complete JSON text in memory without building it.
type jsonParser struct {
	b     []byte
	i     int
	depth int // how many more levels may be opened
}

func (p *jsonParser) space() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\n' || p.b[p.i] == '\r' || p.b[p.i] == '\t') {
		p.i++
	}
}

// peek gives the byte that the next token begins with, or 0 at the end.
func (p *jsonParser) peek() byte {
	p.space()
	if p.i == len(p.b) {
		return 0
	}
	return p.b[p.i]
}

// char consumes one punctuation byte if it comes next.
func (p *jsonParser) char(c byte) bool {
	if p.peek() != c {
		return false
	}
	p.i++
	return true
}

// end reports whether nothing but white space is left.
func (p *jsonParser) end() bool { return p.peek() == 0 && p.i == len(p.b) }

// value consumes and checks one value and gives its text.
func (p *jsonParser) value() ([]byte, error) {
	c := p.peek()
	start := p.i
	var err error
	switch {
	case c == '"':
		_, _, err = p.str()
	case c == '{':
		err = p.object(func([]byte) error { _, err := p.value(); return err })
	case c == '[':
		err = p.array(func() error { _, err := p.value(); return err })
	case c == '-' || isDigit(c):
		_, err = p.number()
	default:
		err = p.literal()
	}
	return p.b[start:p.i], err
}

func (p *jsonParser) literal() error {
	for _, word := range [...]string{"null", "true", "false"} {
		if rest := p.b[p.i:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			p.i += len(word)
			return nil
		}
	}
	return p.fail()
}

func (p *jsonParser) fail() error {
	if p.i >= len(p.b) {
		return fmt.Errorf("%w: it ends too early", errJSON)
	}
	return fmt.Errorf("%w near %q", errJSON, clip(p.b[p.i:]))
}

// object consumes an object; member is called behind each colon, with the key as
// it is written between its quotes, and must consume the value.
func (p *jsonParser) object(member func(key []byte) error) error {
	if !p.char('{') {
		return p.fail()
	}
	if p.depth--; p.depth < 0 {
		return errJSONDeep
	}
	defer func() { p.depth++ }()
	if p.char('}') {
		return nil
	}
	for {
		if p.peek() != '"' {
			return p.fail()
		}
		key, _, err := p.str()
		if err != nil {
			return err
		}
		if !p.char(':') {
			return p.fail()
		}
		if err := member(key); err != nil {
			return err
		}
		if p.char(',') {
			continue
		}
		if !p.char('}') {
			return p.fail()
		}
		return nil
	}
}

// array consumes an array; element must consume each element.
func (p *jsonParser) array(element func() error) error {
	if !p.char('[') {
		return p.fail()
	}
	if p.depth--; p.depth < 0 {
		return errJSONDeep
	}
	defer func() { p.depth++ }()
	if p.char(']') {
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if p.char(',') {
			continue
		}
		if !p.char(']') {
			return p.fail()
		}
		return nil
	}
}

// str consumes a string and gives what stands between its quotes.
func (p *jsonParser) str() (raw []byte, escaped bool, err error) {
	p.i++ // the opening quote
	start := p.i
	for {
		n := bytes.IndexByte(p.b[p.i:], '"')
		if n < 0 {
			p.i = len(p.b)
			return nil, false, p.fail()
		}
		end := p.i + n
		back := bytes.IndexByte(p.b[p.i:end], '\\')
		if back < 0 {
			p.i = end + 1
			return p.b[start:end], escaped, nil
		}
		escaped = true
		if p.i += back; !p.escape() {
			return nil, false, p.fail()
		}
	}
}

// escape consumes one escape sequence.
func (p *jsonParser) escape() bool {
	if p.i+1 >= len(p.b) {
		return false
	}
	switch p.b[p.i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		p.i += 2
		return true
	case 'u':
		if _, ok := hex4(p.b[min(p.i+2, len(p.b)):]); ok {
			p.i += 6
			return true
		}
	}
	return false
}

func hex4(b []byte) (rune, bool) {
	if len(b) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		switch {
		case isDigit(c):
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}

// number consumes a number and reports whether it is written as an integer.
func (p *jsonParser) number() (integer bool, err error) {
	start := p.i
	if p.i < len(p.b) && p.b[p.i] == '-' {
		p.i++
	}
	first := p.i
	if p.digits() == 0 || p.b[first] == '0' && p.i-first > 1 {
		p.i = start
		return false, p.fail()
	}
	integer = true
	if p.i < len(p.b) && p.b[p.i] == '.' {
		p.i++
		integer = false
		if p.digits() == 0 {
			return false, p.fail()
		}
	}
	if p.i < len(p.b) && p.b[p.i]|0x20 == 'e' {
		p.i++
		integer = false
		if p.i < len(p.b) && (p.b[p.i] == '-' || p.b[p.i] == '+') {
			p.i++
		}
		if p.digits() == 0 {
			return false, p.fail()
		}
	}
	return integer, nil
}

func (p *jsonParser) digits() int {
	start := p.i
	for p.i < len(p.b) && isDigit(p.b[p.i]) {
		p.i++
	}
	return p.i - start
}

// unquote appends the text that a string stands for. Raw was checked by str.
func unquote(dst, raw []byte) []byte {
	for {
		back := bytes.IndexByte(raw, '\\')
		if back < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:back]...)
		c := raw[back+1]
		raw = raw[back+2:]
		if c != 'u' {
			dst = append(dst, unescaped(c))
			continue
		}
		r, _ := hex4(raw)
		raw = raw[4:]
		if utf16.IsSurrogate(r) {
			low := rune(utf8.RuneError)
			if len(raw) >= 6 && raw[0] == '\\' && raw[1] == 'u' {
				low, _ = hex4(raw[2:])
			}
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				raw = raw[6:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
}

func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return c
}

// compact appends a checked JSON value without the white space between tokens.
func compact(dst, value []byte) []byte {
	inString := false
	for i := 0; i < len(value); i++ {
		c := value[i]
		switch {
		case inString && c == '\\':
			dst = append(dst, c)
			i++
			c = value[i]
		case c == '"':
			inString = !inString
		case !inString && (c == ' ' || c == '\n' || c == '\r' || c == '\t'):
			continue
		}
		dst = append(dst, c)
	}
	return dst
}
