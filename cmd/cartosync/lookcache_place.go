package main

import (
	"path/filepath"
	"runtime"
)

// cacheHome is the user's cache directory, "" if there is none. It is what
// os.UserCacheDir says, by the environment of this run.
func cacheHome(env func(string) (string, bool)) string {
	dir, under := "", ""
	switch runtime.GOOS {
	case "windows":
		dir, _ = env("LocalAppData")
	case "darwin", "ios":
		dir, _ = env("HOME")
		under = "Library/Caches"
	default:
		if dir, _ = env("XDG_CACHE_HOME"); dir == "" {
			dir, _ = env("HOME")
			under = ".cache"
		}
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, under)
}
