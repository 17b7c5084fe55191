//go:build linux || darwin

package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// later is the clock of tests: files that they write have long been as they are.
func later() time.Time { return time.Now().Add(time.Hour) }

// testCache is a cache in a directory of its own, with the clock of tests.
func testCache(t testing.TB, home string) *lookCache {
	t.Helper()
	c := openLookCache(environment(map[string]string{"XDG_CACHE_HOME": home, "HOME": home}))
	if c == nil {
		t.Fatal("there is no cache")
	}
	c.now = later
	t.Cleanup(c.close)
	return c
}

// fileSource writes a file and is a dataset of it.
func fileSource(t testing.TB, name, content string) source {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, name), content)
	return source{
		manifest: spec.Manifest{Dir: dir},
		dataset:  spec.Dataset{Name: "d", Source: spec.Source{Kind: spec.SourceFile, File: name}, Import: spec.Import(data.DefaultOptions())},
	}
}

func (s source) path() string { return filepath.Join(s.manifest.Dir, s.dataset.Source.File) }

func writeFile(t testing.TB, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// poison puts a look into the place of the one that is kept, so that a test can tell
// whether it is used: one with other rows.
func poison(t *testing.T, c *lookCache, s source) {
	t.Helper()
	key, ok := c.key(s)
	if !ok {
		t.Fatal("there is no key")
	}
	l, ok := c.load(key)
	if !ok {
		t.Fatal("nothing was kept")
	}
	l.Rows = 4711
	c.save(s, key, l, c.now())
}

func rowsSeen(t *testing.T, c *lookCache, s source) int64 {
	t.Helper()
	l, err := s.look(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return l.Rows
}

const twoRows = "a,b\n1,x\n2,y\n"

func TestLookIsKept(t *testing.T) {
	home := t.TempDir()
	s := fileSource(t, "d.csv", "desc,lat,lon\n007,1.5,2.5\nx,,\n")
	want, err := s.look(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if rows := rowsSeen(t, testCache(t, home), s); rows != 2 {
		t.Fatalf("%d rows", rows)
	}
	c := testCache(t, home)
	key, _ := c.key(s)
	got, ok := c.load(key)
	if !ok {
		t.Fatal("the look was not kept")
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("look at the file -, look kept +:\n%s", diff)
	}
	poison(t, c, s)
	if rows := rowsSeen(t, c, s); rows != 4711 {
		t.Errorf("%d rows: the kept look is not used", rows)
	}
}

// TestLookIsNotTaken: what is kept counts for the file as it was, and for nothing else.
func TestLookIsNotTaken(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, c *lookCache, s *source)
		rows int64
	}{
		{"same size, another time", func(t *testing.T, _ *lookCache, s *source) {
			writeFile(t, s.path(), "a,b\n1,x\n\n\n\n\n")
		}, 1},
		{"same size, same time", func(t *testing.T, _ *lookCache, s *source) {
			info, err := os.Stat(s.path())
			if err != nil {
				t.Fatal(err)
			}
			writeFile(t, s.path(), "a,b\n1,x\n\n\n\n\n")
			if err := os.Chtimes(s.path(), info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}, 1},
		{"another file in its place", func(t *testing.T, _ *lookCache, s *source) {
			writeFile(t, s.path()+".new", "a,b\n1,x\n\n\n\n\n")
			if err := os.Rename(s.path()+".new", s.path()); err != nil {
				t.Fatal(err)
			}
		}, 1},
		{"other options", func(t *testing.T, c *lookCache, s *source) { s.dataset.Import.TypeGuessing = false }, 2},
		{"another program", func(t *testing.T, c *lookCache, s *source) { c.program += "." }, 2},
		{"a file of that name elsewhere", func(t *testing.T, c *lookCache, s *source) { *s = fileSource(t, "d.csv", twoRows) }, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
			rowsSeen(t, c, s)
			poison(t, c, s)
			tt.do(t, c, &s)
			if rows := rowsSeen(t, c, s); rows != tt.rows {
				t.Errorf("%d rows, want %d", rows, tt.rows)
			}
		})
	}
}

func TestOptionsAreKeptSideBySide(t *testing.T) {
	c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
	other := s
	other.dataset.Import.TypeGuessing = false
	rowsSeen(t, c, s)
	rowsSeen(t, c, other)
	for _, s := range []source{s, other} {
		key, _ := c.key(s)
		if l, ok := c.load(key); !ok || (l.Columns[0].Type == data.Integer) != s.dataset.Import.TypeGuessing {
			t.Errorf("type guessing %t: kept is %t, %v", s.dataset.Import.TypeGuessing, ok, l.Columns)
		}
	}
}

// TestLookAtAFreshFile: within two seconds of a change a further one may leave no
// trace, so that nothing that was made then is trusted.
func TestLookAtAFreshFile(t *testing.T) {
	for _, tt := range []struct {
		name string
		ago  time.Duration // before the look, by the time of the file
		kept bool
	}{
		{"just now", 0, false},
		{"less than two seconds", settled - time.Nanosecond, false},
		{"two seconds", settled, true},
		{"in the future", -time.Minute, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
			at := later()
			c.now = func() time.Time { return at }
			if err := os.Chtimes(s.path(), at.Add(-tt.ago), at.Add(-tt.ago)); err != nil {
				t.Fatal(err)
			}
			rowsSeen(t, c, s)
			key, _ := c.key(s)
			if _, kept := c.load(key); kept != tt.kept {
				t.Errorf("kept is %t", kept)
			}
			if written := len(entries(t, c)) > 0; written != tt.kept {
				t.Errorf("written is %t", written)
			}
		})
	}
	t.Run("changed now, whatever its time says", func(t *testing.T) {
		c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
		c.now = time.Now
		old := time.Now().Add(-time.Hour)
		if err := os.Chtimes(s.path(), old, old); err != nil {
			t.Fatal(err)
		}
		rowsSeen(t, c, s)
		key, _ := c.key(s)
		if _, kept := c.load(key); kept {
			t.Error("it is kept")
		}
	})
	t.Run("an entry that was made too early", func(t *testing.T) {
		c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
		rowsSeen(t, c, s)
		key, _ := c.key(s)
		rewrite(t, c, key, func(lines []string) []string {
			lines[2] = fmt.Sprint(key.Parts[0].Changed)
			return lines
		})
		if _, kept := c.load(key); kept {
			t.Error("it is trusted")
		}
	})
}

