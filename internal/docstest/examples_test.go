package docstest

import (
	"io/fs"
	"path"
)

// tracked hides the sandboxes that people keep beside the examples, whose state would show.
type tracked struct{ fs.FS }

// stateDir is where a sandbox is kept, beside a manifest.
const stateDir = ".cartosync"

// ReadDir lists a directory without the state of sandboxes.
func (f tracked) ReadDir(name string) ([]fs.DirEntry, error) {
	all, err := fs.ReadDir(f.FS, name)
	var kept []fs.DirEntry
	for _, e := range all {
		if path.Base(e.Name()) != stateDir {
			kept = append(kept, e)
		}
	}
	return kept, err
}
