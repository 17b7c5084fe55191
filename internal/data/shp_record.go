package data

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
)

// A shpReader reads the shapes of a shapefile in the order of its index.
type shpReader struct {
	layer  *Layer
	ctx    context.Context
	index  *bufio.Reader
	left   int64 // records that the index still announces
	shapes *bufio.Reader
	at     int64 // in the .shp
	memory []byte
	entry  [8]byte
	record []byte
	opened []io.Closer
}

const shpHeader = 100

// newShpReader reads the headers of the .shp and the .shx. One that is none makes
// the converter not recognise the file (1002).
//
// Source: GDAL, ogr/ogrsf_frmts/shape/shpopen.c.
func newShpReader(ctx context.Context, l *Layer) (*shpReader, error) {
	s := &shpReader{layer: l, ctx: ctx}
	shx, ok := l.beside(".shx")
	if !ok {
		return nil, noSidecar(l.File, ".shx")
	}
	var length int64
	var err error
	if s.index, length, err = s.open(shx, ".shx"); err == nil {
		s.left = (length - shpHeader) / 8
		s.shapes, _, err = s.open(l.open, ".shp")
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.at = shpHeader
	return s, nil
}

// open reads the header of one of the two files and gives how many bytes it says
// that the file has.
func (s *shpReader) open(open opener, ext string) (*bufio.Reader, int64, error) {
	r, err := open(s.ctx)
	if err != nil {
		return nil, 0, err
	}
	s.opened = append(s.opened, r)
	b := bufio.NewReaderSize(r, 64<<10)
	var head [shpHeader]byte
	switch _, err := io.ReadFull(b, head[:]); {
	case err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && binary.BigEndian.Uint32(head[:]) != 9994:
		return nil, 0, faultf(1002, "the %s of the shapefile is broken: it has no header", ext)
	case err != nil:
		return nil, 0, err
	}
	return b, 2 * int64(binary.BigEndian.Uint32(head[24:])), nil
}

func (s *shpReader) Close() error {
	var err error
	for _, c := range s.opened {
		if e := c.Close(); err == nil {
			err = e
		}
	}
	return err
}

// next gives the content of the next record. The error is io.EOF behind the last.
func (s *shpReader) next() ([]byte, error) {
	if s.left <= 0 {
		return nil, io.EOF
	}
	s.left--
	entry := s.entry[:]
	if _, err := io.ReadFull(s.index, entry); err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil, faultf(1002, "the .shx of the shapefile is broken: it ends too early")
	} else if err != nil {
		return nil, err
	}
	offset, length := 2*int64(binary.BigEndian.Uint32(entry)), 2*int64(binary.BigEndian.Uint32(entry[4:]))
	switch {
	case offset < shpHeader || length < 4:
		return nil, faultf(2001, "the .shx of the shapefile is broken: a record has %d bytes at %d", length, offset)
	case length > int64(s.layer.limits.Feature):
		return nil, faultf(6666, "a shape has more than %d bytes", s.layer.limits.Feature)
	}
	const header = 8 // number and length once more
	if err := s.seek(offset + header); err != nil {
		return nil, shortShape(err)
	}
	return s.read(length)
}

// seek moves to a place in the .shp. What goes back is looked up in memory.
func (s *shpReader) seek(to int64) error {
	if to < s.at && s.memory == nil {
		if err := s.keep(); err != nil {
			return err
		}
	}
	if s.memory != nil {
		s.at = to
		return nil
	}
	for s.at < to {
		n, err := s.shapes.Discard(int(min(to-s.at, 1<<30)))
		s.at += int64(n)
		if err != nil {
			return err
		}
	}
	return nil
}

// keep reads the whole .shp into memory.
func (s *shpReader) keep() error {
	r, err := s.layer.open(s.ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	limit := s.layer.limits.Nested
	if s.memory, err = io.ReadAll(io.LimitReader(r, limit+1)); err != nil {
		return err
	}
	if int64(len(s.memory)) > limit {
		return &UnsupportedError{FormatSHP, fmt.Sprintf("its shapes are out of order and have more than %d bytes; save it again", limit)}
	}
	return nil
}

// read reads a record without believing its length.
func (s *shpReader) read(length int64) ([]byte, error) {
	if s.memory != nil {
		if s.at+length > int64(len(s.memory)) {
			return nil, shortShape(io.ErrUnexpectedEOF)
		}
		b := s.memory[s.at : s.at+length]
		s.at += length
		return b, nil
	}
	s.record = s.record[:0]
	for n := int64(0); n < length; n = int64(len(s.record)) {
		step := int(min(length-n, max(n, 64<<10)))
		s.record = slices.Grow(s.record, step)[:int(n)+step]
		if _, err := io.ReadFull(s.shapes, s.record[n:]); err != nil {
			return nil, shortShape(err)
		}
	}
	s.at += length
	return s.record, nil
}

func shortShape(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return faultf(2001, "the .shp of the shapefile ends too early")
	}
	return err
}