// rewrite changes an entry and gives it a checksum that is right.
func rewrite(t *testing.T, c *lookCache, key lookKey, change func([]string) []string) {
	t.Helper()
	text, ok := c.read(key.entry())
	if !ok {
		t.Fatal("there is no entry")
	}
	lines := change(strings.SplitN(string(text), "\n", 4))
	rest := strings.Join(lines[1:], "\n")
	c.write(key.entry(), []byte(checksum([]byte(rest))+"\n"+rest))
}

func TestFileThatChangesWhileItIsLookedAt(t *testing.T) {
	c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
	began := c.now()
	key, _ := c.key(s)
	l, fault := s.read(t.Context())
	if fault != nil {
		t.Fatal(fault)
	}
	writeFile(t, s.path(), "a,b\n1,x\n2,z\n")
	c.save(s, key, l, began)
	if entries := entries(t, c); len(entries) > 0 {
		t.Errorf("it is kept: %v", entries)
	}
}

func entries(t *testing.T, c *lookCache) []string {
	t.Helper()
	all, err := fs.ReadDir(c.root.FS(), ".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// TestSidecars: of a shapefile every file counts, also one that comes or goes.
func TestSidecars(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, stem string)
	}{
		{"table changed", func(t *testing.T, stem string) { writeFile(t, stem+".dbf", "other") }},
		{"one more", func(t *testing.T, stem string) { writeFile(t, stem+".CPG", "UTF-8") }},
		{"one less", func(t *testing.T, stem string) {
			if err := os.Remove(stem + ".prj"); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := testCache(t, t.TempDir()), fileSource(t, "roads.shp", "shapes")
			stem := strings.TrimSuffix(s.path(), ".shp")
			for _, ext := range []string{".shx", ".dbf", ".prj"} {
				writeFile(t, stem+ext, ext)
			}
			rowsSeen(t, c, s)
			poison(t, c, s)
			if rows := rowsSeen(t, c, s); rows != 4711 {
				t.Fatalf("%d rows: nothing was kept", rows)
			}
			tt.do(t, stem)
			if rows := rowsSeen(t, c, s); rows != 0 {
				t.Errorf("%d rows: the kept look is used", rows)
			}
		})
	}
}

