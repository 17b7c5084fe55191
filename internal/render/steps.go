package render

import (
	"io"
	"strings"
	"sync"
	"time"
)

// A Step is how far a single thing has got.
type Step struct {
	At      time.Time
	Subject string // what it is about
	State   string // uploading, importing, ...
	Detail  string
	Bytes   int64 // sent so far
	Total   int64 // bytes to send; 0 where nothing is sent
}

// Steps returns a function that prints steps: on a terminal, which has a width, one
// line that is written over and over, elsewhere a line for each that says something
// new. done takes the terminal's line away. Both may be called from any goroutine;
// what w refuses is lost.
func Steps(w io.Writer, o Options) (step func(Step), done func()) {
	l := &stepLine{w: w, width: o.Width}
	return l.print, l.clear
}

type stepLine struct {
	mu    sync.Mutex
	w     io.Writer
	width int
	last  string // what was said last
	drawn time.Time
	shown bool
}

// redraw is how long a line stays at least, so that an upload does not draw more
// than it sends.
const redraw = 100 * time.Millisecond

func (l *stepLine) print(s Step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	news := strings.Join([]string{s.Subject, s.State, s.Detail}, "\x00")
	if l.width == 0 {
		news += quarterName(s)
	}
	same := news == l.last
	l.last = news
	switch {
	case l.width > 0 && same && s.At.Sub(l.drawn) < redraw:
	case l.width > 0:
		l.drawn, l.shown = s.At, true
		text := window([]rune(visible(stepText(s))), 0, max(l.width, minWidth)-1)
		io.WriteString(l.w, "\r"+text+"\x1b[K")
	case !same:
		p := newPage(Options{})
		p.line(0, span{plain, s.At.Format("15:04:05 ") + stepText(s)})
		l.w.Write(p.bytes())
	}
}

func (l *stepLine) clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shown {
		io.WriteString(l.w, "\r\x1b[K")
		l.shown = false
	}
}

// quarterName changes with every quarter of an upload.
func quarterName(s Step) string {
	if s.Total <= 0 {
		return ""
	}
	return count(4 * s.Bytes / s.Total)
}

// stepText is a step as a line: stations.csv: uploading, 1.2 MB of 14.2 MB.
func stepText(s Step) string {
	text := s.Subject + ": " + s.State
	if s.Total > 0 {
		text += ", " + size(s.Bytes) + " of " + size(s.Total)
	}
	if s.Detail != "" {
		text += ", " + s.Detail
	}
	return text
}
