package main

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// What the cache may become. Entries are about a kilobyte each.
const (
	maxLookBytes   = 64 << 20
	maxLookEntries = 20_000

	touchAfter    = 24 * time.Hour      // an entry that is used is marked as such so often
	unusedAfter   = 60 * 24 * time.Hour // an entry that was not used since is removed
	leftOverAfter = time.Hour           // what a killed run began to write is removed
)

// prune removes what was not used for long, and the oldest while there is too much.
// Other runs may do the same at this time.
func (c *lookCache) prune() {
	entries, err := fs.ReadDir(c.root.FS(), ".")
	if err != nil {
		return
	}
	var kept []fs.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // gone, or nothing of ours
		}
		age := c.now().Sub(info.ModTime())
		unfinished := !strings.HasSuffix(e.Name(), lookSuffix)
		if age > unusedAfter || unfinished && age > leftOverAfter {
			c.root.Remove(e.Name())
		} else if !unfinished {
			kept = append(kept, info)
		}
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int { // the last used first
		return cmp.Or(b.ModTime().Compare(a.ModTime()), cmp.Compare(a.Name(), b.Name()))
	})
	var size int64
	for i, info := range kept {
		if size += info.Size(); size > maxLookBytes || i >= maxLookEntries {
			c.root.Remove(info.Name())
		}
	}
}
