package render

import (
	"time"

	"github.com/cartosync/cartosync/internal/apply"
	"github.com/cartosync/cartosync/internal/plan"
)

// A result is what apply did, as JSON. Times are UTC.
type result struct {
	Started     time.Time    `json:"started"`
	Ended       time.Time    `json:"ended"`
	Seconds     float64      `json:"seconds"`
	LeaseWait   float64      `json:"lease_wait"`
	Stopped     bool         `json:"stopped"`
	Done        int          `json:"done"`
	Failed      int          `json:"failed"`
	Interrupted int          `json:"interrupted"`
	Refused     int          `json:"refused"`
	Skipped     int          `json:"skipped"`
	Blocked     int          `json:"blocked"`
	Rows        int64        `json:"rows"`
	Bytes       int64        `json:"bytes"`
	Requests    int64        `json:"requests"`
	Retries     int64        `json:"retries"`
	Remaining   int          `json:"remaining"`
	Next        string       `json:"next"` // "" where nothing remains
	Actions     []actionDone `json:"actions"`
}

// An actionDone is how one action ended.
type actionDone struct {
	Verb       plan.Verb     `json:"verb"`
	Also       []plan.Verb   `json:"also,omitempty"`
	Kind       plan.Kind     `json:"kind"`
	Project    string        `json:"project"`
	Dataset    string        `json:"dataset"` // "" for a connection
	Connection string        `json:"connection,omitempty"`
	Outcome    apply.Outcome `json:"outcome"`
	Error      string        `json:"error,omitempty"`
	Notes      []string      `json:"notes,omitempty"`
	Cleared    []string      `json:"cleared,omitempty"`
	Run        *syncRun      `json:"run,omitempty"`
	Rows       int64         `json:"rows"`
	Bytes      int64         `json:"bytes"`
	Seconds    float64       `json:"seconds"`
	Waited     float64       `json:"waited"`
	Requests   int64         `json:"requests"`
	Retries    int64         `json:"retries"`
}

func resultOf(r apply.Report) *result {
	out := &result{
		Started: r.Started.UTC(), Ended: r.Ended.UTC(), Seconds: seconds(r.Ended.Sub(r.Started)),
		LeaseWait: seconds(r.LeaseWait), Stopped: r.Stopped,
		Done: r.Count(apply.Done), Failed: r.Count(apply.Failed), Interrupted: r.Count(apply.Interrupted),
		Refused: r.Count(apply.Refused), Skipped: r.Count(apply.Skipped), Blocked: r.Count(apply.Blocked),
		Rows: r.Rows(), Bytes: r.Bytes(), Requests: r.Requests, Retries: r.Repeats,
		Remaining: len(r.Results) - r.Count(apply.Done), Next: nextCommand(r),
		Actions: make([]actionDone, 0, len(r.Results)),
	}
	for _, res := range r.Results {
		a := res.Action
		d := actionDone{
			Verb: a.Verb, Also: a.Also, Kind: a.Kind, Project: a.Project,
			Dataset: a.Dataset, Connection: a.Connection, Outcome: res.Outcome, Run: jsonRun(res.Run),
			Notes: res.Notes, Cleared: res.Cleared, Rows: res.Rows, Bytes: res.Bytes, Seconds: seconds(res.Took),
			Waited: seconds(res.Waited), Requests: res.Requests, Retries: res.Repeats,
		}
		if res.Err != nil {
			d.Error = res.Err.Error()
		}
		out.Actions = append(out.Actions, d)
	}
	return out
}

// resultDiagnostics repeats what went wrong where errors are looked for on
// every other path.
func resultDiagnostics(r apply.Report) []diagnostic {
	var all []diagnostic
	for _, res := range r.Results {
		if res.Err == nil || res.Outcome == apply.Done || res.Outcome == apply.Blocked {
			continue
		}
		all = append(all, diagnostic{
			Severity: "error", Code: "action_" + string(res.Outcome), Problem: res.Err.Error(), Dataset: res.Action.Dataset,
		}.at(res.Action.Pos))
	}
	return all
}

// seconds rounds to milliseconds, the finest that means anything here.
func seconds(d time.Duration) float64 {
	return float64(max(d, 0).Milliseconds()) / 1000
}
