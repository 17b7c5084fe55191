package data

import (
	"bytes"
	"io"
)

// strict reads as the CSV library of Ruby 2.4 does and drops, as CARTO does, the
// rows that it refuses: a quote inside an unquoted cell, text behind a closing
// quote, a carriage return where lines end otherwise, a quote that is never
// closed. A refused row takes the lines with it that were read so far. A row of
// one cell gets a second one.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/csv_normalizer.rb, normalize.
func (r *csvReader) strict() ([]cell, error) {
	for {
		line, err := r.nextLine()
		if err != nil {
			return nil, err
		}
		r.line = r.lines.n
		ok, plain := true, false // plain: no cell needs quotes in the rewritten file
		if bytes.IndexByte(line, '"') < 0 {
			ok = bytes.IndexByte(line, '\r') < 0 && bytes.IndexByte(line, '\n') < 0
			if ok {
				r.splitStrict(line)
				r.cutAtNUL(line)
			} else {
				r.strayEnds++
			}
			plain = bytes.IndexByte(line, ',') < 0
		} else {
			ok, err = r.strictQuoted(line)
		}
		if err != nil {
			return nil, err
		}
		if ok {
			if !plain {
				r.asRewritten()
				r.cutAtNUL(r.text)
			}
			if len(r.cells) == 1 {
				r.cells = append(r.cells, cell{})
			}
			return r.cells, nil
		}
		if r.skipped++; r.skipped == 1 {
			r.firstSkipped = r.line
		}
	}
}

// splitStrict cuts a line without quotes at the delimiter of the original file.
func (r *csvReader) splitStrict(line []byte) {
	r.cells = r.cells[:0]
	if len(line) == 0 {
		return
	}
	for {
		i := bytes.IndexByte(line, r.dialect.delimiter)
		if i < 0 {
			r.cells = append(r.cells, cell{text: line})
			return
		}
		r.cells = append(r.cells, cell{text: line[:i]})
		line = line[i+1:]
	}
}

