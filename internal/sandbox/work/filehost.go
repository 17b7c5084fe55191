package work

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"
)

// FilesHost is the host name at which the sandbox serves the files of a local directory, so that manifests can name
// URLs that need no network.
const FilesHost = "files.sandbox.test"

// fileHost serves a directory over HTTP with the validators that a synchronization asks for.
type fileHost struct {
	root *os.Root // nil when nothing is served
	next http.Handler
}

func newFileHost(dir string) (*fileHost, error) {
	if dir == "" {
		return &fileHost{}, nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the directory that %s serves: %w", FilesHost, err)
	}
	return &fileHost{root: root, next: http.FileServerFS(root.FS())}, nil
}

func (h *fileHost) close() error {
	if h.root == nil {
		return nil
	}
	return h.root.Close()
}

// ServeHTTP answers with a file, or 404. Directories are not listed.
func (h *fileHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if h.root == nil || file == "" {
		http.NotFound(w, r)
		return
	}
	info, err := fs.Stat(h.root.FS(), file)
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", file, info.Size(), info.ModTime().UnixNano()))
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	if kind := contentType(file); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	h.next.ServeHTTP(w, r)
}

// contentType is that of the formats whose name the server derives from it; the machine's own table may lack them.
func contentType(file string) string {
	switch strings.ToLower(path.Ext(file)) {
	case ".csv":
		return "text/csv"
	case ".geojson":
		return "application/vnd.geo+json"
	case ".json":
		return "application/json"
	case ".zip":
		return "application/zip"
	case ".gz":
		return "application/x-gzip"
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "application/octet-stream"
}
