package spec

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// A File is a source file that is open for reading.
type File struct {
	*os.File
	As string // the file's base name; a shapefile's ends in .zip

	temporary bool
}

// Close closes the file. A shapefile's zip goes with it.
func (f *File) Close() error {
	err := f.File.Close()
	if f.temporary {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// sidecars are the files that make a shapefile, in the order in which they are
// packed. CARTO goes by no others.
var sidecars = []string{".shp", ".shx", ".dbf", ".prj", ".cpg", ".cst"}

// packShapefile packs a .shp and the files of the same name beside it, whatever
// their case, into a temporary zip: CARTO takes a shapefile in no other form. The
// same files make the same bytes, so that they have one hash together; they are
// stored as they are, because what compression yields may change with its
// implementation.
func packShapefile(root *os.Root, file string) (_ *File, err error) {
	members, err := besideShapefile(root, file)
	if err != nil {
		return nil, err
	}
	tmp, err := os.CreateTemp("", "cartosync-*.zip")
	if err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(path.Base(file), path.Ext(file))
	packed := &File{File: tmp, As: stem + ".zip", temporary: true}
	defer func() {
		if err != nil {
			err = errors.Join(err, packed.Close())
		}
	}()
	z := zip.NewWriter(tmp)
	for _, m := range members {
		if err := store(z, root, m, stem+strings.ToLower(path.Ext(m))); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return packed, nil
}

// besideShapefile finds the parts of a shapefile. The .shp itself must be there.
func besideShapefile(root *os.Root, file string) ([]string, error) {
	dir := path.Dir(file)
	entries, err := fs.ReadDir(root.FS(), dir)
	if err != nil {
		return nil, err
	}
	stem := strings.TrimSuffix(path.Base(file), path.Ext(file))
	members := []string{file}
	for _, ext := range sidecars[1:] {
		same := func(e fs.DirEntry) bool { return strings.EqualFold(e.Name(), stem+ext) }
		if i := slices.IndexFunc(entries, same); i >= 0 {
			members = append(members, path.Join(dir, entries[i].Name()))
		}
	}
	return members, nil
}

func store(z *zip.Writer, root *os.Root, file, as string) error {
	f, err := openRegular(root, file)
	if err != nil {
		return err
	}
	defer f.Close()
	w, err := z.CreateHeader(&zip.FileHeader{Name: as, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}
