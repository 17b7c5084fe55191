package render

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// Bars shows progress on a terminal: a line for each action under way and one for
// the whole run at the bottom, drawn again several times a second. How an action
// ended stays above them. The run has so many import slots. Lines are as wide as
// the terminal is when they are drawn.
func Bars(terminal io.Writer, p plan.Plan, slots int, o Options) Progress {
	return bars(terminal, p, slots, o)
}

func bars(w io.Writer, p plan.Plan, slots int, o Options, with ...mpb.ContainerOption) *barred {
	b := &barred{
		terminal: w,
		out:      mpb.New(append([]mpb.ContainerOption{mpb.WithOutput(w), mpb.WithRefreshRate(spinning)}, with...)...),
		look:     Options{Color: o.Color}, slots: slots, began: time.Now(), now: time.Now,
		rows: map[string]*row{}, drawn: map[string]*mpb.Bar{}, tally: newTally(p),
	}
	// What draws itself whatever the bar's value is has no total.
	b.whole, _ = b.out.Add(0, b.filler(b.overall), mpb.BarPriority(len(p.Actions)+1), mpb.BarFillerTrim())
	return b
}

// barred is progress as lines that are drawn again. Nothing of mpb is called
// while mu is held: it draws in a goroutine of its own, which takes mu.
type barred struct {
	terminal io.Writer
	out      *mpb.Progress
	whole    *mpb.Bar
	look     Options
	slots    int
	began    time.Time
	now      func() time.Time

	// A bar that is added after the others were aborted would be waited for without end, so that Close
	// excludes the calls that show something; they do not exclude each other.
	showing sync.RWMutex
	closed  bool

	mu    sync.Mutex
	rows  map[string]*row
	drawn map[string]*mpb.Bar
	tally
}

// lineStart is what every line begins with: mpb goes up without going left, and
// the terminal has put ^C before the cursor when somebody pressed that.
const lineStart = "\r"

// eraseBelow is what a terminal obeys by erasing what is behind the cursor.
const eraseBelow = "\x1b[J"

// filler draws a line that text gives, made of a coloured lead and the rest.
func (b *barred) filler(text func(width int) (style, string, string)) mpb.BarFiller {
	return mpb.BarFillerFunc(func(w io.Writer, s decor.Statistics) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		p := newPage(b.look)
		p.styled(plain, lineStart)
		// One column stays free: some terminals go to the next line after the last.
		st, lead, rest := text(max(s.AvailableWidth-1, 1))
		p.styled(st, lead)
		p.styled(plain, rest)
		_, err := w.Write(p.bytes())
		return err
	})
}

func (b *barred) overall(width int) (style, string, string) {
	now := b.now()
	text := fmt.Sprintf("%s of %s done", count(int64(b.ended-b.undone)), count(int64(b.total)))
	if b.undone > 0 {
		text += fmt.Sprintf(", %s not done", count(int64(b.undone)))
	}
	held := 0
	for _, r := range b.rows {
		if r.last.Slot {
			held++
		}
	}
	return faint, cut(fmt.Sprintf("%s; %d of %s in use; %s", text, held, plural(int64(b.slots), "import slot"), rounded(now.Sub(b.began))), width), ""
}

func (b *barred) Event(e apply.Event) {
	b.showing.RLock()
	defer b.showing.RUnlock()
	if b.closed {
		return
	}
	key := actionKey(e.Action)
	switch {
	case begins(e):
		b.begin(key, e)
	case ends(e):
		b.end(key, e)
	default:
		b.mu.Lock()
		defer b.mu.Unlock()
		if r := b.rows[key]; r != nil {
			r.event(e)
		}
	}
}

func (b *barred) begin(key string, e apply.Event) {
	r := newRow(e)
	r.event(e)
	b.mu.Lock()
	b.count(e)
	b.rows[key] = r
	priority := b.begun
	b.mu.Unlock()
	bar, err := b.out.Add(0, b.filler(func(width int) (style, string, string) {
		lead, rest := r.text(width, b.now())
		return r.style, lead, rest
	}), mpb.BarPriority(priority), mpb.BarFillerTrim())
	if err != nil {
		return // the terminal is gone
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.drawn[key] = bar
}

func (b *barred) end(key string, e apply.Event) {
	b.mu.Lock()
	b.count(e)
	r, bar := b.rows[key], b.drawn[key]
	delete(b.rows, key)
	delete(b.drawn, key)
	b.mu.Unlock()
	if bar != nil {
		bar.Abort(true)
	}
	if r != nil {
		b.above(endLine(e)...)
	}
}

// endLine is how an action ended: + created trees  12 rows, 1.3s.
func endLine(e apply.Event) []span {
	w, lead := words[e.Action.Verb], ""
	if apply.Outcome(e.State) == apply.Done {
		lead = w.symbol + " " + verbs(e.Action, past)
	} else {
		w, lead = words[plan.Blocked], words[plan.Blocked].symbol+" "+e.State+": "+verbs(e.Action, present)
	}
	spans := []span{{w.style, lead}, {plain, " "}, {strong, subject(e.Action)}, {faint, amounts(*e.Ended)}}
	if e.Detail != "" {
		spans = append(spans, span{plain, ": " + e.Detail})
	}
	return spans
}

// above prints a line that stays.
func (b *barred) above(spans ...span) {
	p := newPage(b.look)
	p.styled(plain, lineStart)
	p.line(0, spans...)
	b.out.Write(p.bytes())
}

func (b *barred) Stopping(within time.Duration) {
	b.showing.RLock()
	defer b.showing.RUnlock()
	if b.closed {
		return
	}
	b.mu.Lock()
	text := b.stopping(within, "press Ctrl-C again to stop it at once")
	b.mu.Unlock()
	b.above(span{strong, text})
}

func (b *barred) Close() {
	b.showing.Lock()
	b.closed = true
	b.showing.Unlock()
	b.mu.Lock()
	bars := []*mpb.Bar{b.whole}
	for _, bar := range b.drawn {
		bars = append(bars, bar)
	}
	b.mu.Unlock()
	for _, bar := range bars {
		if bar != nil {
			bar.Abort(true)
		}
	}
	b.out.Wait()
	io.WriteString(b.terminal, lineStart+eraseBelow)
}
