//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package apply

import (
	"os"
	"syscall"
	"time"
)

// lockPatience is how long a process waits for another's lock, which is held for
// one line. One that was stopped in the middle must not stop others.
const lockPatience = 2 * time.Second

// lockDir keeps other processes from writing to the directory's journals until
// unlock is called. The lock goes with the process that holds it. Where the file
// system knows no locks, or another holds on to one, it does without: lines are
// written whole all the same.
func lockDir(root *os.Root) (unlock func()) {
	d, err := root.Open(".")
	if err != nil {
		return func() {}
	}
	for waited := time.Duration(0); waited < lockPatience; waited += time.Millisecond {
		err = syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return func() { d.Close() }
}
