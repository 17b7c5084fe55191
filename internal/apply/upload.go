package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"strings"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
)

// An upload is a file on its way to the account, with the hash that says
// whether it still is the file that the plan saw.
type upload struct {
	*os.File
	name    string // for messages
	ext     string // with its dots: .csv, .csv.gz
	size    int64
	sha256  string // what the plan saw
	hash    hash.Hash
	cleanUp func()
}

// openFile opens the dataset's file source.
func (j *job) openFile() (*upload, error) {
	look := j.Looks[j.dataset.Name]
	f, err := j.manifest.Open(j.dataset.Source.File)
	if err != nil {
		return nil, err
	}
	return newUpload(f, j.dataset.Source.File, look)
}

func newUpload(f *os.File, name string, look data.Look) (*upload, error) {
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	if info.Size() != look.Size {
		f.Close()
		return nil, &MovedError{Field: name, Planned: fmt.Sprintf("%d bytes", look.Size), Now: fmt.Sprintf("%d bytes", info.Size())}
	}
	return &upload{
		File: f, name: name, ext: extension(name), size: info.Size(), sha256: look.SHA256, hash: sha256.New(),
	}, nil
}

// Close closes the file, and removes it if it was fetched.
func (u *upload) Close() error {
	err := u.File.Close()
	if u.cleanUp != nil {
		u.cleanUp()
	}
	return err
}

// check says whether the bytes that were sent are those that the plan saw. It
// counts only after the whole file was read.
func (u *upload) check() error {
	if got := hex.EncodeToString(u.hash.Sum(nil)); got != u.sha256 {
		return &MovedError{Description: fmt.Sprintf("%s changed while it was uploaded; it is not published", u.name)}
	}
	return nil
}

// send uploads the file under a name that makes CARTO call the dataset as
// wanted: the server goes by the file's name, and for archives by the name of
// the file inside.
func (j *job) send(ctx context.Context, u *upload, dataset string, collision carto.Collision) (string, error) {
	if _, err := u.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	u.hash.Reset()
	body, size, err := u.named(dataset)
	if err != nil {
		return "", err
	}
	defer body.Close()
	privacy := j.stagingPrivacy()
	if collision == carto.CollisionOverwrite {
		privacy = ""
	}
	id, err := j.Client.Upload(ctx, carto.Upload{
		Name: dataset + u.ext, Body: body, Size: size, Collision: collision, Privacy: privacy, Guessing: j.guessing(),
		Progress: func(sent int64) {
			j.emit(Event{State: "uploading", Bytes: sent, Total: size})
		},
	})
	if err == nil {
		j.result.Bytes += size
	}
	return id, err
}

// named is the body to send so that what is imported is called dataset.
func (u *upload) named(dataset string) (io.ReadCloser, int64, error) {
	if u.ext == ".zip" {
		return u.repacked(dataset)
	}
	return io.NopCloser(io.TeeReader(u.File, u.hash)), u.size, nil
}

// extension is a file name's ending in lower case, compression included.
func extension(file string) string {
	base := strings.ToLower(path.Base(file))
	ext := path.Ext(base)
	if ext == ".gz" {
		return path.Ext(strings.TrimSuffix(base, ext)) + ext
	}
	return ext
}
