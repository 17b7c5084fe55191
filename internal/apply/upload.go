package apply

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"sync/atomic"

	"github.com/cartosync/cartosync/internal/carto"
	"github.com/cartosync/cartosync/internal/data"
)

// An upload is a file on its way to the account, with the hash that says
// whether it still is the file that the plan saw.
type upload struct {
	*os.File
	name   string // for messages
	ext    string // with its dots: .csv, .csv.gz
	size   int64
	opened os.FileInfo
	sha256 string // what the plan saw
	hash   *counted
	close  func() error
}

// openFile opens the dataset's file source.
func (j *job) openFile() (*upload, error) {
	look := j.Looks[j.dataset.Name]
	f, err := j.manifest.Open(j.dataset.Source.File)
	if err != nil {
		return nil, err
	}
	u, err := newUpload(f.File, j.dataset.Source.File, look)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	u.ext, u.close = data.Extension(f.As), f.Close
	return u, nil
}

// newUpload takes a file over only if there is no error.
func newUpload(f *os.File, name string, look data.Look) (*upload, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() != look.Size {
		return nil, &MovedError{Field: name, Planned: fmt.Sprintf("%d bytes", look.Size), Now: fmt.Sprintf("%d bytes", info.Size())}
	}
	return &upload{
		File: f, close: f.Close, name: name, ext: data.Extension(name), size: info.Size(), opened: info, sha256: look.SHA256, hash: &counted{Hash: sha256.New()},
	}, nil
}

// Close closes the file, and removes it if it is a temporary one.
func (u *upload) Close() error { return u.close() }

// unchanged compares the file with what it was when it was opened, and the bytes
// that went through the hash with what the plan saw. It counts only after the
// whole file was read.
func (u *upload) unchanged() (bool, error) {
	now, err := u.Stat()
	if err != nil {
		return false, err
	}
	same := now.Size() == u.opened.Size() && now.ModTime().Equal(u.opened.ModTime())
	return same && hex.EncodeToString(u.hash.Sum(nil)) == u.sha256, nil
}

// asPlanned reports whether what was sent may pass for what the plan saw. What was
// cut off before its end does: no import comes of it. Nil is nothing that could have
// changed.
func (u *upload) asPlanned() bool {
	if u == nil || u.hash.length < u.opened.Size() {
		return true
	}
	same, err := u.unchanged()
	return err == nil && same
}

// A counted hash knows how much went through it.
type counted struct {
	hash.Hash
	length int64 // bytes
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Hash.Write(p)
	c.length += int64(n)
	return n, err
}

func (c *counted) Reset() {
	c.Hash.Reset()
	c.length = 0
}

// check says whether what was sent is what the plan saw, and if not, what became
// of it.
func (u *upload) check(outcome string) error {
	ok, err := u.unchanged()
	if err == nil && !ok {
		err = fmt.Errorf("%s changed while it was uploaded; %s; plan again and review", u.name, outcome)
	}
	return err
}

// seen reads the whole file before anything is sent and compares it with what
// the plan saw.
func (u *upload) seen() error {
	if _, err := io.Copy(u.hash, io.NewSectionReader(u.File, 0, u.size)); err != nil {
		return err
	}
	ok, err := u.unchanged()
	if err == nil && !ok {
		err = &MovedError{Description: fmt.Sprintf("%s changed since the plan was made", u.name)}
	}
	return err
}

// send uploads the file under a name that makes CARTO call the dataset as
// wanted: the server goes by the file's name, and for archives by the name of
// the file inside.
func (j *job) send(ctx context.Context, u *upload, dataset string, collision carto.Collision) (string, error) {
	if _, err := u.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	u.hash.Reset()
	j.sent = u
	p, err := u.named(ctx, dataset)
	if err != nil {
		return "", err
	}
	defer p.body.Close()
	privacy := j.stagingPrivacy()
	if collision == carto.CollisionOverwrite {
		privacy = ""
		if err := j.severalInside(p, dataset); err != nil {
			return "", err
		}
	}
	ctx, moving, over := j.transfer(ctx, p.size)
	defer over()
	id, err := j.Client.Upload(ctx, carto.Upload{
		Name: p.name, Body: p.body, Size: p.size, Collision: collision, Privacy: privacy, Guessing: j.guessing(),
		Progress: moving,
	})
	if err == nil {
		j.result.Bytes += p.size
	}
	return id, err
}

// transfer is the context of an upload and what is told how far it came. When
// the run is to stop, an upload that has not handed everything over ends; one
// that has may have begun an import, whose job the answer names.
func (j *job) transfer(ctx context.Context, size int64) (_ context.Context, moving func(int64), over func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var sent atomic.Int64
	release := onStop(ctx, func() {
		if sent.Load() < size {
			cancel(errStopped)
		}
	})
	moving = func(n int64) {
		sent.Store(n)
		j.emit(Event{State: "uploading", Bytes: n, Total: size})
	}
	j.emit(Event{State: "uploading", Total: size})
	return ctx, moving, func() {
		release()
		cancel(nil)
	}
}
