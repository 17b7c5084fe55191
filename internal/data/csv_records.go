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
		r.cutAtNUL(line)
		return r.cells, nil
	}
	if line, err = r.join(line); err != nil {
		return nil, err
	}
	r.splitQuoted(line)
	r.cutAtNUL(line)
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

// splitQuoted cuts a line with quotes as GDAL's CSVSplitLine does. Cells that
// need no change are not copied.
func (r *csvReader) splitQuoted(line []byte) {
	cells := r.cells[:0]
	if cap(r.text) < len(line) {
		r.text = make([]byte, 0, 2*len(line))
	}
	text := r.text[:0]
	quote := bytes.IndexByte(line, '"') // the next one
	for i := 0; i <= len(line); i++ {
		if quote >= 0 && quote < i {
			quote = indexFrom(line, '"', i)
		}
		comma := indexFrom(line, ',', i)
		switch {
		case quote < 0 && comma < 0:
			cells = append(cells, cell{text: line[i:]})
			i = len(line)
		case comma >= 0 && (quote < 0 || comma < quote):
			cells = append(cells, cell{text: line[i:comma]})
			i = comma
		default:
			start := len(text)
			var plain []byte
			plain, text, i = unquoteCell(text, line, i)
			if plain == nil {
				plain = text[start:len(text):len(text)]
			}
			cells = append(cells, cell{plain, true})
		}
	}
	r.cells = cells
}

// indexFrom is bytes.IndexByte of what follows a place.
func indexFrom(b []byte, c byte, from int) int {
	if i := bytes.IndexByte(b[from:], c); i >= 0 {
		return from + i
	}
	return -1
}

// unquoteCell reads the cell with quotes that begins at i and gives the place of
// the delimiter behind it. The cell is a part of the line if its only quotes are
// around it, else it is nil and appended to the text.
func unquoteCell(text, line []byte, i int) (plain, _ []byte, end int) {
	if line[i] == '"' {
		closing := indexFrom(line, '"', i+1)
		if closing > 0 && (closing+1 == len(line) || line[closing+1] == ',') {
			return line[i+1 : closing : closing], text, closing + 1
		}
	}
	inside := false
	for ; i < len(line); i++ {
		switch c := line[i]; {
		case c == ',' && !inside:
			return nil, text, i
		case c != '"':
			text = append(text, c)
		case inside && i+1 < len(line) && line[i+1] == '"':
			text = append(text, '"')
			i++
		default:
			inside = !inside
		}
	}
	return nil, text, i
}

// cutAtNUL cuts the cells of a line that has NULs: GDAL's strings end there.
func (r *csvReader) cutAtNUL(line []byte) {
	if bytes.IndexByte(line, 0) < 0 {
		return
	}
	for i := range r.cells {
		r.cells[i].text = untilNUL(r.cells[i].text)
	}
}

func untilNUL(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return b[:i]
	}
	return b
}
