package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// killMatrix says at which requests apply is killed: "" is a few, thin is what CI can wait for, full is all.
var killMatrix = killingsFlag("kill-matrix", "kill apply at every request in every way, or, if thin, at all that change something and at every seventh other; takes minutes")

// A killings flag may have a value, and is full without one.
type killings string

func killingsFlag(name, usage string) *killings {
	k := new(killings)
	flag.Var(k, name, usage)
	return k
}

func (k *killings) String() string   { return string(*k) }
func (k *killings) IsBoolFlag() bool { return true }

func (k *killings) Set(s string) error {
	switch s {
	case "true":
		*k = "full"
	case "full", "thin":
		*k = killings(s)
	default:
		return errors.New("it is full or thin")
	}
	return nil
}

// mostRuns is how many further runs finish what a killed one began: one, or two where the first meets an import of the
// killed run that is still under way.
const mostRuns = 2

// TestKillMatrix kills apply, as a process of its own, with SIGKILL at each of its requests: before the account has seen
// it, in the middle of an upload, and after it took effect. Whatever the moment, running apply again makes the account
// what it is where nobody was killed, with the journal of the killed run and without it.
func TestKillMatrix(t *testing.T) {
	program := buildProgram(t)
	var total, converged, missed atomic.Int64
	t.Cleanup(func() {
		t.Logf("%d of %d converge, %d of which were not killed", converged.Load(), total.Load(), missed.Load())
	})
	for _, sc := range scenes {
		t.Run(sc.name, func(t *testing.T) {
			m := newMatrix(t, sc, program)
			for _, c := range m.cases() {
				t.Run(c.name(), func(t *testing.T) {
					t.Parallel()
					total.Add(1)
					struck, good := m.try(t, c)
					if good {
						converged.Add(1)
					}
					if !struck {
						missed.Add(1)
						if c.writes { // how often a job is asked for is a matter of time
							t.Errorf("there is no %dth request that changes something, so that nobody was killed", c.n)
						}
					}
				})
			}
		})
	}
}

// A matrix is a scene with all that its cases have in common.
type matrix struct {
	killScene
	program       string
	template      string // the directory of the city, as apply finds it
	known         map[string]bool
	want          state
	reads, writes int // requests of an apply that nobody kills
}

func newMatrix(t *testing.T, sc killScene, program string) *matrix {
	t.Helper()
	m := &matrix{killScene: sc, program: program, template: t.TempDir()}
	w := openCity(t, m.template)
	sc.prepare(w)
	was, err := w.read(t.Context(), nil)
	w.close()
	if err != nil {
		t.Fatal(err)
	}
	m.known = was.ids()
	m.measure(t)
	return m
}

// measure carries out the apply that nobody kills.
func (m *matrix) measure(t *testing.T) {
	t.Helper()
	w := m.copy(t)
	defer w.close()
	w.counter.aim(killing{})
	began := time.Now()
	if output, err := w.counter.run(m.apply(w)); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	m.reads, m.writes = w.counter.reads, w.counter.writes
	t.Logf("%d requests that change something and %d others in %s", m.writes, m.reads, time.Since(began).Round(time.Millisecond))
	if !settles(t, func() bool { return m.rows(t, w) == "" }) {
		t.Fatal(m.rows(t, w))
	}
	var err error
	if m.want, err = w.read(t.Context(), m.known); err != nil {
		t.Fatal(err)
	}
	if plan := w.mustRun("plan"); !strings.HasPrefix(plan, "No changes.\n") {
		t.Fatalf("there is still something to do:\n%s", plan)
	}
}

// rows compares what an undisturbed apply made with what the scene says.
func (m *matrix) rows(t *testing.T, w *city) string {
	got, err := w.read(t.Context(), m.known)
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int{}
	for name, d := range got.Datasets {
		rows[name] = len(d.Rows)
		if d.Sync != nil && d.Sync.State != "success" {
			return fmt.Sprintf("the synchronization of %s is %s", name, d.Sync.State)
		}
	}
	return cmp.Diff(m.killScene.rows, rows)
}

