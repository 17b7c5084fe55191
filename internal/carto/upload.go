package carto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// A Collision says what an upload does when its dataset exists already.
type Collision string

// The strategies; without one CARTO imports under another name, such as NAME_1.
const (
	CollisionRename    Collision = ""
	CollisionSkip      Collision = "skip"
	CollisionOverwrite Collision = "overwrite"
)

// An Upload is a file to import. The server names the dataset after the file's
// name, whatever else it is told.
type Upload struct {
	Name      string    // file name with extension, without directories
	Body      io.Reader // read once, in pieces, never held whole
	Size      int64     // exactly how many bytes Body holds
	Collision Collision
	Privacy   Privacy // "" leaves it to the account's default; ignored on overwrite
	Guessing  Guessing

	// Progress, if set, is told how many bytes of Body were handed over so far.
	// Calls do not overlap and end before Upload returns.
	Progress func(sent int64)
}

// expectContinue is the size from which the server is asked before the file is
// sent: a full set of import slots then costs no upload.
const expectContinue = 1 << 20

// Upload sends a file and returns the id of its import job. Memory use does not
// depend on the file's size. It is never repeated, since Body can be read only
// once: a call that failed with [MaybeApplied] may have started a job all the
// same. A Body that is shorter or longer than Size ends the upload unfinished,
// so that the server does not import it.
//
// No Read of Body begins once Upload has returned; only one that blocks for
// longer than five seconds may still be under way then.
func (c *Client) Upload(ctx context.Context, u Upload) (string, error) {
	frame, err := u.frame()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := newWatch(cancel, c.timeouts.Stall, c.timeouts.Answer)
	defer watch.stop()
	body := &uploadBody{upload: u, frame: frame, watch: watch, turn: make(chan struct{}, 1)}

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.account.URL+importsPath, body)
	if err != nil {
		return "", err
	}
	req.ContentLength = frame.size()
	req.Header.Set("Content-Type", frame.contentType)
	if u.Size >= expectContinue {
		req.Header.Set("Expect", "100-continue")
	}
	a, err := c.send(req, importsPath, &call{repeat: once})
	body.finish()
	if err != nil {
		return "", body.explain(err)
	}
	return c.importID(a)
}

// A frame is what stands around the file in the request: fields and the part's
// head before it, the boundary after it. Both are known beforehand, and with
// them the exact length.
type frame struct {
	head, tail  []byte
	contentType string
	file        int64
}

func (f frame) size() int64 { return int64(len(f.head)) + f.file + int64(len(f.tail)) }

func (u Upload) frame() (frame, error) {
	if u.Name == "" || strings.ContainsAny(u.Name, "/\\\r\n\x00") {
		return frame{}, fmt.Errorf("%q cannot be the name of an uploaded file; give a name without directories", u.Name)
	}
	if u.Size < 0 || u.Body == nil {
		return frame{}, fmt.Errorf("the upload of %q has no contents or no size", u.Name)
	}
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, field := range u.fields() {
		if err := w.WriteField(field[0], field[1]); err != nil {
			return frame{}, err
		}
	}
	if _, err := w.CreateFormFile("file", u.Name); err != nil {
		return frame{}, err
	}
	head := b.Len()
	if err := w.Close(); err != nil {
		return frame{}, err
	}
	return frame{head: b.Bytes()[:head:head], tail: b.Bytes()[head:], contentType: w.FormDataContentType(), file: u.Size}, nil
}

// fields are the form's fields in a fixed order. An empty collision_strategy
// would be an error, so absent ones are left out.
func (u Upload) fields() [][2]string {
	var fields [][2]string
	add := func(key, value string) {
		if value != "" {
			fields = append(fields, [2]string{key, value})
		}
	}
	add("collision_strategy", string(u.Collision))
	add("privacy", string(u.Privacy))
	truth := func(key string, v *bool) {
		if v != nil {
			add(key, strconv.FormatBool(*v))
		}
	}
	truth("type_guessing", u.Guessing.Types)
	truth("quoted_fields_guessing", u.Guessing.QuotedFields)
	truth("content_guessing", u.Guessing.Content)
	return fields
}

// uploadBody yields head, file and tail.
type uploadBody struct {
	upload Upload
	frame  frame
	watch  *watch
	turn   chan struct{} // held while the caller's reader is in use
	at     int64         // bytes yielded; belongs to whoever has the turn

	over  atomic.Bool  // the transport or Upload is done with it
	whole atomic.Bool  // every byte was yielded
	fault atomic.Value // of type error: what was wrong with the file
}

