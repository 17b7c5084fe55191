package docstest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestConsole runs the console blocks of each document, from top to bottom, in a directory of its
// own that holds a copy of examples. A command must succeed; where a failure is shown, "; echo $?"
// shows the exit code too. Both streams are compared, as a terminal shows them, without the lines
// of progress, which begin with the time of day and come in any order.
//
// The comment "first: COMMAND" before a block does by a command what the text has told by then. A
// block after the comment "until interrupted" is a command that goes on while the rest of the
// document runs; what it exports is set for that, and so is what a command "export NAME=..." sets.
// A command that ends with a backslash goes on in the next line. A block of YAML that names its file
// is written there first.
//
// A line of three dots stands for any number of lines, three dots within a line for any text.
// Ports and times are not compared. An id stands for the one that is printed in its place, here
// and in every command and output after that.
//
// A document that calls curl is skipped where there is none, unless the environment variable
// CARTOSYNC_REQUIRE names curl.
func TestConsole(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the examples are written for a POSIX shell, and there is none here")
	}
	path := build(t)
	for _, d := range documents(t) {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			needCurl(t, d)
			w := newWorkspace(t, path)
			var changed []replacement
			for _, b := range d.runnable() {
				if got, ok := w.carryOut(t, d, b); !ok {
					changed = append(changed, replacement{b, got})
				}
			}
			report(t, d, changed)
		})
	}
}

// runnable are the blocks that are run, and the files that they may use.
func (d *document) runnable() []block {
	return slices.DeleteFunc(slices.Clone(d.blocks), func(b block) bool {
		_, excused := b.excuse()
		return excused || b.lang != "console" && b.file() == ""
	})
}

var curlCall = regexp.MustCompile(`\bcurl `)

func needCurl(t *testing.T, d *document) {
	t.Helper()
	calls := slices.ContainsFunc(d.runnable(), func(b block) bool {
		return b.lang == "console" && slices.ContainsFunc(b.body, curlCall.MatchString)
	})
	if !calls {
		return
	}
	if _, err := exec.LookPath("curl"); err == nil {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("CARTOSYNC_REQUIRE"), ","), "curl") {
		t.Fatal("CARTOSYNC_REQUIRE demands curl, and it is not installed; install the package curl")
	}
	t.Skip("the document calls curl, and it is not installed")
}

// A replacement is a block and what it should say.
type replacement struct {
	block
	got []string
}

func report(t *testing.T, d *document, changed []replacement) {
	t.Helper()
	if *update && len(changed) > 0 {
		rewrite(t, d, changed)
		return
	}
	for _, c := range changed {
		t.Errorf("%s:%d: the example prints something else (-documented +printed):\n%s", d.name, c.line, cmp.Diff(c.body, c.got))
	}
}

func rewrite(t *testing.T, d *document, changed []replacement) {
	t.Helper()
	lines := slices.Clone(d.lines)
	for _, c := range slices.Backward(changed) {
		lines = slices.Replace(lines, c.line, c.line+len(c.body), c.got...)
	}
	text := strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(filepath.Join(root, filepath.FromSlash(d.name)), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// scratch is a directory for all tests, which TestMain removes.
var scratch = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "docstest") })

// program is the path of the program, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := scratch()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "cartosync")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", path, root+"/cmd/cartosync").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("the program cannot be built: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := scratch(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

