package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// xlsxSchema is the first pass over a spreadsheet. CARTO converts it to CSV and
// goes on with that, so what counts is the text that the conversion yields:
// types are guessed from it, and the file is always rewritten.
//
// The converter whose rules are followed is in2csv of csvkit 0.9.0 with openpyxl,
// which CARTO pins.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/excel2csv.rb and
// python_requirements.txt.
func xlsxSchema(ctx context.Context, l *Layer, o Options) (*Schema, error) {
	r, size, err := l.random(ctx)
	if err != nil {
		return nil, err
	}
	book, err := openWorkbook(ctx, r, size, l.limits)
	if err != nil {
		return nil, spreadsheetFault(err)
	}
	var last *sheetReader // of the last time the sheet was read
	converted := *l
	converted.converted = true
	converted.open = func(ctx context.Context) (io.ReadCloser, error) {
		s, err := newSheetReader(ctx, book, size)
		if err != nil {
			return nil, spreadsheetFault(err)
		}
		last = s
		return s, nil
	}
	schema, err := csvSchema(ctx, &converted, o)
	if err != nil {
		return nil, err
	}
	if schema.Delimiter == "," {
		schema.Delimiter = "" // of the conversion, which has gone well
	}
	last.warn(schema)
	return schema, nil
}

// spreadsheetFault turns the complaint about a spreadsheet into a fault: the
// conversion then yields nothing, and CARTO calls the file empty.
func spreadsheetFault(err error) error {
	var fault *Fault
	var read *readError
	switch {
	case errors.As(err, &read):
		return read
	case errors.As(err, &fault) && fault.Code == 6666:
		return fault
	}
	return faultf(1005, "the spreadsheet cannot be read: %v", err)
}

// A sheetReader reads a sheet as the CSV that CARTO's conversion makes of it:
//
//   - the sheet is as wide and as long as it says it is; without such a word
//     each row is as long as its last cell;
//   - rows that are missing before the last are there, and empty;
//   - line breaks inside cells vanish;
//   - formulas count by the value that was saved with them.
type sheetReader struct {
	book    *workbook
	x       *xmlReader
	closer  io.Closer
	strings sharedStrings
	size    int64 // of the spreadsheet, against bombs

	first, last extents // cells outside are left out
	sized       bool
	row         int // number of the row that was read last, from 1
	next        int // number of the row to be written next
	column      int // of the current cell
	cells       []sheetCell
	pending     bool   // the row is read and not written
	text        []byte // of the cells

	out   []byte // not yet handed over
	taken int
	n     int64 // bytes so far
	cut   int64 // cells that lie outside of what the sheet says it holds
	done  error
}

// extents are a column and a row, from 1.
type extents struct{ column, row int }

// A sheetCell is a piece of sheetReader.text; none if column is 0.
type sheetCell struct{ start, end int }

func newSheetReader(ctx context.Context, book *workbook, size int64) (*sheetReader, error) {
	r, err := book.part(ctx, book.sheet)
	if err != nil {
		return nil, err
	}
	s := &sheetReader{book: book, x: newXMLReader(r, book.limits.Record), closer: r, size: size}
	s.first, s.next = extents{1, 1}, 1
	s.strings = sharedStrings{limits: book.limits, open: func() (io.ReadCloser, error) {
		if book.strings == "" {
			return nil, errors.New("it has no shared strings")
		}
		return book.part(ctx, book.strings)
	}}
	return s, nil
}

// Read gives the CSV.
func (s *sheetReader) Read(p []byte) (int, error) {
	for s.taken == len(s.out) {
		if s.done != nil {
			return 0, s.done
		}
		s.out, s.taken = s.out[:0], 0
		if s.done = s.fill(); s.done != nil && s.done != io.EOF {
			s.done = spreadsheetFault(s.done)
		}
	}
	n := copy(p, s.out[s.taken:])
	s.taken += n
	return n, nil
}

func (s *sheetReader) Close() error {
	return errors.Join(s.closer.Close(), s.strings.close())
}

// warn adds what is to be said about the sheet.
func (s *sheetReader) warn(schema *Schema) {
	if s.book.sheets > 1 {
		schema.warn(WarnIgnoredSheets, "", "the file holds %d sheets; only %q, which was open when it was saved, is imported", s.book.sheets, s.book.title)
	}
	if s.cut > 0 {
		schema.warn(WarnCutSheet, "", "%d cells lie outside of the size that the sheet gives itself and are dropped", s.cut)
		schema.advise("save it again")
	}
}