func (b *uploadBody) Read(p []byte) (int, error) {
	b.turn <- struct{}{}
	defer func() { <-b.turn }()
	if b.over.Load() {
		return 0, errors.New("the upload is over")
	}
	n, err := b.read(p)
	b.at += int64(n)
	if err != nil && err != io.EOF {
		b.fault.CompareAndSwap(nil, fault{err})
		b.over.Store(true)
	}
	if b.at == b.frame.size() {
		b.whole.Store(true)
	}
	b.watch.moved(b.whole.Load())
	return n, err
}

// fault gives every error the one type that an atomic.Value wants.
type fault struct{ error }

// Close is called by the transport, perhaps while it reads.
func (b *uploadBody) Close() error {
	b.over.Store(true)
	return nil
}

// finish keeps the transport, which may go on reading for a moment after the
// answer has come, away from the caller's reader. It does not wait for a reader
// that blocks: nothing here could end it.
func (b *uploadBody) finish() {
	b.over.Store(true)
	grace := time.NewTimer(5 * time.Second)
	defer grace.Stop()
	select {
	case b.turn <- struct{}{}:
		<-b.turn
	case <-grace.C:
	}
}

// explain prefers what was wrong with the file to what became of the request
// because of it. A request that was not sent whole cannot have taken effect.
func (b *uploadBody) explain(err error) error {
	if f, ok := b.fault.Load().(fault); ok {
		return fmt.Errorf("%s %s: %w", http.MethodPost, importsPath, f.error)
	}
	var transport *TransportError
	if errors.As(err, &transport) {
		transport.Sent = transport.Sent && b.whole.Load()
	}
	return err
}

func (b *uploadBody) read(p []byte) (int, error) {
	head, file := int64(len(b.frame.head)), b.frame.file
	switch {
	case len(p) == 0:
		return 0, nil
	case b.at < head:
		return copy(p, b.frame.head[b.at:]), nil
	case b.at < head+file:
		return b.readFile(p[:min(int64(len(p)), head+file-b.at)])
	case b.at == head+file:
		if err := b.atEnd(); err != nil {
			return 0, err
		}
	case b.at == b.frame.size():
		return 0, io.EOF
	}
	return copy(p, b.frame.tail[b.at-head-file:]), nil
}

func (b *uploadBody) readFile(p []byte) (int, error) {
	n, err := b.upload.Body.Read(p)
	sent := b.at - int64(len(b.frame.head)) + int64(n)
	if n > 0 && b.upload.Progress != nil {
		b.upload.Progress(sent)
	}
	switch {
	case err == io.EOF && sent < b.frame.file:
		return n, fmt.Errorf("%q ended after %d of %d bytes while it was uploaded; somebody writes to it, try again", b.upload.Name, sent, b.frame.file)
	case err == io.EOF:
		return n, nil
	case err != nil:
		return n, fmt.Errorf("reading %q after %d of %d bytes: %w", b.upload.Name, sent, b.frame.file, err)
	}
	return n, nil
}

// atEnd makes sure that the file has no more to give: the last boundary must
// not follow a part of it.
func (b *uploadBody) atEnd() error {
	var one [1]byte
	n, err := io.ReadFull(b.upload.Body, one[:])
	switch {
	case n > 0:
		return fmt.Errorf("%q grew beyond %d bytes while it was uploaded; somebody writes to it, try again", b.upload.Name, b.frame.file)
	case err != io.EOF:
		return fmt.Errorf("reading %q at its end: %w", b.upload.Name, err)
	}
	return nil
}

// A watch ends a request whose body does not advance for the stall time, or
// whose answer does not come within the answer time after it.
type watch struct {
	timer         *time.Timer
	cancel        context.CancelCauseFunc
	stall, answer time.Duration
}

func newWatch(cancel context.CancelCauseFunc, stall, answer time.Duration) *watch {
	w := &watch{cancel: cancel, stall: stall, answer: answer}
	w.timer = time.AfterFunc(stall, func() {
		cancel(fmt.Errorf("the upload did not advance in time: %w", context.DeadlineExceeded))
	})
	return w
}

func (w *watch) moved(last bool) {
	if last {
		w.timer.Reset(w.answer)
		return
	}
	w.timer.Reset(w.stall)
}

func (w *watch) stop() { w.timer.Stop() }
