//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package apply

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// barred is the journal of a directory whose lock another process holds that was
// stopped, until release is called. It warns into warnings.
func barred(t *testing.T, warnings *[]string) (j *Journal, dir string, release func()) {
	t.Helper()
	dir = t.TempDir()
	j, _, err := OpenJournal(dir, city, func(err error) { *warnings = append(*warnings, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	j.begin(trees)
	other, err := os.Open(filepath.Join(dir, StateDir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	if err := syscall.Flock(int(other.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	return j, dir, func() {
		if err := syscall.Flock(int(other.Fd()), syscall.LOCK_UN); err != nil {
			t.Fatal(err)
		}
	}
}

// TestStoppedProcessesAreWaitedForOnce: a process that was stopped while it held the
// lock costs a run two seconds, and no run rewrites the file beside it.
func TestStoppedProcessesAreWaitedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var warnings []string
		j, dir, release := barred(t, &warnings)
		began := time.Now()
		for range 5 {
			j.done(j.begin(trees).ID)
		}
		before := content(t, dir)
		j.Close()
		if took := time.Since(began); took > lockPatience+10*time.Millisecond {
			t.Errorf("it was waited for %s long", took)
		}
		want := []string{"the journal " + pathOf(dir, city) +
			" could not be cleared up after the run: another process holds on to its lock; the next run tries again"}
		if diff := cmp.Diff(want, warnings); diff != "" || content(t, dir) != before {
			t.Errorf("the file was\n%sand is\n%swarnings: wanted -, got +:\n%s", before, content(t, dir), diff)
		}
		release()
		j, pending := opened(t, dir)
		if diff := cmp.Diff([]string{"trees "}, ids(pending)); diff != "" {
			t.Errorf("wanted -, got +:\n%s", diff)
		}
		j.done(pending[0].ID)
		j.Close()
		if _, err := os.Lstat(filepath.Join(dir, StateDir)); err == nil {
			t.Error("the directory is left")
		}
	})
}

// TestReportsDoNotWaitForJournals: where the file cannot be closed, an interrupted run
// reports all the same.
func TestReportsDoNotWaitForJournals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var warnings []string
		j, _, _ := barred(t, &warnings)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		began := time.Now()
		Run(ctx, Input{Journals: Journals{"city": j}})
		if took := time.Since(began); took > lastWords {
			t.Errorf("the report took %s", took)
		}
		<-time.After(time.Minute) // until the lock is given up on
	})
}
