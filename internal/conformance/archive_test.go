package conformance

import (
	"archive/zip"
	"bytes"
	"io"
)

// zipped is an archive of names and contents.
func zipped(files ...string) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err == nil {
			io.WriteString(f, files[i+1])
		}
	}
	w.Close()
	return b.String()
}
