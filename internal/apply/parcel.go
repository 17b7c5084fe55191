package apply

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/name"
)

// A parcel is what is sent of a file.
type parcel struct {
	name  string // of the upload
	inner string // of the file that CARTO names the dataset after
	body  io.ReadCloser
	size  int64

	format data.Format // of the inner file
}

// named is what to send so that what is imported is called dataset: the file as
// it is, or, if CARTO would call that otherwise, the archive with its one file
// renamed, or that file alone. An upload under another name could overwrite
// somebody else's dataset, so what cannot be foretold is refused.
func (u *upload) named(ctx context.Context, dataset string) (parcel, error) {
	format, layer, err := u.layer(u.unpackedAs(dataset))
	if err != nil {
		return parcel{}, err
	}
	p, err := u.packed(ctx, dataset, format, layer)
	if err != nil {
		return parcel{}, err
	}
	p.format = layer.Format
	if got := name.FromUpload(p.inner); got != dataset {
		p.body.Close()
		return parcel{}, fmt.Errorf("CARTO would call the contents of %s %q instead of %q; unpack it, or use zip", u.name, got, dataset)
	}
	return p, nil
}

// unpackedAs is the file's name once it is uploaded for dataset. A kmz is a zip
// by another name, and CARTO unpacks it as one.
func (u *upload) unpackedAs(dataset string) string {
	if u.ext == ".kmz" {
		return dataset + ".zip"
	}
	return dataset + u.ext
}

func (u *upload) packed(ctx context.Context, dataset string, format data.Format, layer *data.Layer) (parcel, error) {
	if u.keepsName(format, layer, dataset) {
		return parcel{name: dataset + u.ext, inner: layer.File, body: newHashed(u.File, u.hash), size: u.size}, nil
	}
	if err := u.seen(); err != nil {
		return parcel{}, err
	}
	if format == data.FormatZIP {
		return u.repacked(dataset, layer.Member)
	}
	return u.extracted(ctx, dataset, layer)
}

// layer is the one part of the file that CARTO imports, were it uploaded under
// the name as.
func (u *upload) layer(as string) (data.Format, *data.Layer, error) {
	f, err := data.Open(as, u.File, u.size)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", u.name, err)
	}
	switch {
	case len(f.Layers) != 1:
		return "", nil, fmt.Errorf("%s holds %d layers; keep one per file", u.name, len(f.Layers))
	case f.Format == data.FormatRAR || f.Format == data.FormatCARTO:
		return "", nil, fmt.Errorf("nobody can tell here what CARTO would call the contents of %s; unpack it, or use zip", u.name)
	case f.Layers[0].Format == data.FormatOSM:
		return "", nil, fmt.Errorf("CARTO makes four datasets of %s; convert it to GeoJSON or to a shapefile", u.name)
	}
	return f.Format, f.Layers[0], nil
}

// keepsName reports whether the file as it is yields the name. A tar always
// names its members, and of the other streams gzip may.
func (u *upload) keepsName(format data.Format, layer *data.Layer, dataset string) bool {
	if name.Sanitize(layer.Name) != dataset {
		return false
	}
	switch format {
	case data.FormatTAR, data.FormatBZ2:
		return false
	case data.FormatGZ:
		z, err := gzip.NewReader(io.NewSectionReader(u.File, 0, u.size))
		return err == nil && layer.Member == "" && (z.Name == "" || name.FromUpload(z.Name) == dataset)
	}
	return true
}

// extracted is the one file of an archive, unpacked into a temporary file.
func (u *upload) extracted(ctx context.Context, dataset string, layer *data.Layer) (parcel, error) {
	switch layer.Format {
	case data.FormatSHP, data.FormatTAB, data.FormatFGDB:
		return parcel{}, fmt.Errorf("%s holds a format of several files; unpack it, or use zip", u.name)
	}
	r, err := layer.Open(ctx)
	if err != nil {
		return parcel{}, fmt.Errorf("%s: %w", u.name, err)
	}
	defer r.Close()
	file := renamed(dataset, layer.File)
	tmp, err := os.CreateTemp("", "cartosync-*"+path.Ext(file))
	if err != nil {
		return parcel{}, err
	}
	t := temporary{tmp}
	size, err := io.Copy(tmp, r)
	if err == nil {
		_, err = tmp.Seek(0, io.SeekStart)
	}
	if err != nil {
		return parcel{}, errors.Join(fmt.Errorf("unpacking %s: %w", u.name, err), t.Close())
	}
	return parcel{name: file, inner: file, body: t, size: size}, nil
}

// severalInside is the dataset that an overwrite could hit besides the one meant:
// of these formats CARTO names every layer DATASET_LAYER if there is more than
// one, and nobody here can count them.
// Source: CartoDB/cartodb, services/importer/lib/importer/gpx_splitter.rb, gpkg_splitter.rb, fgdb_splitter.rb.
func (j *job) severalInside(p parcel, dataset string) error {
	switch p.format {
	case data.FormatGPX, data.FormatGPKG, data.FormatFGDB:
	default:
		return nil
	}
	for _, d := range j.Account.Datasets {
		if strings.HasPrefix(d.Name, dataset+"_") {
			return fmt.Errorf("a layer of a %s file could overwrite dataset %q too; convert it to a format of one layer", p.format, d.Name)
		}
	}
	return nil
}

// A temporary file goes when it is closed.
type temporary struct{ *os.File }

func (t temporary) Close() error { return errors.Join(t.File.Close(), os.Remove(t.Name())) }