// asRewritten makes of a parsed row what the converter reads of the rewritten
// file: quotes only where they are needed, and line feeds for all line ends.
func (r *csvReader) asRewritten() {
	for i := range r.cells {
		c := &r.cells[i]
		if !c.quoted { // then it holds neither quotes nor line ends
			c.quoted = bytes.IndexByte(c.text, ',') >= 0
			continue
		}
		c.quoted = len(c.text) == 0 || needsQuotes(c.text)
		if c.quoted && bytes.IndexByte(c.text, '\r') >= 0 {
			c.text = bytes.ReplaceAll(bytes.ReplaceAll(c.text, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
		}
	}
}

func needsQuotes(text []byte) bool {
	for _, c := range text {
		if c == ',' || c == '"' || c == '\n' || c == '\r' {
			return true
		}
	}
	return false
}

// indexOrEnd is indexFrom, or the end of the line.
func indexOrEnd(line []byte, c byte, from int) int {
	if i := indexFrom(line, c, from); i >= 0 {
		return i
	}
	return len(line)
}

var quoteMark = []byte{'"'}

// A span is a cell inside csvReader.text.
type span struct {
	start, end int
	quoted     bool
}

// strictQuoted parses a record whose first line has quotes. It is false if Ruby
// refuses the record.
func (r *csvReader) strictQuoted(line []byte) (bool, error) {
	spans, text := r.spans[:0], r.text[:0]
	extended := false
	for {
		ends := bytes.IndexByte(line, '\r') >= 0 || bytes.IndexByte(line, '\n') >= 0
		quote := indexOrEnd(line, '"', 0)
		for start, end := 0, 0; start <= len(line); start = end + 1 {
			end = indexOrEnd(line, r.dialect.delimiter, start)
			part, quotes := line[start:end], 0
			if quote < end {
				quotes = bytes.Count(part, quoteMark)
				quote = indexOrEnd(line, '"', end)
			}
			switch {
			case extended && quotes%2 == 1 && part[len(part)-1] == '"':
				extended = false
				text = append(text, part[:len(part)-1]...)
				var stray bool
				if text, stray = closeQuoted(text, &spans[len(spans)-1]); stray {
					return false, nil
				}
			case extended:
				text = append(append(text, part...), r.dialect.delimiter)
			case quotes > 0 && part[0] == '"' && quotes%2 == 1:
				extended = true
				spans = append(spans, span{start: len(text), quoted: true})
				text = append(append(text, part[1:]...), r.dialect.delimiter)
			case quotes > 0 && part[0] == '"' && part[len(part)-1] == '"':
				s := span{start: len(text), quoted: true}
				text = append(text, part[1:len(part)-1]...)
				var stray bool
				if text, stray = closeQuoted(text, &s); stray {
					return false, nil
				}
				spans = append(spans, s)
			case quotes > 0 || ends && bytes.ContainsAny(part, "\r\n"):
				return false, nil
			default:
				spans = append(spans, span{start: len(text), end: len(text) + len(part)})
				text = append(text, part...)
			}
		}
		if !extended {
			r.text, r.spans = text, spans
			r.fromSpans()
			return true, nil
		}
		// The delimiter that was put behind the last part is a line end in fact.
		text = append(text[:len(text)-1], r.lines.sep...)
		if len(text) > r.lines.limit {
			return false, faultf(2001, "the record on line %d is longer than %d bytes; a quote may be missing", r.line, r.lines.limit)
		}
		r.text = text
		var err error
		if line, err = r.nextLine(); err == io.EOF {
			r.openQuote = true
			return false, nil
		} else if err != nil {
			return false, err
		}
	}
}

// closeQuoted ends a quoted cell, resolves its doubled quotes, and reports
// whether it holds a quote that is not doubled.
func closeQuoted(text []byte, s *span) (_ []byte, stray bool) {
	b := text[s.start:]
	if bytes.IndexByte(b, '"') >= 0 {
		for i := 1; i+1 < len(b); i++ {
			if b[i] == '"' && b[i-1] != '"' && b[i+1] != '"' {
				return text, true
			}
		}
		n := 0
		for i := 0; i < len(b); i++ {
			b[n] = b[i]
			n++
			if b[i] == '"' && i+1 < len(b) && b[i+1] == '"' {
				i++
			}
		}
		text = text[:s.start+n]
	}
	s.end = len(text)
	return text, false
}

func (r *csvReader) fromSpans() {
	r.cells = r.cells[:0]
	for _, s := range r.spans {
		r.cells = append(r.cells, cell{r.text[s.start:s.end:s.end], s.quoted})
	}
}

// firstRow parses the first row of a text as Ruby does, to count its cells. Ok is
// false if the row is malformed, and open is true if that is because a quote is
// not closed on this line.
func firstRow(line []byte, delimiter byte) (cells int, ok, open bool) {
	sep := rowSeparator(line)
	r := csvReader{
		dialect: csvDialect{delimiter: delimiter, rewrite: true, encoding: encodingGuess{name: latin1Name}},
		lines:   newLineReader(bytes.NewReader(line), sep, len(line)+1),
	}
	first, err := r.lines.next()
	if err != nil {
		return 0, true, false
	}
	if bytes.IndexByte(first, '"') >= 0 {
		if ok, _ := r.strictQuoted(bytes.Clone(first)); !ok {
			return 0, false, r.openQuote
		}
		return len(r.cells), true, false
	}
	r.splitStrict(first)
	return len(r.cells), !bytes.ContainsAny(first, "\r\n"), false
}

// rowSeparator is the first line end in a text: Ruby then expects it everywhere.
func rowSeparator(text []byte) string {
	i := bytes.IndexAny(text, "\r\n")
	switch {
	case i < 0 || text[i] == '\n':
		return "\n"
	case i+1 < len(text) && text[i+1] == '\n':
		return "\r\n"
	}
	return "\r"
}
