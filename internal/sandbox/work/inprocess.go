package work

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// InProcess calls a handler without a socket. Request and response bodies stream, and the handler's context ends when the
// caller's does or when the response body is closed.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	reader, writer := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: writer, head: r.Method == http.MethodHead, ready: make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { w.finish(recover()) }()
		p.handler.ServeHTTP(w, serverRequest(ctx, r))
	}()
	// A handler may be reading the request, writing the answer or waiting for the context: all three end before it is
	// waited for, as they do when a connection breaks.
	end := func(err error) {
		cancel()
		reader.CloseWithError(err)
		closeBody(r)
		<-done
	}
	select {
	case <-w.ready:
	case <-r.Context().Done():
		end(r.Context().Err())
		return nil, r.Context().Err()
	}
	if w.failure != nil {
		end(w.failure)
		return nil, w.failure
	}
	return w.response(r, &pipeBody{PipeReader: reader, end: func() { end(io.ErrClosedPipe) }}), nil
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}

// serverRequest is the request as a server would see it.
func serverRequest(ctx context.Context, r *http.Request) *http.Request {
	s := r.Clone(ctx)
	s.RequestURI = r.URL.RequestURI()
	s.RemoteAddr = "127.0.0.1:0"
	if s.Host == "" {
		s.Host = r.URL.Host
	}
	if s.Body == nil {
		s.Body = http.NoBody
	}
	return s
}

// pipeBody ends the handler when the caller closes the body.
type pipeBody struct {
	*io.PipeReader
	end  func()
	once sync.Once
}

func (b *pipeBody) Close() error {
	b.once.Do(b.end)
	return nil
}

type pipeWriter struct {
	header  http.Header
	sent    http.Header // as it was when the first byte went out
	status  int
	body    *io.PipeWriter
	head    bool
	ready   chan struct{}
	failure error
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	if w.status != 0 {
		return
	}
	w.status, w.sent = status, w.header.Clone()
	close(w.ready)
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		if w.header.Get("Content-Type") == "" {
			w.header.Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.head {
		return len(b), nil
	}
	return w.body.Write(b)
}

func (w *pipeWriter) Flush() {}

// finish ends the response when the handler has returned or panicked. A handler that aborts cuts the connection.
func (w *pipeWriter) finish(panicked any) {
	var failure error
	if panicked != nil {
		failure = io.ErrUnexpectedEOF
		if err, ok := panicked.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			failure = fmt.Errorf("the handler panicked: %v", panicked)
		}
	}
	if w.status == 0 && failure != nil {
		w.failure = failure
		w.status = -1
		close(w.ready)
	}
	w.WriteHeader(http.StatusOK)
	w.body.CloseWithError(failure)
}

func (w *pipeWriter) response(r *http.Request, body io.ReadCloser) *http.Response {
	length := int64(-1)
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		length = n
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: length, Request: r,
	}
}
