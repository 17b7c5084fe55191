package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/name"
)

// A localFile is a file to upload.
type localFile struct {
	*os.File
	path   string // as typed
	upload string // the name it is uploaded under
	size   int64
	format data.Format // "" if it was not recognised
	layers []string    // the datasets that CARTO will make of it, as far as that can be told
	sure   bool        // of the names

	ignored int // layers that CARTO leaves out, since an archive holds too many
}

// openFile opens a file and predicts which datasets it becomes: CARTO goes by the
// name of the upload, of archives by those of the files inside.
func openFile(path, wanted string) (*localFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("file %q cannot be read: %w", path, fileError(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file; write its contents to one first")
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("file %q cannot be read: %w", path, fileError(err))
	}
	l := &localFile{File: f, path: path, size: info.Size(), upload: filepath.Base(path)}
	if wanted != "" {
		l.upload = wanted + data.Extension(l.upload)
	}
	l.look()
	if err := l.several(wanted); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

// look finds out the names. What cannot be looked into is CARTO's to judge.
func (l *localFile) look() {
	f, err := data.Open(l.upload, l.File, l.size)
	if err != nil {
		l.layers = []string{name.FromUpload(l.upload)}
		return
	}
	l.format = f.Format
	for _, layer := range f.Layers {
		l.layers = append(l.layers, name.Sanitize(layer.Name))
	}
	l.ignored = f.Ignored
	switch f.Format {
	case data.FormatTAR, data.FormatBZ2, data.FormatGZ, data.FormatRAR, data.FormatCARTO, data.FormatOSM:
	default:
		l.sure = true
	}
}

// several refuses what CARTO would do in silence with an archive of several layers: it
// takes no name for them, numbers those of one name, and leaves out what is too much.
func (l *localFile) several(wanted string) error {
	switch made := len(l.layers); {
	case l.ignored > 0:
		return fmt.Errorf("%s holds %d layers, and CARTO would import %d of them without a word; split it", l.path, made+l.ignored, made)
	case made > 1 && wanted != "":
		return fmt.Errorf("%s holds %d layers, and --name can name one; leave it out, or import one file for each", l.path, made)
	}
	for n, layer := range l.layers {
		if slices.Contains(l.layers[:n], layer) {
			return fmt.Errorf("%s holds two layers that become %q, and CARTO would call the second %q; rename one of them in it", l.path, layer, layer+"_1")
		}
	}
	return nil
}

// replaces says why a file cannot replace the dataset of a name; nil if it can.
func (l *localFile) replaces() error {
	switch {
	case len(l.layers) != 1:
		return fmt.Errorf("%s holds %d layers, and replacing several datasets at once can end half-way; import one file for each", l.path, len(l.layers))
	case !l.sure:
		return fmt.Errorf("nobody can tell before which dataset CARTO would replace with %s; unpack it, or use zip", l.path)
	}
	switch l.format {
	case data.FormatGPX, data.FormatGPKG, data.FormatFGDB:
		return fmt.Errorf("CARTO names the layers of %s itself if there are several, and could replace another dataset; convert it to a format of one layer", l.path)
	}
	return nil
}

// request is the upload. The file is read from its beginning, once.
func (l *localFile) request(collision carto.Collision, privacy carto.Privacy, guess carto.Guessing) (carto.Upload, error) {
	if _, err := l.Seek(0, io.SeekStart); err != nil {
		return carto.Upload{}, err
	}
	if collision == carto.CollisionOverwrite {
		privacy = "" // CARTO ignores it; it is set afterwards
	}
	return carto.Upload{Name: l.upload, Body: l.File, Size: l.size, Collision: collision, Privacy: privacy, Guessing: guess}, nil
}
