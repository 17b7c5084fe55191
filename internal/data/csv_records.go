package data

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// A cell is one value of a delimited file, valid until the next record.
type cell struct {
	text   []byte
	quoted bool // it reached the converter with quotes
}

// A csvReader reads the records of a delimited file as they reach the converter
// (GDAL). An unaltered file is read by GDAL's lenient rules alone; a file that
// CARTO rewrites first passes Ruby's strict parser, which drops malformed rows.
type csvReader struct {
	dialect csvDialect
	lines   *lineReader
	started bool
	cells   []cell

	joined []byte // lines of a record with quoted line breaks
	text   []byte // cells without their quotes
	spans  []span

	skipped      int64 // rows that the strict parser dropped
	firstSkipped int64 // line of the first
	strayEnds    int64 // of them, those with the wrong kind of line end
	line         int64 // where the last record began
	openQuote    bool  // the file ended inside quotes
}

// next gives the cells of the next record; a blank line has none. The error is
// io.EOF behind the last record.
func (r *csvReader) next() ([]cell, error) {
	if r.dialect.rewrite {
		return r.strict()
	}
	return r.lenient()
}

// nextLine gives a line that was checked to be text.
func (r *csvReader) nextLine() ([]byte, error) {
	line, err := r.lines.next()
	if err != nil {
		return nil, err
	}
	if isASCII(line) {
		return line, nil
	}
	switch {
	case r.dialect.encoding.ascii:
		return nil, errLateText
	case r.dialect.encoding.charset != nil:
		if bytes.Contains(line, []byte("\uFFFD")) {
			return nil, faultf(2002, "line %d holds bytes that are not %s", r.lines.n, r.dialect.encoding.name)
		}
	case !utf8.Valid(line):
		code := 2001
		if r.dialect.rewrite {
			code = 2002
		}
		return nil, faultf(code, "line %d is not %s; save the file as UTF-8", r.lines.n, r.dialect.encoding.name)
	}
	return line, nil
}

// lenient reads as GDAL's CSV driver does: a quote anywhere switches quoting on
// or off, and a record goes on until the number of quotes is even.
func (r *csvReader) lenient() ([]cell, error) {
	line, err := r.nextLine()
	if err != nil {
		return nil, err
	}
	r.line = r.lines.n
	if !r.started {
		r.started = true
		line = bytes.TrimPrefix(line, utf8BOM)
	}
	if bytes.IndexByte(line, '"') < 0 {
		r.split(line)
		return r.cells, nil
	}
	if line, err = r.join(line); err != nil {
		return nil, err
	}
	r.splitQuoted(line)
	return r.cells, nil
}

var utf8BOM = []byte("\uFEFF")

// join appends lines while the number of quotes is odd.
func (r *csvReader) join(line []byte) ([]byte, error) {
	quotes := bytes.Count(line, []byte{'"'})
	if quotes%2 == 0 {
		return line, nil
	}
	r.joined = append(r.joined[:0], line...)
	for quotes%2 == 1 {
		more, err := r.nextLine()
		if err == io.EOF {
			r.openQuote = true
			break
		}
		if err != nil {
			return nil, err
		}
		quotes += bytes.Count(more, []byte{'"'})
		r.joined = append(r.joined, '\n')
		r.joined = append(r.joined, more...)
		if len(r.joined) > r.lines.limit {
			return nil, faultf(2001, "the record on line %d is longer than %d bytes; a quote may be missing", r.line, r.lines.limit)
		}
	}
	return r.joined, nil
}

// split cuts a line without quotes.
func (r *csvReader) split(line []byte) {
	cells := r.cells[:0]
	if bytes.IndexByte(line, 0) >= 0 {
		r.splitQuoted(line)
		return
	}
	for len(line) > 0 {
		i := bytes.IndexByte(line, ',')
		if i < 0 {
			cells = append(cells, cell{text: line})
			break
		}
		cells = append(cells, cell{text: line[:i]})
		line = line[i+1:]
		if len(line) == 0 { // the delimiter was the last byte
			cells = append(cells, cell{})
		}
	}
	r.cells = cells
}

// splitQuoted cuts a line with quotes as GDAL's CSVSplitLine does. Text behind a
// NUL is lost: GDAL's strings end there.
func (r *csvReader) splitQuoted(line []byte) {
	r.cells = r.cells[:0]
	if len(line) == 0 {
		return
	}
	if cap(r.text) < len(line) {
		r.text = make([]byte, 0, 2*len(line))
	}
	text := r.text[:0]
	start, inside, quoted := 0, false, false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == ',' && !inside:
			r.cells = append(r.cells, cell{untilNUL(text[start:len(text):len(text)]), quoted})
			start, quoted = len(text), false
		case c != '"':
			text = append(text, c)
		case inside && i+1 < len(line) && line[i+1] == '"':
			text = append(text, '"')
			i++
		default:
			inside = !inside
			quoted = true
		}
	}
	r.cells = append(r.cells, cell{untilNUL(text[start:]), quoted})
}

func untilNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