// TestDamagedEntries are looked at as if they were not there.
func TestDamagedEntries(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, c *lookCache, path string, key lookKey)
	}{
		{"torn", func(t *testing.T, _ *lookCache, path string, _ lookKey) {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, info.Size()-1); err != nil {
				t.Fatal(err)
			}
		}},
		{"empty", func(t *testing.T, _ *lookCache, path string, _ lookKey) { writeFile(t, path, "") }},
		{"noise", func(t *testing.T, _ *lookCache, path string, _ lookKey) { writeFile(t, path, "\xff\x00\n\n\n\n\n") }},
		{"one bit", func(t *testing.T, _ *lookCache, path string, _ lookKey) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			at := bytes.Index(text, []byte(`"rows":4711`)) + len(`"rows":4`)
			text[at] ^= 1
			writeFile(t, path, string(text))
		}},
		{"too large", func(t *testing.T, _ *lookCache, path string, _ lookKey) {
			if err := os.Truncate(path, 1<<40); err != nil {
				t.Fatal(err)
			}
		}},
		{"a directory", func(t *testing.T, _ *lookCache, path string, _ lookKey) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}},
		{"a link", func(t *testing.T, _ *lookCache, path string, _ lookKey) {
			if err := os.Rename(path, path+".moved"); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(filepath.Base(path)+".moved", path); err != nil {
				t.Fatal(err)
			}
		}},
		{"a pipe", func(t *testing.T, _ *lookCache, path string, _ lookKey) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mkfifo(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}},
		{"a look at another file", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[1] = strings.Replace(lines[1], key.Path, key.Path+"x", 1)
				return lines
			})
		}},
		{"a hash that is too short", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[3] = regexp.MustCompile(`"sha256":"..`).ReplaceAllString(lines[3], `"sha256":"`)
				return lines
			})
		}},
		{"a hash of other letters", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[3] = regexp.MustCompile(`([0-9a-f]{62})[0-9a-f]{2}`).ReplaceAllString(lines[3], "${1}xx")
				return lines
			})
		}},
		{"another size", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[3] = strings.Replace(lines[3], `"size":12`, `"size":13`, 1)
				return lines
			})
		}},
		{"rows below zero", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[3] = strings.Replace(lines[3], `"rows":`, `"rows":-`, 1)
				return lines
			})
		}},
		{"what no look has", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[3] = strings.Replace(lines[3], `{`, `{"x":1,`, 1)
				return lines
			})
		}},
		{"two looks", func(t *testing.T, c *lookCache, _ string, key lookKey) {
			rewrite(t, c, key, func(lines []string) []string {
				lines[3] += lines[3]
				return lines
			})
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
			rowsSeen(t, c, s)
			poison(t, c, s)
			key, _ := c.key(s)
			before, _ := c.read(key.entry())
			path := filepath.Join(c.root.Name(), key.entry())
			tt.do(t, c, path, key)
			if after, ok := c.read(key.entry()); ok && bytes.Equal(before, after) {
				t.Fatal("the entry was not damaged")
			}
			if rows := rowsSeen(t, c, s); rows != 2 {
				t.Errorf("%d rows: the kept look is used", rows)
			}
		})
	}
}

func TestLookThatJSONDoesNotHold(t *testing.T) {
	c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
	key, _ := c.key(s)
	l, fault := s.read(t.Context())
	if fault != nil {
		t.Fatal(fault)
	}
	l.Columns[0].Header = "\xff"
	c.save(s, key, l, c.now())
	if _, kept := c.load(key); kept {
		t.Error("it is kept, as another one")
	}
}

// TestManyRunsShareTheCache: who reads while others write gets a whole look or none.
func TestManyRunsShareTheCache(t *testing.T) {
	home := t.TempDir()
	s := fileSource(t, "d.csv", twoRows)
	rowsSeen(t, testCache(t, home), s)
	var all sync.WaitGroup
	for range 8 {
		c := testCache(t, home)
		all.Go(func() {
			key, _ := c.key(s)
			for range 50 {
				l, ok := c.load(key)
				if !ok || l.Rows != 2 {
					t.Errorf("kept is %t, %d rows", ok, l.Rows)
					return
				}
				c.save(s, key, l, c.now())
				c.prune()
			}
		})
	}
	all.Wait()
	key, _ := testCache(t, home).key(s)
	if diff := cmp.Diff([]string{key.entry()}, entries(t, testCache(t, home))); diff != "" {
		t.Errorf("left in the cache, wanted -, got +:\n%s", diff)
	}
}

func TestInterruptedLookIsNotKept(t *testing.T) {
	c, s := testCache(t, t.TempDir()), fileSource(t, "d.csv", twoRows)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.look(ctx, c); err == nil {
		t.Fatal("it is not interrupted")
	}
	if entries := entries(t, c); len(entries) > 0 {
		t.Errorf("kept: %v", entries)
	}
}
