package spec_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/cartosync/cartosync/internal/spec"
)

// largeManifest writes a manifest of n datasets of all kinds, and the files it names.
func largeManifest(tb testing.TB, n int) string {
	tb.Helper()
	dir := tb.TempDir()
	const files = 50
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o755); err != nil {
		tb.Fatal(err)
	}
	for i := range files {
		if err := os.WriteFile(filepath.Join(dir, "data", fmt.Sprintf("file_%d.csv", i)), []byte("a\n1\n"), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	var b bytes.Buffer
	b.WriteString(`version: 1
project: large
vars: {base: "https://example.org"}
connections:
  warehouse:
    provider: hive
    server: hive.example.org
    username: carto
    password: ${env:CARTOSYNC_SECRET_HIVE}
defaults: {privacy: private, tags: [open-data]}
datasets:
`)
	for i := range n {
		fmt.Fprintf(&b, "  - name: dataset_%05d\n", i)
		switch i % 5 {
		case 0, 1:
			fmt.Fprintf(&b, "    source: {file: data/file_%d.csv}\n    expect: {geometry: point, min_rows: 50, columns: {station_id: string, docks: number}}\n", i%files)
		case 2:
			fmt.Fprintf(&b, "    source: {url: \"${var:base}/%d.csv\"}\n    sync: {interval: 1h}\n", i)
		case 3:
			fmt.Fprintf(&b, "    source: {connector: warehouse, schema: default, table: items_%d}\n    sync: {interval: 15m}\n    lifecycle: {prevent_destroy: true}\n", i)
		case 4:
			fmt.Fprintf(&b, "    source: {url: \"https://example.org/%d.zip\"}\n", i)
		}
		fmt.Fprintf(&b, "    title: Dataset number %d\n    description: What this dataset holds, who made it, and when.\n    privacy: public\n    license: cc_by\n    tags: [open-data, transport]\n", i)
	}
	path := filepath.Join(dir, "carto.yaml")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkLoad compares loading a manifest of 10,000 datasets, with all its checks,
// to what the YAML library needs to make nodes of the same bytes.
func BenchmarkLoad(b *testing.B) {
	path := largeManifest(b, 10_000)
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("yaml-node", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			var n yaml.Node
			if err := yaml.Unmarshal(data, &n); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		b.ReportAllocs()
		for b.Loop() {
			manifests, err := spec.Load(spec.Options{}, path)
			if err != nil {
				b.Fatal(err)
			}
			if got := len(manifests[0].Datasets); got != 10_000 {
				b.Fatalf("%d datasets", got)
			}
		}
	})
}