func build(t *testing.T) string {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A workspace is where the commands of one document run.
type workspace struct {
	dir string
	env []string
	ids ids
}

func newWorkspace(t *testing.T, program string) *workspace {
	t.Helper()
	w := &workspace{dir: t.TempDir(), ids: ids{}}
	if err := os.CopyFS(filepath.Join(w.dir, "examples"), tracked{os.DirFS(filepath.Join(root, "examples"))}); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	w.env = []string{
		"PATH=" + filepath.Dir(program) + string(os.PathListSeparator) + os.Getenv("PATH"),
		"HOME=" + home, "XDG_CONFIG_HOME=" + home, "TMPDIR=" + t.TempDir(), "LC_ALL=C", "GORACE=atexit_sleep_ms=0",
	}
	return w
}

// carryOut does what a block says. It returns the block as it should be, and whether it is.
func (w *workspace) carryOut(t *testing.T, d *document, b block) ([]string, bool) {
	t.Helper()
	if b.lang != "console" {
		write(t, filepath.Join(w.dir, b.file()), strings.Join(b.body, "\n")+"\n")
		return b.body, true
	}
	if b.comment == "until interrupted" {
		got := w.start(t, d, b)
		return got, w.learn(b.body, got)
	}
	if command, ok := strings.CutPrefix(b.comment, "first: "); ok {
		if printed, err := w.shell(command); err != nil {
			t.Errorf("%s:%d: %s: %v\n%s", d.name, b.line-1, command, err, printed)
		}
	}
	return w.run(t, d, b)
}

// learn compares what was printed with what is documented, and takes up the ids.
func (w *workspace) learn(documented, printed []string) bool {
	learned, ok := w.ids.match(documented, printed)
	if ok {
		w.ids = learned
	}
	return ok
}

// start begins a command that runs until the test ends, and returns the block with as many lines
// of what it prints as are documented.
func (w *workspace) start(t *testing.T, d *document, b block) []string {
	t.Helper()
	command, _ := strings.CutPrefix(b.body[0], "$ ")
	c := exec.Command("sh", "-c", "exec "+command) // the shell becomes the command, which gets the signal
	c.Dir, c.Env = w.dir, w.env
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		if err := c.Wait(); err != nil {
			t.Errorf("%s:%d: %s ends with %v when it is interrupted", d.name, b.line, command, err)
		}
	})
	silent := time.AfterFunc(5*time.Minute, func() { c.Process.Kill() }) // it prints less than is documented
	defer silent.Stop()
	got := []string{b.body[0]}
	lines := bufio.NewScanner(out)
	for len(got) < len(b.body) && lines.Scan() {
		got = append(got, lines.Text())
		if variable, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			w.env = append(w.env, variable)
		}
	}
	return got
}

// A step is a command of a block and what it prints.
type step struct {
	line    int // from the block's
	command []string
	output  []string
}

// steps are the commands of a block. Text before the first belongs to none.
func (b block) steps() []step {
	var all []step
	for i, line := range b.body {
		if strings.HasPrefix(line, "$ ") {
			all = append(all, step{line: i + 1, command: []string{line}})
			continue
		}
		if len(all) == 0 {
			all = append(all, step{line: i + 1})
		}
		s := &all[len(all)-1]
		if n := len(s.command); len(s.output) == 0 && n > 0 && strings.HasSuffix(s.command[n-1], `\`) {
			s.command = append(s.command, line)
		} else {
			s.output = append(s.output, line)
		}
	}
	return all
}

var export = regexp.MustCompile(`^export ([A-Z][A-Z_]*)=`)

// run carries out the commands of a block.
func (w *workspace) run(t *testing.T, d *document, b block) (got []string, ok bool) {
	t.Helper()
	ok = true
	for _, s := range b.steps() {
		command := strings.TrimPrefix(strings.Join(s.command, "\n"), "$ ")
		command = w.ids.actual(strings.ReplaceAll(command, "go run ./cmd/cartosync", "cartosync"))
		do := w.shell
		if export.MatchString(command) {
			do = w.set
		}
		printed, err := do(command)
		if err != nil {
			t.Errorf("%s:%d: %s: %v\n%s", d.name, b.line+s.line, command, err, printed)
		}
		lines := withoutProgress(printed)
		if !w.learn(s.output, lines) {
			ok = false
		}
		got = append(append(got, s.command...), w.ids.documented(lines)...)
	}
	return got, ok
}

// shell returns what a command prints to either stream.
func (w *workspace) shell(command string) (string, error) {
	c := exec.Command("sh", "-c", command)
	c.Dir, c.Env = w.dir, w.env
	printed, err := c.CombinedOutput()
	return string(printed), err
}

// set runs a command that exports a variable, and keeps it for the commands that follow.
func (w *workspace) set(command string) (string, error) {
	name := export.FindStringSubmatch(command)[1]
	c := exec.Command("sh", "-c", command+"\nprintf %s \"$"+name+`"`)
	c.Dir, c.Env = w.dir, w.env
	var aside strings.Builder
	c.Stderr = &aside
	value, err := c.Output()
	w.env = append(w.env, name+"="+string(value))
	return aside.String(), err
}

var progressLine = regexp.MustCompile(`^\d\d:\d\d:\d\d `)

// withoutProgress is the lines of a text less those of progress.
func withoutProgress(text string) []string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); !progressLine.MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}
