package spec_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/spec"
)

var update = flag.Bool("update", false, "rewrite golden files")

// A manifest with ten different mistakes gives ten lines, each with its place.
func TestTenMistakes(t *testing.T) {
	_, err := spec.Load(spec.Options{}, "testdata/ten_mistakes.yaml")
	var faults spec.Errors
	if !errors.As(err, &faults) {
		t.Fatalf("Load gave %v, want Errors", err)
	}
	if len(faults) != 10 || strings.Count(err.Error(), "\n") != 9 {
		t.Errorf("%d faults on %d lines, want 10 on 10", len(faults), 1+strings.Count(err.Error(), "\n"))
	}
	golden(t, "testdata/ten_mistakes.txt", err.Error()+"\n")
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
