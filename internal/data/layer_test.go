package data_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
)

// TestLayerOpensAsItIs: the bytes of the one file inside, whatever they say.
func TestLayerOpensAsItIs(t *testing.T) {
	const text = "name;a\n\"oak\";1\n"
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, f := range [][2]string{{"README.txt", "hello"}, {"a/trees.csv", text}} {
		if err := w.WriteHeader(&tar.Header{Name: f[0], Mode: 0o600, Size: int64(len(f[1]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, content string }{{"trees.csv", text}, {"trees.tgz", b.String()}} {
		t.Run(c.file, func(t *testing.T) {
			f, err := data.Open(c.file, bytes.NewReader([]byte(c.content)), int64(len(c.content)))
			if err != nil {
				t.Fatal(err)
			}
			r, err := f.Layers[0].Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if got, err := io.ReadAll(r); err != nil || string(got) != text {
				t.Errorf("it reads %q, %v", got, err)
			}
		})
	}
}

func TestUnreadableLayerDoesNotOpen(t *testing.T) {
	f, err := data.Open("a.rar", bytes.NewReader([]byte("Rar!")), 4)
	if err != nil {
		t.Fatal(err)
	}
	var unsupported *data.UnsupportedError
	if _, err := f.Layers[0].Open(t.Context()); !errors.As(err, &unsupported) {
		t.Errorf("it opens with %v", err)
	}
}
