package data

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cartosync/cartosync/internal/name"
)

// unpack lists the layers of an archive.
func (l Limits) unpack(ctx context.Context, archive Format, file string, s *source) ([]*Layer, error) {
	switch archive {
	case FormatZIP:
		return l.unzip(s)
	case FormatGZ, FormatBZ2, FormatTAR:
		return l.unstream(ctx, archive, file, s)
	}
	return []*Layer{{Name: name.Base(file), File: file, Format: archive, limits: l}}, nil
}

// skipped reports whether CARTO passes over a member of an archive.
//
// Source: CartoDB/cartodb: services/importer/lib/importer/unp.rb, crawl.
func skipped(member string) bool {
	for part := range strings.SplitSeq(member, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".." || strings.HasPrefix(part, "__") {
			return true
		}
	}
	base := strings.ToLower(path.Base(member))
	_, afterReadme, isReadme := strings.Cut(base, "readme")
	return isReadme && strings.Contains(afterReadme, ".txt") || strings.Contains(base, ".version.txt")
}

// member makes a layer for a member of an archive, nil if CARTO passes over it.
// Only the base name of a member counts: nothing is ever written to disk.
func (l Limits) member(file string) (*Layer, error) {
	if !utf8.ValidString(file) {
		return nil, faultf(2006, "the archive holds a file name that is not UTF-8: %q", file)
	}
	if strings.HasSuffix(file, "/") || skipped(file) {
		return nil, nil
	}
	layer, err := l.layer(name.Normalize(path.Base(file)))
	if err != nil {
		return nil, nil // an unknown extension is no fault inside an archive
	}
	layer.Member = file
	return layer, nil
}

var errNothingInside = &Fault{1002, "the archive holds no file that CARTO imports"}

func (l Limits) unzip(s *source) ([]*Layer, error) {
	z, err := l.directory(s, s.size, "archive", "files")
	if err != nil {
		return nil, readFault(unpackFault(err))
	}
	var unpacked uint64
	members := make([]member, 0, len(z.File))
	for _, f := range z.File {
		if f.Flags&1 != 0 {
			return nil, faultf(1018, "the archive is encrypted")
		}
		unpacked += f.UncompressedSize64
		if unpacked > uint64(l.Unpacked) || f.UncompressedSize64 > uint64(l.Unpacked) {
			return nil, faultf(6666, "the archive unpacks to more than %d bytes", l.Unpacked)
		}
		members = append(members, member{f.Name, l.openZip(f)})
	}
	return l.layers(members)
}

// A member is one file of an archive.
type member struct {
	name string
	open opener
}

// layers gives those members that become datasets.
func (l Limits) layers(members []member) ([]*Layer, error) {
	var layers []*Layer
	beside := besides(members)
	for _, m := range members {
		layer, err := l.member(m.name)
		if err != nil {
			return nil, err
		}
		if layer == nil {
			continue
		}
		layer.open = m.open
		if layer.Format == FormatSHP {
			stem := strings.TrimSuffix(name.Normalize(m.name), ".shp")
			layer.sidecars = func(ext string) (opener, bool) { return beside(stem + ext) }
			layer.fault = layer.missingSidecar()
		}
		layers = append(layers, layer)
	}
	if len(layers) == 0 {
		return nil, errNothingInside
	}
	return layers, nil
}

// besides finds members by their normalised names.
func besides(members []member) besideFunc {
	byName := sync.OnceValue(func() map[string]opener {
		all := make(map[string]opener, len(members))
		for _, m := range members {
			all[name.Normalize(m.name)] = m.open
		}
		return all
	})
	return func(file string) (opener, bool) {
		open, ok := byName()[file]
		return open, ok
	}
}

func (l Limits) openZip(f *zip.File) opener {
	return func(ctx context.Context) (io.ReadCloser, error) {
		r, err := f.Open()
		if err != nil {
			return nil, unpackFault(err)
		}
		return &unpackReader{r: contextReader{ctx, r}, closer: r, limits: l, packed: int64(f.CompressedSize64)}, nil
	}
}

// A contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if c.ctx.Err() != nil {
		return 0, &readError{context.Cause(c.ctx)}
	}
	return c.r.Read(p)
}

// unstream lists what a gz, tgz, tar or bz2 file holds.
func (l Limits) unstream(ctx context.Context, archive Format, file string, s *source) ([]*Layer, error) {
	open := func(ctx context.Context) (io.ReadCloser, error) {
		return l.decompress(archive, s.open(ctx), s.size)
	}
	inner := strings.TrimSuffix(strings.TrimSuffix(file, ".gz"), ".bz2")
	if strings.HasSuffix(inner, ".tar") || strings.HasSuffix(inner, ".tgz") {
		return l.untar(ctx, open)
	}
	r, err := open(ctx)
	if err != nil {
		return nil, readFault(err)
	}
	r.Close()
	layer, err := l.member(inner)
	if err != nil {
		return nil, err
	}
	if layer == nil {
		return nil, errNothingInside
	}
	layer.open = open
	if layer.Format == FormatSHP {
		layer.fault = layer.missingSidecar()
	}
	return []*Layer{layer}, nil
}

func (l Limits) decompress(archive Format, r io.ReadCloser, size int64) (io.ReadCloser, error) {
	u := &unpackReader{r: r, closer: r, limits: l, packed: size}
	switch archive {
	case FormatGZ:
		z, err := gzip.NewReader(bufio.NewReaderSize(r, 64<<10))
		if err != nil {
			return nil, unpackFault(err)
		}
		u.r = z
	case FormatBZ2:
		u.r = bzip2.NewReader(bufio.NewReaderSize(r, 64<<10))
	}
	return u, nil
}

// untar lists the members of a tar file. Each layer finds its own member again.
func (l Limits) untar(ctx context.Context, open opener) ([]*Layer, error) {
	r, err := open(ctx)
	if err != nil {
		return nil, readFault(err)
	}
	defer r.Close()
	var members []member
	t := tar.NewReader(r)
	for i := 0; ; i++ {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			return nil, readFault(unpackFault(err))
		}
		if i >= l.Entries {
			return nil, faultf(6666, "the archive holds more than %d files", l.Entries)
		}
		if h.Typeflag == tar.TypeReg {
			members = append(members, member{h.Name, openTar(open, i)})
		}
	}
	return l.layers(members)
}

func openTar(open opener, member int) opener {
	return func(ctx context.Context) (io.ReadCloser, error) {
		r, err := open(ctx)
		if err != nil {
			return nil, err
		}
		t := tar.NewReader(r)
		for range member + 1 {
			if _, err := t.Next(); err != nil && !errors.Is(err, tar.ErrInsecurePath) {
				r.Close()
				return nil, unpackFault(err)
			}
		}
		return tarMember{t, r}, nil
	}
}

type tarMember struct {
	t *tar.Reader
	r io.Closer
}

func (m tarMember) Read(p []byte) (int, error) {
	n, err := m.t.Read(p)
	if err != nil && err != io.EOF {
		err = unpackFault(err)
	}
	return n, err
}

func (m tarMember) Close() error { return m.r.Close() }
