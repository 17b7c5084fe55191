package data_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/data/datatest"
	"github.com/cartosync/cartosync/internal/name"
)

// TestNastyFiles looks at files as people have them.
func TestNastyFiles(t *testing.T) {
	names := map[string]bool{}
	for _, f := range datatest.Files() {
		t.Run(f.Name, func(t *testing.T) {
			if names[f.Name] {
				t.Fatal("two files have this name")
			}
			names[f.Name] = true
			look := lookAt(t, f.Name, f.Content)
			if diff := cmp.Diff(strings.Split(f.Want, "\n"), strings.Split(datatest.Describe(look), "\n")); diff != "" {
				t.Errorf("%.200q (-want +got):\n%s", f.Content, diff)
			}
			if look.SHA256 != sum(f.Content) || look.Size != int64(len(f.Content)) {
				t.Errorf("hash %s, size %d", look.SHA256, look.Size)
			}
			checkLook(t, look)
		})
	}
	if n := len(names); n < 30 {
		t.Errorf("there are %d files", n)
	}
}

// checkLook holds a look to what is true of every one.
func checkLook(t *testing.T, l data.Look) {
	t.Helper()
	for _, c := range l.Columns {
		if c.Name == "" || c.Type == "" || len(c.Name) > 63 {
			t.Errorf("column %+v", c)
		}
		if again, err := name.SanitizeColumns([]string{c.Name}); err != nil || again[0] != c.Name {
			t.Errorf("column %q would be renamed to %q, %v", c.Name, again, err)
		}
	}
	for _, w := range l.Warnings {
		if w.Code == "" || w.Detail == "" {
			t.Errorf("warning %+v", w)
		}
	}
	read := l.Recognised && !l.Opaque && l.Fault == nil
	switch {
	case read && l.Encoding == "":
		t.Error("its encoding is not said")
	case read && (l.Geometry != "") != (l.Extent != nil):
		t.Errorf("geometry %q, extent %v", l.Geometry, l.Extent)
	case l.NullGeometries > l.Rows:
		t.Errorf("%d of %d rows have no geometry", l.NullGeometries, l.Rows)
	}
}

// TestNastyFilesAreTheSame: the generator writes the same bytes every time.
func TestNastyFilesAreTheSame(t *testing.T) {
	if diff := cmp.Diff(datatest.Files(), datatest.Files()); diff != "" {
		t.Errorf("first -, second +:\n%s", diff)
	}
}
