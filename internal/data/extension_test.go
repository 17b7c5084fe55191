package data_test

import (
	"testing"

	"github.com/cartosync/cartosync/internal/data"
)

func TestExtension(t *testing.T) {
	for file, want := range map[string]string{
		"trees.csv": ".csv", "TREES.CSV": ".csv", "a/b.c/trees.geojson": ".geojson", "trees.csv.gz": ".csv.gz", "trees.CSV.BZ2": ".csv.bz2",
		"trees.gz": ".gz", "trees": "", "a.b/trees": "", "trees.tar.zip": ".zip",
	} {
		if got := data.Extension(file); got != want {
			t.Errorf("Extension(%q) = %q, want %q", file, got, want)
		}
	}
}
