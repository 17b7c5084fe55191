package carto

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/cartosync/cartosync/internal/secret"
)

// logged writes one debug record per attempt: no headers, no bodies, and the
// URL redacted.
type logged struct {
	next   http.RoundTripper
	log    *slog.Logger
	redact func(string, ...secret.Value) string
}

func (t logged) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.log.Enabled(req.Context(), slog.LevelDebug) {
		return t.next.RoundTrip(req)
	}
	begin := time.Now()
	resp, err := t.next.RoundTrip(req)
	attrs := []slog.Attr{
		slog.String("method", req.Method),
		slog.String("url", t.redact(secret.RedactURL(req.URL.String()))),
		slog.Duration("took", time.Since(begin)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", t.redact(cause(err).Error())))
	} else {
		attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.Int64("bytes", resp.ContentLength))
	}
	t.log.LogAttrs(req.Context(), slog.LevelDebug, "request", attrs...)
	return resp, err
}
