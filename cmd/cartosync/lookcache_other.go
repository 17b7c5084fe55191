//go:build !linux && !darwin

package main

import "io/fs"

// filePartOf knows too little of a file to recognise it: nothing is kept here.
func filePartOf(fs.FileInfo) (part filePart, ok bool) { return filePart{}, false }

func privateDirectory(fs.FileInfo) bool { return false }
