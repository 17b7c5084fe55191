package render

import (
	"github.com/cartosync/cartosync/internal/apply"
)

// A syncRun is the run of a synchronization that was asked for, as JSON.
type syncRun struct {
	State      string `json:"state"`
	ErrorCode  int    `json:"error_code,omitempty"`
	Message    string `json:"message,omitempty"`
	Meaning    string `json:"meaning,omitempty"`
	Remedy     string `json:"remedy,omitempty"`
	RowsBefore *int64 `json:"rows_before"`
	RowsAfter  *int64 `json:"rows_after"`
}

func jsonRun(r *apply.SyncRun) *syncRun {
	if r == nil {
		return nil
	}
	return &syncRun{
		State: string(r.State), ErrorCode: r.ErrorCode, Message: r.Message, Meaning: r.Meaning, Remedy: r.Remedy,
		RowsBefore: r.Before, RowsAfter: r.After,
	}
}

// ran adds what a run did to the rows, or how far it is.
func (t *text) ran(r apply.SyncRun) {
	switch {
	case r.Before != nil && r.After != nil:
		t.line(4, span{plain, "rows " + count(*r.Before) + " -> " + count(*r.After) + " (" + change(*r.Before, *r.After) + ")"})
	case !r.State.Settled():
		t.line(4, span{plain, "it is " + string(r.State)})
	}
}
