package store

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// lockDir makes this process the only user of dir, and writes into the lock file who that is, for the error that
// the next one gets.
func lockDir(dir string, now time.Time) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the sandbox's lock file: %w", err)
	}
	held, err := tryLock(f)
	if err == nil && held {
		holder, _ := io.ReadAll(io.LimitReader(f, 200))
		err = fmt.Errorf("sandbox directory %s is in use by %s; stop that process or choose another directory",
			dir, strings.TrimSpace(string(holder)))
	}
	if err == nil {
		err = writeHolder(f, now)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func writeHolder(f *os.File, now time.Time) error {
	if err := f.Truncate(0); err != nil {
		return fmt.Errorf("write the sandbox's lock file: %w", err)
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "process %d since %s\n", os.Getpid(), now.UTC().Format(time.RFC3339)), 0)
	if err != nil {
		return fmt.Errorf("write the sandbox's lock file: %w", err)
	}
	return nil
}

// unlockDir gives the directory free by closing the file that holds the lock.
func unlockDir(f *os.File) error { return f.Close() }
