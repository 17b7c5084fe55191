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
// document runs; what it exports is set for that.
//
// A line of three dots stands for any number of lines, three dots within a line for any text.
// Lengths of time, ids and ports are not compared.
func TestConsole(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("the examples are written for a POSIX shell, and there is none here")
	}
	path := build(t)
	for _, d := range documents(t) {
		t.Run(d.name, func(t *testing.T) {
			w := newWorkspace(t, path)
			var changed []replacement
			for _, b := range d.blocks {
				if _, excused := b.excuse(); excused || b.lang != "console" {
					continue
				}
				got := w.carryOut(t, d, b)
				if !matches(b.body, got) {
					changed = append(changed, replacement{b, got})
				}
			}
			report(t, d, changed)
		})
	}
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
}

func newWorkspace(t *testing.T, program string) *workspace {
	t.Helper()
	w := &workspace{dir: t.TempDir()}
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

// carryOut does what a block says and returns the block as it should be.
func (w *workspace) carryOut(t *testing.T, d *document, b block) []string {
	t.Helper()
	if b.comment == "until interrupted" {
		return w.start(t, d, b)
	}
	if command, ok := strings.CutPrefix(b.comment, "first: "); ok {
		if printed, err := w.shell(command); err != nil {
			t.Errorf("%s:%d: %s: %v\n%s", d.name, b.line-1, command, err, printed)
		}
	}
	return w.run(t, d, b)
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
	silent := time.AfterFunc(time.Minute, func() { c.Process.Kill() }) // it prints less than is documented
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

// run carries out the commands of a block and returns it as it should be.
func (w *workspace) run(t *testing.T, d *document, b block) []string {
	t.Helper()
	var got []string
	for i, line := range b.body {
		command, ok := strings.CutPrefix(line, "$ ")
		if !ok {
			continue
		}
		got = append(got, line)
		printed, err := w.shell(strings.ReplaceAll(command, "go run ./cmd/cartosync", "cartosync"))
		if err != nil {
			t.Errorf("%s:%d: %s: %v\n%s", d.name, b.line+i+1, command, err, printed)
		}
		got = append(got, withoutProgress(printed)...)
	}
	return got
}

// shell returns what a command prints to either stream.
func (w *workspace) shell(command string) (string, error) {
	c := exec.Command("sh", "-c", command)
	c.Dir, c.Env = w.dir, w.env
	printed, err := c.CombinedOutput()
	return string(printed), err
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

var volatile = regexp.MustCompile(`127\.0\.0\.1:\d+|\b\d+(\.\d+)?(ms|s)\b|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// matches reports whether what was printed is what is documented.
func matches(documented, printed []string) bool {
	if len(documented) == 0 {
		return len(printed) == 0
	}
	if documented[0] == "..." {
		for skip := range len(printed) + 1 {
			if matches(documented[1:], printed[skip:]) {
				return true
			}
		}
		return false
	}
	return len(printed) > 0 && matchesLine(documented[0], printed[0]) && matches(documented[1:], printed[1:])
}

func matchesLine(documented, printed string) bool {
	pattern := regexp.QuoteMeta(volatile.ReplaceAllString(documented, "<volatile>"))
	pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta("..."), ".*")
	return regexp.MustCompile("^" + pattern + "$").MatchString(volatile.ReplaceAllString(printed, "<volatile>"))
}

func TestMatches(t *testing.T) {
	tests := []struct {
		name                string
		documented, printed []string
		want                bool
	}{
		{"equal", []string{"a", "b"}, []string{"a", "b"}, true},
		{"another line", []string{"a", "b"}, []string{"a", "c"}, false},
		{"a line too few", []string{"a"}, []string{"a", "b"}, false},
		{"a line too many", []string{"a", "b"}, []string{"a"}, false},
		{"lines left out", []string{"a", "...", "z"}, []string{"a", "b", "c", "z"}, true},
		{"nothing left out", []string{"a", "...", "z"}, []string{"a", "z"}, true},
		{"another end", []string{"a", "..."}, []string{"b"}, false},
		{"text left out", []string{"a ... z"}, []string{"a b c z"}, true},
		{"time", []string{"took 0.1s"}, []string{"took 12.5s"}, true},
		{"not time", []string{"1 rows"}, []string{"2 rows"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := matches(tt.documented, tt.printed); got != tt.want {
				t.Errorf("matches = %t, want %t", got, tt.want)
			}
		})
	}
}
