package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// fileError is an error of a file whose name is printed before it: without that name,
// which may be one of a temporary file, and with what to do next.
func fileError(err error) error {
	cause := withoutPath(err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; check the path", cause)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; give this user access to it, or name another", cause)
	case errors.Is(err, syscall.ENOTDIR), cause.Error() == syscall.ENOTDIR.Error(): // that of os.OpenRoot is but a text
		return fmt.Errorf("%w; name a directory where a file stands in the path", cause)
	case errors.Is(err, fs.ErrExist), errors.Is(err, syscall.EISDIR): // what stands in the way of a file is a directory
		return fmt.Errorf("%w; name a file", syscall.EISDIR)
	}
	return cause
}

// withoutPath takes the names off an error of the file system.
func withoutPath(err error) error {
	var path *os.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
