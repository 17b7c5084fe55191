package data

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// A readError is an error of the disk or of the context, as opposed to one of
// the file's content.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

var errOutside = errors.New("it points outside of itself")

// A source is the raw bytes of a file. Its tap, if any, gets every byte once and
// in order, the first time that it is read sequentially: that way a file is
// hashed while it is parsed.
type source struct {
	r      io.ReaderAt
	size   int64
	tap    io.Writer
	tapped int64
}

// ReadAt reads without feeding the tap. Where to read is often said by the file itself: a place outside of it is its fault.
func (s *source) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > s.size {
		return 0, errOutside
	}
	n, err := s.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = &readError{fmt.Errorf("reading %d bytes at %d: %w", len(p), off, err)}
	}
	return n, err
}

// open gives a reader from the beginning.
func (s *source) open(ctx context.Context) io.ReadCloser {
	return &sourceReader{ctx: ctx, s: s}
}

// drain feeds the tap with what was not read yet.
func (s *source) drain(ctx context.Context) error {
	r := &sourceReader{ctx: ctx, s: s, at: s.tapped}
	buf := make([]byte, 256<<10)
	for {
		if _, err := r.Read(buf); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

type sourceReader struct {
	ctx context.Context
	s   *source
	at  int64
}

func (r *sourceReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, &readError{context.Cause(r.ctx)}
	}
	if r.at >= r.s.size {
		return 0, io.EOF
	}
	if left := r.s.size - r.at; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := r.s.ReadAt(p, r.at)
	if n == 0 && err == io.EOF {
		return 0, &readError{fmt.Errorf("file ends at byte %d but had %d: %w", r.at, r.s.size, io.ErrUnexpectedEOF)}
	}
	if err == io.EOF {
		err = nil
	}
	if fresh := r.at + int64(n) - r.s.tapped; r.s.tap != nil && fresh > 0 && fresh <= int64(n) {
		r.s.tap.Write(p[int64(n)-fresh : n]) // a hash never fails
		r.s.tapped += fresh
	}
	r.at += int64(n)
	return n, err
}

func (r *sourceReader) Close() error { return nil }

// An unpackReader reads from a decompressor within limits, and turns its
// complaints into faults.
type unpackReader struct {
	r      io.Reader
	closer io.Closer
	limits Limits
	packed int64
	n      int64
}

func (u *unpackReader) Read(p []byte) (int, error) {
	n, err := u.r.Read(p)
	u.n += int64(n)
	switch {
	case err != nil && err != io.EOF:
		return n, unpackFault(err)
	case u.n > u.limits.Unpacked:
		return n, faultf(6666, "the archive unpacks to more than %d bytes", u.limits.Unpacked)
	case u.n > u.limits.RatioFrom && u.n/u.limits.Ratio > u.packed:
		return n, faultf(6666, "the archive unpacks to more than %d times its size", u.limits.Ratio)
	}
	return n, err
}

func (u *unpackReader) Close() error {
	if u.closer == nil {
		return nil
	}
	return u.closer.Close()
}

// unpackFault gives errors of reading and faults as they are, and anything else
// as the fault of a broken archive.
func unpackFault(err error) error {
	var fault *Fault
	var read *readError
	if errors.As(err, &fault) {
		return fault
	}
	if errors.As(err, &read) {
		return read
	}
	return faultf(1003, "the archive cannot be unpacked: %v", err)
}
