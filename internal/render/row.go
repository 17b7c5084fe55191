package render

import (
	"bytes"
	"strings"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/cartosync/cartosync/internal/apply"
)

// A row is the line of an action under way, on a terminal.
type row struct {
	lead  string // what is done to what, visible
	style style

	last  apply.Event
	phase string    // what goes on, however often it is reported
	since time.Time // when that began
	speed speed
	bar   mpb.BarFiller
}

func newRow(e apply.Event) *row {
	w := words[e.Action.Verb]
	return &row{
		lead: visible(w.symbol + " " + verbs(e.Action, present) + " " + subject(e.Action)), style: w.style,
		bar: mpb.BarStyle().Padding(" ").Build(),
	}
}

// The phases that are shown in a way of their own. Any other is the name of a step
// or a state.
const (
	queueing  = "queue"
	uploading = "upload"
	importing = "import"
)

func (r *row) event(e apply.Event) {
	phase := string(e.Step) + " " + e.State
	switch {
	case e.State == "queued" || e.State == "waiting":
		phase = queueing
	case e.Total > 0:
		phase = uploading
		r.speed.add(e.At, e.Bytes)
	case e.Slot:
		phase = importing
	}
	if phase != r.phase {
		r.phase, r.since = phase, e.At
	}
	r.last = e
}

// spinner are the frames of what goes on at a pace that nobody knows.
var spinner = []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")

// spinning is how long a frame is shown.
const spinning = 150 * time.Millisecond

func frame(now time.Time) string {
	return string(spinner[int(now.UnixMilli()/spinning.Milliseconds())%len(spinner)])
}

// text is the row in a terminal of so many columns: at most that wide.
func (r *row) text(width int, now time.Time) (lead, rest string) {
	room := min(max(16, width*2/5), 44, width)
	lead = cut(r.lead, room)
	room = width - cells(lead)
	if pad := min(max(16, width*2/5), 30) - cells(lead); pad > 0 && pad < room {
		lead, room = lead+strings.Repeat(" ", pad), room-pad
	}
	if room < 4 {
		return lead, ""
	}
	return lead, "  " + r.status(room-2, now)
}

// status is what goes on, in at most so many columns.
func (r *row) status(room int, now time.Time) string {
	e, age := r.last, ", "+rounded(now.Sub(r.since))
	switch {
	case r.phase == uploading && e.Bytes == 0:
		return cut(frame(now)+" waiting for the server to take the upload"+age, room)
	case r.phase == uploading && e.Bytes >= e.Total:
		return cut(frame(now)+" "+size(e.Total)+" sent, waiting for the answer"+age, room)
	case r.phase == uploading:
		return r.moving(room, now)
	case e.State == "queued":
		return cut(frame(now)+" waiting for an import slot"+age, room)
	case e.Step != "" && e.State == "begun":
		return cut(frame(now)+" "+visible(stepName(e.Step))+age, room)
	case begins(e):
		return cut(frame(now)+" comparing it with the plan"+age, room)
	}
	words := visible(e.State)
	if e.Detail != "" {
		words += ", " + visible(e.Detail)
	}
	return cut(frame(now)+" "+words+age, room)
}

// leastBar is the width below which a bar says nothing.
const leastBar = 10

// moving is an upload under way: [=====>    ] 12.3 MB of 40.1 MB, 3.1 MB/s, 9s left.
func (r *row) moving(room int, now time.Time) string {
	e := r.last
	words := size(e.Bytes) + " of " + size(e.Total)
	if rate := r.speed.at(now); rate > 0 {
		words += ", " + size(int64(rate)) + "/s"
		if left := float64(e.Total-e.Bytes) / rate; left < 100*3600 {
			words += ", " + rounded(time.Duration(left*float64(time.Second))) + " left"
		}
	}
	var b bytes.Buffer
	if width := min(room-cells(words)-1, 40); width >= leastBar {
		r.bar.Fill(&b, decor.Statistics{AvailableWidth: width, Total: e.Total, Current: e.Bytes})
		b.WriteByte(' ')
	}
	return b.String() + cut(words, room)
}

// cut is the beginning of a visible text, in at most so many columns.
func cut(text string, room int) string {
	if cells(text) <= room {
		return text
	}
	return window([]rune(text), 0, max(room, 1))
}

// rounded is a time in whole seconds.
func rounded(d time.Duration) string { return max(d, 0).Round(time.Second).String() }

// A speed is how fast bytes go: their number over the last ten seconds.
type speed struct{ samples []sample }

type sample struct {
	at    time.Time
	bytes int64
}

const (
	speedWindow = 10 * time.Second
	speedStep   = 200 * time.Millisecond // between two samples that are kept
)

func (s *speed) add(at time.Time, bytes int64) {
	if n := len(s.samples); n > 0 && bytes < s.samples[n-1].bytes {
		s.samples = s.samples[:0] // the file is sent again
	}
	if n := len(s.samples); n > 1 && at.Sub(s.samples[n-2].at) < speedStep {
		s.samples[n-1] = sample{at, bytes}
		return
	}
	s.samples = append(s.samples, sample{at, bytes})
	for len(s.samples) > 2 && at.Sub(s.samples[1].at) > speedWindow {
		s.samples = s.samples[1:]
	}
}

// at is the speed in bytes a second; 0 as long as there is too little to tell.
func (s *speed) at(now time.Time) float64 {
	if len(s.samples) < 2 {
		return 0
	}
	first, last := s.samples[0], s.samples[len(s.samples)-1]
	took := now.Sub(first.at)
	if took < time.Second {
		return 0
	}
	return float64(last.bytes-first.bytes) / took.Seconds()
}
