package docstest

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	trapItem = regexp.MustCompile(`^(\d+)\. <a id="trap-(\d+)"></a>`)
	trapTest = regexp.MustCompile(`(?m)^func TestTrap(\d+(?:And\d+)*)`)
)

// TestTraps keeps the list of traps honest: each of them is shown by a test that bears its number, or says why none can.
func TestTraps(t *testing.T) {
	shown := trapTests(t)
	last := 0
	item := ""
	end := func() {
		if last == 0 {
			return
		}
		switch excused := strings.Contains(item, "Not shown: "); {
		case shown[last] == "" && !excused:
			t.Errorf("no test shows trap %d; write TestTrap%d..., or say in the list why it is \"Not shown: ...\"", last, last)
		case shown[last] != "" && excused:
			t.Errorf("%s shows trap %d, which the list says is not shown", shown[last], last)
		}
		delete(shown, last)
	}
	for i, line := range open(t, "docs/what-carto-does.md").section(t, "12 Traps") {
		m := trapItem.FindStringSubmatch(line)
		if m == nil {
			item += " " + strings.TrimSpace(line)
			continue
		}
		end()
		item = line
		if last++; m[1] != strconv.Itoa(last) || m[2] != m[1] {
			t.Fatalf("line %d of the list should begin trap %d with its anchor: %s", i+1, last, line)
		}
	}
	end()
	if last == 0 {
		t.Error("the list of traps is empty")
	}
	for number, where := range shown {
		t.Errorf("%s shows trap %d, which is not in the list", where, number)
	}
}

// trapTests finds, for each trap, a file with a test of it.
func trapTests(t *testing.T) map[int]string {
	t.Helper()
	found := map[int]string{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range trapTest.FindAllStringSubmatch(string(text), -1) {
			for part := range strings.SplitSeq(m[1], "And") {
				if number, err := strconv.Atoi(part); err == nil {
					found[number] = path
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