// copy is another city like the template.
func (m *matrix) copy(t *testing.T) *city {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(m.template)); err != nil {
		t.Fatal(err)
	}
	return openCity(t, dir)
}

func (m *matrix) apply(w *city) *exec.Cmd {
	cmd := exec.Command(m.program, w.command("apply", "--auto-approve")...)
	for key, value := range w.env() {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	return cmd
}

// A killed is one killing, and what becomes of the journal.
type killed struct {
	killing
	forgetful bool // the journal is deleted before the next run
}

func (k killed) name() string {
	class, journal := "read", "journal kept"
	if k.writes {
		class = "write"
	}
	if k.forgetful {
		journal = "journal deleted"
	}
	return fmt.Sprintf("%s/%s/%d/%s", journal, class, k.n, k.moment)
}

// cases are all killings, or a choice of them that has some of each kind.
func (m *matrix) cases() []killed {
	switch *killMatrix {
	case "full":
		return append(every(true, m.writes, before, within, after), every(false, m.reads, before, after)...)
	case "thin":
		return append(some(true, m.writes, 1), some(false, m.reads, 7)...)
	}
	return append(some(true, m.writes, killStride), some(false, m.reads, 3*killStride)...)
}

// every is n requests killed at each of some moments, with the journal and without it.
func every(writes bool, n int, moments ...moment) (all []killed) {
	for i := range n {
		for _, at := range moments {
			all = append(all, killed{killing{writes, i + 1, at}, false}, killed{killing{writes, i + 1, at}, true})
		}
	}
	return all
}

// some is one killing at every step-th of n requests, one way after the other.
func some(writes bool, n, step int) (all []killed) {
	for i := step; i <= n; i += step {
		at, nth := before, len(all)
		if nth%2 == 1 {
			at = after
		}
		all = append(all, killed{killing{writes, i, at}, nth/2%2 == 1})
	}
	return all
}

// try kills an apply, runs it again, and compares. It tells whether a request was the one to kill at.
func (m *matrix) try(t *testing.T, k killed) (struck, converged bool) {
	w := m.copy(t)
	defer w.close()
	w.counter.aim(k.killing)
	first, _ := w.counter.run(m.apply(w))
	struck = w.counter.struck
	w.counter.aim(killing{})
	if k.forgetful {
		forgetJournal(t, w)
	}
	var log []string
	code := exitFailed
	for range mostRuns {
		var output string
		code, output = w.run("apply", "--auto-approve")
		if log = append(log, output); code == exitDone {
			break
		}
	}
	diff := m.compare(t, w)
	if diff == "" && code == exitDone {
		return struck, true
	}
	t.Errorf("killed: %v; %d further runs end with exit code %d\n%s\nwanted -, got +:\n%s\nthe killed run:\n%s\nthe others:\n%s",
		struck, len(log), code, strings.Join(w.plan(), "\n"), diff, first, strings.Join(log, "\n---\n"))
	return struck, false
}

// plan is what there is still to do.
func (w *city) plan() []string {
	_, output := w.run("plan")
	return strings.Split(output, "\n")
}

// compare waits for the account to become what it is without a killing.
func (m *matrix) compare(t *testing.T, w *city) (diff string) {
	settles(t, func() bool {
		got, err := w.read(t.Context(), m.known)
		if err != nil {
			diff = err.Error()
			return false
		}
		diff = cmp.Diff(m.want, got)
		return diff == ""
	})
	if diff == "" {
		if plan := w.plan(); plan[0] != "No changes." {
			diff = "+" + strings.Join(plan, "\n+")
		}
	}
	return diff
}

// settles waits for what comes by itself, at most ten seconds, and tells whether it came.
func settles(t *testing.T, done func() bool) bool {
	deadline, tick := time.NewTimer(10*time.Second), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			return false
		case <-t.Context().Done():
			return false
		}
	}
	return true
}

// forgetJournal deletes what apply keeps beside the manifest.
func forgetJournal(t *testing.T, w *city) {
	t.Helper()
	if err := os.RemoveAll(filepath.Join(w.dir, "manifest", stateDir)); err != nil {
		t.Fatal(err)
	}
}
