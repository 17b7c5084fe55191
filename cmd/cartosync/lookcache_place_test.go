//go:build linux || darwin

package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestCacheIsBounded(t *testing.T) {
	c := testCache(t, t.TempDir())
	now := c.now()
	put := func(name string, size int64, age time.Duration) {
		path := filepath.Join(c.root.Name(), name)
		writeFile(t, path, "")
		if err := os.Truncate(path, size); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	put("new.look", maxLookBytes/2, time.Minute)
	put("old.look", maxLookBytes/2, time.Hour)
	put("older.look", 1, 2*time.Hour)
	put("writing.look.X", 5, time.Minute)
	put("killed.look.Y", 5, 2*leftOverAfter)
	c.prune()
	if diff := cmp.Diff([]string{"new.look", "old.look", "writing.look.X"}, entries(t, c)); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
	put("unused.look", 0, unusedAfter+time.Hour)
	put("old.look", 5, unusedAfter-time.Hour)
	c.prune()
	if diff := cmp.Diff([]string{"new.look", "old.look", "writing.look.X"}, entries(t, c)); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
	// What is used stays: reading marks it.
	put("new.look", 5, unusedAfter-time.Hour)
	if _, ok := c.read("new.look"); !ok {
		t.Fatal("it cannot be read")
	}
	info, err := c.root.Stat("new.look")
	if err != nil || now.Sub(info.ModTime()).Abs() > time.Minute {
		t.Errorf("used, and its time is %v: %v", info.ModTime(), err)
	}
}

func TestWhereTheCacheIs(t *testing.T) {
	t.Run("as the system says", func(t *testing.T) {
		want, _ := os.UserCacheDir()
		if got := cacheHome(os.LookupEnv); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
	for name, env := range map[string]map[string]string{"no home": {}, "a relative one": {"XDG_CACHE_HOME": "x", "HOME": "x"}} {
		t.Run(name, func(t *testing.T) {
			if c := openLookCache(environment(env)); c != nil {
				t.Errorf("it is in %s", c.root.Name())
			}
		})
	}
	t.Run("made for the user alone", func(t *testing.T) {
		home := t.TempDir()
		c := testCache(t, home)
		info, err := os.Stat(c.root.Name())
		if err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("mode %v: %v", info.Mode(), err)
		}
		s := fileSource(t, "d.csv", twoRows)
		rowsSeen(t, c, s)
		key, _ := c.key(s)
		if info, err := c.root.Stat(key.entry()); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("an entry has mode %v: %v", info.Mode(), err)
		}
	})
	t.Run("not if others can write there", func(t *testing.T) {
		home := t.TempDir()
		c := testCache(t, home)
		if err := os.Chmod(c.root.Name(), 0o770); err != nil {
			t.Fatal(err)
		}
		if c := openLookCache(environment(map[string]string{"XDG_CACHE_HOME": home, "HOME": home})); c != nil {
			t.Error("it is used")
		}
	})
	t.Run("not if it cannot be made", func(t *testing.T) {
		home := filepath.Join(t.TempDir(), "file")
		writeFile(t, home, "")
		if c := openLookCache(environment(map[string]string{"XDG_CACHE_HOME": home, "HOME": home})); c != nil {
			t.Error("there is one")
		}
	})
}
