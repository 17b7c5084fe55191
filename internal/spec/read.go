package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"
)

// MaxFileSize is the largest manifest or included file that is read, in bytes.
const MaxFileSize = 10 << 20

// A document is one file of a manifest.
type document struct {
	path string
	data []byte // as read, byte order mark included
}

func (d *document) start() Position { return Position{File: d.path, Line: 1, Column: 1} }

// read takes a file's content or says why it cannot be had.
func read(path string, r io.Reader) (*document, *Error) {
	d := &document{path: path}
	data, err := io.ReadAll(io.LimitReader(r, MaxFileSize+1))
	switch {
	case err != nil:
		return nil, unreadable(path, err)
	case len(data) > MaxFileSize:
		return nil, &Error{d.start(), fmt.Sprintf("the file is larger than %d MB", MaxFileSize>>20), "split it with include"}
	}
	d.data = data
	return d, nil
}

// unreadable says why a file could not be opened or read.
func unreadable(path string, err error) *Error {
	e := &Error{Pos: Position{File: path, Line: 1, Column: 1}}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Problem, e.Hint = "there is no such file", "name a manifest or a directory that holds a carto.yaml"
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Hint = "the file may not be read", "give this user read access to it"
	default:
		e.Problem, e.Hint = "the file cannot be read: "+cause(err), "name a manifest or a directory that holds a carto.yaml"
	}
	return e
}

// cause is the error without the path, which stands before it already.
func cause(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

var (
	utf8BOM  = []byte("\xef\xbb\xbf")
	utf16BOM = [][]byte{[]byte("\xfe\xff"), []byte("\xff\xfe")}
)

// text returns the content as YAML may be: UTF-8 without a byte order mark or control
// characters.
func (d *document) text() ([]byte, *Error) {
	for _, bom := range utf16BOM {
		if bytes.HasPrefix(d.data, bom) {
			return nil, &Error{d.start(), "the file is UTF-16", "save it as UTF-8"}
		}
	}
	data := bytes.TrimPrefix(d.data, utf8BOM)
	if i := firstBad(data); i >= 0 {
		return nil, d.badByte(data, i)
	}
	return data, nil
}

// firstBad returns the index of the first byte that YAML does not allow, or -1.
func firstBad(data []byte) int {
	for i := 0; i < len(data); {
		c := data[i]
		if c < utf8.RuneSelf {
			if (c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(data[i:])
		if (r == utf8.RuneError && size == 1) || (r < 0xa0 && r != 0x85) || r == '\ufeff' || r == '\ufffe' || r == '\uffff' {
			return i
		}
		i += size
	}
	return -1
}

func (d *document) badByte(data []byte, i int) *Error {
	pos := position(d.path, data, i)
	r, size := utf8.DecodeRune(data[i:])
	if r == utf8.RuneError && size == 1 {
		return &Error{pos, fmt.Sprintf("byte 0x%02X is not UTF-8", data[i]), "save the file as UTF-8"}
	}
	hint := "remove it, or write it as an escape in double quotes"
	if r == 0 {
		hint = "save the file as UTF-8 text"
	}
	return &Error{pos, fmt.Sprintf("the character %U is not allowed in YAML", r), hint}
}

// position counts lines and columns up to the byte at i.
func position(path string, data []byte, i int) Position {
	before := data[:i]
	line := 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return Position{File: path, Line: line, Column: 1 + utf8.RuneCount(before[start:])}
}
