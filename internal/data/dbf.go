package data

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

// A dbfField is one column of the table beside a shapefile.
type dbfField struct {
	name   []byte // as it stands in the file
	start  int    // in a record
	width  int
	letter byte // its type: C, N, F, L, D, ...
	kind   Type
}

// A dbfReader reads a dBase table from the beginning to the end.
type dbfReader struct {
	r       *bufio.Reader
	fields  []dbfField
	rows    int64 // that the header announces
	driver  byte  // language driver, which names a code page
	n       int64
	record  []byte
	deleted bool // the record that was read last
}

var errShortTable = errors.New("the .dbf ends too early")

// newDBFReader reads the header.
//
// Source: GDAL, ogr/ogrsf_frmts/shape/dbfopen.c and shape2ogr.cpp.
func newDBFReader(r io.Reader) (*dbfReader, error) {
	d := &dbfReader{r: bufio.NewReaderSize(r, 64<<10)}
	var head [32]byte
	if err := d.full(head[:]); err != nil {
		return nil, err
	}
	length, width := int(binary.LittleEndian.Uint16(head[8:])), int(binary.LittleEndian.Uint16(head[10:]))
	d.rows, d.driver = int64(int32(binary.LittleEndian.Uint32(head[4:]))), head[29]
	if length < 32 || width == 0 || d.rows < 0 {
		return nil, errors.New("the .dbf has a broken header")
	}
	rest := make([]byte, length-32)
	if err := d.full(rest); err != nil {
		return nil, err
	}
	start := 1 // behind the mark of deletion
	for ; len(rest) >= 32 && rest[0] != '\r'; rest = rest[32:] {
		f := dbfField{name: bytes.TrimRight(untilNUL(bytes.Clone(rest[:11])), " "), letter: rest[11], start: start, width: int(rest[16])}
		f.kind = dbfType(f.letter, f.width, int(rest[17]))
		start += f.width
		d.fields = append(d.fields, f)
	}
	if start > width {
		return nil, errors.New("the columns of the .dbf are wider than its records")
	}
	d.record = make([]byte, width)
	return d, nil
}

// dbfType gives the type of a column: numbers of more digits than an integer
// holds are big ones or fractions, and logical values are letters.
func dbfType(letter byte, width, decimals int) Type {
	switch {
	case letter == 'D':
		return Date
	case letter != 'N' && letter != 'F':
		return Text
	case decimals == 0 && width < 10:
		return Integer
	case decimals == 0 && width < 19:
		return BigInt
	}
	return Double
}

// full reads exactly so much.
func (d *dbfReader) full(p []byte) error {
	_, err := io.ReadFull(d.r, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errShortTable
	}
	return err
}

// next reads the next record. The error is io.EOF behind the last.
func (d *dbfReader) next() error {
	if d.n == d.rows {
		return io.EOF
	}
	if err := d.full(d.record); err != nil {
		return err
	}
	d.n++
	d.deleted = d.record[0] == '*'
	return nil
}

// text gives a value without the spaces around it; nil is NULL.
func (d *dbfReader) text(f dbfField) []byte {
	b := bytes.Trim(untilNUL(d.record[f.start:f.start+f.width]), " ")
	switch {
	case len(b) == 0:
		return nil
	case (f.letter == 'N' || f.letter == 'F') && b[0] == '*':
		return nil
	case f.letter == 'D' && (string(b) == "00000000" || string(b) == "0"):
		return nil
	}
	return b
}

// dbfDate reads a date such as 20200131, or 01/31/2020. What is neither gives one
// that does not exist.
func dbfDate(b []byte) moment {
	if len(b) >= 10 && b[2] == '/' && b[5] == '/' {
		month, _ := parseInt(b[:2])
		day, _ := parseInt(b[3:5])
		year, _ := parseInt(b[6:10])
		return moment{hasDate: true, year: int(year), month: int(month), day: int(day)}
	}
	n, _ := parseInt(b)
	n = min(max(n, 0), 99_999_999)
	return moment{hasDate: true, year: int(n / 10_000), month: int(n / 100 % 100), day: int(n % 100)}
}
