package render

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/vbauerster/mpb/v8"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// screen is what a terminal shows after it has got a text of ours: of controls it knows
// those that mpb uses, and it fails at any other.
func screen(t *testing.T, text string) []string {
	t.Helper()
	lines, y, x := [][]rune{nil}, 0, 0
	for text != "" {
		if m := regexp.MustCompile(`^\x1b\[(\d+)A`).FindStringSubmatch(text); m != nil {
			n, _ := strconv.Atoi(m[1])
			y, text = max(y-n, 0), text[len(m[0]):]
			continue
		}
		if rest, ok := strings.CutPrefix(text, "\x1b[J"); ok {
			lines, text = lines[:y+1], rest
			lines[y] = lines[y][:min(x, len(lines[y]))]
			continue
		}
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch {
		case r == '\r':
			x = 0
		case r == '\n':
			y, x = y+1, 0
			if y == len(lines) {
				lines = append(lines, nil)
			}
		case r < ' ':
			t.Fatalf("the terminal got %q", r)
		default:
			for len(lines[y]) <= x {
				lines[y] = append(lines[y], ' ')
			}
			lines[y][x], x = r, x+1
		}
	}
	var shown []string
	for _, l := range lines {
		shown = append(shown, strings.TrimRight(string(l), " "))
	}
	return shown
}

// What was there for a moment is gone in the end, and how the actions ended stays.
func TestBars(t *testing.T) {
	p := plan.Plan{Actions: []plan.Action{dataset(plan.Create, "bikes", 1), dataset(plan.Reimport, hostile, 2), dataset(plan.Create, "lamps", 3)}}
	start := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	var b bytes.Buffer
	show := bars(&b, p, 3, Options{}, mpb.WithAutoRefresh(), mpb.WithRefreshRate(time.Millisecond))
	event := func(action int, seconds float64, e apply.Event) {
		e.Action, e.At = p.Actions[action], start.Add(time.Duration(seconds*float64(time.Second)))
		show.Event(e)
	}
	event(0, 0, apply.Event{State: "begun"})
	event(1, 0, apply.Event{State: "begun"})
	event(2, 0, apply.Event{State: "begun"})
	event(0, 1, apply.Event{State: "uploading", Bytes: 5, Total: 10, Slot: true})
	show.Stopping(8 * time.Second)
	event(0, 2.5, apply.Event{State: "done", Ended: &apply.Result{Rows: 1200, Bytes: 10, Took: 2500 * time.Millisecond}})
	event(1, 3, apply.Event{State: "failed", Detail: "overwrite: " + hostile, Ended: &apply.Result{Took: 3 * time.Second}})
	show.Close()
	event(2, 4, apply.Event{State: "done", Ended: &apply.Result{}}) // too late to be shown, and harmless
	harmless := visible(hostile)
	want := []string{
		"stopping within 8s: 3 actions are finishing, 0 are not begun; press Ctrl-C again to stop it at once",
		"+ created bikes  1,200 rows, 10 bytes, 2.5s",
		"! failed: reimport " + harmless + "  3.0s: overwrite: " + harmless,
		"",
	}
	echoed := regexp.MustCompile(`\x1b\[\d+A`).ReplaceAllString(b.String(), "^C$0") // somebody presses Ctrl-C all the time
	for name, text := range map[string]string{"as written": b.String(), "with ^C": echoed} {
		if diff := cmp.Diff(want, screen(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s\n%q", name, diff, text)
		}
	}
}

func TestBarsFromManyGoroutines(t *testing.T) {
	var p plan.Plan
	for i := range 20 {
		p.Actions = append(p.Actions, dataset(plan.Create, fmt.Sprintf("d%02d", i), 1))
	}
	var b bytes.Buffer
	show := bars(&b, p, 3, Options{}, mpb.WithAutoRefresh(), mpb.WithRefreshRate(time.Millisecond))
	var wg sync.WaitGroup
	for _, a := range p.Actions {
		wg.Go(func() {
			now := time.Now()
			show.Event(apply.Event{At: now, Action: a, State: "begun"})
			for n := range int64(50) {
				show.Event(apply.Event{At: now, Action: a, State: "uploading", Bytes: n, Total: 50})
			}
			show.Event(apply.Event{At: now, Action: a, State: "done", Ended: &apply.Result{}})
		})
	}
	wg.Wait()
	show.Close()
	for _, line := range screen(t, b.String()) {
		if line != "" && !regexp.MustCompile(`^\+ created d\d\d$`).MatchString(line) {
			t.Errorf("%q is left", line)
		}
	}
	if n := strings.Count(b.String(), "+ created d"); n != 20 {
		t.Errorf("%d actions ended, want 20", n)
	}
}

// TestBarsClosedWhileActionsBegin: an abandoned action may begin or end while the run is being closed, which waits for
// none of them.
func TestBarsClosedWhileActionsBegin(t *testing.T) {
	var p plan.Plan
	for i := range 20 {
		p.Actions = append(p.Actions, dataset(plan.Create, fmt.Sprintf("d%02d", i), 1))
	}
	for range 20 {
		var b bytes.Buffer
		show := bars(&b, p, 3, Options{}, mpb.WithAutoRefresh(), mpb.WithRefreshRate(time.Millisecond))
		var wg sync.WaitGroup
		for _, a := range p.Actions {
			wg.Go(func() { show.Event(apply.Event{Action: a, State: "begun"}) })
		}
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			show.Close()
		}()
		limit := time.NewTimer(20 * time.Second)
		select {
		case <-closed:
		case <-limit.C:
			t.Fatal("it does not come to its end")
		}
		limit.Stop()
		wg.Wait()
		written := b.Len()
		show.Stopping(time.Second)
		show.Event(apply.Event{Action: p.Actions[0], State: "done", Ended: &apply.Result{}})
		if b.Len() != written {
			t.Errorf("after the end it shows %q", b.String()[written:])
		}
	}
}
