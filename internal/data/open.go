package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"path"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
)

// maxLayers is how many datasets one import makes; further layers are ignored.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/runner.rb.
const maxLayers = 26

// A File is a data file that was recognised.
type File struct {
	Format Format // of the file itself: that of its only layer, or that of an archive
	Layers []*Layer

	Ignored int // layers beyond those that CARTO imports

	source *source
}

// A Layer is what becomes one dataset.
type Layer struct {
	Name   string // normalised base name, before name.Sanitize
	File   string // normalised file name
	Member string // its path inside the archive, as the archive has it; "" outside one
	Format Format

	format    format
	limits    Limits
	fault     *Fault // known without reading
	converted bool   // it is the CSV that CARTO converted a spreadsheet to, and always normalises
	joined    bool   // it is the CSV that CARTO joined JSON to, and never normalises
	open      opener
	sidecars  besideFunc // of a shapefile, once its archive was read

	// Of a layer whose bytes stand in the file as they are.
	at   io.ReaderAt
	size int64
}

// Open recognises a file by its name and content. It reads the directory of an
// archive but no data. An archive gives one layer per importable member; what
// CARTO skips (hidden files, read-mes, unknown extensions) is skipped.
//
// A file that CARTO would refuse gives a [*Fault]: 1002 for an unknown
// extension or an archive with nothing to import, 1003 for a broken archive,
// 1018 for an encrypted one, 6666 for one beyond the limits.
func Open(file string, r io.ReaderAt, size int64) (*File, error) {
	return DefaultLimits().Open(file, r, size)
}

// Open is the function [Open] with other limits.
func (l Limits) Open(file string, r io.ReaderAt, size int64) (*File, error) {
	return l.openSource(context.Background(), file, &source{r: r, size: size})
}

func (l Limits) openSource(ctx context.Context, file string, s *source) (*File, error) {
	normal := name.Normalize(path.Base(file))
	f := &File{source: s}
	var err error
	switch archive := archiveOf(normal); archive {
	case "":
		f.Format, f.Layers, err = l.plain(normal, s)
	default:
		f.Format = archive
		f.Layers, err = l.unpack(ctx, archive, normal, s)
	}
	if err != nil {
		return nil, err
	}
	if extra := len(f.Layers) - maxLayers; extra > 0 {
		f.Layers, f.Ignored = f.Layers[:maxLayers], extra
	}
	return f, nil
}

func (l Limits) plain(file string, s *source) (Format, []*Layer, error) {
	layer, err := l.layer(file)
	if err != nil {
		return "", nil, err
	}
	layer.open = func(ctx context.Context) (io.ReadCloser, error) { return s.open(ctx), nil }
	layer.at, layer.size = s, s.size
	head := make([]byte, min(s.size, 32))
	if _, err := io.ReadFull(io.NewSectionReader(s, 0, s.size), head); err != nil {
		return "", nil, readFault(err)
	}
	layer.fault = layer.format.check(head)
	if layer.Format == FormatSHP {
		layer.fault = faultf(1006, "a shapefile needs its .dbf and .shx; put the three into one zip")
	}
	return layer.Format, []*Layer{layer}, nil
}

// readFault gives the errors of reading that hide in err.
func readFault(err error) error {
	var read *readError
	if errors.As(err, &read) {
		return read.err
	}
	return err
}

// layer makes a layer for a file with a normalised name.
func (l Limits) layer(file string) (*Layer, error) {
	f, ok := formatOf(file)
	if !ok {
		return nil, faultf(1002, "CARTO does not import files named %q", file)
	}
	return &Layer{Name: name.Base(file), File: file, Format: f.name, format: f, limits: l}, nil
}

// archiveOf gives the format of an archive, by its last extension alone. A kmz is
// left to the reader of KML.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/unp.rb, COMPRESSED_EXTENSIONS.
func archiveOf(file string) Format {
	switch {
	case strings.HasSuffix(file, ".zip"):
		return FormatZIP
	case strings.HasSuffix(file, ".carto"):
		return FormatCARTO
	case strings.HasSuffix(file, ".gz"), strings.HasSuffix(file, ".tgz"):
		return FormatGZ
	case strings.HasSuffix(file, ".tar"):
		return FormatTAR
	case strings.HasSuffix(file, ".bz2"):
		return FormatBZ2
	case strings.HasSuffix(file, ".rar"):
		return FormatRAR
	}
	return ""
}

// Open reads the layer's bytes as they are, unpacked if it stands in an archive. A
// broken archive gives a [*Fault], here or while it is read. The files that
// belong to a shapefile are not part of its layer.
func (l *Layer) Open(ctx context.Context) (io.ReadCloser, error) {
	if l.open == nil {
		return nil, &UnsupportedError{l.Format, "there is no reader for this format"}
	}
	r, err := l.open(ctx)
	return r, readFault(err)
}

// random gives access to any place of the layer: to a spreadsheet inside an
// archive by unpacking it into memory.
func (l *Layer) random(ctx context.Context) (io.ReaderAt, int64, error) {
	if l.at != nil {
		return l.at, l.size, nil
	}
	r, err := l.open(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, l.limits.Nested+1))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(b)) > l.limits.Nested {
		return nil, 0, &UnsupportedError{l.Format, fmt.Sprintf("inside an archive it has more than %d bytes; take it out", l.limits.Nested)}
	}
	return bytes.NewReader(b), int64(len(b)), nil
}

// Schema is the first pass over the layer. It reads all of it.
//
// The error is a [*Fault] where CARTO's importer would fail, an
// [*UnsupportedError] where this package cannot say, else an error of reading.
func (l *Layer) Schema(ctx context.Context, o Options) (*Schema, error) {
	if l.fault != nil {
		return nil, l.fault
	}
	if l.format.schema == nil {
		return nil, &UnsupportedError{l.Format, "there is no reader for this format"}
	}
	s, err := l.format.schema(ctx, l, o)
	if err != nil {
		return nil, readFault(err)
	}
	return s, nil
}

// Rows is the second pass over the layer: it iterates over the rows of the
// dataset that the schema, which Schema gave for this layer, describes. An error
// ends the iteration; a fault cannot occur unless the file has changed.
func (l *Layer) Rows(ctx context.Context, s *Schema) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for row, err := range s.rows(ctx) {
			if err != nil {
				yield(Row{}, fmt.Errorf("reading %s: %w", l.File, readFault(err)))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}
