package render

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

func TestProgress(t *testing.T) {
	bikes, trees := dataset(plan.Create, "bikes", 1), dataset(plan.Rename, "trees", 2)
	trees.Also = []plan.Verb{plan.Update}
	warehouse := plan.Action{Verb: plan.Create, Kind: plan.KindConnection, Connection: "bikes"}
	when := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	uploading := func(sent int64) apply.Event {
		return apply.Event{Action: bikes, Step: plan.StepStage, State: "uploading", Bytes: sent, Total: 1000}
	}
	var b bytes.Buffer
	show := Log(&b, plan.Plan{}).Event
	for _, e := range []apply.Event{
		{Action: bikes, State: "begun"},
		{Action: bikes, Step: plan.StepStage, State: "importing"},
		{At: when, Action: warehouse, State: "done"},
		uploading(0), uploading(100), uploading(249), uploading(250), uploading(900), uploading(1000),
		{Action: trees, Step: plan.StepSyncName, State: "done"},
		{Action: bikes, Step: plan.StepStage, State: "unpacking", Detail: "import job 9f"},
		{Action: bikes, Step: plan.StepStage, State: "unpacking", Detail: "import job 9f"},
		{Action: trees, State: "done"},
	} {
		show(e)
	}
	const want = `15:09:26 connection bikes: create: done
bikes: stage: uploading, 100 bytes of 1.0 kB
bikes: stage: uploading, 250 bytes of 1.0 kB
bikes: stage: uploading, 900 bytes of 1.0 kB
bikes: stage: uploading, 1.0 kB of 1.0 kB
trees: synchronization name: done
bikes: stage: unpacking, import job 9f
trees: rename and update: done
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	var b bytes.Buffer // not safe itself: the race detector watches
	show := Log(&b, plan.Plan{}).Event
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			for j := range 10 {
				show(apply.Event{Action: dataset(plan.Create, fmt.Sprintf("d%d", i), 1), State: fmt.Sprintf("s%d", j), Detail: "import job 9f"})
			}
		})
	}
	wg.Wait()
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if len(lines) != 200 {
		t.Errorf("%d lines, want 200", len(lines))
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "d") || strings.Count(line, ": create: s") != 1 {
			t.Errorf("%q is not one event", line)
		}
	}
}

// TestProgressEnds: what an abandoned action does after the report is nobody's to read.
func TestProgressEnds(t *testing.T) {
	var b bytes.Buffer
	p := plan.Plan{Actions: []plan.Action{dataset(plan.Create, "bikes", 1)}}
	show := Log(&b, p)
	show.Close()
	show.Event(apply.Event{Action: p.Actions[0], State: "done", Ended: &apply.Result{}})
	show.Stopping(time.Second)
	if b.Len() > 0 {
		t.Errorf("after the end it shows %q", b.String())
	}
}
