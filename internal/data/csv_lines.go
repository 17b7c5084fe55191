package data

import (
	"bytes"
	"io"
)

// A lineReader cuts a text into lines. With an empty separator a line ends, as
// for GDAL, at LF, CR or both; else exactly at the separator, as for Ruby.
type lineReader struct {
	r     io.Reader
	sep   string
	limit int

	buf      []byte
	pos, end int
	base     int64 // offset of buf[0] in the text
	lf, cr   int   // next line feed and carriage return at or behind pos; end: none is buffered
	eof      bool
	n        int64 // lines so far
}

func newLineReader(r io.Reader, sep string, limit int) *lineReader {
	return &lineReader{r: r, sep: sep, limit: limit, buf: make([]byte, 64<<10)}
}

// offset is where the next line begins.
func (l *lineReader) offset() int64 { return l.base + int64(l.pos) }

// next gives the next line without its separator. It is valid until the next
// call. The error is io.EOF behind the last line.
func (l *lineReader) next() ([]byte, error) {
	for {
		if at, size := l.find(); at < l.end {
			return l.take(at, size)
		}
		if l.eof {
			if l.pos == l.end {
				return nil, io.EOF
			}
			return l.take(l.end, 0)
		}
		if l.end-l.pos > l.limit {
			return l.take(l.end, 0)
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

// take consumes the line that ends at a place, and its separator.
func (l *lineReader) take(end, separator int) ([]byte, error) {
	line := l.buf[l.pos:end]
	l.pos = end + separator
	l.n++
	if len(line) > l.limit {
		return nil, faultf(2001, "line %d is longer than %d bytes", l.n, l.limit)
	}
	return line, nil
}

// find gives where the next separator stands and how long it is. At l.end it
// knows of none, or of one that may go on.
func (l *lineReader) find() (at, size int) {
	if l.lf < l.pos {
		l.lf = l.search('\n', l.pos)
	}
	if l.sep == "\n" {
		return l.lf, 1
	}
	if l.sep == "\r\n" {
		for l.lf < l.end && (l.lf == l.pos || l.buf[l.lf-1] != '\r') {
			l.lf = l.search('\n', l.lf+1)
		}
		if l.lf == l.end {
			return l.end, 0
		}
		return l.lf - 1, 2
	}
	if l.cr < l.pos {
		l.cr = l.search('\r', l.pos)
	}
	switch {
	case l.sep == "\r":
		return l.cr, 1
	case l.lf < l.cr:
		return l.lf, 1
	case l.cr+1 < l.end && l.buf[l.cr+1] == '\n':
		return l.cr, 2
	case l.cr+1 == l.end && !l.eof:
		return l.end, 0 // a line feed may follow
	}
	return l.cr, 1
}

func (l *lineReader) search(c byte, from int) int {
	if i := bytes.IndexByte(l.buf[from:l.end], c); i >= 0 {
		return from + i
	}
	return l.end
}

// fill reads more, and makes room for it in front or by growing.
func (l *lineReader) fill() error {
	lfKnown, crKnown := l.lf < l.end, l.cr < l.end
	scanned := l.end - l.pos
	if l.pos > 0 {
		copy(l.buf, l.buf[l.pos:l.end])
		l.base += int64(l.pos)
		l.lf, l.cr = l.lf-l.pos, l.cr-l.pos
		l.end -= l.pos
		l.pos = 0
	}
	if l.end == len(l.buf) {
		l.buf = append(l.buf, make([]byte, len(l.buf))...)
	}
	n, err := io.ReadAtLeast(l.r, l.buf[l.end:], 1)
	l.end += n
	if err == io.EOF {
		l.eof, err = true, nil
	}
	// What was searched in vain need not be searched again.
	if !lfKnown {
		l.lf = l.search('\n', scanned)
	}
	if !crKnown {
		l.cr = l.search('\r', scanned)
	}
	return err
}
