package spec_test

import (
	"archive/zip"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

// TestShapefileComesWithItsSidecars: as a zip that is the same for the same
// files, and gone once it is closed.
func TestShapefileComesWithItsSidecars(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	enter(t, map[string]string{
		"carto.yaml":     "version: 1\nproject: p\n",
		"gis/Roads.shp":  "shapes",
		"gis/roads.SHX":  "index",
		"gis/Roads.dbf":  "table",
		"gis/roads.prj":  "system",
		"gis/Roads.sbn":  "nobody reads this",
		"gis/Roads2.cpg": "another's",
		"roads.cpg":      "another's",
	})
	m := load(t, spec.Options{}, "carto.yaml")[0]
	read := func() (as, bytes string, files []string) {
		f, err := m.Open("gis/Roads.shp")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		z, err := zip.NewReader(f, int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range z.File {
			r, err := e.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, e.Name+" "+string(content))
		}
		return f.As, string(b), files
	}
	as, first, files := read()
	if as != "Roads.zip" {
		t.Errorf("it is read as %q", as)
	}
	if diff := cmp.Diff([]string{"Roads.shp shapes", "Roads.shx index", "Roads.dbf table", "Roads.prj system"}, files); diff != "" {
		t.Errorf("wanted -, got +:\n%s", diff)
	}
	if _, second, _ := read(); first != second {
		t.Error("packing twice gives different bytes")
	}
	if err := os.WriteFile("gis/Roads.dbf", []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, changed, _ := read(); first == changed {
		t.Error("another table gives the same bytes")
	}
	if left, err := filepath.Glob(filepath.Join(os.TempDir(), "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := m.Open("gis/none.shp"); err == nil {
		t.Error("a .shp that is not there opens")
	}
}
