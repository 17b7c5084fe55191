//go:build linux || darwin

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// filePartOf tells what a file is by more than its name and time. Ok is false if it is
// no regular file, or the file system does not say.
func filePartOf(info fs.FileInfo) (part filePart, ok bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return filePart{}, false
	}
	changed := changeTime(stat)
	return filePart{
		Name: info.Name(), Size: info.Size(), Modified: info.ModTime().UnixNano(), Changed: changed.Nano(),
		Inode: stat.Ino, Device: uint64(stat.Dev),
	}, true
}

// privateDirectory reports whether nobody but the user can change what is in a
// directory, nor read it.
func privateDirectory(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && info.IsDir() && info.Mode().Perm()&0o077 == 0 && int(stat.Uid) == os.Geteuid()
}
