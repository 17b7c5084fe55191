package data

import (
	"bytes"
	"context"
	"errors"
	"io"

	"golang.org/x/text/encoding/charmap"
)

// errLateText says that a file whose beginning is ASCII goes on otherwise.
var errLateText = errors.New("text beyond ASCII behind the encoding sample")

// dialectSample is how much of a file is looked at to find the delimiter, if the
// encoding sample does not hold enough lines.
const dialectSample = 4 << 20

// A csvDialect is how a delimited file is read.
type csvDialect struct {
	encoding  encodingGuess
	delimiter byte
	sep       string // row separator of Ruby's parser
	rewrite   bool   // CARTO rewrites the file before the converter sees it
	late      bool   // taken for ISO-8859-1 because its beginning is ASCII
}

// csvDialectOf looks at the beginning of a layer.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/csv_normalizer.rb, run
// and needs_normalization?.
func csvDialectOf(ctx context.Context, l *Layer) (csvDialect, error) {
	r, err := l.open(ctx)
	if err != nil {
		return csvDialect{}, err
	}
	defer r.Close()
	head, err := readHead(r)
	if err != nil {
		return csvDialect{}, err
	}
	if len(head) == 0 {
		return csvDialect{}, faultf(1005, "the file is empty")
	}
	sample := head[:min(len(head), encodingSample)]
	d := csvDialect{
		encoding:  guessEncoding(l.File, sample, len(head) <= encodingSample),
		delimiter: guessDelimiter(head),
		sep:       rowSeparator(head),
	}
	if d.encoding.fault != nil {
		return d, d.encoding.fault
	}
	if l.joined {
		d.delimiter = ','
		if first, _, _ := bytes.Cut(head, []byte{'\n'}); bytes.IndexByte(first, ',') < 0 {
			return d, faultf(1002, "the objects have a single key, and a file of one column is not recognised")
		}
		return d, nil
	}
	d.rewrite = l.converted || !d.encoding.accepted() || d.delimiter != ','
	if !d.rewrite {
		first, _, _ := bytes.Cut(head, []byte{'\n'})
		cells, ok, open := firstRow(head[:min(len(first)+1, len(head))], ',')
		if !ok {
			return d, badFirstLine(head, open)
		}
		d.rewrite = cells < 2
	}
	return d, nil
}

// readHead reads the encoding sample, and more if that is less than the lines
// that decide the delimiter.
func readHead(r io.Reader) ([]byte, error) {
	head := make([]byte, encodingSample+1)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return head, nil
	}
	if err != nil || bytes.Count(head, []byte{'\n'}) >= delimiterLines {
		return head, err
	}
	more, err := io.ReadAll(io.LimitReader(r, dialectSample-encodingSample))
	return append(head, more...), err
}

// badFirstLine is what an illegal quote in the first line leads to: an error of
// the parser, unless the quote is never closed and so nothing is left to load.
func badFirstLine(head []byte, open bool) *Fault {
	if open && bytes.Count(head, []byte{'"'})%2 == 1 {
		return faultf(1002, "a quote in the first line is never closed")
	}
	return faultf(2003, "the first line has quotes in the wrong places: a column name must not hold a line break, and a byte order mark must not stand before a quote")
}

// late is the dialect of a file in which text follows a beginning of pure ASCII:
// CARTO has by then decided on ISO-8859-1.
func (d csvDialect) afterASCII() csvDialect {
	d.late = true
	d.encoding = encodingGuess{name: latin1Name, charset: charmap.ISO8859_1}
	return d
}

// read opens the layer for reading records.
func (d csvDialect) read(ctx context.Context, l *Layer) (*csvReader, io.Closer, error) {
	r, err := l.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	text := io.Reader(r)
	if d.encoding.charset != nil {
		text = d.encoding.charset.NewDecoder().Reader(r)
	}
	sep := ""
	if d.rewrite {
		sep = d.sep
	}
	return &csvReader{dialect: d, lines: newLineReader(text, sep, l.limits.Record)}, r, nil
}
