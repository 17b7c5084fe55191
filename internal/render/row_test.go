package render

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// A row is given events, each so many seconds after the first, and looked at.
func TestRow(t *testing.T) {
	const mega = 1_000_000
	parks := dataset(plan.Reimport, "parks", 1)
	type at struct {
		second float64
		event  apply.Event
	}
	upload := func(bytes int64) apply.Event {
		return apply.Event{State: "uploading", Bytes: bytes, Total: 40 * mega, Slot: true}
	}
	tests := []struct {
		name   string
		action plan.Action
		width  int
		events []at
		now    float64
		want   string
	}{
		{"begun", parks, 80, nil, 2,
			"↻ reimport parks                ⠸ comparing it with the plan, 2s"},
		{"a step", parks, 80, []at{{1, apply.Event{Step: plan.StepSyncName, State: "begun"}}}, 2,
			"↻ reimport parks                ⠸ synchronization name, 1s"},
		{"waits for a slot of this run", parks, 80, []at{{1, apply.Event{State: "queued"}}}, 61,
			"↻ reimport parks                ⠦ waiting for an import slot, 1m0s"},
		{"waits for others", parks, 100, []at{{1, apply.Event{State: "queued"}}, {4, apply.Event{State: "waiting", Detail: "all import slots of the account are taken"}}}, 9,
			"↻ reimport parks                ⠋ waiting, all import slots of the account are taken, 8s"},
		{"the account does not read yet", parks, 80, []at{{1, upload(0)}}, 4,
			"↻ reimport parks                ⠦ waiting for the server to take the upload, 3s"},
		{"uploading", parks, 100, []at{{0, upload(0)}, {1, upload(2 * mega)}, {4, upload(10 * mega)}}, 5,
			"↻ reimport parks                [======>                    ] 10.0 MB of 40.0 MB, 2.0 MB/s, 15s left"},
		{"uploading, narrow", parks, 60, []at{{0, upload(0)}, {4, upload(10 * mega)}}, 5,
			"↻ reimport parks          10.0 MB of 40.0 MB, 2.0 MB/s, 15s…"},
		{"uploading, standing still", parks, 80, []at{{0, upload(mega)}, {1, upload(2 * mega)}}, 1001,
			"↻ reimport parks                2.0 MB of 40.0 MB, 999 bytes/s, 10h33m58s left"},
		{"uploaded", parks, 80, []at{{0, upload(0)}, {3, upload(40 * mega)}}, 5,
			"↻ reimport parks                ⠸ 40.0 MB sent, waiting for the answer, 5s"},
		{"importing, of two states", parks, 80, []at{
			{1, apply.Event{State: "pending", Detail: "import job 9f", Slot: true}}, {5, apply.Event{State: "importing", Slot: true}},
		}, 9, "↻ reimport parks                ⠋ importing, 8s"},
		{"a name that is too long", dataset(plan.Create, "a_name_of_nearly_sixty_two_characters_which_is_what_carto_keeps", 1), 60, nil, 1,
			"+ create a_name_of_near…  ⠦ comparing it with the plan, 1s"},
		{"a very narrow terminal", parks, 12, nil, 1, "↻ reimport …"},
		{"a hostile name", dataset(plan.Create, "\x1b[2J\r\n::stop", 1), 80, []at{{1, apply.Event{State: "\x1b[1m", Detail: "a\tb"}}}, 2,
			`+ create \x1b[2J\r\n::stop      ⠸ \x1b[1m, a\tb, 1s`},
	}
	start := time.UnixMilli(1_500_000_000)
	after := func(seconds float64) time.Time { return start.Add(time.Duration(seconds * float64(time.Second))) }
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRow(apply.Event{At: start, Action: tt.action, State: "begun"})
			r.event(apply.Event{At: start, Action: tt.action, State: "begun"})
			for _, e := range tt.events {
				e.event.At, e.event.Action = after(e.second), tt.action
				r.event(e.event)
			}
			lead, rest := r.text(tt.width, after(tt.now))
			if diff := cmp.Diff(tt.want, lead+rest); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if n := cells(lead + rest); n > tt.width {
				t.Errorf("%d columns, the terminal has %d", n, tt.width)
			}
		})
	}
}

// However narrow the terminal, no row is wider.
func TestRowFits(t *testing.T) {
	start := time.Now()
	for width := range 120 {
		for _, e := range []apply.Event{
			{State: "begun"}, {State: "queued"}, {State: "uploading", Total: 1e9, Bytes: 12345}, {State: "uploading", Total: 9, Bytes: 9},
			{State: "waiting", Detail: "日本語 and more of it, which nobody can shorten"},
		} {
			e.At, e.Action = start, dataset(plan.Create, "木と森_and_some_more_of_it", 1)
			r := newRow(e)
			r.event(e)
			lead, rest := r.text(max(width, 1), start.Add(time.Second))
			if n := cells(lead + rest); n > max(width, 1) {
				t.Errorf("width %d, %s: %d columns: %q", width, e.State, n, lead+rest)
			}
		}
	}
}

func TestStoppingWords(t *testing.T) {
	p := plan.Plan{Actions: []plan.Action{
		dataset(plan.Create, "a", 1), dataset(plan.Create, "b", 1), dataset(plan.Create, "c", 1), dataset(plan.Create, "d", 1),
		dataset(plan.None, "e", 1), dataset(plan.Blocked, "f", 1),
	}}
	count := newTally(p)
	for _, e := range []apply.Event{
		{Action: p.Actions[0], State: "begun"}, {Action: p.Actions[1], State: "begun"},
		{Action: p.Actions[1], Step: plan.StepStage, State: "begun"}, {Action: p.Actions[0], State: "failed"},
	} {
		count.count(e)
	}
	const want = "stopping within 8s: 1 action is finishing, 2 are not begun; press Ctrl-C again"
	if diff := cmp.Diff(want, count.stopping(8*time.Second, "press Ctrl-C again")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
