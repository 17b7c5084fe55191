package apply

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"syscall"
)

func thisProcess() process {
	p := process{PID: os.Getpid()}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return p
	}
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return p
	}
	p.Boot, p.Namespace, p.Began = strings.TrimSpace(string(boot)), namespace, began("self")
	return p
}

// began is when a process began, in ticks since the machine did. It is "" if the
// system does not say, as it may not of other people's processes, and "ended" of
// a process that nobody has asked yet how it ended.
func began(pid string) string {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses, which may hold anything.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	switch {
	case len(fields) < 20:
		return ""
	case fields[0] == "Z" || fields[0] == "X":
		return "ended"
	}
	return fields[19]
}

// ended reports whether the process is no more, or is another one by now.
func (p process) ended() bool {
	if errors.Is(syscall.Kill(p.PID, 0), syscall.ESRCH) {
		return true
	}
	now := began(strconv.Itoa(p.PID))
	return now != "" && now != p.Began
}
