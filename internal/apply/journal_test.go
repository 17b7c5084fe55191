package apply

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cartosync/cartosync/internal/plan"
)

var city = JournalOwner{Account: "https://acme.carto.com", Project: "city"}

// opened opens a journal and expects neither an error nor a warning.
func opened(t *testing.T, dir string) (*Journal, []plan.Pending) {
	t.Helper()
	j, pending, err := OpenJournal(dir, city, func(err error) { t.Errorf("warned: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	return j, pending
}

func ids(pending []plan.Pending) []string {
	var all []string
	for _, p := range pending {
		all = append(all, p.Dataset+" "+p.ImportID)
	}
	return all
}

var trees = plan.Pending{
	Kind: plan.PendingUpload, Dataset: "trees", Staging: "cs_1_2_3", Fingerprint: "0123456789abcdef",
	Expect: &plan.Expected{Rows: 3, Geometry: "point", Columns: []string{"name"}},
}

func TestJournalRemembersWhatHasNotEnded(t *testing.T) {
	dir := t.TempDir()
	j, pending := opened(t, dir)
	if len(pending) > 0 {
		t.Errorf("a new journal holds %v", pending)
	}
	if _, err := os.Lstat(filepath.Join(dir, StateDir)); err == nil {
		t.Error("opening made a directory")
	}
	lost := j.begin(plan.Pending{Kind: plan.PendingOverwrite, Dataset: "roads", DatasetID: "d1"})
	kept := j.begin(trees)
	kept.ImportID, kept.SyncID = "job 2", "sync 2"
	j.made(kept, true)
	other := j.begin(plan.Pending{Dataset: "rivers", Fingerprint: "f"})
	other.ImportID = "job 3"
	j.made(other, false)
	gone := j.begin(plan.Pending{Dataset: "lakes"})
	gone.ImportID = "job 4"
	j.made(gone, true)
	j.done(gone.ID)

	other.Fingerprint = ""
	for _, when := range []string{"after a kill", "compacted"} {
		_, pending = opened(t, dir)
		if diff := cmp.Diff([]plan.Pending{lost, kept, other}, pending); diff != "" {
			t.Errorf("%s: wanted -, got +:\n%s", when, diff)
		}
		j.Close()
	}
	if got := strings.Count(content(t, dir), "\n"); got != 4 {
		t.Errorf("a compacted journal of 3 requests has %d lines", got)
	}
	j.done(lost.ID, kept.ID, other.ID)
	j.Close()
	if files, err := os.ReadDir(filepath.Join(dir, StateDir)); err == nil {
		t.Errorf("nothing is pending, and there is %v", files)
	}
	sandbox := filepath.Join(dir, StateDir, "sandbox")
	if err := os.MkdirAll(sandbox, 0o700); err != nil {
		t.Fatal(err)
	}
	j, _ = opened(t, dir)
	j.done(j.begin(trees).ID)
	j.Close()
	if files, err := os.ReadDir(filepath.Join(dir, StateDir)); err != nil || len(files) != 1 || files[0].Name() != "sandbox" {
		t.Errorf("beside a sandbox there is %v %v", files, err)
	}
}

func content(t *testing.T, dir string) string {
	t.Helper()
	text, err := os.ReadFile(pathOf(dir, city))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func pathOf(dir string, of JournalOwner) string {
	return (&Journal{dir: dir, name: headerOf(of).file()}).path()
}

// TestTornJournal: a process is killed while it writes, at any byte. Whatever was
// written before is known, and what is written next too.
func TestTornJournal(t *testing.T) {
	whole := t.TempDir()
	j, _ := opened(t, whole)
	first := j.begin(trees)
	size := len(content(t, whole))
	j.begin(plan.Pending{Dataset: "roads"})
	text := content(t, whole)
	for n := range len(text) + 1 {
		dir := t.TempDir()
		if _, err := MakeStateDir(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pathOf(dir, city), []byte(text[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		var want []string
		if n >= size {
			want = append(want, "trees ")
		}
		if n == len(text) {
			want = append(want, "roads ")
		}
		j, pending := opened(t, dir)
		if diff := cmp.Diff(want, ids(pending)); diff != "" {
			t.Fatalf("cut off after %d of %d bytes: wanted -, got +:\n%s", n, len(text), diff)
		}
		j.begin(plan.Pending{Dataset: "lakes"})
		if len(want) > 0 {
			j.done(first.ID)
			want = want[1:]
		}
		_, pending = opened(t, dir)
		if diff := cmp.Diff(append(want, "lakes "), ids(pending)); diff != "" {
			t.Fatalf("cut off after %d of %d bytes and gone on with: wanted -, got +:\n%s", n, len(text), diff)
		}
	}
}

// TestStrangeJournals: whatever is in the file's place, a run goes on, and says so
// where it has to do without.
func TestStrangeJournals(t *testing.T) {
	valid := func(h header) []byte {
		text, err := encode(h)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	newer, foreign := headerOf(city), headerOf(JournalOwner{Account: "https://other.carto.com", Project: "city"})
	newer.Version = 2
	hostile := headerOf(JournalOwner{Project: "city\x1b[2J\n::error::", Account: "https://x\x1b[2J\n::error::y"})
	write := func(text []byte) func(string) error {
		return func(path string) error { return os.WriteFile(path, text, 0o600) }
	}
	for _, c := range []struct {
		name  string
		place func(path string) error
		says  string
		used  bool // afterwards
	}{
		{"garbage", write([]byte("hello\nworld\n")), "it is no journal: it is begun anew", true},
		{"one long line", write(bytes.Repeat([]byte("x"), maxLine+1)), "it is no journal: it is begun anew", true},
		{"binary garbage", write([]byte("\x00\xff\n\n\n")), "it is no journal: it is begun anew", true},
		{"gigantic", func(path string) error {
			if err := os.WriteFile(path, valid(headerOf(city)), 0o600); err != nil {
				return err
			}
			return os.Truncate(path, 1<<40)
		}, "larger than", true},
		{"newer", write(valid(newer)), "version 2", false},
		{"of another account", write(valid(foreign)), `project "city" in the account "https://other.carto.com"`, false},
		{"of an account that no terminal should see", write(valid(hostile)), `project "city\x1b[2J\n::error::" in the account "https://x\x1b[2J\n::error::y"`, false},
		{"a damaged line", write(append(valid(headerOf(city)), "0000 {}\n"...)), "1 lines of the journal", true},
		{"a directory", func(path string) error { return os.Mkdir(path, 0o700) }, "no ordinary file", false},
		{"a link", func(path string) error { return os.Symlink("/etc/passwd", path) }, "no ordinary file", false},
		{"a link to nowhere", func(path string) error { return os.Symlink("nowhere", path) }, "no ordinary file", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := MakeStateDir(dir); err != nil {
				t.Fatal(err)
			}
			path := pathOf(dir, city)
			if err := c.place(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(path)
			j, pending, err := OpenJournal(dir, city, func(err error) { t.Errorf("warned: %v", err) })
			if err == nil || !strings.Contains(err.Error(), c.says) || len(pending) > 0 {
				t.Fatalf("%v, error %v", pending, err)
			}
			if (j != nil) != c.used {
				t.Fatalf("journal %v", j)
			}
			j.begin(trees)
			if !c.used {
				if after, err := os.Lstat(path); err != nil || after.Mode() != before.Mode() || after.Size() != before.Size() {
					t.Errorf("it was touched: %v %v", after, err)
				}
				return
			}
			_, pending, _ = OpenJournal(dir, city, nil)
			if diff := cmp.Diff([]string{"trees "}, ids(pending)); diff != "" {
				t.Errorf("wanted -, got +:\n%s", diff)
			}
		})
	}
}

// TestJournalThatCannotBeKept is said once.
func TestJournalThatCannotBeKept(t *testing.T) {
	for _, c := range []struct {
		name  string
		place func(dir string) error
	}{
		{"a file in the directory's place", func(dir string) error { return os.WriteFile(filepath.Join(dir, StateDir), nil, 0o600) }},
		{"a link in the directory's place", func(dir string) error { return os.Symlink(os.TempDir(), filepath.Join(dir, StateDir)) }},
		{"a directory that may not be written", func(dir string) error { return os.Chmod(dir, 0o500) }},
		{"no directory", os.Remove},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a directory that may not be written" && os.Geteuid() == 0 {
				t.Skip("nothing keeps the superuser from writing")
			}
			dir := filepath.Join(t.TempDir(), "manifest")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			warned := 0
			j, _, err := OpenJournal(dir, city, func(error) { warned++ })
			if err != nil {
				t.Fatal(err)
			}
			if err := c.place(dir); err != nil {
				t.Fatal(err)
			}
			for range 3 {
				j.begin(trees)
			}
			j.Close()
			if warned != 1 && c.name != "no directory" || warned > 1 {
				t.Errorf("warned %d times", warned)
			}
		})
	}
}

// TestGitignoresOfOthersStay: what somebody wrote beside the journal outlives it.
func TestGitignoresOfOthersStay(t *testing.T) {
	for text, stays := range map[string]bool{"*\n": false, "#\n": true, "*\n!lists/\n": true, "": true} {
		t.Run(text, func(t *testing.T) {
			dir := t.TempDir()
			j, _ := opened(t, dir)
			p := j.begin(trees)
			ignore := filepath.Join(dir, StateDir, ".gitignore")
			if err := os.WriteFile(ignore, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			j.done(p.ID)
			j.Close()
			left, err := os.ReadFile(ignore)
			if stays != (err == nil) || stays && string(left) != text {
				t.Errorf("it is %q, %v", left, err)
			}
		})
	}
}

// TestJournalsDoNotMix: accounts, projects and the embedded sandbox have one each.
func TestJournalsDoNotMix(t *testing.T) {
	dir := t.TempDir()
	owners := []JournalOwner{
		city, {Account: city.Account, Project: "parks"}, {Account: "https://other.carto.com", Project: "city"},
		{Account: city.Account, Project: "city", Embedded: true},
	}
	for i, of := range owners {
		j, pending, err := OpenJournal(dir, of, func(err error) { t.Error(err) })
		if err != nil || len(pending) > 0 {
			t.Fatalf("%v: %v %v", of, pending, err)
		}
		j.begin(plan.Pending{Dataset: fmt.Sprint(i)})
	}
	for i, of := range owners {
		_, pending, err := OpenJournal(dir, of, nil)
		if diff := cmp.Diff([]string{fmt.Sprint(i, " ")}, ids(pending)); err != nil || diff != "" {
			t.Errorf("%v: %v, wanted -, got +:\n%s", of, err, diff)
		}
	}
}

// TestTwoProcessesKeepOneJournal: each line of each of them is there, also when one
// of them compacts the file in between.
func TestTwoProcessesKeepOneJournal(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	const each = 20
	for i := range 3 {
		j, _ := opened(t, dir)
		all.Go(func() {
			for n := range each {
				p := j.begin(plan.Pending{Dataset: fmt.Sprintf("%d-%02d", i, n)})
				if n%2 == 0 {
					j.done(p.ID)
				}
				if n%5 == 0 {
					j.Close()
				}
			}
		})
	}
	all.Wait()
	_, pending := opened(t, dir)
	var want []plan.Pending
	for i := range 3 {
		for n := 1; n < each; n += 2 {
			want = append(want, plan.Pending{Dataset: fmt.Sprintf("%d-%02d", i, n)})
		}
	}
	byName := cmpopts.SortSlices(func(a, b plan.Pending) bool { return a.Dataset < b.Dataset })
	if diff := cmp.Diff(want, pending, byName, cmpopts.IgnoreFields(plan.Pending{}, "ID", "Since")); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
}

// TestLongLinesAreShortened: a table of ten thousand columns.
func TestLongLinesAreShortened(t *testing.T) {
	dir := t.TempDir()
	j, _ := opened(t, dir)
	wide := trees
	wide.Expect = &plan.Expected{Rows: 3}
	for n := range 10_000 {
		wide.Expect.Columns = append(wide.Expect.Columns, fmt.Sprint("column_", n))
	}
	j.begin(wide)
	_, pending := opened(t, dir)
	if len(pending) != 1 || pending[0].Expect.Rows != 3 || len(pending[0].Expect.Columns) > 0 {
		t.Errorf("it remembers %v", ids(pending))
	}
	if age := time.Since(pending[0].Since); age < 0 || age > time.Hour {
		t.Errorf("it began %s ago", age)
	}
}

// FuzzJournal: no file makes reading it panic, and whatever it holds, what is written
// next is known afterwards.
func FuzzJournal(f *testing.F) {
	h := headerOf(city)
	head, err := encode(h)
	if err != nil {
		f.Fatal(err)
	}
	one, err := encodeLine(line{Event: eventBegin, Pending: plan.Pending{ID: "a", Dataset: "trees"}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(head)
	f.Add(append(bytes.Clone(head), one...))
	f.Add([]byte("hello\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		state, err := h.parse(text)
		if err != nil {
			return
		}
		next, err := encodeLine(line{Event: eventBegin, Pending: plan.Pending{ID: "next", Dataset: "roads"}})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte("\n")) {
			text = head
		} else if !bytes.HasSuffix(text, []byte("\n")) {
			text = append(text, '\n')
		}
		after, err := h.parse(append(text, next...))
		if _, known := after.open["next"]; err != nil || !known {
			t.Errorf("after %q of %d requests: %v", text, len(state.open), err)
		}
	})
}
