package conformance

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// A web serves sources whose behaviour is the test's.
type web struct {
	url   string
	mu    sync.Mutex
	files map[string]*file
}

// A file is one source. Its fields are changed through web.change.
type file struct {
	URL      string
	body     string
	headers  map[string]string
	status   int           // 200 by default
	head     int           // of HEAD; as status by default
	modified time.Time     // Last-Modified; none by default
	etag     string        // none by default
	gate     chan struct{} // GET waits until it is closed
	waiting  chan struct{} // gets a value when a GET waits
	fetched  int           // how many GETs

	announced int64 // Content-Length of HEAD; the body's by default
}

func newWeb(t *testing.T) *web {
	w := &web{files: map[string]*file{}}
	server := httptest.NewServer(w)
	w.url = server.URL
	t.Cleanup(server.Close)
	return w
}

// serve offers a file at a path. The path may hold a query.
func (w *web) serve(path, body string) *file {
	w.mu.Lock()
	defer w.mu.Unlock()
	f := &file{URL: w.url + path, body: body, headers: map[string]string{}, waiting: make(chan struct{}, 100)}
	w.files[path] = f
	return f
}

// change changes a file between two requests.
func (w *web) change(f *file, how func(*file)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	how(f)
}

// fetches is how often a file was asked for.
func (w *web) fetches(f *file) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return f.fetched
}

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	f, known := w.look(r)
	if !known {
		http.NotFound(rw, r)
		return
	}
	if f.gate != nil && r.Method == http.MethodGet {
		f.waiting <- struct{}{}
		select {
		case <-f.gate:
		case <-r.Context().Done():
			return
		}
	}
	for key, value := range f.headers {
		rw.Header().Set(key, value)
	}
	if f.etag != "" {
		rw.Header().Set("ETag", `"`+f.etag+`"`)
	}
	if !f.modified.IsZero() {
		rw.Header().Set("Last-Modified", f.modified.UTC().Format(http.TimeFormat))
	}
	status := f.status
	if r.Method == http.MethodHead && f.head != 0 {
		status = f.head
	}
	if status == 0 {
		status = http.StatusOK
	}
	if f.announced > 0 && r.Method == http.MethodHead {
		rw.Header().Set("Content-Length", fmt.Sprint(f.announced))
	}
	rw.WriteHeader(status)
	if r.Method != http.MethodHead {
		fmt.Fprint(rw, f.body)
	}
}

// look is a copy of the file that a request asks for.
func (w *web) look(r *http.Request) (file, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f, known := w.files[r.URL.RequestURI()]
	if !known {
		return file{}, false
	}
	if r.Method == http.MethodGet {
		f.fetched++
	}
	return *f, true
}
