package render

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// Progress shows how a plan is carried out while that goes on. It may be used
// from several goroutines. What cannot be written is lost: progress is no result.
type Progress interface {
	// Event shows what has happened.
	Event(apply.Event)
	// Stopping says what becomes of the run after a first signal; the actions
	// under way have so much time.
	Stopping(within time.Duration)
	// Close takes away what was there for a moment only. Nothing is shown any
	// more, whatever an abandoned action still does.
	Close()
}

// A tally counts the actions that a plan carries out.
type tally struct{ total, begun, ended, undone int }

func newTally(p plan.Plan) tally {
	var t tally
	for _, a := range p.Actions {
		if a.Verb != plan.None && a.Verb != plan.Blocked {
			t.total++
		}
	}
	return t
}

func (t *tally) count(e apply.Event) {
	switch {
	case begins(e):
		t.begun++
	case ends(e):
		t.ended++
		if apply.Outcome(e.State) != apply.Done {
			t.undone++
		}
	}
}

// begins reports whether an action begins with an event.
func begins(e apply.Event) bool { return e.Step == "" && e.State == "begun" }

// ends reports whether an action ends with an event.
func ends(e apply.Event) bool {
	return e.Step == "" && slices.Contains(apply.Outcomes(), apply.Outcome(e.State))
}

// stopping is what a first signal has brought about.
func (t *tally) stopping(within time.Duration, again string) string {
	running, waiting := t.begun-t.ended, t.total-t.begun
	return fmt.Sprintf("stopping within %s: %s %s finishing, %s %s not begun; %s",
		within, plural(int64(running), "action"), isAre(running), count(int64(waiting)), isAre(waiting), again)
}

// actionKey tells the actions of a plan apart.
func actionKey(a plan.Action) string { return string(a.Kind) + " " + a.Project + " " + a.Name() }

// Log shows progress as lines, for a log rather than a terminal: how actions
// end, every quarter of an upload, and what has something to say. States in
// passing it leaves out, and of events that say the same it prints the first.
func Log(w io.Writer, p plan.Plan) Progress {
	return &eventLog{w: w, last: map[string]string{}, tally: newTally(p)}
}

type eventLog struct {
	mu     sync.Mutex
	w      io.Writer
	last   map[string]string // by action: what was printed of it last
	closed bool
	tally
}

func (l *eventLog) Event(e apply.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.count(e)
	if inPassing(e) {
		return
	}
	key := actionKey(e.Action)
	news := fmt.Sprintf("%s %q %q %d", e.Step, e.State, e.Detail, quarter(e))
	if l.last[key] == news {
		return
	}
	l.last[key] = news
	l.line(eventText(e))
}

func (l *eventLog) Stopping(within time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.line(l.stopping(within, "a second signal stops it at once"))
	}
}

func (l *eventLog) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

func (l *eventLog) line(text string) {
	p := newPage(Options{})
	p.line(0, span{plain, text})
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
