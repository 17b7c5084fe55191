package data

import (
	"fmt"
	"io"
)

// A jsonStream walks over JSON of any length and holds no more of it than one
// value at a time.
type jsonStream struct {
	r     io.Reader
	limit int // bytes of one value
	depth int // of nesting inside one value

	buf      []byte
	pos, end int
	eof      bool
}

func newJSONStream(r io.Reader, l Limits) *jsonStream {
	return &jsonStream{r: r, limit: l.Feature, depth: l.Depth, buf: make([]byte, 64<<10)}
}

// fill reads more behind what is kept: everything from keep on.
func (s *jsonStream) fill(keep int) error {
	if keep > 0 {
		copy(s.buf, s.buf[keep:s.end])
		s.end -= keep
		s.pos -= keep
	}
	if s.end == len(s.buf) {
		if len(s.buf) > s.limit {
			return faultf(1002, "a feature is longer than %d bytes", s.limit)
		}
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	n, err := io.ReadAtLeast(s.r, s.buf[s.end:], 1)
	s.end += n
	if err == io.EOF {
		s.eof = true
		return nil
	}
	return err
}

// peek skips white space and gives the byte that comes next. The error is io.EOF
// at the end.
func (s *jsonStream) peek() (byte, error) {
	for {
		for ; s.pos < s.end; s.pos++ {
			switch c := s.buf[s.pos]; c {
			case ' ', '\n', '\r', '\t':
			default:
				return c, nil
			}
		}
		if s.eof {
			return 0, io.EOF
		}
		if err := s.fill(s.pos); err != nil {
			return 0, err
		}
	}
}

// must is peek where the text cannot end.
func (s *jsonStream) must() (byte, error) {
	c, err := s.peek()
	if err == io.EOF {
		err = fmt.Errorf("%w: it ends too early", errJSON)
	}
	return c, err
}

// char consumes one punctuation byte if it comes next.
func (s *jsonStream) char(c byte) (bool, error) {
	next, err := s.must()
	if err != nil || next != c {
		return false, err
	}
	s.pos++
	return true, nil
}

// expect consumes a punctuation byte that must come next.
func (s *jsonStream) expect(c byte) error {
	ok, err := s.char(c)
	if err == nil && !ok {
		err = fmt.Errorf("%w near %q: %q is missing", errJSON, clip(s.buf[s.pos:s.end]), c)
	}
	return err
}

// raw consumes the value that comes next and gives its text, whose inside is not
// checked. It is valid until the next call.
func (s *jsonStream) raw() ([]byte, error) { return s.scan(true) }

// skip consumes the value that comes next without keeping it.
func (s *jsonStream) skip() error {
	_, err := s.scan(false)
	return err
}

// inert marks the bytes that mean nothing outside strings.
var inert = func() (table [256]bool) {
	for i := range table {
		table[i] = true
	}
	for _, c := range []byte(`"{}[]`) {
		table[c] = false
	}
	return table
}()

func (s *jsonStream) scan(keep bool) ([]byte, error) {
	first, err := s.must()
	if err != nil {
		return nil, err
	}
	if first != '"' && first != '{' && first != '[' {
		return s.scalar(keep)
	}
	start, i := s.pos, s.pos
	depth, inString := 0, false
	for {
		for i < s.end {
			c := s.buf[i]
			switch {
			case inString && c == '\\':
				i++ // what is escaped may not be there yet; i is then beyond the end
			case inString:
				inString = c != '"'
			case inert[c]:
			case c == '"':
				inString = true
			case c == '{', c == '[':
				if depth++; depth > s.depth {
					return nil, errJSONDeep
				}
			default:
				depth--
			}
			i++
			if depth <= 0 && !inString {
				s.pos = i
				return s.buf[start:i], nil
			}
		}
		if s.eof {
			return nil, fmt.Errorf("%w: it ends too early", errJSON)
		}
		from := start
		if !keep {
			from, s.pos = s.end, s.end
			start = 0
		}
		i -= from
		if err := s.fill(from); err != nil {
			return nil, err
		}
		if keep {
			start = 0
		}
	}
}

// scalar consumes a number or a word.
func (s *jsonStream) scalar(keep bool) ([]byte, error) {
	start, i := s.pos, s.pos
	for {
		for ; i < s.end; i++ {
			switch s.buf[i] {
			case ',', '}', ']', ':', ' ', '\n', '\r', '\t', '"', '{', '[':
				s.pos = i
				return s.checkScalar(s.buf[start:i])
			}
		}
		if s.eof {
			s.pos = i
			return s.checkScalar(s.buf[start:i])
		}
		if i-start > 1000 {
			return nil, errJSON
		}
		i -= start
		if err := s.fill(start); err != nil {
			return nil, err
		}
		start = 0
	}
}

func (s *jsonStream) checkScalar(b []byte) ([]byte, error) {
	p := jsonParser{b: b}
	if _, err := p.value(); err != nil || p.i != len(b) {
		return nil, fmt.Errorf("%w near %q", errJSON, clip(b))
	}
	return b, nil
}
