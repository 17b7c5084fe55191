package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/cartosync/cartosync/internal/apply"
)

// Progress returns a function that prints events, one line each, for a log
// rather than a terminal. It may be called from several goroutines. It prints
// how actions end, every quarter of an upload, and what has something to say;
// states in passing it leaves out, and of events that say the same it prints
// the first. What w refuses is lost: progress is no result.
func Progress(w io.Writer) func(apply.Event) {
	l := &eventLog{w: w, last: map[string]string{}}
	return l.print
}

type eventLog struct {
	mu   sync.Mutex
	w    io.Writer
	last map[string]string // by action: what was printed of it last
}

func (l *eventLog) print(e apply.Event) {
	if inPassing(e) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	key := string(e.Action.Kind) + " " + e.Action.Project + " " + e.Action.Name()
	news := fmt.Sprintf("%s %q %q %d", e.Step, e.State, e.Detail, quarter(e))
	if l.last[key] == news {
		return
	}
	l.last[key] = news
	p := newPage(Options{})
	p.line(0, span{plain, eventText(e)})
	l.w.Write(p.bytes())
}

// inPassing reports whether an event says no more than that something goes on.
func inPassing(e apply.Event) bool {
	if slices.Contains(apply.Outcomes(), apply.Outcome(e.State)) {
		return false
	}
	return e.Detail == "" && e.Bytes == 0
}

// quarter is how much of an upload is done: 0 to 4.
func quarter(e apply.Event) int64 {
	if e.Total <= 0 {
		return 0
	}
	return int64(4 * float64(e.Bytes) / float64(e.Total))
}

// eventText is an event as a line: 15:04:05 bike_stations: stage: uploading, 1.2 MB of 14.2 MB.
func eventText(e apply.Event) string {
	var b strings.Builder
	if !e.At.IsZero() {
		b.WriteString(e.At.Format("15:04:05 "))
	}
	b.WriteString(subject(e.Action) + ": ")
	if e.Step != "" {
		b.WriteString(stepName(e.Step))
	} else {
		b.WriteString(verbs(e.Action, present))
	}
	if e.State != "" {
		b.WriteString(": " + e.State)
	}
	if e.Total > 0 {
		b.WriteString(", " + size(e.Bytes) + " of " + size(e.Total))
	}
	if e.Detail != "" {
		b.WriteString(", " + e.Detail)
	}
	return b.String()
}
