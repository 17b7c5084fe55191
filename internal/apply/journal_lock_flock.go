//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package apply

import (
	"os"
	"syscall"
	"time"
)

// lockDir keeps other processes from writing to the directory's journals until
// unlock is called. The lock goes with the process that holds it. Locked is false if
// another holds on to one for longer than patience: lines are written whole all the
// same. Where the file system knows no locks there are none to wait for.
func lockDir(root *os.Root, patience time.Duration) (unlock func(), locked bool) {
	d, err := root.Open(".")
	if err != nil {
		return func() {}, true
	}
	unlock = func() { d.Close() }
	for waited := time.Duration(0); ; waited += time.Millisecond {
		err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err != syscall.EWOULDBLOCK && err != syscall.EINTR:
			return unlock, true
		case waited >= patience:
			return unlock, false
		}
		time.Sleep(time.Millisecond)
	}
}
