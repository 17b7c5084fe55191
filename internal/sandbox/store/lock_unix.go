//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock or answers held=true when somebody else has it. The kernel gives it free when the process
// dies, however it dies.
func tryLock(f *os.File) (held bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}
