package data

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// directory reads the directory of a zip, which is a whole of parts in words. All of a directory is kept in memory, so
// its entries are counted first: by what it says of itself and, since it may lie, by its size.
func (l Limits) directory(r io.ReaderAt, size int64, whole, parts string) (*zip.Reader, error) {
	tooMany := func(n uint64) error {
		return faultf(6666, "the %s holds %d %s; more than %d are not read", whole, n, parts, l.Entries)
	}
	if n := claimedEntries(r, size); n > uint64(l.Entries) {
		return nil, tooMany(n)
	}
	limited := &rationed{r: r, left: directoryEnd + int64(l.Entries)*entryRoom}
	z, err := zip.NewReader(limited, size)
	switch {
	case errors.Is(err, errRation):
		return nil, faultf(6666, "the directory of the %s is bigger than that of %d %s; more are not read", whole, l.Entries, parts)
	case err != nil && !errors.Is(err, zip.ErrInsecurePath):
		return nil, err
	case len(z.File) > l.Entries:
		return nil, tooMany(uint64(len(z.File)))
	}
	limited.left = math.MaxInt64 // what is read from now on is contents
	return z, nil
}

const (
	directoryEnd = 128 << 10 // what is read to find the directory: the longest comment, and some
	entryRoom    = 1 << 10   // bytes of an entry in the directory: 46, its name and what else is said of it
)

var errRation = errors.New("the directory is too big")

// A rationed reader reads so many bytes. It may be used from many goroutines once its ration is without end.
type rationed struct {
	r    io.ReaderAt
	left int64
}

func (r *rationed) ReadAt(p []byte, off int64) (int, error) {
	if r.left == math.MaxInt64 {
		return r.r.ReadAt(p, off)
	}
	n, err := r.r.ReadAt(p, off)
	if r.left -= int64(n); r.left < 0 {
		return 0, errRation
	}
	return n, err
}

// claimedEntries is how many entries a zip says that it has, 0 if it is broken: that is for the reader to find out.
//
// Source: PKWARE's APPNOTE.TXT, 4.3.14 to 4.3.16.
func claimedEntries(r io.ReaderAt, size int64) uint64 {
	const record, longest = 22, 1<<16 - 1
	tail := make([]byte, min(size, record+longest))
	at := size - int64(len(tail))
	if _, err := r.ReadAt(tail, at); err != nil && err != io.EOF {
		return 0
	}
	i := bytes.LastIndex(tail, []byte("PK\x05\x06"))
	if i < 0 || len(tail)-i < record {
		return 0
	}
	const many = math.MaxUint16 // or as many, or the number is in the 64-bit record
	if n := binary.LittleEndian.Uint16(tail[i+10:]); n != many {
		return uint64(n)
	}
	locator, wide := make([]byte, 20), make([]byte, 56)
	if _, err := r.ReadAt(locator, max(0, at+int64(i)-int64(len(locator)))); err != nil || !bytes.HasPrefix(locator, []byte("PK\x06\x07")) {
		return many
	}
	if _, err := r.ReadAt(wide, int64(binary.LittleEndian.Uint64(locator[8:])&math.MaxInt64)); err != nil || !bytes.HasPrefix(wide, []byte("PK\x06\x06")) {
		return many
	}
	return binary.LittleEndian.Uint64(wide[32:])
}
