package carto

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A received is an upload as the server's own multipart reader sees it.
type received struct {
	Fields [][2]string
	File   string // file name of the part
	Body   string
	Length int64 // Content-Length
}

func receive(t *testing.T, r *http.Request) received {
	t.Helper()
	got := received{Length: r.ContentLength}
	parts, err := r.MultipartReader()
	if err != nil {
		t.Error(err)
		return got
	}
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return got
		}
		if err != nil {
			t.Error(err)
			return got
		}
		body, err := io.ReadAll(part)
		if err != nil {
			t.Error(err)
		}
		if part.FileName() == "" {
			got.Fields = append(got.Fields, [2]string{part.FormName(), string(body)})
			continue
		}
		if part.FormName() != "file" {
			t.Errorf("the file is called %q", part.FormName())
		}
		got.File, got.Body = part.FileName(), string(body)
	}
}

const accepted = `{"item_queue_id":"` + idA + `","success":true}`

func TestUpload(t *testing.T) {
	tests := []struct {
		name string
		u    Upload
		want received
	}{
		{"plain", Upload{Name: "roads.csv", Body: strings.NewReader("a,b\n1,2\n"), Size: 8},
			received{File: "roads.csv", Body: "a,b\n1,2\n"}},
		{"empty", Upload{Name: "roads.csv", Body: strings.NewReader("")}, received{File: "roads.csv"}},
		{"all options", Upload{Name: `a "b" ä.csv`, Body: strings.NewReader("x"), Size: 1, Collision: CollisionOverwrite, Privacy: PrivacyPrivate,
			Guessing: Guessing{Types: ptr(false), QuotedFields: ptr(true), Content: ptr(false)}},
			received{File: `a "b" ä.csv`, Body: "x", Fields: [][2]string{{"collision_strategy", "overwrite"}, {"privacy", "private"},
				{"type_guessing", "false"}, {"quoted_fields_guessing", "true"}, {"content_guessing", "false"}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got received
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				length := r.ContentLength
				raw, err := io.ReadAll(r.Body)
				if err != nil || int64(len(raw)) != length {
					t.Errorf("%d bytes of %d, error %v", len(raw), length, err)
				}
				r.Body = io.NopCloser(bytes.NewReader(raw))
				got = receive(t, r)
				got.Length = 0
				io.WriteString(w, accepted)
			}))
			defer server.Close()
			c := testClient(t, Config{Account: server.URL + "/user/acme"})
			id, err := c.Upload(t.Context(), tt.u)
			if err != nil || id != idA {
				t.Fatalf("import %q, error %v", id, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The server has the first piece of the file before the second exists.
func TestUploadStreams(t *testing.T) {
	const piece = 64 << 10
	file, producer := io.Pipe()
	arrived := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadFull(r.Body, make([]byte, piece)); err != nil {
			t.Error(err)
		}
		close(arrived)
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		io.WriteString(w, accepted)
	}))
	defer server.Close()
	go func() {
		producer.Write(make([]byte, 2*piece))
		<-arrived
		producer.Write(make([]byte, piece))
		producer.Close()
	}()
	c := testClient(t, Config{Account: server.URL + "/user/acme"})
	var progress []int64
	_, err := c.Upload(t.Context(), Upload{Name: "roads.csv", Body: file, Size: 3 * piece, Progress: func(n int64) { progress = append(progress, n) }})
	if err != nil {
		t.Fatal(err)
	}
	if len(progress) < 2 || progress[len(progress)-1] != 3*piece {
		t.Errorf("progress %v", progress)
	}
	for i := 1; i < len(progress); i++ {
		if progress[i] <= progress[i-1] {
			t.Errorf("progress goes back: %v", progress)
		}
	}
}

// zeros is a large file that takes no memory.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestUploadUsesLittleMemory(t *testing.T) {
	const size = 200 << 20
	var got int64
	c := testClient(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		var err error
		if got, err = io.CopyBuffer(io.Discard, struct{ io.Reader }{r.Body}, make([]byte, 32<<10)); err != nil {
			return nil, err
		}
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(accepted))}, nil
	})})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: io.LimitReader(zeros{}, size), Size: size}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d bytes were allocated for an upload of %d", used, size)
	}
	if got <= size || got > size+1000 {
		t.Errorf("%d bytes were sent", got)
	}
}

// Whatever is wrong with the file, the server must not get a request that it
// could take for whole, and the error is about the file.
func TestUploadOfAFileThatChanges(t *testing.T) {
	tests := []struct {
		name string
		body io.Reader
		want string
	}{
		{"shorter", strings.NewReader("12345"), `POST /api/v1/imports: "x.csv" ended after 5 of 10 bytes while it was uploaded; somebody writes to it, try again`},
		{"longer", strings.NewReader("12345678901"), `POST /api/v1/imports: "x.csv" grew beyond 10 bytes while it was uploaded; somebody writes to it, try again`},
		{"unreadable", io.MultiReader(strings.NewReader("123"), broken{strings.NewReader("")}),
			`POST /api/v1/imports: reading "x.csv" after 3 of 10 bytes: unexpected EOF`},
		{"unreadable at its end", io.MultiReader(strings.NewReader("1234567890"), broken{strings.NewReader("")}),
			`POST /api/v1/imports: reading "x.csv" at its end: unexpected EOF`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			whole := make(chan bool, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n, err := io.Copy(io.Discard, r.Body)
				whole <- err == nil && n == r.ContentLength
				io.WriteString(w, accepted)
			}))
			c := testClient(t, Config{Account: server.URL + "/user/acme"})
			_, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: tt.body, Size: 10})
			if diff := cmp.Diff(tt.want, message(err)); diff != "" {
				t.Error(diff)
			}
			if MaybeApplied(err) {
				t.Error("an upload that was not whole counts as applied")
			}
			server.Close()
			select {
			case w := <-whole:
				if w {
					t.Error("the server got a whole request")
				}
			default: // the connection broke before the handler ran
			}
		})
	}
}

