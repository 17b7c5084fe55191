//go:build linux || darwin

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
	"github.com/cartosync/cartosync/internal/spec"
)

// BenchmarkWarmLook compares a look at a thousand files of a megabyte that have not
// changed with what sha256sum takes to read them.
func BenchmarkWarmLook(b *testing.B) {
	m := manyFiles(b, 1000, 1<<20)
	cache := testCache(b, b.TempDir())
	desired := []spec.Manifest{m}
	if _, err := look(b.Context(), desired, 0, cache); err != nil {
		b.Fatal(err)
	}
	if n := cache.stored.Load(); n != 1000 {
		b.Fatalf("%d looks were kept", n)
	}
	b.Run("look", func(b *testing.B) {
		for b.Loop() {
			looks, err := look(b.Context(), desired, 0, cache)
			if err != nil || looks["d999"].Rows == 0 {
				b.Fatal(err, looks["d999"])
			}
		}
	})
	if n := cache.stored.Load(); n != 1000 {
		b.Fatalf("files were looked at again: %d looks were kept", n)
	}
	b.Run("sha256sum", func(b *testing.B) {
		var paths []string
		for _, d := range m.Datasets {
			paths = append(paths, filepath.Join(m.Dir, d.Source.File))
		}
		for b.Loop() {
			sum := exec.CommandContext(b.Context(), "sha256sum", paths...)
			sum.Stdout = io.Discard
			if err := sum.Run(); err != nil {
				b.Skip("sha256sum: ", err)
			}
		}
	})
}

// manyFiles is a manifest of n files of a size.
func manyFiles(b *testing.B, n, size int) spec.Manifest {
	b.Helper()
	var text bytes.Buffer
	text.WriteString("id,name,kind,height,lat,lon\n")
	for i := 0; text.Len() < size; i++ {
		fmt.Fprintf(&text, "%d,Tree number %d,oak,%d.5,%d.25,%d.75\n", i, i, i%40, i%80, i%170)
	}
	m := spec.Manifest{Dir: b.TempDir()}
	for i := range n {
		name := fmt.Sprintf("d%d", i)
		if err := os.WriteFile(filepath.Join(m.Dir, name+".csv"), text.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		m.Datasets = append(m.Datasets, spec.Dataset{
			Name: name, Source: spec.Source{Kind: spec.SourceFile, File: name + ".csv"}, Import: spec.Import(data.DefaultOptions()),
		})
	}
	return m
}
