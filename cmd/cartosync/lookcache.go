package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cartosync/cartosync/internal/data"
)

// A lookCache keeps looks between runs, so that a plan over gigabytes that did not
// change reads none of them. It only saves time: whatever is wrong with it or with
// an entry, the file is looked at. Runs side by side share it. Nil keeps nothing.
//
// An entry is a file of four lines: a checksum of the rest, the key, when the look
// began, the look. It counts for exactly its key.
type lookCache struct {
	root    *os.Root
	program string // what made the looks: another program may see something else
	now     func() time.Time
	stored  atomic.Int64
}

const (
	// settled is how old a change must be before a look at the file is kept: within
	// it a second change may leave size and times as they are.
	settled = 2 * time.Second

	maxLookEntry = 1 << 20 // bytes
	lookSuffix   = ".look"
)

// A lookKey is what a look depends on.
type lookKey struct {
	Program string
	Path    string // absolute
	Options data.Options
	Parts   []filePart // the file, or a .shp and those beside it
}

// A filePart is one file as the file system knows it.
type filePart struct {
	Name     string
	Size     int64
	Modified int64 // nanoseconds since 1970, as is Changed
	Changed  int64 // also by what leaves no other trace, such as setting the time
	Inode    uint64
	Device   uint64
}

// openLookCache opens the cache of the user that the environment tells of; nil where
// there is no place for it, or it is not the user's alone.
func openLookCache(env func(string) (string, bool)) *lookCache {
	home := cacheHome(env)
	program := programIdentity()
	if home == "" || program == "" {
		return nil
	}
	dir := filepath.Join(home, "cartosync", "looks")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil
	}
	if info, err := os.Lstat(dir); err != nil || !privateDirectory(info) {
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil
	}
	return &lookCache{root: root, program: program, now: time.Now}
}

// programIdentity tells this program from another version of itself, without
// reading it; "" if that is not known.
func programIdentity() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	return strconv.FormatInt(info.Size(), 10) + " " + strconv.FormatInt(info.ModTime().UnixNano(), 10)
}

// close removes what has become too much, and ends the use of the cache.
func (c *lookCache) close() {
	if c == nil {
		return
	}
	if c.stored.Load() > 0 {
		c.prune()
	}
	c.root.Close()
}

// key gives the key of a look at a source as it is now. Ok is false where nothing is
// kept of it.
func (c *lookCache) key(s source) (key lookKey, ok bool) {
	file := s.dataset.Source.File
	path, err := filepath.Abs(filepath.Join(s.manifest.Dir, filepath.FromSlash(file)))
	if err != nil {
		return lookKey{}, false
	}
	infos, err := s.manifest.Stat(file)
	if err != nil {
		return lookKey{}, false
	}
	key = lookKey{Program: c.program, Path: path, Options: data.Options(s.dataset.Import)}
	for _, info := range infos {
		part, ok := filePartOf(info)
		if !ok {
			return lookKey{}, false
		}
		key.Parts = append(key.Parts, part)
	}
	return key, true
}

// entry is the name of the only entry for a file and options, whatever became of the
// file since.
func (k lookKey) entry() string {
	h := sha256.New()
	io.WriteString(h, k.Path)
	json.NewEncoder(h).Encode(k.Options) // a hash never fails, nor do three booleans
	return hex.EncodeToString(h.Sum(nil)[:16]) + lookSuffix
}

// settled reports whether the file had not changed for a while at a time.
func (k lookKey) settled(at time.Time) bool {
	for _, p := range k.Parts {
		if at.Sub(time.Unix(0, max(p.Modified, p.Changed))) < settled {
			return false
		}
	}
	return true
}

// load gives the look that was kept for a key.
func (c *lookCache) load(key lookKey) (data.Look, bool) {
	text, ok := c.read(key.entry())
	if !ok {
		return data.Look{}, false
	}
	sum, rest, _ := bytes.Cut(text, []byte{'\n'})
	known, rest2, _ := bytes.Cut(rest, []byte{'\n'})
	began, look, _ := bytes.Cut(rest2, []byte{'\n'})
	at, err := strconv.ParseInt(string(began), 10, 64)
	if err != nil || string(sum) != checksum(rest) || !bytes.Equal(known, key.text()) || !key.settled(time.Unix(0, at)) {
		return data.Look{}, false
	}
	return parseLook(look, key)
}

// read reads an entry that is a small file.
func (c *lookCache) read(name string) ([]byte, bool) {
	info, err := c.root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxLookEntry {
		return nil, false
	}
	f, err := c.root.Open(name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	text := make([]byte, info.Size())
	if _, err := io.ReadFull(f, text); err != nil {
		return nil, false
	}
	if now := c.now(); now.Sub(info.ModTime()) > touchAfter {
		c.root.Chtimes(name, now, now) // what is used is not pruned; if that fails it is
	}
	return text, true
}

func (k lookKey) text() []byte {
	text, err := json.Marshal(k)
	if err != nil {
		return nil // of strings, numbers and booleans this cannot be
	}
	return text
}

func checksum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// parseLook reads a look that may be one at the file of a key.
func parseLook(text []byte, key lookKey) (data.Look, bool) {
	var look data.Look
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&look); err != nil || d.More() {
		return data.Look{}, false
	}
	hash, err := hex.DecodeString(look.SHA256)
	whole := len(key.Parts) > 1 || look.Size == key.Parts[0].Size // parts are packed, which takes some bytes more
	return look, err == nil && len(hash) == sha256.Size && whole && look.Rows >= 0 && look.NullGeometries >= 0 && look.Layers >= 0
}

// save keeps a look that began at a time, unless the source is another by now, or may
// have become so without a trace. An error loses nothing but time.
func (c *lookCache) save(s source, key lookKey, look data.Look, began time.Time) {
	if now, ok := c.key(s); !ok || !reflect.DeepEqual(key, now) || !key.settled(began) {
		return
	}
	text, err := json.Marshal(look)
	if err != nil {
		return
	}
	if back, ok := parseLook(text, key); !ok || !reflect.DeepEqual(look, back) {
		return // it has something that JSON does not hold, such as text that is not UTF-8
	}
	rest := bytes.Join([][]byte{key.text(), strconv.AppendInt(nil, began.UnixNano(), 10), text}, []byte{'\n'})
	if entry := append([]byte(checksum(rest)+"\n"), rest...); len(entry) <= maxLookEntry {
		c.write(key.entry(), entry)
	}
}

// write puts an entry into its place at once, so that nobody reads half of it.
func (c *lookCache) write(name string, text []byte) {
	temporary := name + "." + rand.Text()
	f, err := c.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return
	}
	_, err = f.Write(text)
	if f.Close() != nil || err != nil || c.root.Rename(temporary, name) != nil {
		c.root.Remove(temporary)
		return
	}
	c.stored.Add(1)
}