// A server that is out of slots answers before the file is sent: nothing of it
// is read.
func TestUploadIsRefusedBeforeItIsSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Expect") != "100-continue" {
			t.Error("the file comes unasked")
		}
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer server.Close()
	patient := defaultTransport()
	patient.ExpectContinueTimeout = time.Minute
	c := testClient(t, Config{Account: server.URL + "/user/acme", Transport: patient})
	var sent int64
	_, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: io.LimitReader(zeros{}, 64<<20), Size: 64 << 20, Progress: func(n int64) { sent = n }})
	if !errors.Is(err, ErrImportSlots) || sent != 0 {
		t.Errorf("%d bytes were read, error %v", sent, err)
	}
}

func TestUploadWhoseAnswerIsLost(t *testing.T) {
	tests := []struct {
		name  string
		read  int64 // of the request, before the connection breaks
		maybe bool
	}{{"after the last byte", 1 << 20, true}, {"half-way", 300, false}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := 0
			c := testClient(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				n++
				io.CopyN(io.Discard, r.Body, tt.read)
				return nil, io.ErrUnexpectedEOF
			})})
			_, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: strings.NewReader(strings.Repeat("x", 1000)), Size: 1000})
			if MaybeApplied(err) != tt.maybe || n != 1 {
				t.Errorf("%d requests, maybe applied %v: %v", n, MaybeApplied(err), err)
			}
		})
	}
}

// stuck yields its text and then nothing until the test ends.
type stuck struct {
	text io.Reader
	end  <-chan struct{}
}

func (s stuck) Read(p []byte) (int, error) {
	if n, _ := s.text.Read(p); n > 0 {
		return n, nil
	}
	<-s.end
	return 0, errors.New("the end")
}

func TestUploadThatStalls(t *testing.T) {
	// reading, as a transport does, in its own goroutine
	reading := roundTrip(func(r *http.Request) (*http.Response, error) {
		go io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	tests := []struct {
		name string
		body func(t *testing.T) io.Reader
		took time.Duration // at most
	}{
		{"the file does not go on", func(t *testing.T) io.Reader { return stuck{strings.NewReader("123"), t.Context().Done()} }, 2*time.Minute + 6*time.Second},
		{"the answer does not come", func(*testing.T) io.Reader { return strings.NewReader("1234567890") }, 10 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				c := testClient(t, Config{Transport: reading})
				begin := time.Now()
				_, err := c.Upload(ctx, Upload{Name: "x.csv", Body: tt.body(t), Size: 10})
				want := "POST /api/v1/imports: the upload did not advance in time: context deadline exceeded"
				if diff := cmp.Diff(want, message(err)); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(begin); took > tt.took || took < tt.took-7*time.Second {
					t.Errorf("gave up after %s", took)
				}
			})
		})
	}
}

// The stall time counts from the last progress, not from the beginning.
func TestSlowUploadIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := testClient(t, Config{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			buf := make([]byte, 100)
			for {
				<-time.After(100 * time.Second)
				if err := r.Context().Err(); err != nil {
					return nil, err
				}
				if _, err := r.Body.Read(buf); err == io.EOF {
					return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(accepted))}, nil
				} else if err != nil {
					return nil, err
				}
			}
		})})
		begin := time.Now()
		if _, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: strings.NewReader(strings.Repeat("x", 5000)), Size: 5000}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < time.Hour {
			t.Errorf("took %s only", took)
		}
	})
}

// lateTransport answers at once and closes the body whenever it pleases.
type lateTransport struct{ body io.Reader }

func (l *lateTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	l.body = r.Body
	return &http.Response{StatusCode: 413, Body: http.NoBody}, nil
}

// After Upload has returned, a transport that still reads gets nothing.
func TestUploadLeavesTheFileAlone(t *testing.T) {
	late := &lateTransport{}
	c := testClient(t, Config{Transport: late})
	file := strings.NewReader("12345")
	if _, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: file, Size: 5}); err == nil {
		t.Fatal("413 is no success")
	}
	if n, err := late.body.Read(make([]byte, 100)); n != 0 || err == nil || file.Len() != 5 {
		t.Errorf("%d bytes, error %v, %d left", n, err, file.Len())
	}
}

func TestUploadRefuses(t *testing.T) {
	c, sent := answering(t, ok(accepted))
	for _, name := range []string{"", "a/b.csv", `a\b.csv`, "a\r\nX: y.csv", "a\x00.csv"} {
		t.Run(fmt.Sprintf("%q", name), func(t *testing.T) {
			if _, err := c.Upload(t.Context(), Upload{Name: name, Body: strings.NewReader("")}); err == nil || len(sent.sent) > 0 {
				t.Errorf("error %v, sent %q", err, sent.sent)
			}
		})
	}
	if _, err := c.Upload(t.Context(), Upload{Name: "x.csv"}); err == nil {
		t.Error("an upload of nothing was sent")
	}
	if _, err := c.Upload(t.Context(), Upload{Name: "x.csv", Body: strings.NewReader(""), Size: -1}); err == nil {
		t.Error("an upload of unknown size was sent")
	}
}
