package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// An outKind is what a run writes into a file that the command line names.
type outKind string

// What runs write into files.
const (
	aDocument  outKind = "a document of cartosync"
	aSavedPlan outKind = "a saved plan"
)

// An outFile is a flag that names a file to write.
type outFile struct {
	flag, name string // the name is "" where the flag is not given
	what       outKind
}

// claim empties the files that a run shall write, before anything else is done: one that cannot be written, or that
// somebody needs, is found out while nothing has changed, and nothing of an earlier run is taken for this one's.
func claim(files ...outFile) error {
	for i, f := range files {
		if f.name == "" {
			continue
		}
		for _, other := range files[:i] { // which is there by now
			if other.name != "" && sameFile(f.name, other.name) {
				return usage("name two files", "%s and %s name the same file %s", other.flag, f.flag, f.name)
			}
		}
		if err := replaceFile(f.name, f.what, nil); err != nil {
			return err
		}
	}
	return nil
}

// sameFile reports whether two names are those of one regular file.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil || !first.Mode().IsRegular() {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// replaceFile gives a file other contents by way of a temporary one beside it. What is no file, such as a pipe or a
// terminal, is written to. A file that holds something else than such a run writes stays as it is: a slip of the command
// line costs no manifest, no data and no key.
func replaceFile(file string, what outKind, contents []byte) error {
	if err := replace(file, what, contents); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

func replace(file string, what outKind, contents []byte) error {
	info, err := os.Stat(file)
	switch {
	case err == nil && info.Mode().IsRegular():
		if err := checkHolds(file, what); err != nil {
			return err
		}
	case err == nil && !info.IsDir():
		if err := os.WriteFile(file, contents, 0); err != nil {
			return fileError(err)
		}
		return nil
	}
	temporary := filepath.Join(filepath.Dir(file), ".cartosync-"+rand.Text())
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less the umask
	if err != nil {
		return fileError(err)
	}
	_, err = f.Write(contents)
	if info != nil && info.Mode().IsRegular() {
		err = errors.Join(err, f.Chmod(info.Mode().Perm()))
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(temporary, file)
	}
	if err != nil {
		os.Remove(temporary)
		return fileError(err)
	}
	return nil
}

// checkHolds refuses a file that is neither empty nor what a run wrote. A document that broke off counts as one.
func checkHolds(file string, what outKind) error {
	f, err := os.Open(file)
	if err != nil {
		return fileError(err)
	}
	defer f.Close()
	start := bufio.NewReader(io.LimitReader(f, 64<<10))
	if _, err := start.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	if holds(start) != what {
		return fmt.Errorf("the file is there and is not %s, so that it stays as it is; name another, or remove it", what)
	}
	return nil
}

// holds tells by its first keys what a file is, "" if no run wrote it. Documents and saved plans begin with the version and
// the account; only a plan goes on with its manifests.
func holds(r io.Reader) outKind {
	d := json.NewDecoder(r)
	var start []json.Token
	for len(start) < 6 {
		token, err := d.Token()
		if err != nil {
			break
		}
		start = append(start, token)
	}
	switch {
	case len(start) < 2 || start[0] != json.Delim('{') || start[1] != "format_version":
		return ""
	case len(start) == 6 && start[5] == "manifests":
		return aSavedPlan
	}
	return aDocument
}
