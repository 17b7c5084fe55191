package apply

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// StateDir is the directory beside a manifest in which cartosync keeps what is no
// part of the repository.
const StateDir = ".cartosync"

// ignoreAll is the .gitignore in it.
const ignoreAll = "*\n"

// lockPatience is how long a process waits for another's lock, which is held for
// one line. One that was stopped in the middle must not stop others.
const lockPatience = 2 * time.Second

// MakeStateDir makes the directory [StateDir] of a manifest's directory. It keeps
// itself out of the repository.
func MakeStateDir(dir string) (string, error) {
	state := filepath.Join(dir, StateDir)
	if err := os.MkdirAll(state, 0o777); err != nil {
		return "", err
	}
	ignore := filepath.Join(state, ".gitignore")
	if _, err := os.Lstat(ignore); errors.Is(err, fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte(ignoreAll), 0o666); err != nil {
			return "", err
		}
	}
	return state, nil
}

func (j *Journal) path() string { return filepath.Join(j.dir, StateDir, j.name) }

// open opens the directory of the journal. A link in its place leads somewhere
// that the manifest's author may have chosen, and is not followed.
func (j *Journal) open() (*os.Root, error) {
	state := filepath.Join(j.dir, StateDir)
	info, err := os.Lstat(state)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory; remove it", state)
	}
	return os.OpenRoot(state)
}

// load reads the file. That there is none is no error.
func (j *Journal) load() (journalState, error) {
	root, err := j.open()
	if err == nil {
		defer root.Close()
		var s journalState
		if s, err = j.read(root); err == nil {
			return s, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return journalState{}, err
}

func (j *Journal) read(root *os.Root) (journalState, error) {
	f, err := j.regular(root, os.O_RDONLY)
	if err != nil {
		return journalState{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxJournal+1))
	switch {
	case err != nil:
		return journalState{}, err
	case len(text) > maxJournal:
		return journalState{}, fmt.Errorf("it is larger than %d bytes: %w", maxJournal, errReplaceable)
	}
	return j.header.parse(text)
}

// regular opens the file if it is an ordinary one: opening a pipe would wait, and
// a link could lead to anybody's file.
func (j *Journal) regular(root *os.Root, flag int) (*os.File, error) {
	info, err := root.Lstat(j.name)
	switch {
	case err != nil && (flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist)):
		return nil, err
	case err == nil && !info.Mode().IsRegular():
		return nil, errors.New("it is no ordinary file; remove it")
	}
	return root.OpenFile(j.name, flag, 0o600)
}

// append writes a line at the end and waits until it is on the disk.
func (j *Journal) append(l line) (err error) {
	text, err := encodeLine(l)
	if err != nil {
		return err
	}
	root, err := j.make()
	if err != nil {
		return err
	}
	defer root.Close()
	unlock, _ := j.lock(root)
	defer unlock()
	f, before, err := j.continued(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(append(before, text...)); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if len(before) > 0 { // the file is new
		syncDir(root)
	}
	return nil
}

// make opens the directory of the journal, and makes it first where there is none.
func (j *Journal) make() (*os.Root, error) {
	root, err := j.open()
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	if _, err := MakeStateDir(j.dir); err != nil {
		return nil, err
	}
	return j.open()
}

// leave removes the directory if nothing else is in it but what keeps it out of the
// repository.
func (j *Journal) leave(root *os.Root) {
	files, err := fs.ReadDir(root.FS(), ".")
	if err != nil || len(files) != 1 || files[0].Name() != ".gitignore" {
		return
	}
	if !ours(root) {
		return
	}
	state := filepath.Join(j.dir, StateDir)
	if root.Remove(".gitignore") == nil && os.Remove(state) != nil {
		_, _ = MakeStateDir(j.dir) // somebody was faster
	}
}

// ours reports whether the directory's .gitignore is as [MakeStateDir] makes it.
func ours(root *os.Root) bool {
	info, err := root.Lstat(".gitignore")
	if err != nil || !info.Mode().IsRegular() || info.Size() != int64(len(ignoreAll)) {
		return false
	}
	text, err := root.ReadFile(".gitignore")
	return err == nil && string(text) == ignoreAll
}

// lock keeps other processes from writing to the directory's journals until unlock is
// called. One that does not let go of its lock is waited for once: locked is false
// then, and from then on as long as it holds it.
func (j *Journal) lock(root *os.Root) (unlock func(), locked bool) {
	patience := lockPatience
	if j.barred {
		patience = 0
	}
	unlock, locked = lockDir(root, patience)
	j.barred = !locked
	return unlock, locked
}

// continued opens the file to be written at its end, and returns what has to stand
// before the next line: the header of a new file. What is no journal is thrown
// away.
func (j *Journal) continued(root *os.Root) (f *os.File, before []byte, err error) {
	const flags = os.O_RDWR | os.O_CREATE | os.O_APPEND
	if f, err = j.regular(root, flags); err != nil {
		return nil, nil, err
	}
	if before, err = j.before(f); errors.Is(err, errReplaceable) {
		f.Close()
		if err := root.Remove(j.name); err != nil {
			return nil, nil, err
		}
		if f, err = j.regular(root, flags|os.O_EXCL); err != nil {
			return nil, nil, err
		}
		before, err = j.before(f)
	}
	if err != nil {
		f.Close()
	}
	return f, before, err
}

func (j *Journal) before(f *os.File) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := info.Size()
	switch {
	case size == 0:
		return encode(j.header)
	case size > maxJournal:
		return nil, errReplaceable
	}
	head := make([]byte, min(size, maxLine))
	if _, err := f.ReadAt(head, 0); err != nil {
		return nil, err
	}
	first, _, whole := bytes.Cut(head, []byte{'\n'})
	if !whole {
		return nil, errReplaceable
	}
	if err := j.header.check(first); err != nil {
		return nil, err
	}
	return nil, j.mend(f, size)
}

// mend cuts off a last line that was not written to its end, by a process that was
// killed.
func (j *Journal) mend(f *os.File, size int64) error {
	tail := make([]byte, min(size, 2*maxLine))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return err
	}
	torn := len(tail) - 1 - bytes.LastIndexByte(tail, '\n')
	if torn == 0 {
		return nil
	}
	return f.Truncate(size - int64(torn))
}

// compact rewrites the file with what is pending, of whatever run, or removes it.
func (j *Journal) compact() error {
	root, err := j.open()
	if err != nil {
		return err
	}
	defer root.Close()
	unlock, locked := j.lock(root)
	defer unlock()
	if !locked {
		return errors.New("another process holds on to its lock; the next run tries again")
	}
	state, err := j.read(root)
	if err != nil {
		return err
	}
	pending := state.pending()
	if len(pending) == 0 {
		err := root.Remove(j.name)
		j.leave(root)
		return err
	}
	if state.lines == len(pending) {
		return nil
	}
	text, err := encode(j.header)
	for _, p := range pending {
		more, failed := encodeLine(line{Event: eventBegin, Pending: p})
		text, err = append(text, more...), errors.Join(err, failed)
	}
	if err != nil {
		return err
	}
	return j.replace(root, text)
}

// replace puts other contents in the place of the file's, all at once.
func (j *Journal) replace(root *os.Root, text []byte) error {
	temporary := j.name + ".new"
	if err := root.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(temporary, j.name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temporary))
	}
	syncDir(root)
	return nil
}

// syncDir makes sure that the names in the directory are on the disk, where the
// system knows how to.
func syncDir(root *os.Root) {
	d, err := root.Open(".")
	if err != nil {
		return
	}
	defer d.Close()
	_ = d.Sync() // a name that is lost costs an import
}
