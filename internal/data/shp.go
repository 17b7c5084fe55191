package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An opener gives the bytes of a file from the beginning.
type opener func(context.Context) (io.ReadCloser, error)

// noSidecar says which of the files of a shapefile is missing.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/shp_helper.rb, verify_file.
func noSidecar(shp, ext string) *Fault {
	return faultf(1006, "the shapefile %s has no %s beside it", shp, ext)
}

// A besideFunc gives a file beside another: by its name, or by its extension.
type besideFunc func(string) (opener, bool)

func (l *Layer) beside(ext string) (opener, bool) {
	if l.sidecars == nil {
		return nil, false
	}
	return l.sidecars(ext)
}

// missingSidecar says which of the files that a shapefile needs is not beside it.
func (l *Layer) missingSidecar() *Fault {
	for _, ext := range []string{".dbf", ".shx"} {
		if _, ok := l.beside(ext); !ok {
			return noSidecar(l.File, ext)
		}
	}
	return nil
}

// openDBF opens the table beside a shapefile.
func openDBF(ctx context.Context, l *Layer) (*dbfReader, io.Closer, error) {
	open, ok := l.beside(".dbf")
	if !ok {
		return nil, nil, noSidecar(l.File, ".dbf")
	}
	r, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	d, err := newDBFReader(r)
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	return d, r, nil
}

// A shpSystem is the reference system of a shapefile.
type shpSystem struct {
	to      transform
	warning string // why coordinates are taken for degrees
	unknown error  // why they cannot be turned into degrees
}

// shpSystemOf reads the .prj. Without one, or with one that says nothing,
// coordinates are taken for degrees.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/loader.rb,
// shapefile_without_prj? and the fallback for a missing reference system.
func shpSystemOf(ctx context.Context, l *Layer) (shpSystem, error) {
	open, ok := l.beside(".prj")
	if !ok {
		return shpSystem{warning: "there is no .prj: coordinates are taken for longitude and latitude"}, nil
	}
	text, err := small(ctx, open)
	if err != nil {
		return shpSystem{}, err
	}
	trimmed := strings.TrimSpace(strings.TrimPrefix(string(text), string(utf8BOM)))
	if trimmed == "" {
		return shpSystem{warning: "the .prj is empty: coordinates are taken for longitude and latitude"}, nil
	}
	root, err := parseWKTSystem(trimmed)
	if err != nil {
		return shpSystem{unknown: fmt.Errorf("its .prj cannot be read: %w", err)}, nil
	}
	to, err := systemOf(root)
	return shpSystem{to: to, unknown: err}, nil
}

// A shapefile is open for reading.
type shapefile struct {
	table   *dbfReader
	text    *shpText
	shapes  *shpReader
	decoder shpDecoder
	closers []io.Closer
	row     int64
}

func openShapefile(ctx context.Context, l *Layer, to transform) (*shapefile, error) {
	s := &shapefile{}
	s.decoder.enc.strict = true
	s.decoder.enc.transform = to
	table, closer, err := openDBF(ctx, l)
	if err != nil {
		return nil, err
	}
	s.table, s.closers = table, append(s.closers, closer)
	if s.text, err = shpTextOf(ctx, l, table); err == nil {
		s.shapes, err = newShpReader(ctx, l)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.closers = append(s.closers, s.shapes)
	return s, nil
}

func (s *shapefile) Close() error {
	var all []error
	for _, c := range s.closers {
		all = append(all, c.Close())
	}
	return errors.Join(all...)
}

// next reads the next shape that is not deleted and its row. There are as many as
// the shorter of the two has. The error is io.EOF behind the last.
func (s *shapefile) next() error {
	for {
		shape, err := s.shapes.next()
		if err != nil {
			return err
		}
		s.row++
		if err := s.table.next(); err != nil {
			return err
		}
		if s.table.deleted {
			continue
		}
		return s.decoder.shape(shape)
	}
}

// fault turns what is wrong with a shapefile into what the caller of Schema gets.
func (s *shapefile) fault(err error) error {
	var fault *Fault
	var read *readError
	var unsupported *UnsupportedError
	switch {
	case err == nil, err == io.EOF, errors.As(err, &fault), errors.As(err, &read), errors.As(err, &unsupported):
		return err
	}
	return faultf(2001, "shape %d: %v", s.row, err)
}

// shpSchema is the first pass over a shapefile: the columns stand in the header of
// its table, so the rows only have to be checked.
func shpSchema(ctx context.Context, l *Layer, _ Options) (*Schema, error) {
	system, err := shpSystemOf(ctx, l)
	if err != nil {
		return nil, err
	}
	s, err := openShapefile(ctx, l, system.to)
	if err != nil {
		return nil, tableFault(err)
	}
	defer s.Close()
	scan, err := newShpScan(s)
	if err != nil {
		return nil, err
	}
	for {
		if err := s.next(); err == io.EOF {
			break
		} else if err != nil {
			return nil, s.fault(err)
		}
		if err := scan.add(); err != nil {
			return nil, s.fault(err)
		}
	}
	if system.unknown != nil {
		return nil, &UnsupportedError{l.Format, system.unknown.Error() + "; save it in longitude and latitude"}
	}
	return scan.schema(l, system)
}

// tableFault is about a table that cannot be opened: the library that CARTO asks
// for its encoding fails without a code of its own.
func tableFault(err error) error {
	var fault *Fault
	var read *readError
	var unsupported *UnsupportedError
	if errors.As(err, &fault) || errors.As(err, &read) || errors.As(err, &unsupported) {
		return err
	}
	return faultf(99999, "the shapefile cannot be read: %v", err)
}
