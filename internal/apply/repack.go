package apply

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/cartosync/cartosync/internal/name"
)

// repacked is the zip with the file inside renamed, since that file's name
// becomes the dataset's. Compressed bytes are copied as they are, so the length
// is known after one pass that writes nowhere, and memory does not grow with
// the archive.
func (u *upload) repacked(dataset, member string) (parcel, error) {
	archive, err := zip.NewReader(io.NewSectionReader(u.File, 0, u.size), u.size)
	if err != nil {
		return parcel{}, fmt.Errorf("%s: %w", u.name, err)
	}
	var size counter
	if err := rename(archive, &size, dataset, member); err != nil {
		return parcel{}, fmt.Errorf("%s: %w", u.name, err)
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(rename(archive, w, dataset, member)) }()
	return parcel{name: dataset + ".zip", inner: renamed(dataset, member), body: r, size: int64(size)}, nil
}

// rename writes a member of the archive, with the files that belong to it (the
// parts of a shapefile), under the dataset's name. Everything else stays behind.
func rename(archive *zip.Reader, to io.Writer, dataset, member string) error {
	out := zip.NewWriter(to)
	for _, f := range archive.File {
		if f.FileInfo().IsDir() || stem(f.Name) != stem(member) {
			continue
		}
		if err := copyRaw(out, f, renamed(dataset, f.Name)); err != nil {
			return err
		}
	}
	return out.Close()
}

// renamed is the dataset's name with a file's ending.
func renamed(dataset, file string) string { return dataset + strings.ToLower(path.Ext(file)) }

// stem is a member's path without its extension, as CARTO compares it.
func stem(member string) string {
	file := name.Normalize(member)
	return strings.TrimSuffix(file, path.Ext(file))
}

func copyRaw(out *zip.Writer, f *zip.File, name string) error {
	header := f.FileHeader
	header.Name = name
	header.Extra = nil
	w, err := out.CreateRaw(&header)
	if err != nil {
		return err
	}
	r, err := f.OpenRaw()
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return err
}

// A counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