// fill converts some rows.
func (s *sheetReader) fill() error {
	for len(s.out) < 32<<10 {
		if s.pending {
			s.write()
			continue
		}
		t, err := s.x.next()
		if err != nil {
			return err
		}
		if t.kind != xmlStart {
			continue
		}
		switch string(t.name) {
		case "dimension":
			err = s.dimension(t)
		case "row":
			err = s.readRow(t)
		}
		if err != nil {
			return err
		}
	}
	s.n += int64(len(s.out))
	if l := s.book.limits; s.n > l.Unpacked || s.n > l.RatioFrom && s.n/l.Ratio > s.size {
		return faultf(6666, "the sheet becomes more than %d bytes of text, far more than the file has", s.n)
	}
	return nil
}

// dimension reads how big the sheet says it is.
func (s *sheetReader) dimension(t xmlToken) error {
	ref, _ := t.attr("ref")
	from, to, found := bytes.Cut(ref, []byte{':'})
	var ok bool
	if s.first, ok = parseReference(from); !ok {
		return fmt.Errorf("the sheet's size %q is none", clip(ref))
	}
	s.last, s.sized = s.first, true
	if found {
		if s.last, ok = parseReference(to); !ok {
			return fmt.Errorf("the sheet's size %q is none", clip(ref))
		}
	}
	s.next = s.first.row
	return nil
}

// maxSheetColumn is the last that openpyxl has a name for: ZZZ.
const maxSheetColumn = 26 + 26*26 + 26*26*26

// parseReference reads the name of a cell, such as B12 or $B$12.
func parseReference(ref []byte) (extents, bool) {
	var e extents
	i := 0
	if i < len(ref) && ref[i] == '$' {
		i++
	}
	for ; i < len(ref) && e.column <= maxSheetColumn; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		e.column = e.column*26 + int(c-'A') + 1
	}
	if i < len(ref) && ref[i] == '$' {
		i++
	}
	var ok bool
	e.row, ok = parseRow(ref[i:])
	return e, ok && 0 < e.column && e.column <= maxSheetColumn
}

// parseRow reads the number of a row, from 1.
func parseRow(digits []byte) (int, bool) {
	n := 0
	for _, c := range digits[:min(len(digits), 9)] {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, n > 0 && len(digits) <= 9
}

// readRow reads the cells of a row and writes it.
func (s *sheetReader) readRow(t xmlToken) error {
	s.row++
	if r, ok := t.attr("r"); ok {
		if s.row, ok = parseRow(r); !ok {
			return fmt.Errorf("%q is no row", clip(r))
		}
	}
	s.cells, s.text, s.column = s.cells[:0], s.text[:0], 0
	depth := s.x.depth()
	any := false
	for {
		t, err := s.x.next()
		if err != nil {
			return unexpected(err)
		}
		switch {
		case t.kind == xmlEnd && s.x.depth() < depth:
			if any && !(s.sized && (s.row > s.last.row || s.row < s.first.row)) {
				s.pending = true
			}
			return nil
		case t.kind == xmlStart && string(t.name) == "c":
			any = true
			if err := s.cell(t); err != nil {
				return err
			}
		}
	}
}

// unexpected turns the end of a part into an error.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// cell reads a cell and puts its text into its place.
func (s *sheetReader) cell(t xmlToken) error {
	s.column++
	if ref, ok := t.attr("r"); ok {
		e, ok := parseReference(ref)
		if !ok {
			return fmt.Errorf("%q is no cell", clip(ref))
		}
		s.column = e.column
	} else if s.column > maxSheetColumn {
		return errors.New("a row has too many cells")
	}
	kind, style := sheetNumber, 0
	if raw, ok := t.attr("t"); ok {
		kind = sheetKindOf(raw)
	}
	if raw, ok := t.attr("s"); ok {
		style = int(min(leadingFloat(raw), 1e6))
	}
	start := len(s.text)
	if err := s.value(kind); err != nil {
		return err
	}
	if err := s.convert(start, kind, style); err != nil {
		return fmt.Errorf("row %d, column %d: %w", s.row, s.column, err)
	}
	if s.sized && (s.column > s.last.column || s.column < s.first.column || s.row > s.last.row || s.row < s.first.row) {
		if len(s.text) > start {
			s.cut++
		}
		s.text = s.text[:start]
		return nil
	}
	at := s.column - s.first.column
	for len(s.cells) <= at {
		s.cells = append(s.cells, sheetCell{})
	}
	s.cells[at] = sheetCell{start, len(s.text)}
	if len(s.text) > s.book.limits.Record {
		return faultf(6666, "row %d is longer than %d bytes", s.row, s.book.limits.Record)
	}
	return nil
}

// write writes a row: the one that was read last, or an empty one if rows before
// it are missing.
func (s *sheetReader) write() {
	if s.next < s.row {
		empty := 0
		if s.sized {
			empty = s.last.column - s.first.column + 1
		}
		s.out = appendCSV(s.out, nil, nil, empty)
		s.next++
		return
	}
	width := len(s.cells)
	if s.sized {
		width = s.last.column - s.first.column + 1
	}
	s.out = appendCSV(s.out, s.text, s.cells, width)
	s.next = s.row + 1
	s.pending = false
}
