package data_test

import (
	"fmt"
	"io"
	"runtime"
	"testing"

	"github.com/cartosync/cartosync/internal/data"
)

// A repeated file is a head, a body n times over, and a tail, without being in
// memory.
type repeated struct {
	head, body, tail string
	n                int64
}

func (r repeated) size() int64 {
	return int64(len(r.head)) + r.n*int64(len(r.body)) + int64(len(r.tail))
}

func (r repeated) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n)
		var rest string
		switch behind := at - int64(len(r.head)); {
		case behind < 0:
			rest = r.head[at:]
		case behind < r.n*int64(len(r.body)):
			rest = r.body[behind%int64(len(r.body)):]
		case at < r.size():
			rest = r.tail[behind-r.n*int64(len(r.body)):]
		default:
			return n, io.EOF
		}
		n += copy(p[n:], rest)
	}
	return n, nil
}

func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	const megabyte = 1 << 20
	feature := feat(`{"name":"x","n":5}`, onePoly)
	tests := []struct {
		name, file string
		content    repeated
	}{
		{"CSV", "m.csv", repeated{"name,n\n", "some text that is not short at all but goes on for a while and then some more,5\n", "", 250_000}},
		{"CSV that is rewritten", "m.csv", repeated{"name;n\n", "some text that is not short at all but goes on for a while and then some more;5\n", "", 250_000}},
		{"GeoJSON on one line", "m.geojson", repeated{`{"type":"FeatureCollection","features":[` + feature, "," + feature, "]}", 60_000}},
		{"GeoJSON with a huge foreign member", "m.geojson", repeated{`{"x":[0`, ",[1,2,3,4,5,6,7,8,9]", `],"type":"FeatureCollection","features":[]}`, 1_000_000}},
		{"fault on the first line, hashed all the same", "m.csv", repeated{"xmin,n\n", "some text that is not short at all but goes on for a while and then some more,5\n", "", 250_000}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			look, err := data.LookAt(t.Context(), tt.file, tt.content, tt.content.size(), defaults())
			if err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			// Garbage counts too, but features make some.
			if used := after.TotalAlloc - before.TotalAlloc; used > 16*megabyte {
				t.Errorf("a look at %d MB (%d rows) allocated %d MB", tt.content.size()/megabyte, look.Rows, used/megabyte)
			}
		})
	}
}

// A watchedFile tells how much memory was in use while it was read.
type watchedFile struct {
	repeated
	next int64 // where memory is looked at again
	peak uint64
}

func (w *watchedFile) ReadAt(p []byte, off int64) (int, error) {
	if off >= w.next {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		w.peak = max(w.peak, m.HeapInuse+m.StackInuse)
		w.next = off + 8<<20
	}
	return w.repeated.ReadAt(p, off)
}

// BenchmarkLookMemory measures the memory in use, garbage included, while files of ten
// megabytes to one gigabyte are looked at.
func BenchmarkLookMemory(b *testing.B) {
	feature := feat(`{"name":"x","n":5}`, onePoly)
	for _, file := range []struct {
		name    string
		content repeated
	}{
		{"m.csv", repeated{head: "name,n,lat,lon\n", body: "some text that is not short at all but goes on for a while and then some more,5,40.5,-3.5\n"}},
		{"m.geojson", repeated{`{"type":"FeatureCollection","features":[` + feature, "," + feature, "]}", 0}},
	} {
		for _, megabytes := range []int64{10, 100, 1000} {
			file.content.n = megabytes << 20 / int64(len(file.content.body))
			b.Run(fmt.Sprintf("%s/%dMB", file.name, megabytes), func(b *testing.B) {
				b.SetBytes(file.content.size())
				for b.Loop() {
					runtime.GC()
					w := &watchedFile{repeated: file.content}
					if _, err := data.LookAt(b.Context(), file.name, w, w.size(), defaults()); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(w.peak)/(1<<20), "peak-MB")
				}
			})
		}
	}
}
