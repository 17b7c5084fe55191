package sandbox

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"io"
	"mime/multipart"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// An upload is a file part of a request, on disk.
type upload struct {
	field string // file or filename
	name  string // as the job shows it: without directories, spaces are underscores
	path  string // where it is, below the state directory
	taken bool   // a job refers to it
}

// uploadBuffer is the size of the pieces in which an upload is read and written. A multipart reader takes 5 kB at a time,
// and the system's calls for so little would take most of an upload's time.
const uploadBuffer = 256 << 10

// saveUpload writes a file part to disk as it arrives, and no more of it than what shows that it is too big to be imported:
// nobody has looked at the key yet. Of several the one called filename counts, else the first.
// Source: CartoDB/cartodb: app/helpers/file_upload.rb.
func (c *call) saveUpload(part *multipart.Part, field, name string) error {
	if field != "file" && field != "filename" || c.upload != nil && (c.upload.field == "filename" || field == "file") {
		_, err := io.Copy(io.Discard, part)
		return err
	}
	random := make([]byte, 10)
	rand.Read(random)
	dir := filepath.Join("uploads", hex.EncodeToString(random))
	if err := os.MkdirAll(c.s.store.Path(dir), 0o700); err != nil {
		return err
	}
	c.dropUpload()
	c.upload = &upload{field: field, name: partName(name), path: filepath.Join(dir, "content")}
	f, err := os.OpenFile(c.s.store.Path(c.upload.path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(struct{ io.Writer }{f}, uploadBuffer)
	if _, err := io.Copy(w, io.LimitReader(part, c.s.config.ImportFileSize+1)); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, part); err != nil {
		return err
	}
	return f.Close()
}

// partName is the name of a file part without directories, in whichever system's style, and without spaces.
func partName(name string) string {
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	return strings.ReplaceAll(base, " ", "_")
}

// dropUpload removes a file that no job took.
func (c *call) dropUpload() {
	if c.upload != nil && !c.upload.taken {
		os.RemoveAll(c.s.store.Path(filepath.Dir(c.upload.path)))
		c.upload = nil
	}
}

// shownPath is what a client sees as the place of an uploaded file.
func (u *upload) shownPath() string {
	return "/uploads/" + filepath.Base(filepath.Dir(u.path)) + "/" + u.name
}
