package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
	"github.com/cartosync/cartosync/internal/render"
)

// carry carries a plan out and shows how that goes on. A first signal lets what is
// quick come to its end, within [grace]; the report is there in any case.
func (a *app) carry(ctx context.Context, in apply.Input, o outputFlags) apply.Report {
	show := a.progress(in.Plan, in.Options.Parallel, o)
	defer show.Close()
	stop := make(chan struct{})
	defer context.AfterFunc(ctx, func() {
		show.Stopping(grace) // before any action ends for it
		close(stop)
	})()
	in.Options.Stop, in.Options.Progress = stop, show.Event
	last, over := finishing(ctx)
	defer over()
	a.began = true
	report := apply.Run(last, in)
	report.Next, report.LeaseWait = a.again(report), a.leaseWait
	a.came = came(report)
	return report
}

// came is what became of a run, for whoever gets no report that says it.
func came(r apply.Report) string {
	done, all := r.Count(apply.Done), int64(len(r.Results))
	switch {
	case r.OK():
		return fmt.Sprintf("%s carried out, and only this failed", plan.Counted(all, "action"))
	default:
		return fmt.Sprintf("%s of %s carried out, and this failed besides", plan.Grouped(int64(done)), plan.Counted(all, "action"))
	}
}

// progress chooses how a run is watched: bars where somebody sits at a terminal
// that can draw them, and lines everywhere else. A log of requests wants lines
// too, and so does CI, whose terminal is a log.
func (a *app) progress(p plan.Plan, parallel int, o outputFlags) render.Progress {
	terminal, ok := a.drawable(o)
	if !ok {
		if a.onActions() {
			return grouped{render.Log(a.stderr, p), a.group("Apply")}
		}
		return render.Log(a.stderr, p)
	}
	slots := max(1, p.Slots)
	if parallel > 0 {
		slots = min(slots, parallel)
	}
	show := render.Bars(terminal, p, slots, a.style(a.stderr, o))
	a.drawn = true
	return show
}

// drawable returns the terminal that progress is drawn on, if there is one.
func (a *app) drawable(o outputFlags) (*os.File, bool) {
	f, ok := terminal(a.stderr)
	kind, _ := a.env("TERM")
	ci, _ := a.env("CI")
	if !ok || o.Verbose || kind == "dumb" || ci != "" && ci != "false" {
		return nil, false
	}
	return f, a.style(a.stderr, o).Width > 0
}

// onActions reports whether GitHub Actions reads what is printed.
func (a *app) onActions() bool {
	v, _ := a.env("GITHUB_ACTIONS")
	return v == "true"
}

// group folds what is printed to stderr until end is called, on GitHub Actions. The
// markers go to stderr, for stdout is the result. Whatever else stderr gets has no
// line that could be one.
func (a *app) group(title string) (end func()) {
	if !a.onActions() {
		return func() {}
	}
	io.WriteString(a.stderr, "::group::"+title+"\n")
	return func() { io.WriteString(a.stderr, "::endgroup::\n") }
}

// grouped is progress within a group.
type grouped struct {
	render.Progress
	end func()
}

func (g grouped) Close() {
	g.Progress.Close()
	g.end()
}
