package data

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
)

// A sheetKind says what the value of a cell is.
type sheetKind uint8

const (
	sheetNumber sheetKind = iota
	sheetShared           // the number of a shared string
	sheetInline           // text of its own
	sheetBool
	sheetDate // text that is a date
	sheetText // a formula's text, or an error such as #N/A
)

func sheetKindOf(t []byte) sheetKind {
	switch string(t) {
	case "n":
		return sheetNumber
	case "s":
		return sheetShared
	case "inlineStr":
		return sheetInline
	case "b":
		return sheetBool
	case "d":
		return sheetDate
	}
	return sheetText
}

// value appends to the text what a cell holds, up to the end of the cell.
func (s *sheetReader) value(kind sheetKind) error {
	depth := s.x.depth()
	wanted := "v"
	if kind == sheetInline {
		wanted = "t"
	}
	inside, phonetic := 0, 0 // depths of the elements that count, and do not
	for {
		t, err := s.x.next()
		switch {
		case err != nil:
			return unexpected(err)
		case t.kind == xmlText:
			if inside > 0 && phonetic == 0 {
				s.text = append(s.text, t.text...)
			}
		case t.kind == xmlEnd:
			switch s.x.depth() {
			case depth - 1:
				return nil
			case inside - 1:
				inside = 0
			case phonetic - 1:
				phonetic = 0
			}
		case string(t.name) == wanted && inside == 0:
			inside = s.x.depth()
		case string(t.name) == "rPh" && phonetic == 0:
			phonetic = s.x.depth()
		}
		if len(s.text) > s.book.limits.Record {
			return faultf(6666, "row %d is longer than %d bytes", s.row, s.book.limits.Record)
		}
	}
}

// convert turns the value of a cell, which is the end of the text, into the text
// that the conversion writes.
func (s *sheetReader) convert(start int, kind sheetKind, style int) error {
	value := s.text[start:]
	if len(value) == 0 {
		return nil
	}
	switch kind {
	case sheetShared:
		i, err := strconv.Atoi(string(trimSpace(value)))
		if err != nil || i < 0 {
			return fmt.Errorf("%q is no number of a shared string", clip(value))
		}
		text, err := s.strings.get(i)
		s.text = append(s.text[:start], text...)
		return err
	case sheetBool:
		word := "False"
		if value[0] == '1' || value[0] == 't' {
			word = "True"
		}
		s.text = append(s.text[:start], word...)
	case sheetDate:
		s.text = bytes.TrimSuffix(bytes.TrimSuffix(s.text, []byte("Z")), []byte("T00:00:00"))
	case sheetNumber:
		return s.convertSheetNumber(start, style)
	}
	return nil
}

func (s *sheetReader) convertSheetNumber(start, style int) error {
	var buf [64]byte
	value := trimSpace(append(buf[:0], s.text[start:]...))
	if 0 <= style && style < len(s.book.dates) && s.book.dates[style] {
		f, err := strconv.ParseFloat(string(value), 64)
		if err != nil {
			return fmt.Errorf("%q is no number", clip(value))
		}
		s.text = s.book.epoch.appendSerial(s.text[:start], f)
		return nil
	}
	var ok bool
	if s.text, ok = appendSheetNumber(s.text[:start], value); !ok {
		return fmt.Errorf("%q is no number", clip(value))
	}
	return nil
}

// appendCSV appends a row as Python's csv module writes it, without the line
// breaks inside its cells, which CARTO deletes. Cells beyond those given are empty.
//
// Source: CartoDB/cartodb: lib/importer/misc/csv_remove_newlines.py.
func appendCSV(dst, text []byte, cells []sheetCell, width int) []byte {
	start := len(dst)
	for i := range width {
		if i > 0 {
			dst = append(dst, ',')
		}
		if i >= len(cells) {
			continue
		}
		dst = appendCSVCell(dst, text[cells[i].start:cells[i].end])
	}
	if width == 1 && len(dst) == start {
		dst = append(dst, `""`...)
	}
	return append(dst, '\n')
}

func appendCSVCell(dst, cell []byte) []byte {
	plain := true
	for _, c := range cell {
		if c == '\n' || c == '\r' || c == ',' || c == '"' {
			plain = false
			break
		}
	}
	if plain {
		return append(dst, cell...)
	}
	quoted := bytes.IndexByte(cell, ',') >= 0 || bytes.IndexByte(cell, '"') >= 0
	if quoted {
		dst = append(dst, '"')
	}
	for _, c := range cell {
		switch c {
		case '\n', '\r':
		case '"':
			dst = append(dst, '"', '"')
		default:
			dst = append(dst, c)
		}
	}
	if quoted {
		dst = append(dst, '"')
	}
	return dst
}

// sharedStrings are the texts that cells refer to by number. They are read as far
// as they are needed, and kept as one text.
type sharedStrings struct {
	open   func() (io.ReadCloser, error)
	limits Limits

	x      *xmlReader
	closer io.Closer
	text   []byte
	ends   []int
}

// get gives one of the strings. It is valid until the next call.
func (s *sharedStrings) get(i int) ([]byte, error) {
	if s.x == nil {
		r, err := s.open()
		if err != nil {
			return nil, err
		}
		s.x, s.closer = newXMLReader(r, s.limits.Record), r
	}
	for i >= len(s.ends) {
		if err := s.read(); err == io.EOF {
			return nil, fmt.Errorf("there are %d shared strings, not %d", len(s.ends), i+1)
		} else if err != nil {
			return nil, fmt.Errorf("shared string %d: %w", len(s.ends)+1, err)
		}
	}
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.text[start:s.ends[i]], nil
}

func (s *sharedStrings) close() error {
	if s.closer == nil {
		return nil
	}
	return s.closer.Close()
}

// read reads one string: the texts inside an element si, but for those that say
// how to pronounce others.
func (s *sharedStrings) read() error {
	begun, inside, phonetic := 0, 0, 0 // depths
	start := len(s.text)
	for {
		t, err := s.x.next()
		switch {
		case err == io.EOF && begun > 0:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		case t.kind == xmlText:
			if inside > 0 && phonetic == 0 {
				s.text = append(s.text, t.text...)
			}
		case t.kind == xmlEnd:
			switch s.x.depth() {
			case begun - 1:
				s.text = append(s.text[:start], bytes.ReplaceAll(s.text[start:], []byte("x005F_"), nil)...)
				s.ends = append(s.ends, len(s.text))
				return nil
			case inside - 1:
				inside = 0
			case phonetic - 1:
				phonetic = 0
			}
		case begun == 0:
			if string(t.name) == "si" {
				begun = s.x.depth()
			}
		case string(t.name) == "t" && inside == 0:
			inside = s.x.depth()
		case string(t.name) == "rPh" && phonetic == 0:
			phonetic = s.x.depth()
		}
		if len(s.text)+8*len(s.ends) > s.limits.Strings {
			return faultf(6666, "the shared strings have more than %d bytes", s.limits.Strings)
		}
	}
}
